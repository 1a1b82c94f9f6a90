//! How the endpoints for machines say no (RFC 6749, section 5.2).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use model::{Fault, RequestId, limit::TooMany};
use serde::Serialize;

use crate::params::ParamsError;

/// An error of the token, revocation and introspection endpoints, ready for the wire. Each
/// endpoint has its own error type, and one `match` that ends here.
#[derive(Debug)]
pub struct OAuthError {
    /// The HTTP status.
    pub status: StatusCode,
    /// A registered error code.
    pub code: &'static str,
    /// What helps the client's developer.
    pub description: String,
    /// A challenge for the client or the bearer.
    pub challenge: Option<String>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<i64>,
}

impl OAuthError {
    /// Status 400 with a code.
    #[must_use]
    pub fn bad(code: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description: description.into(),
            challenge: None,
            retry_after: None,
        }
    }

    /// `invalid_client`: status 401 with a challenge.
    #[must_use]
    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some("Basic realm=\"portico\", charset=\"UTF-8\"".to_owned()),
            ..Self::bad("invalid_client", description)
        }
    }

    /// `slow_down`: status 429, and when to try again.
    #[must_use]
    pub fn slow_down(too_many: TooMany, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(too_many.seconds()),
            ..Self::bad("slow_down", description)
        }
    }

    /// An internal failure: logged here, once; the client learns only that it was ours.
    #[must_use]
    pub fn internal(fault: &Fault) -> Self {
        tracing::error!(%fault, "a request to the identity provider failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::bad(
                "server_error",
                format!("Something went wrong here. If it stays, tell us this request id: {}", RequestId::current().0),
            )
        }
    }
}

impl From<ParamsError> for OAuthError {
    fn from(error: ParamsError) -> Self {
        Self::bad("invalid_request", capitalized(&error.to_string()))
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            error_description: &'a str,
        }
        let body = Json(Body { error: self.code, error_description: &self.description });
        let mut response = (self.status, [no_store()], body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some(challenge) = self.challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// Nobody keeps a copy of this answer.
#[must_use]
pub const fn no_store() -> (header::HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// A sentence of an error's words. `error_description` has no quotation mark and no backslash
/// (RFC 6749, section 5.2).
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut sentence = String::with_capacity(text.len() + 1);
    let mut letters = text.chars().filter(|c| (' '..='~').contains(c) && *c != '"' && *c != '\\');
    sentence.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    sentence.extend(letters);
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
