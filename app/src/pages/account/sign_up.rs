//! `/signup` and `/verify`: opening an account, and showing that the address is one's own.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, header};
use leptos::prelude::*;
use model::{
    authentication::FirstStep,
    interaction,
    texts::{self, portal::Portal},
    user::{self, AccountError, Proof, SignUp, Verification},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    IDS,
    asking::Asking,
    delay, entry, errors_in,
    kept::{Kept, SIGNED_UP},
    password, providers,
};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
    notice::{self, Tone},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    email: String,
    password: String,
    return_to: String,
}

pub(super) async fn show(visitor: Visitor, Query(wanted): Query<password::Wanted>) -> Result<Response, PageError> {
    if visitor.person.is_some() {
        return Ok(Redirect::to(entry::destination(&wanted.return_to)).into_response());
    }
    let asking = Asking::of(&visitor, &wanted.return_to).await?;
    let fields =
        Fields { email: asking.login_hint().unwrap_or_default(), return_to: wanted.return_to, ..Fields::default() };
    Ok(page(&visitor, &asking, fields, Errors::new()))
}

pub(super) async fn submit(visitor: Visitor, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let given = SignUp { name: fields.name.clone(), email: fields.email.clone(), password: fields.password.clone() };
    let signed_up = match user::sign_up(visitor.ctx(), &given, &visitor.bucket).await {
        Ok(signed_up) => signed_up,
        Err(error) => {
            let errors = errors_in(asking.portal(), error, IDS)?;
            return Ok(page(&visitor, &asking, fields, errors));
        }
    };
    Ok(to_mail(&visitor, &Kept::new(signed_up, &fields.return_to)))
}

/// To the page that says to look into the mail.
pub(super) fn to_mail(visitor: &Visitor, kept: &Kept) -> Response {
    let mut response = Redirect::to("/verify").into_response();
    if let Some(cookie) = SIGNED_UP.set(visitor.ctx().settings(), &kept.value()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn page(visitor: &Visitor, asking: &Asking, fields: Fields, errors: Errors) -> Response {
    let (texts, sign_in_words) = (asking.portal(), asking.texts().login.title);
    let sign_in = entry::returning("/signin", &fields.return_to);
    let have_one = texts.sign_up.have_one;
    let page = asking.card(texts.account.create).errors(errors).leads_out(visitor);
    let page = page.below(move || view! { <p>{have_one} " " <a href=sign_in>{sign_in_words}</a></p> });
    let (visiting, asking) = (visitor.clone(), asking.clone());
    page.render(visitor, move || {
        let others = providers::buttons(&visiting, &asking, &fields.return_to, false);
        view! {
            {asking.head(texts.account.create, None)}
            <ErrorSummary/>
            <form class="form" method="post" action="/signup">
                <Csrf/>
                <input type="hidden" name="return_to" value=fields.return_to/>
                <Field id="name" label=texts.account.name value=fields.name autocomplete="name" required=true/>
                <Field
                    id="email"
                    label=texts.sign_in.email
                    kind="email"
                    value=fields.email
                    hint=texts.sign_up.email_hint
                    autocomplete="username"
                    required=true
                />
                <Field
                    id="password"
                    label=texts.sign_in.password
                    kind="password"
                    hint=texts.sign_up.password_hint
                    autocomplete="new-password"
                    required=true
                />
                <button class="button button--primary button--block">{texts.account.create}</button>
            </form>
            {others}
            {asking.way_back()}
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
    let kept = Kept::read(visitor, headers);
    let proof = kept.as_ref().map(|kept| kept.proof.as_str());
    let (email, needs_password) = match user::verification(visitor.ctx(), &token, proof).await? {
        Verification::Waiting { email, needs_password: true, provider: Some(provider) } => {
            return providers::ask_before_verifying(visitor, &provider, &email, &token).await;
        }
        Verification::Waiting { email, needs_password, .. } => (email, needs_password),
        Verification::Done => {
            let sign_in = entry::returning("/signin", &kept.unwrap_or_default().return_to);
            return Ok(notice::go(visitor, &sign_in, Tone::Success, spoken(visitor).sign_up.confirmed));
        }
        Verification::Void => return void(visitor, headers).await,
    };
    // Somebody else's mail says nothing of what this browser was about.
    let here = kept.filter(|_| !needs_password).unwrap_or_default();
    let asking = Asking::of(visitor, &here.return_to).await?;
    let texts = asking.portal();
    Ok(asking.card(texts.sign_up.confirm_title).errors(errors).render(visitor, move || {
        view! {
            {asking.head(texts.sign_up.confirm_title, Some((texts.sign_up.confirm_lead)(&email)))}
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
                                label=texts.sign_in.password
                                kind="password"
                                hint=texts.sign_up.confirm_password
                                autocomplete="current-password"
                                required=true
                            />
                        }
                    })}
                <button class="button button--primary button--block">{texts.sign_up.confirm}</button>
            </form>
        }
    }))
}

async fn void(visitor: &Visitor, headers: &HeaderMap) -> Result<Response, PageError> {
    let errors = Errors::one("", spoken(visitor).sign_up.void);
    waiting(visitor, Some(headers), None, errors).await
}

/// What to say where no request in progress is known: mailed links are opened anywhere.
fn spoken(visitor: &Visitor) -> &'static Portal {
    texts::of(visitor.language).portal
}

