//! `/signin` and `/signout`.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::{
    authentication::{self, StepError},
    logout, passkey,
    user::{self, SignIn, SignInError},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{entry, providers, sign_up};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        passkey::{Ask, PasskeyForm},
    },
    error::{PageError, wait},
    extract::Visitor,
    form::{Errors, Form, Nothing},
    layout::Page,
    notice::{self, Tone},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    email: String,
    password: String,
    return_to: String,
    again: String,
}

/// What the page is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    return_to: String,
    /// `1` asks even who is signed in: a page, or a client of the identity provider, wants to know
    /// that it is still them.
    again: String,
}

pub(super) async fn show(visitor: Visitor, Query(wanted): Query<Wanted>) -> Result<Response, PageError> {
    let mut fields = Fields { return_to: wanted.return_to, again: wanted.again, ..Fields::default() };
    if let Some(person) = &visitor.person {
        if fields.again != "1" {
            return Ok(Redirect::to(entry::destination(&fields.return_to)).into_response());
        }
        fields.email.clone_from(&person.user.email);
    }
    page(&visitor, fields, Ask::Autofill, Errors::new())
}

pub(super) async fn submit(
    visitor: Visitor,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, PageError> {
    let error = match user::sign_in(visitor.ctx(), &fields.email, &fields.password, &visitor.bucket).await {
        Ok(SignIn::Welcome(first)) => {
            return entry::after_password(&session, &visitor, first, &fields.return_to).await;
        }
        Ok(SignIn::Unverified { email, proof }) => {
            return Ok(sign_up::to_mail(&visitor, &super::keep(&proof, &email)));
        }
        Err(SignInError::Wrong) => {
            "That e-mail address and password do not go together. Check both and try again.".to_owned()
        }
        Err(SignInError::Suspended) => SUSPENDED.to_owned(),
        Err(SignInError::TooMany(error)) => {
            format!("Too many tries. Wait {} and try again, or set a new password.", wait(error.retry_after))
        }
        Err(SignInError::Fault(fault)) => return Err(fault.into()),
    };
    page(&visitor, fields, Ask::Autofill, Errors::one("", error))
}

pub(super) const SUSPENDED: &str = "This account is suspended. Ask whoever runs this portal.";

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PasskeyFields {
    challenge: String,
    answer: String,
    return_to: String,
    again: String,
}

/// A passkey alone.
pub(super) async fn passkey(
    visitor: Visitor,
    session: Session,
    Form(fields): Form<PasskeyFields>,
) -> Result<Response, PageError> {
    let browser = visitor.browser_mark();
    let words = match authentication::passkey_alone(visitor.ctx(), &browser, &fields.challenge, &fields.answer).await {
        Ok(whole) => return entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Void) => "That took too long. Try the passkey again.",
        Err(StepError::Closed) => SUSPENDED,
        Err(StepError::Fault(fault)) => return Err(fault.into()),
        Err(StepError::Wrong | StepError::TooMany(_)) => {
            "That passkey does not sign in here. It may have been removed from the account."
        }
    };
    let email = visitor.person.as_ref().map(|person| person.user.email.clone()).unwrap_or_default();
    let typed = Fields { email, return_to: fields.return_to, again: fields.again, ..Fields::default() };
    // Not offered again by itself: it would be the same one.
    page(&visitor, typed, Ask::SignIn, Errors::one("", words))
}

pub(super) async fn back() -> Redirect {
    Redirect::to("/signin")
}

fn page(visitor: &Visitor, fields: Fields, ask: Ask, errors: Errors) -> Result<Response, PageError> {
    let ceremony = passkey::start_sign_in(visitor.ctx(), &visitor.browser_mark())?;
    let again = fields.again == "1" && visitor.person.is_some();
    let page = Page::card("Sign in").errors(errors).leads_out(visitor);
    let page = if again {
        page
    } else {
        page.below(|| view! { <p>"New here? " <a href="/signup">"Create an account"</a></p> })
    };
    // In the closure: forms find their anti-forgery token only while the page is rendered.
    let asking = visitor.clone();
    Ok(page.render(visitor, move || {
        let others = providers::buttons(&asking, &fields.return_to, again);
        let known = !fields.email.is_empty();
        let hidden = vec![("return_to", fields.return_to.clone()), ("again", fields.again.clone())];
        view! {
            <header>
                <h1>{if again { "Is it still you?" } else { "Sign in" }}</h1>
                {again.then(|| view! { <p>"What comes next asks for a sign-in of a moment ago."</p> })}
            </header>
            <ErrorSummary/>
            <form class="form" method="post" action="/signin">
                <Csrf/>
                <input type="hidden" name="return_to" value=fields.return_to/>
                <input type="hidden" name="again" value=fields.again/>
                <Field
                    id="email"
                    label="E-mail address"
                    kind="email"
                    value=fields.email
                    autocomplete="username webauthn"
                    required=true
                    autofocus=!known
                />
                <Field
                    id="password"
                    label="Password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                    autofocus=again
                >
                    <a href="/forgot">"Forgotten?"</a>
                </Field>
                <button class="button button--primary button--block">"Sign in"</button>
            </form>
            <PasskeyForm
                action="/signin/passkey"
                ceremony=ceremony
                ask=ask
                label="Use a passkey"
                fields=hidden
            />
            {others}
        }
    }))
}

pub(super) async fn sign_out(
    visitor: Visitor,
    session: Session,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let mut frames = Vec::new();
    if let Some(person) = &visitor.person {
        frames = logout::frames(visitor.ctx(), person.session).await?;
        model::session::end(visitor.ctx(), person.user.id, person.session).await?;
    }
    session.flush().await.map_err(|error| {
        tracing::error!(%error, "a session was not ended");
        PageError::from(model::Fault::Stopped("sessions"))
    })?;
    Ok(signed_out(&visitor, frames, "You are signed out."))
}

/// The end of a session in this browser: on the page for signing in, or on one that lets
/// applications notice which are told through the browser (OpenID Connect Front-Channel Logout).
pub(super) fn signed_out(visitor: &Visitor, frames: Vec<String>, words: &'static str) -> Response {
    if frames.is_empty() {
        return notice::go(visitor, "/signin", Tone::Info, words);
    }
    Page::card("Signed out").frames(frames).render(visitor, move || {
        view! {
            <header>
                <h1>{words}</h1>
                <p>"The applications that you have used are signed out, too."</p>
            </header>
            <a class="button button--primary button--block" href="/signin">"Sign in again"</a>
        }
    })
}

pub(super) async fn back_to_start() -> Redirect {
    Redirect::to("/")
}
