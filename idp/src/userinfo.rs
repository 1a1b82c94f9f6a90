//! The UserInfo endpoint (OpenID Connect Core, section 5.3), a resource protected by bearer tokens
//! (RFC 6750).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use model::{Fault, cache, token::AccessToken};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Idp,
    error::{OAuthError, capitalized, no_store},
    params::Params,
};

/// `GET /userinfo`, with the token in the header.
pub async fn get(State(idp): State<Idp>, headers: HeaderMap) -> Response {
    respond(&idp, &headers, None).await
}

/// `POST /userinfo`, with the token in the header or in the body (RFC 6750, section 2.2).
pub async fn post(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    let in_body = Params::of_body(&headers, &body).ok();
    respond(&idp, &headers, in_body.as_ref().and_then(|params| params.get("access_token"))).await
}

async fn respond(idp: &Idp, headers: &HeaderMap, in_body: Option<&str>) -> Response {
    match claims(idp, headers, in_body).await {
        Ok(claims) => ([no_store()], Json(claims)).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// What a client learns about a subscriber. What was not granted is left out.
#[derive(Debug, Serialize)]
struct Claims {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
    sid: Uuid,
    sub: String,
}

#[derive(Debug, thiserror::Error)]
enum UserinfoError {
    /// RFC 6750, section 3.1: no token, so no error code in the challenge.
    #[error("send an access token")]
    NoToken,
    #[error("send the access token in the header or in the body, not in both")]
    TwoTokens,
    #[error("the access token is not one of ours, has expired, or was revoked")]
    InvalidToken,
    #[error("a client's own token is about no person")]
    NobodyInIt,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<UserinfoError> for OAuthError {
    fn from(error: UserinfoError) -> Self {
        let text = capitalized(&error.to_string());
        let challenge =
            |code: &str| format!("Bearer realm=\"portico\", error=\"{code}\", error_description=\"{text}\"");
        match error {
            UserinfoError::NoToken => Self {
                status: StatusCode::UNAUTHORIZED,
                challenge: Some("Bearer realm=\"portico\"".to_owned()),
                ..Self::bad("invalid_token", text)
            },
            UserinfoError::TwoTokens => {
                Self { challenge: Some(challenge("invalid_request")), ..Self::bad("invalid_request", text) }
            }
            UserinfoError::InvalidToken => Self {
                status: StatusCode::UNAUTHORIZED,
                challenge: Some(challenge("invalid_token")),
                ..Self::bad("invalid_token", text)
            },
            UserinfoError::NobodyInIt => Self {
                status: StatusCode::FORBIDDEN,
                challenge: Some(challenge("insufficient_scope")),
                ..Self::bad("insufficient_scope", text)
            },
            UserinfoError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn claims(idp: &Idp, headers: &HeaderMap, in_body: Option<&str>) -> Result<Claims, UserinfoError> {
    let ctx = &idp.ctx;
    let text = match (bearer(headers), in_body) {
        (Some(_), Some(_)) => return Err(UserinfoError::TwoTokens),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => return Err(UserinfoError::NoToken),
    };
    let token = AccessToken::read(ctx, text).ok_or(UserinfoError::InvalidToken)?;
    let about = token.about.as_ref().ok_or(UserinfoError::NobodyInIt)?;
    let subscriber = cache::subscriber(ctx, about.subscriber).await?;
    let subscriber =
        subscriber.filter(|subscriber| subscriber.ended_at.is_none()).ok_or(UserinfoError::InvalidToken)?;
    let phone = token.allows("phone");
    Ok(Claims {
        phone_number: phone.then(|| subscriber.phone_number.clone()),
        phone_number_verified: phone.then_some(true),
        sid: about.session,
        sub: token.subject(ctx),
    })
}

/// The token of `Authorization: Bearer`; the scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
