//! `/account/security`: how one signs in, in one overview.

use axum::{
    Router,
    response::{Redirect, Response},
    routing::{get, post},
};
use leptos::prelude::*;
use model::{
    Timestamp,
    factor::{self, FactorError, Factors},
    passkey::{self, PasskeyError},
    recovery, session, totp, upstream,
};
use serde::Deserialize;
use uuid::Uuid;

use super::overview::side;
use crate::{
    AppState,
    components::{
        form::ButtonForm,
        icon::{Glyph, Icon},
        misc::State,
        time::{Ago, Day},
    },
    error::PageError,
    extract::{Fresh, SignedIn},
    form::{Form, Nothing},
    layout::{Page, PageHead},
    notice::{self, Tone},
};

mod app;
mod codes;
mod passkeys;
mod providers;
mod qr;

/// The path of the overview.
const HERE: &str = "/account/security";

/// The pages of how one signs in.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/account/security/app", get(app::show).post(app::enable))
        .route("/account/security/app/remove", get(back).post(remove_app))
        .route("/account/security/codes", get(codes::ask).post(codes::make))
        .route("/account/security/passkeys", get(passkeys::show).post(passkeys::add))
        .route("/account/security/passkeys/rename", get(passkeys::name).post(passkeys::rename))
        .route("/account/security/passkeys/remove", get(back).post(remove_passkey))
        .route("/account/security/password/remove", post(remove_password).get(back))
        .route("/account/security/providers/link", post(providers::link).get(back))
        .route("/account/security/providers/unlink", post(providers::unlink).get(back))
}

async fn back() -> Redirect {
    Redirect::to(HERE)
}

/// A page of this part, below the overview.
fn page(title: &'static str) -> Page {
    Page::new(title)
        .narrow()
        .crumb_to("Account", "/account")
        .crumb_to("Security", HERE)
        .crumb(title)
        .side("Account", side("security"))
}

async fn show(signed_in: SignedIn) -> Result<Response, PageError> {
    let ctx = signed_in.ctx();
    let factors = factor::of(ctx, signed_in.id()).await?;
    let sessions = session::list(ctx, signed_in.id()).await?.len();
    let now = ctx.now();
    let person = &signed_in.person;
    let (password, auth_time) = (person.user.password().is_some(), person.auth_time);
    let links = upstream::list(ctx, signed_in.id()).await?;
    let (offered, linked) = (ctx.settings().providers.clone(), !links.is_empty());
    let page = Page::new("Security").crumb_to("Account", "/account").crumb("Security").leads_out(&signed_in.visitor);
    Ok(page.side("Account", side("security")).render(&signed_in.visitor, move || {
        view! {
            <PageHead title="Security" lead="How you sign in, and what keeps others from it."/>
            {password_card(password, linked || !factors.passkeys.is_empty())}
            {passkeys_card(&factors, now)}
            {app_card(&factors, now)}
            {providers::card(offered, links, now)}
            {codes_card(&factors)}
            <section class="card" aria-labelledby="sessions">
                <div class="card__head">
                    <h2 id="sessions">"Sessions"</h2>
                    <p>
                        {if sessions == 1 {
                            "You are signed in in this browser alone.".to_owned()
                        } else {
                            format!("You are signed in in {sessions} browsers.")
                        }} " Here you last signed in " <Ago at=auth_time now=now/> "."
                    </p>
                </div>
                <div class="card__foot">
                    <a class="button" href="/account/sessions">"Show sessions"</a>
                </div>
            </section>
        }
    }))
}

