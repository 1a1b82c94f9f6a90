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
    notice::{self, Tone},
    pages::account::{asking::Asking, entry},
};

/// Whoever is not signed in, or was long ago, signs in first and comes back.
pub(super) async fn show(
    fresh: Fresh,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    let asking = Asking::of(&fresh.visitor, &wanted.return_to).await?;
    let Some(proven) = proven(&fresh.visitor, &headers) else {
        return Ok(over(&fresh.visitor, &asking, &wanted.return_to));
    };
    let (provider, not_now) = (&proven.provider().name, entry::destination(&wanted.return_to).to_owned());
    let texts = &asking.portal().account;
    let heading = (texts.link_heading)(provider);
    let lead = (texts.link_lead)(provider, proven.account(), &fresh.person.user.email);
    Ok(asking.card(texts.link_title).render(&fresh.visitor, move || {
        view! {
            {asking.head(heading, Some(lead))}
            <form class="form" method="post" action="/signin/link">
                <Csrf/>
                <input type="hidden" name="return_to" value=wanted.return_to/>
                <button class="button button--primary button--block">{texts.link}</button>
                <a class="button button--ghost button--block" href=not_now>{texts.not_now}</a>
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
    let asking = Asking::of(visitor, &wanted.return_to).await?;
    let Some(proven) = proven(visitor, &headers) else { return Ok(over(visitor, &asking, &wanted.return_to)) };
    let response = match upstream::link(fresh.ctx(), &proven, fresh.id()).await {
        Ok(()) => Redirect::to(entry::destination(&wanted.return_to)).into_response(),
        Err(LinkError::Void) => return Ok(over(visitor, &asking, &wanted.return_to)),
        Err(LinkError::Known) => {
            let words = format!("That account at {} signs in an account here already.", proven.provider().name);
            notice::go(visitor, "/account/security", Tone::Warning, &words)
        }
        Err(LinkError::Fault(fault)) => return Err(fault.into()),
    };
    Ok(forget(visitor, response))
}
