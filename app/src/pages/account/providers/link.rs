//! `/signin/link`: what a provider has said is linked to the account that somebody has just signed
//! in to.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use model::upstream::{self, LinkError};

use super::{forget, open::Wanted, over, proven};
use crate::{
    components::form::Csrf,
    error::PageError,
    extract::Fresh,
    form::Form,
    layout::Page,
    notice::{self, Tone},
    pages::account::entry,
};

/// Whoever is not signed in, or was long ago, signs in first and comes back.
pub(super) async fn show(
    fresh: Fresh,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    let Some(proven) = proven(&fresh.visitor, &headers) else { return Ok(over(&fresh.visitor, &wanted.return_to)) };
    let (provider, account) = (proven.provider().name.clone(), proven.account().to_owned());
    let (email, not_now) = (fresh.person.user.email.clone(), entry::destination(&wanted.return_to).to_owned());
    Ok(Page::card("Link accounts").render(&fresh.visitor, move || {
        view! {
            <header>
                <h1>"Link " {provider.clone()} "?"</h1>
                <p>
                    "Whoever signs in to " {provider} " as " <strong>{account}</strong> " is signed in here as "
                    <strong>{email}</strong> " from now on."
                </p>
            </header>
            <form class="form" method="post" action="/signin/link">
                <Csrf/>
                <input type="hidden" name="return_to" value=wanted.return_to/>
                <button class="button button--primary button--block">"Link it"</button>
                <a class="button button--ghost button--block" href=not_now>"Not now"</a>
            </form>
        }
    }))
}

pub(super) async fn submit(
    fresh: Fresh,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Result<Response, PageError> {
    let visitor = &fresh.visitor;
    let Some(proven) = proven(visitor, &headers) else { return Ok(over(visitor, &wanted.return_to)) };
    let response = match upstream::link(fresh.ctx(), &proven, fresh.id()).await {
        Ok(()) => Redirect::to(entry::destination(&wanted.return_to)).into_response(),
        Err(LinkError::Void) => return Ok(over(visitor, &wanted.return_to)),
        Err(LinkError::Known) => {
            let words = format!("That account at {} signs in an account here already.", proven.provider().name);
            notice::go(visitor, "/account/security", Tone::Warning, &words)
        }
        Err(LinkError::Fault(fault)) => return Err(fault.into()),
    };
    Ok(forget(visitor, response))
}
