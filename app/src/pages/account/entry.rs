//! How a sign-in ends: in a session, or before the second step.

use axum::response::{IntoResponse as _, Redirect, Response};
use http::header;
use model::{
    authentication::{Authenticated, FirstStep, Pending},
    session,
};
use tower_sessions::Session;

use crate::{
    error::PageError,
    extract::{Cookie, Visitor},
    pages::local_path,
};

/// What the browser keeps between the two steps: sealed, and worth nothing in another one.
pub(super) const SECOND_STEP: Cookie = Cookie::new("portico-second-step", Some(600));

/// Opens a session. Its id is a new one: an id from before means nothing. Somebody who signs in
/// again stays in the session that their applications know; somebody else's ends.
pub(super) async fn open_session(session: &Session, visitor: &Visitor, whole: &Authenticated) -> Result<(), PageError> {
    let failed = |error: tower_sessions::session::Error| {
        tracing::error!(%error, "a session was not opened");
        PageError::from(model::Fault::Stopped("sessions"))
    };
    let mut stays = None;
    if let Some(before) = &visitor.person {
        if before.user.id == whole.user().id {
            stays = Some(before.session);
        } else {
            session::end(visitor.ctx(), before.user.id, before.session).await?;
        }
    }
    session.clear().await;
    session.cycle_id().await.map_err(failed)?;
    if let Some(stays) = stays {
        session.insert(session::PUBLIC_ID, stays.to_string()).await.map_err(failed)?;
    }
    session.insert(session::USER, whole.user().id.to_string()).await.map_err(failed)?;
    session.insert(session::PASSWORD, session::mark(whole.user())).await.map_err(failed)?;
    session.insert(session::ADDRESS, &visitor.address).await.map_err(failed)?;
    session.insert(session::USER_AGENT, &visitor.user_agent).await.map_err(failed)?;
    session.insert(session::AUTH_TIME, whole.auth_time(visitor.ctx().now()).0).await.map_err(failed)?;
    session.insert(session::AMR, whole.amr()).await.map_err(failed)?;
    if let Some(provider) = whole.provider() {
        session.insert(session::PROVIDER, provider).await.map_err(failed)?;
    }
    Ok(())
}

/// Where to go after signing in.
pub(super) fn destination(return_to: &str) -> &str {
    local_path(return_to).unwrap_or("/organizations")
}

/// A path that remembers where to go afterwards, if that is a page of ours. In the address rather
/// than in a cookie: an authorization request in progress would not fit into one.
pub(super) fn returning(path: &str, return_to: &str) -> String {
    match local_path(return_to) {
        Some(to) => {
            format!("{path}?return_to={}", url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>())
        }
        None => path.to_owned(),
    }
}

/// Goes on after the first step: the password, or another provider's word.
pub(super) async fn after_password(
    session: &Session,
    visitor: &Visitor,
    first: FirstStep,
    return_to: &str,
) -> Result<Response, PageError> {
    match first {
        FirstStep::Done(whole) => finish(session, visitor, &whole, return_to).await,
        FirstStep::Second(pending) => to_second_step(visitor, &pending, return_to),
    }
}

/// Opens a session and goes on.
pub(super) async fn finish(
    session: &Session,
    visitor: &Visitor,
    whole: &Authenticated,
    return_to: &str,
) -> Result<Response, PageError> {
    open_session(session, visitor, whole).await?;
    let mut response = Redirect::to(destination(return_to)).into_response();
    if let Some(cookie) = SECOND_STEP.clear(visitor.ctx().settings()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Sends the browser to the second step.
pub(super) fn to_second_step(visitor: &Visitor, pending: &Pending, return_to: &str) -> Result<Response, PageError> {
    let sealed = pending.seal(visitor.ctx(), &visitor.browser_mark())?;
    let mut response = Redirect::to(&returning("/signin/second", return_to)).into_response();
    if let Some(cookie) = SECOND_STEP.set(visitor.ctx().settings(), &sealed) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
