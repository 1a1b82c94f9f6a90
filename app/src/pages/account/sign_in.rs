//! `/signin` and `/signout`.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::{
    authentication::{self, StepError},
    logout, passkey,
    texts::Wait,
    user::{self, SignIn, SignInError, SignedUp},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{asking::Asking, entry, kept::Kept, providers, sign_up};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        passkey::{Ask, PasskeyForm},
    },
    error::PageError,
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
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    if let Some(hint) = asking.login_hint() {
        fields.email = hint;
    }
    page(&visitor, &asking, fields, Ask::Autofill, Errors::new())
}

pub(super) async fn submit(
    visitor: Visitor,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let texts = &asking.portal().sign_in;
    let error = match user::sign_in(visitor.ctx(), &fields.email, &fields.password, &visitor.bucket).await {
        Ok(SignIn::Welcome(first)) => {
            return entry::after_password(&session, &visitor, first, &fields.return_to).await;
        }
        Ok(SignIn::Unverified { email, proof }) => {
            let kept = Kept::new(SignedUp { email, proof }, &fields.return_to);
            return Ok(sign_up::to_mail(&visitor, &kept));
        }
        Err(SignInError::Wrong) => texts.wrong.to_owned(),
        Err(SignInError::Suspended) => texts.suspended.to_owned(),
        Err(SignInError::TooMany(error)) => (texts.too_many)(Wait::of(error.retry_after)),
        Err(SignInError::Fault(fault)) => return Err(fault.into()),
    };
    page(&visitor, &asking, fields, Ask::Autofill, Errors::one("", error))
}

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
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let texts = &asking.portal().sign_in;
    let words = match authentication::passkey_alone(visitor.ctx(), &browser, &fields.challenge, &fields.answer).await {
        Ok(whole) => return entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Void) => texts.passkey_late,
        Err(StepError::Closed) => texts.suspended,
        Err(StepError::Fault(fault)) => return Err(fault.into()),
        Err(StepError::Wrong | StepError::TooMany(_)) => texts.passkey_unknown,
    };
    let known = || visitor.person.as_ref().map(|person| person.user.email.clone());
    let email = asking.login_hint().or_else(known).unwrap_or_default();
    let typed = Fields { email, return_to: fields.return_to, again: fields.again, ..Fields::default() };
    // Not offered again by itself: it would be the same one.
    page(&visitor, &asking, typed, Ask::SignIn, Errors::one("", words))
}

pub(super) async fn back() -> Redirect {
    Redirect::to("/signin")
}

fn page(visitor: &Visitor, asking: &Asking, fields: Fields, ask: Ask, errors: Errors) -> Result<Response, PageError> {
    let ceremony = passkey::start_sign_in(visitor.ctx(), &visitor.browser_mark())?;
    let again = fields.again == "1" && visitor.person.is_some();
    let (texts, title) = (&asking.portal().sign_in, asking.texts().login.title);
    let page = asking.card(title).errors(errors).leads_out(visitor);
    let page = if again {
        page
    } else {
        let sign_up = entry::returning("/signup", &fields.return_to);
        page.below(move || view! { <p>{texts.new_here} " " <a href=sign_up>{texts.create}</a></p> })
    };
    let heading = asking.sign_in_to().unwrap_or_else(|| if again { texts.still_you } else { title }.to_owned());
    // In the closure: forms find their anti-forgery token only while the page is rendered.
    let (visiting, asking) = (visitor.clone(), asking.clone());
    Ok(page.render(visitor, move || {
        let others = providers::buttons(&visiting, &asking, &fields.return_to, again);
        let known = !fields.email.is_empty();
        let hidden = vec![("return_to", fields.return_to.clone()), ("again", fields.again.clone())];
        let forgotten = entry::returning("/forgot", &fields.return_to);
        view! {
            {asking.head(heading, again.then(|| texts.again.to_owned()))}
            <ErrorSummary/>
            <form class="form" method="post" action="/signin">
                <Csrf/>
                <input type="hidden" name="return_to" value=fields.return_to/>
                <input type="hidden" name="again" value=fields.again/>
                <Field
                    id="email"
                    label=texts.email
                    kind="email"
                    value=fields.email
                    autocomplete="username webauthn"
                    required=true
                    autofocus=!known
                />
                <Field
                    id="password"
                    label=texts.password
                    kind="password"
                    autocomplete="current-password"
                    required=true
                    autofocus=known
                >
                    <a href=forgotten>{texts.forgotten}</a>
                </Field>
                <button class="button button--primary button--block">{title}</button>
            </form>
            <PasskeyForm
                action="/signin/passkey"
                ceremony=ceremony
                ask=ask
                label=texts.passkey
                fields=hidden
            />
            {others}
            {asking.way_back()}
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
    let words = model::texts::of(visitor.language).portal.sign_in.signed_out;
    Ok(signed_out(&visitor, frames, words))
}

/// The end of a session in this browser: on the page for signing in, or on one that lets
/// applications notice which are told through the browser (OpenID Connect Front-Channel Logout).
pub(super) fn signed_out(visitor: &Visitor, frames: Vec<String>, words: &'static str) -> Response {
    if frames.is_empty() {
        return notice::go(visitor, "/signin", Tone::Info, words);
    }
    let texts = model::texts::of(visitor.language);
    Page::card(texts.logout.done_title).language(visitor.language).frames(frames).render(visitor, move || {
        view! {
            <header>
                <h1>{words}</h1>
                <p>{texts.logout.done_lead}</p>
            </header>
            <a class="button button--primary button--block" href="/signin">{texts.login.title}</a>
        }
    })
}

pub(super) async fn back_to_start() -> Redirect {
    Redirect::to("/")
}
