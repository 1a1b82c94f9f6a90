//! `/signin/second`: a code or a passkey after the password, or after another provider's word.

use axum::{
    extract::Query,
    response::{Redirect, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use model::{
    authentication::{self, SecondStep, StepError},
    passkey,
    texts::Wait,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    asking::Asking,
    entry::{self, SECOND_STEP},
};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        passkey::{Ask, PasskeyForm},
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
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
    let asking = Asking::of(&visitor, &wanted.return_to).await?;
    match begun(&visitor, &headers).await? {
        Some(step) => page(&visitor, &asking, &step, wanted.return_to, Errors::new()),
        None => Ok(over(&visitor, &asking, &wanted.return_to)),
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
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let texts = &asking.portal().second;
    let Some(step) = begun(&visitor, &headers).await? else { return Ok(over(&visitor, &asking, &fields.return_to)) };
    let words = match authentication::with_code(visitor.ctx(), &step, &fields.code, &visitor.bucket).await {
        Ok(whole) => return entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Wrong | StepError::Closed) => texts.wrong.to_owned(),
        Err(StepError::TooMany(error)) => (texts.too_many)(Wait::of(error.retry_after)),
        Err(StepError::Void) => return Ok(over(&visitor, &asking, &fields.return_to)),
        Err(StepError::Fault(fault)) => return Err(fault.into()),
    };
    page(&visitor, &asking, &step, fields.return_to, Errors::one("code", words))
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
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let Some(step) = begun(&visitor, &headers).await? else { return Ok(over(&visitor, &asking, &fields.return_to)) };
    let browser = visitor.browser_mark();
    match authentication::with_passkey(visitor.ctx(), &step, &browser, &fields.challenge, &fields.answer).await {
        Ok(whole) => entry::finish(&session, &visitor, &whole, &fields.return_to).await,
        Err(StepError::Fault(fault)) => Err(fault.into()),
        Err(_) => {
            let errors = Errors::one("", asking.portal().second.passkey_wrong);
            page(&visitor, &asking, &step, fields.return_to, errors)
        }
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

fn over(visitor: &Visitor, asking: &Asking, return_to: &str) -> Response {
    notice::go(visitor, &entry::returning("/signin", return_to), Tone::Info, asking.portal().sign_in.late)
}

fn page(
    visitor: &Visitor,
    asking: &Asking,
    step: &SecondStep,
    return_to: String,
    errors: Errors,
) -> Result<Response, PageError> {
    let ctx = visitor.ctx();
    let texts = &asking.portal().second;
    let app = step.factors.totp.is_some();
    let ceremony = match step.factors.passkeys.as_slice() {
        [] => None,
        keys => Some(passkey::start_second_step(ctx, step.user().id, keys, &visitor.browser_mark())?),
    };
    let (label, hint) = if app { (texts.code, texts.code_hint) } else { (texts.recovery_code, texts.recovery_hint) };
    let known = match step.provider() {
        Some(id) => (texts.known_to)(&super::providers::name_of(visitor, id)),
        None => texts.password_right.to_owned(),
    };
    let lead = format!("{known} {}", if app { texts.show } else { texts.show_with_passkey });
    let sign_in = entry::returning("/signin", &return_to);
    let sign_in_words = asking.texts().login.title;
    let page = asking.card(texts.title).errors(errors);
    let page = page.below(move || view! { <p>{texts.somebody_else} " " <a href=sign_in>{sign_in_words}</a></p> });
    let asking = asking.clone();
    Ok(page.render(visitor, move || {
        let passkey = ceremony.map(|ceremony| {
            view! {
                <PasskeyForm
                    action="/signin/second/passkey"
                    ceremony=ceremony
                    ask=Ask::SignIn
                    label=asking.portal().sign_in.passkey
                    fields=vec![("return_to", return_to.clone())]
                />
            }
        });
        view! {
            {asking.head(texts.heading, Some(lead))}
            <ErrorSummary/>
            {passkey}
            <form class="form" method="post" action="/signin/second">
                <Csrf/>
                <input type="hidden" name="return_to" value=return_to.clone()/>
                <Field id="code" label=label hint=hint autocomplete="one-time-code" required=true autofocus=app mono=true/>
                <button class="button button--primary button--block">{texts.go_on}</button>
            </form>
            {asking.way_back()}
        }
    }))
}
