//! The revocation endpoint (RFC 7009).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use model::{
    Fault,
    grant::RefreshToken,
    token::{self, AccessToken},
};

use crate::{
    Idp,
    asking::Asking,
    error::{OAuthError, capitalized, no_store},
};

/// `POST /oauth2/revoke`.
pub async fn handle(State(idp): State<Idp>, asking: Asking) -> Response {
    match revoke(&idp, &asking).await {
        Ok(()) => (StatusCode::OK, [no_store()]).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

#[derive(Debug, thiserror::Error)]
enum RevokeError {
    #[error("the parameter token is missing")]
    NoToken,
    #[error("the token was issued to another client")]
    Foreign,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<RevokeError> for OAuthError {
    fn from(error: RevokeError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            RevokeError::NoToken => Self::bad("invalid_request", text),
            RevokeError::Foreign => Self::bad("invalid_grant", text),
            RevokeError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// A refresh token ends its whole family; an access token ends alone. What is not a living token
/// of ours needs no revoking, and that is no error (RFC 7009, section 2.2).
async fn revoke(idp: &Idp, asking: &Asking) -> Result<(), RevokeError> {
    let ctx = &idp.ctx;
    let Asking { client, params, .. } = asking;
    let text = params.get("token").ok_or(RevokeError::NoToken)?;
    if let Some(refresh) = RefreshToken::open(ctx, text) {
        if refresh.client != client.id {
            return Err(RevokeError::Foreign);
        }
        token::revoke_family(ctx, &refresh).await?;
    } else if let Some(access) = AccessToken::read(ctx, text) {
        if access.client != client.id {
            return Err(RevokeError::Foreign);
        }
        token::revoke(ctx, &access).await?;
    }
    Ok(())
}
