//! `/forgot` and `/reset`: a new password for who has forgotten theirs.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    link::{self, Found, LinkPurpose},
    user::{self, AccountError},
};
use serde::Deserialize;

use super::{IDS, delay, errors_of, sign_up::LinkQuery};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
    layout::Page,
    notice::{self, Tone},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ForgotFields {
    email: String,
}

pub(super) async fn forgot(visitor: Visitor) -> Response {
    let email = visitor.person.as_ref().map(|person| person.user.email.clone()).unwrap_or_default();
    forgot_page(&visitor, email, Errors::new())
}

pub(super) async fn send_link(visitor: Visitor, Form(fields): Form<ForgotFields>) -> Result<Response, PageError> {
    match user::forgot_password(visitor.ctx(), &fields.email, &visitor.bucket).await {
        Ok(()) => Ok(notice::go(
            &visitor,
            "/signin",
            Tone::Info,
            &format!(
                "If there is an account with that address, a link to set a new password is on its way.{}",
                delay(&visitor).await?
            ),
        )),
        Err(error) => Ok(forgot_page(&visitor, fields.email, errors_of(error, IDS)?)),
    }
}

fn forgot_page(visitor: &Visitor, email: String, errors: Errors) -> Response {
    Page::card("Set a new password")
        .errors(errors)
        .below(|| view! { <p>"Remembered it? " <a href="/signin">"Sign in"</a></p> })
        .render(visitor, move || {
            view! {
                <header>
                    <h1>"Set a new password"</h1>
                    <p>"We send a link to your address. It works once, for an hour."</p>
                </header>
                <ErrorSummary/>
                <form class="form" method="post" action="/forgot">
                    <Csrf/>
                    <Field
                        id="email"
                        label="E-mail address"
                        kind="email"
                        value=email
                        autocomplete="username"
                        required=true
                        autofocus=true
                    />
                    <button class="button button--primary button--block">"Send link"</button>
                </form>
            }
        })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResetFields {
    token: String,
    password: String,
}

pub(super) async fn reset(visitor: Visitor, Query(query): Query<LinkQuery>) -> Result<Response, PageError> {
    reset_page(&visitor, query.token, Errors::new()).await
}

pub(super) async fn set(visitor: Visitor, Form(fields): Form<ResetFields>) -> Result<Response, PageError> {
    match user::reset_password(visitor.ctx(), &fields.token, &fields.password).await {
        Ok(()) => Ok(notice::done(
            &visitor,
            "/signin",
            "Your password is changed, and you are signed out everywhere. Sign in with the new one.",
        )),
        Err(AccountError::LinkVoid) => Ok(void(&visitor)),
        Err(error) => reset_page(&visitor, fields.token, errors_of(error, IDS)?).await,
    }
}

async fn reset_page(visitor: &Visitor, token: String, errors: Errors) -> Result<Response, PageError> {
    let Found::Works { user, .. } = link::look(visitor.ctx(), LinkPurpose::ResetPassword, &token).await? else {
        return Ok(void(visitor));
    };
    Ok(Page::card("Set a new password").errors(errors).render(visitor, move || {
        view! {
            <header>
                <h1>"Set a new password"</h1>
                <p>"For " <strong>{user.email.clone()}</strong> ". You will be signed out everywhere."</p>
            </header>
            <ErrorSummary/>
            <form class="form" method="post" action="/reset">
                <Csrf/>
                <input type="hidden" name="token" value=token/>
                <input type="hidden" name="username" autocomplete="username" value=user.email/>
                <Field
                    id="password"
                    label="New password"
                    kind="password"
                    hint="8 to 128 characters of anything."
                    autocomplete="new-password"
                    required=true
                    autofocus=true
                />
                <button class="button button--primary button--block">"Set password"</button>
            </form>
        }
    }))
}

fn void(visitor: &Visitor) -> Response {
    let errors = Errors::one(
        "",
        "This link does not work any more: it was used, it has expired, or a newer one was sent. Ask for another.",
    );
    forgot_page(visitor, String::new(), errors)
}
