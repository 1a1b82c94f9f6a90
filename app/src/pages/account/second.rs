//! `/signin/second`: a code or a passkey after the password, or after another provider's word.

use axum::{
    extract::Query,
    response::{Redirect, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use model::{
    authentication::{self, SecondStep, StepError},
    passkey::{self, Ceremony},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::entry::{self, SECOND_STEP};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        passkey::{Ask, PasskeyForm},
    },
    error::{PageError, wait},
    extract::Visitor,
    form::{Errors, Form},
    layout::Page,
    notice::{self, Tone},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    return_to: String,
}

pub(super) async fn show(
    visitor: Visitor,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    match begun(&visitor, &headers).await? {
        Some(step) => page(&visitor, &step, wanted.return_to, Errors::new()),
        None => Ok(over(&visitor, &wanted.return_to)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeFields {
    code: String,
    return_to: String,
}

pub(super) async fn code(
    visitor: Visitor,
    headers: HeaderMap,
    session: Session,
    Form(fields): Form<CodeFields>,
) -> Result<Response, PageError> {
    let Some(step) = begun(&visitor, &headers).await? else { return Ok(over(&visitor, &fields.return_to)) };
    let words = match authentication::with_code(visitor.ctx(), &step, &fields.code, &visitor.bucket).await {
        Ok(whole) => return entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Wrong | StepError::Closed) => {
            "That code is not right, or it was used already. Wait for the next one and try again.".to_owned()
        }
        Err(StepError::TooMany(error)) => too_many(error.retry_after),
        Err(StepError::Void) => return Ok(over(&visitor, &fields.return_to)),
        Err(StepError::Fault(fault)) => return Err(fault.into()),
    };
    page(&visitor, &step, fields.return_to, Errors::one("code", words))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PasskeyFields {
    challenge: String,
    answer: String,
    return_to: String,
}

pub(super) async fn passkey(
    visitor: Visitor,
    headers: HeaderMap,
    session: Session,
    Form(fields): Form<PasskeyFields>,
) -> Result<Response, PageError> {
    let Some(step) = begun(&visitor, &headers).await? else { return Ok(over(&visitor, &fields.return_to)) };
    let browser = visitor.browser_mark();
    match authentication::with_passkey(visitor.ctx(), &step, &browser, &fields.challenge, &fields.answer).await {
        Ok(whole) => entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Fault(fault)) => Err(fault.into()),
        Err(_) => page(&visitor, &step, fields.return_to, Errors::one("", "That passkey did not work. Try again.")),
    }
}

pub(super) async fn back() -> Redirect {
    Redirect::to("/signin/second")
}

async fn begun(visitor: &Visitor, headers: &HeaderMap) -> Result<Option<SecondStep>, PageError> {
    let ctx = visitor.ctx();
    let Some(sealed) = SECOND_STEP.read(ctx.settings(), headers) else { return Ok(None) };
    Ok(authentication::second_step(ctx, sealed, &visitor.browser_mark()).await?)
}

fn over(visitor: &Visitor, return_to: &str) -> Response {
    notice::go(visitor, &entry::returning("/signin", return_to), Tone::Info, "That took too long. Sign in again.")
}

fn too_many(retry_after: i64) -> String {
    format!("Too many tries. Wait {} and try again.", wait(retry_after))
}

fn page(visitor: &Visitor, step: &SecondStep, return_to: String, errors: Errors) -> Result<Response, PageError> {
    let ctx = visitor.ctx();
    let app = step.factors.totp.is_some();
    let ceremony = match step.factors.passkeys.as_slice() {
        [] => None,
        keys => Some(passkey::start_second_step(ctx, step.user().id, keys, &visitor.browser_mark())?),
    };
    let (label, hint) = if app {
        ("Code", "Six digits from your authenticator app. A recovery code works too, once.")
    } else {
        ("Recovery code", "One of the codes that you kept when you added the passkey. It works once.")
    };
    let known = match step.provider() {
        Some(id) => format!("{} knows you.", super::providers::name_of(visitor, id)),
        None => "Your password is right.".to_owned(),
    };
    let page = Page::card("Second step").errors(errors);
    let page = page.below(|| view! { <p>"Somebody else? " <a href="/signin">"Sign in"</a></p> });
    Ok(page.render(visitor, move || {
        view! {
            <header>
                <h1>"One more step"</h1>
                <p>
                    {known}
                    {if app { " Show that it is you." } else { " Show that it is you with a passkey." }}
                </p>
            </header>
            <ErrorSummary/>
            {ceremony.map(|ceremony| passkey_form(ceremony, return_to.clone()))}
            <form class="form" method="post" action="/signin/second">
                <Csrf/>
                <input type="hidden" name="return_to" value=return_to/>
                <Field id="code" label=label hint=hint autocomplete="one-time-code" required=true autofocus=app mono=true/>
                <button class="button button--primary button--block">"Go on"</button>
            </form>
        }
    }))
}

fn passkey_form(ceremony: Ceremony, return_to: String) -> impl IntoView {
    view! {
        <PasskeyForm
            action="/signin/second/passkey"
            ceremony=ceremony
            ask=Ask::SignIn
            label="Use a passkey"
            fields=vec![("return_to", return_to)]
        />
    }
}
