//! Logout (OpenID Connect RP-Initiated Logout): a client sends the browser here to end the
//! subscriber's session.
//!
//! With a hint that is about the session's own subject it ends at once. Otherwise a page asks,
//! so that no other site can sign people out. The way back leads only to a registered URI of the
//! client that a valid hint names. Clients that are told through the browser are loaded in frames
//! of the page that says so (OpenID Connect Front-Channel Logout), with the way back on it.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use model::{
    Fault, Language,
    cache::{self, Client, Product},
    entity::{Audience, operator},
    logout, redirect_uri, session,
    subject::Subject,
    token,
};
use std::sync::Arc;

use crate::{
    Idp,
    browser::Browser,
    flow::{redirect, with_browser},
    language,
    pages::{self, PageError},
    params::Params,
    paths,
    session::Session,
};

/// `GET /oauth2/sessions/logout`.
pub async fn get(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse([query.unwrap_or_default().as_bytes()]);
    respond(&idp, &headers, params).await
}

/// `POST /oauth2/sessions/logout`: from our own page, the answer to its question; from a client,
/// the same as GET. A browser sends no `SameSite` cookie with another site's form, so that one
/// comes again as a GET, which has it.
pub async fn post(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::of_body(&headers, &body);
    if params.as_ref().is_ok_and(|params| params.get("csrf").is_none()) {
        return redirect(&format!("{}?{}", paths::LOGOUT, String::from_utf8_lossy(&body)));
    }
    respond(&idp, &headers, params).await
}

async fn respond(idp: &Idp, headers: &HeaderMap, params: Result<Params, crate::params::ParamsError>) -> Response {
    let answer = match params {
        Ok(params) => {
            language::speak(params.get("ui_locales").and_then(Language::first_of));
            handle(idp, headers, &params).await
        }
        Err(error) => Err(PageError::BadRequest(error.to_string())),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn handle(idp: &Idp, headers: &HeaderMap, params: &Params) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let browser = Browser::of(ctx, headers)?;
    let hint = params.get("id_token_hint").and_then(|text| token::read_hint(ctx, text));
    let client = match &hint {
        Some(hint) => hinted_client(idp, &hint.aud, params.get("client_id")).await?,
        None => None,
    };
    let product = match &client {
        Some(client) => cache::product(ctx, client.product_id).await?,
        None => None,
    };
    // Without a hint, nobody says whose session: all that there are in this browser.
    let audiences = match (&client, &product) {
        (None, _) => vec![Audience::Subscribers, Audience::Users],
        (Some(_), product) => vec![product.as_ref().map_or(Audience::Subscribers, |product| product.audience)],
    };
    let mut sessions = Vec::new();
    for audience in audiences {
        sessions.extend(Session::read(ctx, headers, audience).await?);
    }
    let back = way_back(client.as_deref(), params);
    let confirmed = params.get("csrf").is_some_and(|token| browser.owns_form(ctx, token));
    let its_own = match (sessions.as_slice(), &client, &hint) {
        ([session], Some(client), Some(hint)) => session.subject.sub(ctx, client) == hint.sub,
        _ => false,
    };
    let brand = match sessions.iter().find_map(|session| session.operator) {
        Some(operator) => cache::operator(ctx, operator).await?,
        None => None,
    };
    let brand = brand.as_deref();
    if sessions.is_empty() {
        return Ok(leave(idp, brand, &back, &[]));
    }
    if !its_own && !confirmed {
        let asked_by = asked_by(idp, product, params.get("client_id")).await?;
        let question = pages::logout::Question { sessions: &sessions, asked_by: asked_by.as_deref(), brand, params };
        let page = pages::logout::confirm(idp, &browser, &question).await?;
        return Ok(with_browser(ctx, &browser, page));
    }
    if confirmed && params.get("decision") == Some("stay") {
        return Ok(pages::logout::kept(idp, brand));
    }
    let mut loaded = Vec::new();
    for session in &sessions {
        loaded.extend(logout::frames(ctx, session.id).await?);
        match session.subject {
            Subject::Subscriber(_) => logout::end(ctx, session.id).await?,
            Subject::User(user) => {
                session::end(ctx, user, session.id).await?;
            }
        }
    }
    let mut response = leave(idp, brand, &back, &loaded);
    for session in &sessions {
        response.headers_mut().append(header::SET_COOKIE, session.clear_cookie(ctx));
    }
    Ok(response)
}

/// The product of whoever has sent the browser here: of the client that a hint names, or else of the
/// one that the request names.
async fn asked_by(
    idp: &Idp,
    product: Option<Arc<Product>>,
    named: Option<&str>,
) -> Result<Option<Arc<Product>>, Fault> {
    if product.is_some() {
        return Ok(product);
    }
    let Some(client_id) = named else { return Ok(None) };
    match cache::client(&idp.ctx, client_id).await? {
        Some(client) => cache::product(&idp.ctx, client.product_id).await,
        None => Ok(None),
    }
}

/// Where the browser goes afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// Nobody has said.
    Nowhere,
    /// Somebody has, and we do not lead there (section 4).
    Refused,
    /// To the client.
    To(String),
}

/// Back at once; with frames to load, a page that leads back.
fn leave(idp: &Idp, brand: Option<&operator::Model>, back: &Back, frames: &[String]) -> Response {
    match back {
        Back::To(uri) if frames.is_empty() => redirect(uri),
        back => pages::logout::signed_out(idp, brand, back, frames),
    }
}

/// The client that the hint was issued to; if the request names one too, the same.
async fn hinted_client(idp: &Idp, aud: &[String], named: Option<&str>) -> Result<Option<Arc<Client>>, Fault> {
    let Some(client_id) = aud.first() else { return Ok(None) };
    if named.is_some_and(|named| named != client_id) {
        return Ok(None);
    }
    cache::client(&idp.ctx, client_id).await
}

/// Where to go afterwards: exactly as registered, with `state`.
fn way_back(client: Option<&Client>, params: &Params) -> Back {
    let Some(given) = params.get("post_logout_redirect_uri") else { return Back::Nowhere };
    if !client.is_some_and(|client| client.post_logout_uris.iter().any(|registered| registered == given)) {
        return Back::Refused;
    }
    Back::To(match params.get("state") {
        Some(state) => redirect_uri::with_query(given, &[("state", state)]),
        None => given.to_owned(),
    })
}
