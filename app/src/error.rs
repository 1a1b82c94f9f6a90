//! What a person sees when there is no page to show.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts as _, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header};
use leptos::prelude::*;
use model::{
    Fault, Language,
    membership::Role,
    texts::{self, Words},
};

use crate::{AppState, extract::Visitor, layout::Page, pages::account};

/// Why there is no page to show.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PageError {
    /// There is nothing here, or nothing that is theirs.
    #[error("not found")]
    NotFound,
    /// Not signed in; come back to this path afterwards.
    #[error("not signed in")]
    SignInFirst(String),
    /// Signed in, but not lately enough; come back to this path afterwards.
    #[error("signed in too long ago")]
    SignInAgain(String),
    /// The role does not suffice.
    #[error("a {} may not do this", role.as_str())]
    Forbidden {
        /// Their role.
        role: Role,
        /// The least role that could.
        needed: Role,
    },
    /// A form without the token of this browser.
    #[error("the form did not come from this browser")]
    Forged,
    /// A request that no page of ours makes.
    #[error("bad request")]
    BadRequest,
    /// A request that is too large.
    #[error("too large")]
    TooLarge,
    /// Too many tries.
    #[error("too many tries")]
    TooMany {
        /// Milliseconds until the next one can succeed.
        retry_after: i64,
    },
    /// Something broke inside.
    #[error("internal: {0}")]
    Fault(Arc<Fault>),
}

impl From<Fault> for PageError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<model::limit::TooMany> for PageError {
    fn from(error: model::limit::TooMany) -> Self {
        Self::TooMany { retry_after: error.retry_after }
    }
}

impl PageError {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst(_) | Self::SignInAgain(_) => StatusCode::SEE_OTHER,
            Self::Forbidden { .. } | Self::Forged => StatusCode::FORBIDDEN,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(&self) -> (&'static str, String) {
        match self {
            Self::NotFound | Self::SignInFirst(_) | Self::SignInAgain(_) => (
                "There is nothing here",
                "The page does not exist, or it belongs to an organization that you are not a member of.".to_owned(),
            ),
            Self::Forbidden { role, needed } => (
                "Your role does not allow this",
                format!(
                    "You are {} here. This takes the role {}{}. Ask an owner or admin of the organization.",
                    a(*role),
                    needed.as_str(),
                    if *needed == Role::Owner { "" } else { " or a higher one" },
                ),
            ),
            Self::Forged => (
                "The form has gone stale",
                "It was not sent from a page that this browser has open. Go back, reload the page, and send it again."
                    .to_owned(),
            ),
            Self::BadRequest => {
                ("That request makes no sense", "No page of ours sends this. Go back and try again.".to_owned())
            }
            Self::TooLarge => ("That is too much at once", "The form is larger than it may be.".to_owned()),
            Self::TooMany { retry_after } => {
                ("Too many tries", format!("To keep accounts safe, wait {} and try again.", wait(*retry_after)))
            }
            Self::Fault(_) => (
                "Something broke on our side",
                "It is not your doing, and it was noted. Try again in a moment.".to_owned(),
            ),
        }
    }
}

impl PageError {
    /// The words in another language, of what whoever signs in for an application can meet on the way.
    fn words_in(&self, language: Language) -> Option<Words> {
        let errors = &texts::of(language).errors;
        match self {
            Self::Forged => Some(errors.forged),
            Self::Fault(_) => Some(errors.fault),
            _ => None,
        }
    }
}

fn a(role: Role) -> String {
    let article = if matches!(role, Role::Owner | Role::Admin) { "an" } else { "a" };
    format!("{article} {}", role.as_str())
}

/// A waiting time in words.
#[must_use]
pub fn wait(milliseconds: i64) -> String {
    let minutes = milliseconds.max(0).div_ceil_minutes();
    if minutes <= 1 { "a minute".to_owned() } else { format!("{minutes} minutes") }
}

trait Minutes {
    fn div_ceil_minutes(self) -> i64;
}

impl Minutes for i64 {
    fn div_ceil_minutes(self) -> i64 {
        (self + 59_999) / 60_000
    }
}

