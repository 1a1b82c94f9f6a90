//! The device authorization endpoint (RFC 8628, section 3.1).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use model::{
    Fault, cache,
    client::grant_type,
    device::{self, DeviceError, Wanted},
    limit::TooMany,
    scopes,
};
use serde::Serialize;

use crate::{
    Idp,
    asking::Asking,
    error::{OAuthError, capitalized, no_store},
    paths, resource, scope,
};

/// `POST /oauth2/device/auth`.
pub async fn handle(State(idp): State<Idp>, asking: Asking) -> Response {
    match begin(&idp, &asking).await {
        Ok(answer) => ([no_store()], Json(answer)).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// Section 3.2.
#[derive(Debug, Serialize)]
struct Answer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// Seconds.
    expires_in: i64,
    /// Seconds.
    interval: i64,
}

#[derive(Debug, thiserror::Error)]
enum BeginError {
    #[error("this client may not use the device grant")]
    UnauthorizedClient,
    #[error("{0}")]
    Scope(String),
    #[error("the resource {0} is not one that this client may ask for")]
    Resource(String),
    #[error("too many devices ask from this address; wait a little")]
    TooMany(TooMany),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DeviceError> for BeginError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::TooMany(too_many) => Self::TooMany(too_many),
            DeviceError::Fault(fault) => Self::Fault(fault),
            DeviceError::Unknown => Self::UnauthorizedClient,
        }
    }
}

impl From<BeginError> for OAuthError {
    fn from(error: BeginError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            BeginError::UnauthorizedClient => Self::bad("unauthorized_client", text),
            BeginError::Scope(_) => Self::bad("invalid_scope", text),
            BeginError::Resource(_) => Self::bad("invalid_target", text),
            BeginError::TooMany(too_many) => Self::slow_down(too_many, text),
            BeginError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn begin(idp: &Idp, asking: &Asking) -> Result<Answer, BeginError> {
    let ctx = &idp.ctx;
    let Asking { client, params, peer, .. } = asking;
    if !grant_type::allowed(client, grant_type::DEVICE_CODE) {
        return Err(BeginError::UnauthorizedClient);
    }
    let product = cache::product(ctx, client.product_id).await?;
    let product = product.filter(|product| product.audience.signs_in()).ok_or(BeginError::UnauthorizedClient)?;
    let resources = resource::allowed(client, params).map_err(BeginError::Resource)?;
    let scopes = scope::requested(client, &product, params, &resources).map_err(BeginError::Scope)?;
    let acr_values = scopes::split(params.get("acr_values").unwrap_or_default());
    let begun = device::begin(ctx, client, peer.address(), Wanted { scopes, resources, acr_values }).await?;
    let verification_uri = format!("{}{}", ctx.settings().issuer.trim_end_matches('/'), paths::DEVICE);
    Ok(Answer {
        device_code: begun.device_code.reveal().to_owned(),
        verification_uri_complete: format!("{verification_uri}?user_code={}", begun.user_code),
        user_code: begun.user_code,
        verification_uri,
        expires_in: begun.expires_in,
        interval: begun.interval,
    })
}
