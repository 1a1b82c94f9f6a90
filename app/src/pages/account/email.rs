//! `/account/email`: asking for another address, and confirming it with the mailed link. Who has a
//! password asks for it on the account's page.

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

use super::{
    IDS, Ids, errors_of,
    overview::{self, side},
    sign_up::LinkQuery,
};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::{Fresh, SignedIn},
    form::{Errors, Form},
    layout::{Page, PageHead},
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
        if signed_in.person.user.password().is_some() {
            return Ok(Redirect::to("/account").into_response());
        }
        return Ok(ask(&Fresh::of(signed_in, HERE)?, String::new(), Errors::new()));
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

const HERE: &str = "/account/email";

/// The form for who has no password.
fn ask(fresh: &Fresh, typed: String, errors: Errors) -> Response {
    let present = fresh.person.user.email.clone();
    let title = "Change e-mail address";
    let page = Page::new(title).narrow().crumb_to("Account", "/account").crumb(title);
    page.side("Account", side("account")).errors(errors).render(&fresh.visitor, move || {
        view! {
            <PageHead title=title/>
            <ErrorSummary/>
            <form class="card" method="post" action=HERE>
                <Csrf/>
                <div class="card__head">
                    <p>
                        "Your address is " <strong>{present}</strong>
                        ". We send a link to the new one; until you open it, this one stays."
                    </p>
                </div>
                <div class="card__body">
                    <Field
                        id="email"
                        label="New e-mail address"
                        kind="email"
                        value=typed
                        autocomplete="email"
                        required=true
                    />
                </div>
                <div class="card__foot">
                    <a class="button button--ghost" href="/account">"Cancel"</a>
                    <button class="button button--primary">"Send link"</button>
                </div>
            </form>
        }
    })
}

fn void(signed_in: &SignedIn) -> Response {
    let text = "This link does not work: it was used, it has expired, or it was made for another account.";
    notice::go(&signed_in.visitor, "/account", Tone::Warning, text)
}

/// A link is on its way, if the address can have one.
fn sent(signed_in: &SignedIn) -> Response {
    let text = "Look into the mail of the new address: the link there makes the change.";
    notice::go(&signed_in.visitor, "/account", Tone::Info, text)
}

pub(super) async fn submit(signed_in: SignedIn, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (ctx, user) = (signed_in.ctx(), &signed_in.person.user);
    if fields.token.is_empty() && user.password().is_none() {
        let fresh = Fresh::of(signed_in, HERE)?;
        return match user::request_email(fresh.ctx(), &fresh.person.user, None, &fields.email).await {
            Ok(()) => Ok(sent(&fresh)),
            Err(error) => Ok(ask(&fresh, fields.email, errors_of(error, IDS)?)),
        };
    }
    if fields.token.is_empty() {
        return match user::request_email(ctx, user, Some(&fields.password), &fields.email).await {
            Ok(()) => Ok(sent(&signed_in)),
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
