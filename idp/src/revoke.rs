//! The revocation endpoint (RFC 7009).

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use model::{
    ClientAddress, Fault,
    grant::RefreshToken,
    token::{self, AccessToken},
};

use crate::{
    Idp,
    client_auth::{ClientAuthError, authenticate},
    error::{OAuthError, capitalized, no_store},
    params::{Params, ParamsError},
    paths,
};

/// `POST /oauth2/revoke`.
pub async fn handle(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match revoke(&idp, address.map(|Extension(address)| address), &headers, &body).await {
        Ok(()) => (StatusCode::OK, [no_store()]).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

#[derive(Debug, thiserror::Error)]
enum RevokeError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Client(#[from] ClientAuthError),
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
            RevokeError::Params(error) => error.into(),
            RevokeError::Client(error) => error.into(),
            RevokeError::NoToken => Self::bad("invalid_request", text),
            RevokeError::Foreign => Self::bad("invalid_grant", text),
            RevokeError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// A refresh token ends its whole family; an access token ends alone. What is not a living token
/// of ours needs no revoking, and that is no error (RFC 7009, section 2.2).
async fn revoke(
    idp: &Idp,
    address: Option<ClientAddress>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), RevokeError> {
    let ctx = &idp.ctx;
    let params = Params::of_body(headers, body)?;
    let client = authenticate(idp, headers, &params, address, paths::REVOKE).await?.once(ctx).await?;
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
