//! `/signup` and `/verify`: opening an account, and showing that the address is one's own.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, header};
use leptos::prelude::*;
use model::{
    authentication::FirstStep,
    user::{self, AccountError, Proof, SignUp, Verification},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{IDS, SIGNED_UP, delay, entry, errors_of, keep, kept, providers};
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

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    email: String,
    password: String,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    if visitor.person.is_some() {
        return Redirect::to("/organizations").into_response();
    }
    page(&visitor, Fields::default(), Errors::new())
}

pub(super) async fn submit(visitor: Visitor, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let given = SignUp { name: fields.name.clone(), email: fields.email.clone(), password: fields.password.clone() };
    let signed_up = match user::sign_up(visitor.ctx(), &given, &visitor.bucket).await {
        Ok(signed_up) => signed_up,
        Err(error) => return Ok(page(&visitor, fields, errors_of(error, IDS)?)),
    };
    Ok(to_mail(&visitor, &keep(&signed_up.proof, &signed_up.email)))
}

/// To the page that says to look into the mail.
pub(super) fn to_mail(visitor: &Visitor, kept: &str) -> Response {
    let mut response = Redirect::to("/verify").into_response();
    if let Some(cookie) = SIGNED_UP.set(visitor.ctx().settings(), kept) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn page(visitor: &Visitor, fields: Fields, errors: Errors) -> Response {
    let asking = visitor.clone();
    Page::card("Create account")
        .errors(errors)
        .leads_out(visitor)
        .below(|| view! { <p>"Have an account? " <a href="/signin">"Sign in"</a></p> })
        .render(visitor, move || {
            let others = providers::buttons(&asking, "", false);
            view! {
                <header>
                    <h1>"Create account"</h1>
                </header>
                <ErrorSummary/>
                <form class="form" method="post" action="/signup">
                    <Csrf/>
                    <Field id="name" label="Your name" value=fields.name autocomplete="name" required=true/>
                    <Field
                        id="email"
                        label="E-mail address"
                        kind="email"
                        value=fields.email
                        hint="We send a link there to confirm it."
                        autocomplete="username"
                        required=true
                    />
                    <Field
                        id="password"
                        label="Password"
                        kind="password"
                        hint="8 to 128 characters of anything. A few unrelated words are good."
                        autocomplete="new-password"
                        required=true
                    />
                    <button class="button button--primary button--block">"Create account"</button>
                </form>
                {others}
            }
        })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LinkQuery {
    pub(super) token: String,
}

pub(super) async fn verify(
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<LinkQuery>,
) -> Result<Response, PageError> {
    if query.token.is_empty() {
        return waiting(&visitor, Some(&headers), None, Errors::new()).await;
    }
    verify_page(&visitor, &headers, query.token, Errors::new()).await
}

/// Opening the link changes nothing, since mail scanners open links too; the button does.
async fn verify_page(
    visitor: &Visitor,
    headers: &HeaderMap,
    token: String,
    errors: Errors,
) -> Result<Response, PageError> {
    let proof = kept(visitor, headers).map(|(proof, _)| proof);
    let (email, needs_password) = match user::verification(visitor.ctx(), &token, proof.as_deref()).await? {
        Verification::Waiting { email, needs_password: true, provider: Some(provider) } => {
            return Ok(providers::ask_before_verifying(visitor, &provider, &email, &token));
        }
        Verification::Waiting { email, needs_password, .. } => (email, needs_password),
        Verification::Done => {
            return Ok(notice::go(visitor, "/signin", Tone::Success, "Your address is confirmed. Sign in."));
        }
        Verification::Void => return void(visitor, headers).await,
    };
    Ok(Page::card("Confirm your address").errors(errors).render(visitor, move || {
        view! {
            <header>
                <h1>"Confirm your address"</h1>
                <p>"One step left: " <strong>{email.clone()}</strong> " is going to be your address here."</p>
            </header>
            <ErrorSummary/>
            <form class="form" method="post" action="/verify">
                <Csrf/>
                <input type="hidden" name="token" value=token/>
                {needs_password
                    .then(|| {
                        view! {
                            <input type="hidden" name="username" autocomplete="username" value=email/>
                            <Field
                                id="password"
                                label="Password"
                                kind="password"
                                hint="The one that you signed up with. This browser is another one than then, so we ask."
                                autocomplete="current-password"
                                required=true
                            />
                        }
                    })}
                <button class="button button--primary button--block">"Confirm address"</button>
            </form>
        }
    }))
}

async fn void(visitor: &Visitor, headers: &HeaderMap) -> Result<Response, PageError> {
    let errors = Errors::one("", "This link does not work any more: it has expired, or a newer one was sent.");
    waiting(visitor, Some(headers), None, errors).await
}

/// Look into your mail: at the address that was typed, or else that this browser has signed up with.
async fn waiting(
    visitor: &Visitor,
    headers: Option<&HeaderMap>,
    typed: Option<String>,
    errors: Errors,
) -> Result<Response, PageError> {
    let email = typed.or_else(|| headers.and_then(|headers| kept(visitor, headers)).map(|(_, email)| email));
    // Whoever comes from a provider is known there, and may have mistyped the address here.
    let another = headers.is_some_and(|headers| providers::has_said(visitor, headers));
    let sandbox = visitor.ctx().settings().sandbox;
    let delay = delay(visitor).await?;
    let page = Page::card("Look into your mail").errors(errors).below(move || {
        let another =
            another.then(|| view! { <p>"A wrong address? " <a href="/signin/new">"Take another one"</a></p> });
        view! { {another} <p>"Confirmed already? " <a href="/signin">"Sign in"</a></p> }
    });
    Ok(page.render(visitor, move || {
        let sent = email.clone();
        view! {
            <header>
                <h1>"Look into your mail"</h1>
                <p>
                    "We have sent a link to "
                    {match sent {
                        Some(email) => view! { <strong>{email}</strong> }.into_any(),
                        None => "your address".into_any(),
                    }} ". Open it to confirm the address." {delay}
                </p>
            </header>
            <ErrorSummary/>
            {sandbox
                .then(|| {
                    view! {
                        <p class="muted">
                            "This is a sandbox: mails are kept in the " <a href="/sandbox/outbox">"outbox"</a> "."
                        </p>
                    }
                })}
            <form class="form" method="post" action="/verify/resend">
                <Csrf/>
                <Field
                    id="email"
                    label="Nothing has arrived?"
                    kind="email"
                    value=email.unwrap_or_default()
                    autocomplete="email"
                    required=true
                />
                <button class="button button--block">"Send the link again"</button>
            </form>
        }
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConfirmFields {
    token: String,
    password: Option<String>,
}

pub(super) async fn confirm(
    visitor: Visitor,
    headers: HeaderMap,
    session: Session,
    Form(fields): Form<ConfirmFields>,
) -> Result<Response, PageError> {
    let proof = match (fields.password, kept(&visitor, &headers)) {
        (Some(password), _) => Proof::Password(password),
        (None, Some((proof, _))) => Proof::Browser(proof),
        (None, None) => Proof::Browser(String::new()),
    };
    let first = match user::verify(visitor.ctx(), &fields.token, &proof).await {
        Ok(first) => first,
        Err(AccountError::LinkVoid) => {
            // A second click finds the address confirmed, which is what it wanted.
            return verify_page(&visitor, &headers, fields.token, Errors::new()).await;
        }
        Err(error) => return verify_page(&visitor, &headers, fields.token, errors_of(error, IDS)?).await,
    };
    let mut response = match first {
        FirstStep::Done(whole) => {
            entry::open_session(&session, &visitor, &whole).await?;
            notice::done(&visitor, "/organizations", "Welcome. Your address is confirmed.")
        }
        FirstStep::Second(pending) => entry::to_second_step(&visitor, &pending, "/organizations")?,
    };
    if let Some(cookie) = SIGNED_UP.clear(visitor.ctx().settings()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResendFields {
    email: String,
}

pub(super) async fn resend(visitor: Visitor, Form(fields): Form<ResendFields>) -> Result<Response, PageError> {
    match user::resend_verification(visitor.ctx(), &fields.email, &visitor.bucket).await {
        Ok(()) => Ok(notice::go(
            &visitor,
            "/verify",
            Tone::Info,
            "If that address waits to be confirmed, a new link is on its way. Earlier ones no longer work.",
        )),
        Err(error) => waiting(&visitor, None, Some(fields.email), errors_of(error, IDS)?).await,
    }
}

pub(super) async fn back_to_verify() -> Redirect {
    Redirect::to("/verify")
}
