//! `/account/email`: asking for another address, and confirming it with the mailed link.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::{
    link::{self, Found, LinkPurpose},
    user,
};
use serde::Deserialize;

use super::{IDS, Ids, errors_of, overview, sign_up::LinkQuery};
use crate::{
    components::form::Csrf,
    error::PageError,
    extract::SignedIn,
    form::Form,
    layout::Page,
    notice::{self, Tone},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    token: String,
    email: String,
    password: String,
}

pub(super) async fn show(signed_in: SignedIn, Query(query): Query<LinkQuery>) -> Result<Response, PageError> {
    if query.token.is_empty() {
        return Ok(Redirect::to("/account").into_response());
    }
    let found = link::look(signed_in.ctx(), LinkPurpose::ChangeEmail, &query.token).await?;
    let email = match found {
        Found::Works { link, user } if user.id == signed_in.id() => link.email,
        _ => return Ok(void(&signed_in)),
    };
    Ok(Page::card("Confirm your new address").render(&signed_in.visitor, move || {
        view! {
            <header>
                <h1>"Confirm your new address"</h1>
                <p>"From now on you sign in with " <strong>{email}</strong> "."</p>
            </header>
            <form class="form" method="post" action="/account/email">
                <Csrf/>
                <input type="hidden" name="token" value=query.token/>
                <button class="button button--primary button--block">"Use this address"</button>
                <a class="button button--ghost button--block" href="/account">"Keep the present one"</a>
            </form>
        }
    }))
}

fn void(signed_in: &SignedIn) -> Response {
    let text = "This link does not work: it was used, it has expired, or it was made for another account.";
    notice::go(&signed_in.visitor, "/account", Tone::Warning, text)
}

pub(super) async fn submit(signed_in: SignedIn, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (ctx, user) = (signed_in.ctx(), &signed_in.person.user);
    if fields.token.is_empty() {
        return match user::request_email(ctx, user, &fields.password, &fields.email).await {
            Ok(()) => Ok(notice::go(
                &signed_in.visitor,
                "/account",
                Tone::Info,
                "Look into the mail of the new address: the link there makes the change.",
            )),
            Err(error) => {
                let ids = Ids { present: "email-password", ..IDS };
                Ok(overview::page(&signed_in, fields.email, errors_of(error, ids)?))
            }
        };
    }
    match user::change_email(ctx, user.id, &fields.token).await {
        Ok(_) => Ok(notice::done(&signed_in.visitor, "/account", "Your e-mail address is changed.")),
        Err(user::AccountError::LinkVoid) => Ok(void(&signed_in)),
        Err(error) => Ok(overview::page(&signed_in, String::new(), errors_of(error, IDS)?)),
    }
}
