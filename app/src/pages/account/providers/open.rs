//! `/signin/new`: somebody whom a provider knows and nobody here. A new account, or the one that
//! they have.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use model::{
    upstream::{self, Opened, Proven},
    user::AccountError,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{forget, over, proven, too_many};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
    layout::Page,
    pages::account::{IDS, entry, errors_of, keep, sign_up},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) return_to: String,
}

pub(super) async fn show(
    visitor: Visitor,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    let Some(proven) = proven(&visitor, &headers) else { return Ok(over(&visitor, &wanted.return_to)) };
    if upstream::has_account(visitor.ctx(), &proven).await? {
        return Ok(theirs(&visitor, &proven, &wanted.return_to));
    }
    let fields =
        Fields { name: proven.name().to_owned(), email: proven.email().to_owned(), return_to: wanted.return_to };
    Ok(page(&visitor, &proven, fields, Errors::new()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    email: String,
    return_to: String,
}

pub(super) async fn submit(
    visitor: Visitor,
    headers: HeaderMap,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, PageError> {
    let Some(proven) = proven(&visitor, &headers) else { return Ok(over(&visitor, &fields.return_to)) };
    let opened = upstream::open_account(visitor.ctx(), &proven, &fields.name, &fields.email, &visitor.bucket).await;
    let errors = match opened {
        Ok(Opened::Done(first)) => {
            let response = entry::after_password(&session, &visitor, first, &fields.return_to).await?;
            return Ok(forget(&visitor, response));
        }
        Ok(Opened::Waiting(signed_up)) => {
            let kept = keep(&signed_up.proof, &signed_up.email);
            return Ok(forget(&visitor, sign_up::to_mail(&visitor, &kept)));
        }
        Ok(Opened::Taken) => {
            return Ok(Redirect::to(&entry::returning("/signin/new", &fields.return_to)).into_response());
        }
        Err(AccountError::LinkVoid) => return Ok(over(&visitor, &fields.return_to)),
        Err(AccountError::TooMany(error)) => Errors::one("", too_many(error.retry_after)),
        Err(error) => errors_of(error, IDS)?,
    };
    Ok(page(&visitor, &proven, fields, errors))
}

fn page(visitor: &Visitor, proven: &Proven, fields: Fields, errors: Errors) -> Response {
    let (provider, account) = (proven.provider().name.clone(), proven.account().to_owned());
    let link = entry::returning("/signin/link", &fields.return_to);
    Page::card("Create account")
        .errors(errors)
        .below(move || view! { <p>"Have an account here? " <a href=link>"Sign in and link it"</a></p> })
        .render(visitor, move || {
            view! {
                <header>
                    <h1>"Create account"</h1>
                    <p>
                        {provider.clone()} " knows you as " <strong>{account}</strong>
                        ". Nobody here does yet: check this, and you are in."
                    </p>
                </header>
                <ErrorSummary/>
                <form class="form" method="post" action="/signin/new">
                    <Csrf/>
                    <input type="hidden" name="return_to" value=fields.return_to/>
                    <Field id="name" label="Your name" value=fields.name autocomplete="name" required=true/>
                    <Field
                        id="email"
                        label="E-mail address"
                        kind="email"
                        value=fields.email
                        hint=format!("Unless {provider} has confirmed it, we send a link there.")
                        autocomplete="email"
                        required=true
                    />
                    <button class="button button--primary button--block">"Create account"</button>
                </form>
            }
        })
}

/// Nobody gets into an account because of an address: they show that it is theirs, once.
fn theirs(visitor: &Visitor, proven: &Proven, return_to: &str) -> Response {
    let (provider, email) = (proven.provider().name.clone(), proven.email().to_owned());
    let link = entry::returning("/signin/link", return_to);
    Page::card("You have an account").render(visitor, move || {
        view! {
            <header>
                <h1>"You have an account here"</h1>
                <p>
                    <strong>{email}</strong> " has an account. Sign in to it once as you are used to; from then on "
                    {provider} " signs you in, too."
                </p>
            </header>
            <div class="providers">
                <a class="button button--primary button--block" href=link>"Sign in and link it"</a>
                <a class="button button--block" href="/forgot">"Set a new password"</a>
            </div>
        }
    })
}
