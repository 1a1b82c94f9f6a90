//! Access tokens as they are shown to the API (RFC 6750).

use axum::{
    Json,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use model::{Context, Fault, RequestId, subject::Subject, token::AccessToken, user};
use serde_json::json;
use uuid::Uuid;

use crate::{READ, paths};

/// The portal user whom a token with the scope [`READ`] is about.
pub struct Reader {
    /// The user's id in its table.
    pub user: Uuid,
    /// Their `sub` towards the client.
    pub sub: String,
    /// The model.
    pub ctx: Context,
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// RFC 6750, section 3.1: no token, so no error code in the challenge.
    #[error("Send an access token in the header Authorization.")]
    NoToken,
    /// It is not a living one.
    #[error("The access token is not one of ours, has expired, or was revoked.")]
    Invalid,
    /// It is for another API (RFC 8707).
    #[error("The access token is for another audience.")]
    Audience,
    /// A stolen one must be worth nothing without its key, which we do not check here.
    #[error("The access token is bound to a key. This API takes bearer tokens only.")]
    Bound,
    /// It does not allow this.
    #[error("The access token does not have the scope that this needs.")]
    Scope,
    /// Inside.
    #[error("Something went wrong here. If it stays, tell us this request id: {}", RequestId::current().0)]
    Fault(#[from] Fault),
}

impl Refused {
    const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken | Self::Invalid | Self::Audience | Self::Bound => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::Scope => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Self::Fault(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// RFC 6750, section 3, with where to learn about us (RFC 9728, section 5.1).
    fn challenge(&self, ctx: &Context) -> String {
        let error = match self {
            Self::NoToken => String::new(),
            refused => format!("error=\"{}\", error_description=\"{refused}\", ", refused.status_and_code().1),
        };
        let metadata = format!("{}{}", ctx.settings().public_url, paths::API_METADATA);
        format!("Bearer realm=\"portico\", {error}resource_metadata=\"{metadata}\", scope=\"{READ}\"")
    }

    fn respond(self, ctx: &Context) -> Response {
        let (status, code) = self.status_and_code();
        if let Self::Fault(fault) = &self {
            tracing::error!(%fault, "a request to the API failed");
        }
        let body = Json(json!({ "error": code, "error_description": self.to_string() }));
        let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let mut response = (status, [no_store], body).into_response();
        let challenged = !matches!(self, Self::Fault(_));
        if let Some(challenge) = HeaderValue::from_str(&self.challenge(ctx)).ok().filter(|_| challenged) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl FromRequestParts<Context> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, ctx: &Context) -> Result<Self, Response> {
        read(ctx, &parts.headers).await.map_err(|refused| refused.respond(ctx))
    }
}

/// The error of a handler, as a response.
pub fn failed(ctx: &Context, fault: Fault) -> Response {
    Refused::from(fault).respond(ctx)
}

async fn read(ctx: &Context, headers: &HeaderMap) -> Result<Reader, Refused> {
    let text = in_header(headers).ok_or(Refused::NoToken)?;
    let token = AccessToken::read(ctx, text).ok_or(Refused::Invalid)?;
    let settings = ctx.settings();
    let ours = [settings.api_url(), settings.public_url.clone(), settings.issuer.clone()];
    if !token.audience.is_empty() && !token.audience.iter().any(|audience| ours.contains(audience)) {
        return Err(Refused::Audience);
    }
    if token.confirmation.is_some() {
        return Err(Refused::Bound);
    }
    // A client's own token, or a subscriber's, is about no portal user.
    let Some(Subject::User(user)) = token.about.as_ref().map(|about| about.subject) else {
        return Err(Refused::Scope);
    };
    if !token.allows(READ) {
        return Err(Refused::Scope);
    }
    if !user::may_sign_in(ctx, user).await? {
        return Err(Refused::Invalid);
    }
    Ok(Reader { user, sub: token.sub, ctx: ctx.clone() })
}

/// The token of the header. With the scheme DPoP it is one that is bound, which its reading finds.
fn in_header(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("dpop")).then(|| token.trim())
}
