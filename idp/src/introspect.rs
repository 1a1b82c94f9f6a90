//! The introspection endpoint (RFC 7662): what a token says, for the servers that are shown it.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use model::{
    ClientAddress, Fault,
    cache::{self, Client},
    entity::ClientKind,
    token::AccessToken,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Idp,
    client_auth::{ClientAuthError, authenticate},
    error::{OAuthError, capitalized, no_store},
    params::{Params, ParamsError},
};

/// `POST /oauth2/introspect`.
pub async fn handle(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match introspect(&idp, address.map(|Extension(address)| address), &headers, &body).await {
        Ok(answer) => ([no_store()], Json(answer)).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// RFC 7662, section 2.2. A token that is not good says so and nothing else.
#[derive(Debug, Default, Serialize)]
struct Answer {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
enum IntrospectError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error("the parameter token is missing")]
    NoToken,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<IntrospectError> for OAuthError {
    fn from(error: IntrospectError) -> Self {
        match error {
            IntrospectError::Params(error) => error.into(),
            IntrospectError::Client(error) => error.into(),
            IntrospectError::NoToken => Self::bad("invalid_request", capitalized(&error.to_string())),
            IntrospectError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn introspect(
    idp: &Idp,
    address: Option<ClientAddress>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answer, IntrospectError> {
    let ctx = &idp.ctx;
    let params = Params::of_body(headers, body)?;
    let asking = authenticate(ctx, &idp.failures, headers, &params, address).await?;
    if asking.kind == ClientKind::Public {
        // Who cannot prove who it is could try tokens for others.
        return Err(ClientAuthError::Invalid.into());
    }
    let text = params.get("token").ok_or(IntrospectError::NoToken)?;
    match AccessToken::read(ctx, text) {
        Some(token) if may_know(idp, &asking, &token.client_id).await? => Ok(describe(idp, token)),
        _ => Ok(Answer::default()),
    }
}

/// Whether whoever asks may know about a client's tokens: both are of the same organization.
async fn may_know(idp: &Idp, asking: &Client, client_id: &str) -> Result<bool, Fault> {
    let holder = cache::client(&idp.ctx, client_id).await?;
    Ok(holder.is_some_and(|holder| holder.organization_id == asking.organization_id))
}

fn describe(idp: &Idp, token: AccessToken) -> Answer {
    let ctx = &idp.ctx;
    let issuer = &ctx.settings().issuer;
    Answer {
        active: true,
        sub: Some(token.subject(ctx)),
        scope: Some(token.scope),
        client_id: Some(token.client_id),
        token_type: Some("bearer"),
        exp: Some(token.expires_at.seconds()),
        iat: Some(token.issued_at.seconds()),
        aud: Some(issuer.clone()),
        iss: Some(issuer.clone()),
        jti: Some(token.id),
        sid: token.about.as_ref().map(|about| about.session),
        auth_time: token.about.as_ref().map(|about| about.auth_time.seconds()),
    }
}
