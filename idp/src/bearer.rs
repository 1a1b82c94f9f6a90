//! Access tokens in the requests to a resource of ours, and how it says no. What makes a token
//! good is in [`model::bearer`].

use http::{HeaderMap, Method, StatusCode, header};
use model::{
    Context, Fault,
    bearer::{self, Shown},
    token::AccessToken,
};

use crate::{
    asking::Peer,
    dpop,
    error::{OAuthError, capitalized},
};

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// RFC 6750, section 3.1: no token, so no error code in the challenge.
    #[error("send an access token")]
    None,
    /// In the header or in the body.
    #[error("send the access token in the header or in the body, not in both")]
    Two,
    /// It is not good, or not shown as it must be.
    #[error(transparent)]
    Token(#[from] bearer::BearerError),
}

impl From<Fault> for BearerError {
    fn from(fault: Fault) -> Self {
        Self::Token(fault.into())
    }
}

impl BearerError {
    /// The token was good, and what it is about is gone.
    pub const INVALID: Self = Self::Token(bearer::BearerError::Invalid);
}

impl From<BearerError> for OAuthError {
    fn from(error: BearerError) -> Self {
        let text = capitalized(&error.to_string());
        let bearer = |code: &str| format!("Bearer realm=\"portico\", error=\"{code}\", error_description=\"{text}\"");
        let unauthorized = |code: &'static str, challenge: String| Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some(challenge),
            ..Self::bad(code, text.clone())
        };
        match error {
            BearerError::None => unauthorized("invalid_token", "Bearer realm=\"portico\"".to_owned()),
            BearerError::Two => {
                Self { challenge: Some(bearer("invalid_request")), ..Self::bad("invalid_request", text) }
            }
            BearerError::Token(bearer::BearerError::Fault(fault)) => Self::internal(&fault),
            BearerError::Token(error) => {
                let code = error.code().unwrap_or("invalid_token");
                let challenge = if error.is_about_proof() { dpop::challenge(code, &text) } else { bearer(code) };
                unauthorized(code, challenge)
            }
        }
    }
}

/// The living token of a request to one of our own resources.
///
/// # Errors
///
/// [`BearerError`].
pub async fn read(
    ctx: &Context,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    peer: &Peer,
    in_body: Option<&str>,
) -> Result<AccessToken, BearerError> {
    let (token, as_dpop) = match (in_header(headers), in_body) {
        (Some(_), Some(_)) => return Err(BearerError::Two),
        (Some(shown), None) => shown,
        (None, Some(text)) => (text, false),
        (None, None) => return Err(BearerError::None),
    };
    let shown = Shown {
        token,
        as_dpop,
        proofs: &dpop::proofs(headers),
        certificate: peer.certificate.as_ref(),
        method: method.as_str(),
        url: &dpop::endpoint(ctx, path),
    };
    Ok(bearer::read(ctx, &shown, &[&ctx.settings().issuer]).await?)
}

/// The token of the `Authorization` header, and whether a proof goes with it. The scheme's case
/// does not matter.
fn in_header(headers: &HeaderMap) -> Option<(&str, bool)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let as_dpop = scheme.eq_ignore_ascii_case("dpop");
    (as_dpop || scheme.eq_ignore_ascii_case("bearer")).then(|| (token.trim(), as_dpop))
}