/// Look into your mail: at the address that was typed, or else that this browser has signed up with.
async fn waiting(
    visitor: &Visitor,
    headers: Option<&HeaderMap>,
    typed: Option<String>,
    errors: Errors,
) -> Result<Response, PageError> {
    let kept = headers.and_then(|headers| Kept::read(visitor, headers)).unwrap_or_default();
    let email = typed.unwrap_or(kept.email);
    // Whoever comes from a provider is known there, and may have mistyped the address here.
    let another = headers.is_some_and(|headers| providers::has_said(visitor, headers));
    let sandbox = visitor.ctx().settings().sandbox;
    let asking = Asking::of(visitor, &kept.return_to).await?;
    let (all, texts) = (asking.texts(), &asking.portal().sign_up);
    let known = Some(email.as_str()).filter(|email| !email.is_empty());
    let sign_in = entry::returning("/signin", &kept.return_to);
    let lead = format!("{}{}", (texts.mail_lead)(known), delay(visitor, asking.portal()).await?);
    let page = asking.card(texts.mail_title).errors(errors).below(move || {
        let another =
            another.then(|| view! { <p>{texts.wrong_address} " " <a href="/signin/new">{texts.another}</a></p> });
        view! { {another} <p>{texts.confirmed_already} " " <a href=sign_in>{all.login.title}</a></p> }
    });
    Ok(page.render(visitor, move || {
        view! {
            {asking.head(texts.mail_title, Some(lead))}
            <ErrorSummary/>
            {sandbox
                .then(|| {
                    view! {
                        <p class="muted">{all.pin.outbox} <a href="/sandbox/outbox">{all.pin.outbox_link}</a> "."</p>
                    }
                })}
            <form class="form" method="post" action="/verify/resend">
                <Csrf/>
                <Field
                    id="email"
                    label=texts.nothing
                    kind="email"
                    value=email
                    autocomplete="email"
                    required=true
                />
                <button class="button button--block">{texts.again}</button>
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
    let kept = Kept::read(&visitor, &headers).unwrap_or_default();
    let (proof, return_to) = match fields.password {
        // Asked for where another browser has signed up: this one's business is another one.
        Some(password) => (Proof::Password(password), String::new()),
        None => (Proof::Browser(kept.proof), kept.return_to),
    };
    let first = match user::verify(visitor.ctx(), &fields.token, &proof).await {
        Ok(first) => first,
        Err(AccountError::LinkVoid) => {
            // A second click finds the address confirmed, which is what it wanted.
            return verify_page(&visitor, &headers, fields.token, Errors::new()).await;
        }
        Err(error) => {
            let errors = errors_in(spoken(&visitor), error, IDS)?;
            return verify_page(&visitor, &headers, fields.token, errors).await;
        }
    };
    let mut response = match first {
        FirstStep::Done(whole) => {
            entry::open_session(&session, &visitor, &whole).await?;
            match interaction::sealed_in(&return_to) {
                // On to the client that one has signed up for.
                Some(_) => Redirect::to(&return_to).into_response(),
                None => {
                    let words = "Welcome. Your address is confirmed.";
                    notice::done(&visitor, entry::destination(&return_to), words)
                }
            }
        }
        FirstStep::Second(pending) => entry::to_second_step(&visitor, &pending, &return_to)?,
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
        Ok(()) => Ok(notice::go(&visitor, "/verify", Tone::Info, spoken(&visitor).sign_up.sent_again)),
        Err(error) => {
            let errors = errors_in(spoken(&visitor), error, IDS)?;
            waiting(&visitor, None, Some(fields.email), errors).await
        }
    }
}

pub(super) async fn back_to_verify() -> Redirect {
    Redirect::to("/verify")
}
