//! Access tokens as they are shown to the API (RFC 6750; RFC 8705, section 3; RFC 9449, section 7).

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use model::{
    ClientCertificate, Context, Fault, RequestId,
    bearer::{self, BearerError, Shown},
    client::profile::ASYMMETRIC,
    dpop,
    subject::Subject,
    user,
};
use serde_json::json;
use uuid::Uuid;

use crate::{READ, paths};

/// The header of DPoP proofs (RFC 9449, section 4.1).
pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The header of nonces for them (section 8).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

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
    /// It is not good, or not shown as it must be.
    #[error("{}", sentence(.0))]
    Token(BearerError),
    /// It does not allow this.
    #[error("The access token does not have the scope that this needs.")]
    Scope,
    /// Inside.
    #[error("Something went wrong here. If it stays, tell us this request id: {}", RequestId::current().0)]
    Fault(#[from] Fault),
}

impl From<BearerError> for Refused {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Fault(fault) => Self::Fault(fault),
            error => Self::Token(error),
        }
    }
}

/// An error of the model as a sentence.
fn sentence(error: &BearerError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
}

impl Refused {
    const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::Scope => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Self::Token(error) => match error.code() {
                Some(code) => (StatusCode::UNAUTHORIZED, code),
                None => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
            },
            Self::Fault(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// RFC 6750, section 3, or RFC 9449, section 7.1, with where to learn about us (RFC 9728, section 5.1).
    fn challenge(&self, ctx: &Context) -> String {
        let error = match self {
            Self::NoToken => String::new(),
            refused => format!("error=\"{}\", error_description=\"{refused}\", ", refused.status_and_code().1),
        };
        let metadata = format!("{}{}", ctx.settings().public_url, paths::API_METADATA);
        let scheme = match self {
            Self::Token(error) if error.is_about_proof() => format!("DPoP algs=\"{}\", ", ASYMMETRIC.join(" ")),
            _ => "Bearer ".to_owned(),
        };
        format!("{scheme}realm=\"portico\", {error}resource_metadata=\"{metadata}\", scope=\"{READ}\"")
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
        read(ctx, parts).await.map_err(|refused| refused.respond(ctx))
    }
}

/// The error of a handler, as a response.
pub fn failed(ctx: &Context, fault: Fault) -> Response {
    Refused::from(fault).respond(ctx)
}

async fn read(ctx: &Context, parts: &Parts) -> Result<Reader, Refused> {
    let (token, as_dpop) = in_header(&parts.headers).ok_or(Refused::NoToken)?;
    let settings = ctx.settings();
    let proofs: Vec<&str> =
        parts.headers.get_all(DPOP).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let shown = Shown {
        token,
        as_dpop,
        proofs: &proofs,
        certificate: parts.extensions.get::<ClientCertificate>(),
        method: parts.method.as_str(),
        url: &format!("{}{}", settings.public_url, parts.uri.path()),
    };
    let token = bearer::read(ctx, &shown, &[&settings.api_url(), &settings.public_url, &settings.issuer]).await?;
    // A client's own token, or a subscriber's, is about no portal user.
    let Some(Subject::User(user)) = token.about.as_ref().map(|about| about.subject) else {
        return Err(Refused::Scope);
    };
    if !token.allows(READ) {
        return Err(Refused::Scope);
    }
    if !user::may_sign_in(ctx, user).await? {
        return Err(BearerError::Invalid.into());
    }
    Ok(Reader { user, sub: token.sub, ctx: ctx.clone() })
}

/// The token of the header, and whether a proof goes with it.
fn in_header(headers: &HeaderMap) -> Option<(&str, bool)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let as_dpop = scheme.eq_ignore_ascii_case("dpop");
    (as_dpop || scheme.eq_ignore_ascii_case("bearer")).then(|| (token.trim(), as_dpop))
}

/// Puts the nonce for the next proof on an answer, where proofs need one (RFC 9449, section 9).
pub async fn supply_nonce(State(ctx): State<Context>, mut response: Response) -> Response {
    if ctx.settings().dpop_nonces {
        match dpop::nonce(&ctx).map(HeaderValue::try_from) {
            Ok(Ok(nonce)) => drop(response.headers_mut().insert(DPOP_NONCE, nonce)),
            Ok(Err(_)) => {}
            Err(fault) => tracing::error!(%fault, "there is no nonce for DPoP proofs"),
        }
    }
    response
}
