//! `/account/security`: how one signs in, in one overview.

use axum::{
    Router,
    extract::Query,
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

use super::{activity, overview::side};
use crate::{
    AppState,
    components::{
        icon::{Glyph, Icon},
        misc::State,
        time::{Ago, Day},
    },
    error::PageError,
    extract::{Fresh, SignedIn},
    form::{Form, Nothing},
    layout::{Page, PageHead},
    notice::{self, Tone},
    pages::product::Confirm,
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
        .route("/account/security/app/remove", get(ask_app).post(remove_app))
        .route("/account/security/codes", get(codes::ask).post(codes::make))
        .route("/account/security/passkeys", get(passkeys::show).post(passkeys::add))
        .route("/account/security/passkeys/rename", get(passkeys::name).post(passkeys::rename))
        .route("/account/security/passkeys/remove", get(ask_passkey).post(remove_passkey))
        .route("/account/security/password/remove", get(ask_password).post(remove_password))
        .route("/account/security/providers/link", post(providers::link).get(back))
        .route("/account/security/providers/unlink", get(providers::ask).post(providers::unlink))
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
    let sessions = session::count(ctx, signed_in.id()).await?;
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
                    <a class="button" href=activity::HERE>"Recent activity"</a>
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
                            <a class="button button--danger" href="/account/security/password/remove">
                                "Remove password"
                            </a>
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
            let remove = format!("/account/security/passkeys/remove?id={id}");
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
                        <a class="button button--small button--danger" href=remove>
                            "Remove"
                            <span class="visually-hidden">{named}</span>
                        </a>
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
            <a class="button button--danger" href="/account/security/app/remove">"Remove the app"</a>
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

/// What is asked before something is removed.
fn ask(fresh: &Fresh, title: String, effects: Vec<String>, button: &'static str) -> Response {
    page(button).render(&fresh.visitor, move || {
        view! { <Confirm title=title effects=effects button=button back=HERE/> }
    })
}

/// What signs in afterwards, in a sentence; nothing, if it were the last way. `but` is a link to another
/// provider that is to go.
async fn left(
    fresh: &Fresh,
    password: bool,
    app: bool,
    passkeys: usize,
    but: Option<Uuid>,
) -> Result<Option<String>, PageError> {
    let mut ways = Vec::new();
    if password {
        ways.push(if app { "your password and a code of the app".to_owned() } else { "your password".to_owned() });
    }
    match passkeys {
        0 => {}
        1 => ways.push("your passkey".to_owned()),
        many => ways.push(format!("one of your {many} passkeys")),
    }
    let offered = |issuer: &str| fresh.ctx().settings().providers.iter().any(|provider| provider.issuer() == issuer);
    let links = upstream::list(fresh.ctx(), fresh.id()).await?;
    if links.iter().any(|link| Some(link.id) != but && offered(&link.issuer)) {
        ways.push("another provider".to_owned());
    }
    Ok((!ways.is_empty()).then(|| format!("You sign in with {} from then on.", ways.join(", or with "))))
}

const CODES_TOO: &str = "Your recovery codes go with it: they stand in for a passkey or the app.";
const MAILED: &str = "We send a mail that says so.";

async fn ask_app(fresh: Fresh) -> Result<Response, PageError> {
    let factors = factor::of(fresh.ctx(), fresh.id()).await?;
    if factors.totp.is_none() {
        return Err(PageError::NotFound);
    }
    let password = fresh.person.user.password().is_some();
    let keys = factors.passkeys.len();
    let Some(left) = left(&fresh, password, false, keys, None).await? else {
        return refused(&fresh, FactorError::LastWay);
    };
    let mut effects = vec!["Signing in does not ask for codes of the app any more.".to_owned(), left];
    effects.extend((keys == 0).then(|| CODES_TOO.to_owned()));
    effects.push(MAILED.to_owned());
    Ok(ask(&fresh, "Remove the authenticator app?".to_owned(), effects, "Remove the app"))
}

async fn remove_app(fresh: Fresh, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    match totp::disable(fresh.ctx(), fresh.id()).await {
        // One that is gone already is what was wanted.
        Ok(_) => Ok(notice::done(&fresh.visitor, HERE, "The authenticator app is removed.")),
        Err(error) => refused(&fresh, error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    id: Uuid,
}

async fn ask_passkey(fresh: Fresh, Query(which): Query<Which>) -> Result<Response, PageError> {
    let factors = factor::of(fresh.ctx(), fresh.id()).await?;
    let key = factors.passkeys.iter().find(|key| key.id == which.id).ok_or(PageError::NotFound)?;
    let password = fresh.person.user.password().is_some();
    let (app, others) = (factors.totp.is_some(), factors.passkeys.len().saturating_sub(1));
    let Some(left) = left(&fresh, password, app, others, None).await? else {
        return refused(&fresh, FactorError::LastWay);
    };
    let mut effects = vec!["It does not sign you in any more, from this moment on.".to_owned(), left];
    effects.extend((!app && others == 0).then(|| CODES_TOO.to_owned()));
    effects.push(MAILED.to_owned());
    Ok(ask(&fresh, format!("Remove the passkey {}?", key.name), effects, "Remove passkey"))
}

async fn remove_passkey(
    fresh: Fresh,
    Query(which): Query<Which>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    match passkey::remove(fresh.ctx(), fresh.id(), which.id).await {
        Ok(true) => Ok(notice::done(
            &fresh.visitor,
            HERE,
            "The passkey is removed. Your device still has it, and can forget it in its settings.",
        )),
        Ok(false) => Err(PageError::NotFound),
        Err(error) => refused(&fresh, error),
    }
}

async fn ask_password(fresh: Fresh) -> Result<Response, PageError> {
    if fresh.person.user.password().is_none() {
        return Err(PageError::NotFound);
    }
    let keys = factor::of(fresh.ctx(), fresh.id()).await?.passkeys.len();
    let Some(left) = left(&fresh, false, false, keys, None).await? else {
        return refused(&fresh, FactorError::LastWay);
    };
    let effects = vec![
        "The password does not sign you in any more, from this moment on.".to_owned(),
        left,
        "A new one can be set with a link that we mail. We send a mail that says that this one is gone.".to_owned(),
    ];
    Ok(ask(&fresh, "Remove your password?".to_owned(), effects, "Remove password"))
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