/// `others`: whether something else signs in, too.
fn password_card(there: bool, others: bool) -> impl IntoView {
    let text = if there {
        "You can sign in with a password."
    } else {
        "You have no password: you sign in with a passkey or another provider. We can send a link that sets one."
    };
    let way = if there {
        view! { <a class="button" href="/account#password">"Change password"</a> }.into_any()
    } else {
        view! { <a class="button" href="/forgot">"Set a password"</a> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="password-title">
            <div class="card__head">
                <h2 id="password-title">"Password " {state(there)}</h2>
                <p>{text}</p>
            </div>
            <div class="card__foot button-row">
                {way}
                {(there && others)
                    .then(|| {
                        view! {
                            <ButtonForm
                                action="/account/security/password/remove"
                                class="button button--danger"
                            >
                                "Remove password"
                            </ButtonForm>
                        }
                    })}
            </div>
        </section>
    }
}

fn passkeys_card(factors: &Factors, now: Timestamp) -> impl IntoView + use<> {
    let rows = factors
        .passkeys
        .iter()
        .map(|key| {
            let id = key.id.to_string();
            let kept = if key.backup_eligible { "Shared by your devices" } else { "On one device" };
            let rename = format!("/account/security/passkeys/rename?id={id}");
            let named = format!(" {}", key.name);
            view! {
                <li class="factors__row">
                    <div>
                        <h3>{key.name.clone()}</h3>
                        <p>
                            {kept} ", added " <Day at=key.created_at/> ", "
                            {match key.last_used_at {
                                Some(at) => view! { "used " <Ago at=at now=now/> }.into_any(),
                                None => "not used yet".into_any(),
                            }}
                        </p>
                    </div>
                    <div class="button-row">
                        <a class="button button--small" href=rename>
                            "Rename"
                            <span class="visually-hidden">{named.clone()}</span>
                        </a>
                        <ButtonForm
                            action="/account/security/passkeys/remove"
                            class="button button--small button--danger"
                            fields=vec![("id", id)]
                        >
                            "Remove"
                            <span class="visually-hidden">{named}</span>
                        </ButtonForm>
                    </div>
                </li>
            }
        })
        .collect_view();
    let some = !factors.passkeys.is_empty();
    view! {
        <section class="card" aria-labelledby="passkeys">
            <div class="card__head">
                <h2 id="passkeys">"Passkeys " {state(some)}</h2>
                <p>
                    "A passkey signs you in with your finger, your face or the PIN of your device, and cannot be \
                     phished. With one, the password alone is not enough any more."
                </p>
            </div>
            {some.then(|| view! { <ul class="factors">{rows}</ul> })}
            <div class="card__foot">
                <a class="button" href="/account/security/passkeys">
                    <Icon glyph=Glyph::Plus/>
                    "Add a passkey"
                </a>
            </div>
        </section>
    }
}

fn app_card(factors: &Factors, now: Timestamp) -> impl IntoView + use<> {
    let foot = match &factors.totp {
        None => view! { <a class="button" href="/account/security/app">"Set up the app"</a> }.into_any(),
        Some(_) => view! {
            <ButtonForm action="/account/security/app/remove" class="button button--danger">"Remove the app"</ButtonForm>
        }
        .into_any(),
    };
    let since = factors.totp.as_ref().map(|app| {
        let used = app.last_used_at.map(|at| view! { ", last used " <Ago at=at now=now/> });
        view! { " Added " <Day at=app.created_at/> {used} "." }
    });
    view! {
        <section class="card" aria-labelledby="app">
            <div class="card__head">
                <h2 id="app">"Authenticator app " {state(factors.totp.is_some())}</h2>
                <p>"A code from an app on your phone, after the password." {since}</p>
            </div>
            <div class="card__foot">{foot}</div>
        </section>
    }
}

fn codes_card(factors: &Factors) -> impl IntoView + use<> {
    let left = factors.recovery_codes;
    let text = match (factors.any(), left) {
        (false, _) => {
            "You get them with your first passkey or authenticator app, for the day when it is lost.".to_owned()
        }
        (true, 0) => "None is left. Make new ones before you need them.".to_owned(),
        (true, 1) => "One is left. Make new ones before you need them.".to_owned(),
        (true, left) => {
            format!("{left} of {} are left. Each stands in for a passkey or the app, once.", recovery::COUNT)
        }
    };
    view! {
        <section class="card" aria-labelledby="codes">
            <div class="card__head">
                <h2 id="codes">"Recovery codes"</h2>
                <p>{text}</p>
            </div>
            {factors
                .any()
                .then(|| {
                    view! {
                        <div class="card__foot">
                            <a class="button" href="/account/security/codes">"Make new codes"</a>
                        </div>
                    }
                })}
        </section>
    }
}

fn state(on: bool) -> impl IntoView {
    if on {
        view! { <State kind="enabled" text="On"/> }
    } else {
        view! { <State kind="disabled" text="Off"/> }
    }
}

// ---- What its buttons do ----

async fn remove_app(fresh: Fresh, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    match totp::disable(fresh.ctx(), fresh.id()).await {
        // One that is gone already is what was wanted.
        Ok(_) => Ok(notice::done(&fresh.visitor, HERE, "The authenticator app is removed.")),
        Err(error) => refused(&fresh, error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasskeyId {
    id: Uuid,
}

async fn remove_passkey(fresh: Fresh, Form(fields): Form<PasskeyId>) -> Result<Response, PageError> {
    match passkey::remove(fresh.ctx(), fresh.id(), fields.id).await {
        Ok(true) => Ok(notice::done(
            &fresh.visitor,
            HERE,
            "The passkey is removed. Your device still has it, and can forget it in its settings.",
        )),
        Ok(false) => Err(PageError::NotFound),
        Err(error) => refused(&fresh, error),
    }
}

async fn remove_password(fresh: Fresh, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    match factor::remove_password(fresh.ctx(), fresh.id()).await {
        Ok(()) => Ok(notice::done(&fresh.visitor, HERE, "Your password is removed: it does not sign in any more.")),
        Err(error) => refused(&fresh, error),
    }
}

fn refused(fresh: &Fresh, error: FactorError) -> Result<Response, PageError> {
    let text = match error {
        FactorError::LastWay => "It is your last way of signing in. Set a password or add a passkey first.",
        FactorError::Fault(fault) => return Err(fault.into()),
        FactorError::WrongCode | FactorError::Void | FactorError::Exists => "That has changed meanwhile.",
    };
    Ok(notice::go(&fresh.visitor, HERE, Tone::Warning, text))
}

/// What is wrong with a passkey, in words; what breaks inside is a page of its own.
fn passkey_words(error: PasskeyError) -> Result<String, PageError> {
    Ok(match error {
        PasskeyError::Void => "That took too long. Try again.".to_owned(),
        PasskeyError::Refused(reason) => {
            tracing::info!(reason, "a passkey was refused");
            "Your browser's answer does not hold. Try again, or use another device.".to_owned()
        }
        PasskeyError::Known => "This passkey is known already.".to_owned(),
        PasskeyError::TooMany => format!("You have {} passkeys already. Remove one first.", passkey::MOST),
        PasskeyError::Name(problem) => name_words(problem),
        PasskeyError::Fault(fault) => return Err(fault.into()),
    })
}

fn name_words(problem: rules::text::Problem) -> String {
    match problem {
        rules::text::Problem::TooLong(longest) => format!("Use at most {longest} characters."),
        problem => super::name_words(problem),
    }
}
