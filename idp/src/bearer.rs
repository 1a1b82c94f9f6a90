//! Access tokens as they are shown to a resource of ours: as bearer tokens (RFC 6750), or with the
//! proof that they are bound to (RFC 9449, section 7).

use http::{HeaderMap, Method, StatusCode, header};
use model::{Context, Fault, authorization::Confirmation, spent, token::AccessToken};

use crate::{
    dpop::{self, Expected, ProofError},
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
    /// It is not a living one.
    #[error("the access token is not one of ours, has expired, or was revoked")]
    Invalid,
    /// It is for another API.
    #[error("the access token is for another audience")]
    Audience,
    /// It is bound to a key, and no proof came; or the other way round.
    #[error("the access token is bound to a key; send it with the scheme DPoP and a proof of that key")]
    Unproven,
    /// The proof came before.
    #[error("this DPoP proof was used before")]
    Replayed,
    /// The proof is wrong.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
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
        let dpop = |code: &str| dpop::challenge(code, &text);
        match error {
            BearerError::None => unauthorized("invalid_token", "Bearer realm=\"portico\"".to_owned()),
            BearerError::Two => {
                Self { challenge: Some(bearer("invalid_request")), ..Self::bad("invalid_request", text) }
            }
            BearerError::Invalid | BearerError::Audience => unauthorized("invalid_token", bearer("invalid_token")),
            BearerError::Unproven => unauthorized("invalid_token", dpop("invalid_token")),
            BearerError::Proof(_) | BearerError::Replayed => {
                unauthorized("invalid_dpop_proof", dpop("invalid_dpop_proof"))
            }
            BearerError::Fault(fault) => Self::internal(&fault),
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
    in_body: Option<&str>,
) -> Result<AccessToken, BearerError> {
    let (text, with_proof) = match (in_header(headers), in_body) {
        (Some(_), Some(_)) => return Err(BearerError::Two),
        (Some((text, with_proof)), None) => (text, with_proof),
        (None, Some(text)) => (text, false),
        (None, None) => return Err(BearerError::None),
    };
    let token = AccessToken::read(ctx, text).ok_or(BearerError::Invalid)?;
    let issuer = &ctx.settings().issuer;
    if !token.audience.is_empty() && !token.audience.iter().any(|audience| audience == issuer) {
        return Err(BearerError::Audience);
    }
    match &token.confirmation {
        None if with_proof => Err(BearerError::Invalid),
        None => Ok(token),
        Some(Confirmation::Jkt(jkt)) => {
            if !with_proof {
                return Err(BearerError::Unproven);
            }
            let expected = Expected { method, path, access_token: Some(text) };
            let proof = dpop::check(ctx, headers, &expected)?.ok_or(BearerError::Unproven)?;
            if proof.jkt != *jkt {
                return Err(BearerError::Unproven);
            }
            if spent::spend(ctx, vec![proof.once]).await? { Ok(token) } else { Err(BearerError::Replayed) }
        }
    }
}

/// The token of the `Authorization` header, and whether a proof goes with it. The scheme's case
/// does not matter.
fn in_header(headers: &HeaderMap) -> Option<(&str, bool)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let with_proof = scheme.eq_ignore_ascii_case("dpop");
    (with_proof || scheme.eq_ignore_ascii_case("bearer")).then(|| (token.trim(), with_proof))
}