impl IntoResponse for PageError {
    /// A bare response, which [`show`] fills with a page.
    fn into_response(self) -> Response {
        if let Self::SignInFirst(path) = &self {
            let target: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            let target = if path.is_empty() { "/signin".to_owned() } else { format!("/signin?return_to={target}") };
            return Redirect::to(&target).into_response();
        }
        if let Self::SignInAgain(path) = &self {
            let target: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            return Redirect::to(&format!("/signin?again=1&return_to={target}")).into_response();
        }
        let mut response = self.status().into_response();
        if let Self::TooMany { retry_after } = &self {
            let seconds = (retry_after + 999) / 1000;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware of the portal: gives errors a page with the frame that the person knows.
pub(crate) async fn show(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut again = http::Request::new(()).into_parts().0;
    again.method = parts.method.clone();
    again.uri = parts.uri.clone();
    again.headers = parts.headers.clone();
    again.extensions = parts.extensions.clone();
    parts.extensions.remove::<Visitor>();
    let response = next.run(Request::from_parts(parts, body)).await;

    let Some(error) = error_of(&response) else { return response };
    let path = again.uri.path().to_owned();
    if let PageError::Fault(fault) = &error {
        let id = again.extensions.get::<model::RequestId>().map(|id| id.0.as_str()).unwrap_or_default();
        tracing::error!(error = %fault, request = id, path, "a page failed");
    }
    let visitor = match Visitor::from_request_parts(&mut again, &state).await {
        Ok(visitor) => visitor,
        // Nothing works at all: words without a frame.
        Err(_) => {
            let (title, words) = error.words();
            return (error.status(), format!("{title}\n{words}\n")).into_response();
        }
    };
    let (kept, _) = response.into_parts();
    let status =
        if kept.status.is_client_error() || kept.status.is_server_error() { kept.status } else { error.status() };
    let mut page = match error.words_in(visitor.language).filter(|_| account::speaks(&path)) {
        Some(words) => translated(&visitor, status, words, path),
        None => framed(&visitor, status, error.words()),
    };
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = kept.headers.get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// In the frame of the portal.
fn framed(visitor: &Visitor, status: StatusCode, (title, words): (&'static str, String)) -> Response {
    let request_id = visitor.request_id.clone();
    let signed_in = visitor.person.is_some();
    Page::new(title).status(status).render(visitor, move || {
        let (href, label) =
            if signed_in { ("/organizations", "Go to your organizations") } else { ("/", "Go to the start") };
        view! {
            <div class="empty">
                <h1>{title}</h1>
                <p>{words}</p>
                <div class="button-row">
                    <a class="button button--primary" href=href>{label}</a>
                </div>
                {(!request_id.is_empty()).then(|| view! { <p class="muted">"Request " <code>{request_id}</code></p> })}
            </div>
        }
    })
}

/// On the way into an application, in the language of the visitor, where the step at `path` begins again.
fn translated(visitor: &Visitor, status: StatusCode, (title, words): Words, path: String) -> Response {
    let request_id = visitor.request_id.clone();
    let texts = texts::of(visitor.language);
    Page::card(title).status(status).language(visitor.language).render(visitor, move || {
        view! {
            <header>
                <h1>{title}</h1>
                <p>{words}</p>
            </header>
            <a class="button button--primary button--block" href=path>{texts.start_again}</a>
            {(!request_id.is_empty()).then(|| view! { <p class="muted"><code lang="en">{request_id}</code></p> })}
        }
    })
}

/// The error that a response stands for: our own, or one that a layer below answered in words.
fn error_of(response: &Response) -> Option<PageError> {
    if let Some(error) = response.extensions().get::<PageError>() {
        return Some(error.clone());
    }
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") || kind.starts_with("application/json") {
        return None;
    }
    match status {
        StatusCode::NOT_FOUND => Some(PageError::NotFound),
        StatusCode::PAYLOAD_TOO_LARGE => Some(PageError::TooLarge),
        status if status.is_client_error() => Some(PageError::BadRequest),
        _ => None,
    }
}
