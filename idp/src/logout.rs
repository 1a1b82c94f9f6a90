//! Logout (OpenID Connect RP-Initiated Logout): a client sends the browser here to end the
//! subscriber's session.
//!
//! With a hint that is about the session's own subscriber it ends at once. Otherwise a page asks,
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
    cache::{self, Client},
    entity::Audience,
    logout, session,
    subject::Subject,
    token,
};
use std::sync::Arc;

use crate::{
    Idp,
    browser::Browser,
    flow::{redirect, with_browser, with_query},
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
    let session = match &client {
        Some(client) => {
            let product = cache::product(ctx, client.product_id).await?;
            Session::read(ctx, headers, product.map_or(Audience::Subscribers, |product| product.audience)).await?
        }
        // Nobody says whose session: whichever there is.
        None => match Session::read(ctx, headers, Audience::Subscribers).await? {
            None => Session::read(ctx, headers, Audience::Users).await?,
            session => session,
        },
    };
    let back = client.as_ref().and_then(|client| way_back(client, params));
    let confirmed = params.get("csrf").is_some_and(|token| browser.owns_form(ctx, token));
    let its_own = match (&session, &client, &hint) {
        (Some(session), Some(client), Some(hint)) => session.subject.sub(ctx, client) == hint.sub,
        _ => false,
    };
    let Some(session) = session else { return Ok(leave(idp, back, &[])) };
    if !its_own && !confirmed {
        return Ok(with_browser(ctx, &browser, pages::logout::confirm(idp, &browser, params)));
    }
    let frames = logout::frames(ctx, session.id).await?;
    match session.subject {
        Subject::Subscriber(_) => logout::end(ctx, session.id).await?,
        Subject::User(user) => {
            session::end(ctx, user, session.id).await?;
        }
    }
    let mut response = leave(idp, back, &frames);
    response.headers_mut().append(header::SET_COOKIE, session.clear_cookie(ctx));
    Ok(response)
}

/// Back at once; with frames to load, a page that leads back.
fn leave(idp: &Idp, back: Option<String>, frames: &[String]) -> Response {
    match back {
        Some(uri) if frames.is_empty() => redirect(&uri),
        back => pages::logout::signed_out(idp, back.as_deref(), frames),
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
fn way_back(client: &Client, params: &Params) -> Option<String> {
    let given = params.get("post_logout_redirect_uri")?;
    let registered = client.post_logout_uris.iter().any(|registered| registered == given);
    registered.then(|| match params.get("state") {
        Some(state) => with_query(given, &[("state", state)]),
        None => given.to_owned(),
    })
}
