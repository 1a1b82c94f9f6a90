//! Pushed authorization requests (RFC 9126).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use model::{Fault, pushed};
use serde::Serialize;

use crate::{
    Idp,
    asking::Asking,
    authorize::{self, AuthorizeError, Opened},
    error::{OAuthError, capitalized, no_store},
    params::Params,
};

/// `POST /oauth2/par`.
pub async fn handle(State(idp): State<Idp>, asking: Asking) -> Response {
    match push(&idp, asking).await {
        Ok(answer) => (StatusCode::CREATED, [no_store()], Json(answer)).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// Section 2.2.
#[derive(Debug, Serialize)]
struct Answer {
    request_uri: String,
    /// Seconds.
    expires_in: i64,
}

#[derive(Debug, thiserror::Error)]
enum ParError {
    /// Section 2.1: a reference cannot be pushed.
    #[error("request_uri cannot be pushed")]
    Reference,
    #[error("dpop_jkt is not the key of the DPoP proof")]
    OtherKey,
    #[error(transparent)]
    Request(#[from] AuthorizeError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<ParError> for OAuthError {
    fn from(error: ParError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            ParError::Reference => Self::bad("invalid_request", text),
            ParError::OtherKey => Self::bad("invalid_dpop_proof", text),
            ParError::Request(error) => error.into(),
            ParError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// As a client that asks by itself is told.
impl From<AuthorizeError> for OAuthError {
    fn from(error: AuthorizeError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            AuthorizeError::Sent { code, .. } | AuthorizeError::Unsent { code, .. } => Self::bad(code, text),
            AuthorizeError::Fault(fault) => Self::internal(&fault),
            _ => Self::bad("invalid_request", text),
        }
    }
}

async fn push(idp: &Idp, asking: Asking) -> Result<Answer, ParError> {
    let ctx = &idp.ctx;
    let Asking { client, params, jkt, .. } = asking;
    if params.get("request_uri").is_some() {
        return Err(ParError::Reference);
    }
    let mut pairs: Vec<(String, String)> = params
        .pairs()
        .iter()
        .filter(|(name, _)| {
            !matches!(name.as_str(), "client_id" | "client_secret" | "client_assertion" | "client_assertion_type")
        })
        .cloned()
        .collect();
    pairs.push(("client_id".to_owned(), client.client_id.clone()));
    let mut params = Params::of_pairs(pairs);
    // A proof is optional here; with it, the code is bound to its key (RFC 9449, section 10.1).
    if let Some(jkt) = &jkt {
        if params.get("dpop_jkt").is_some_and(|given| given != jkt) {
            return Err(ParError::OtherKey);
        }
        params.set("dpop_jkt", jkt.clone());
    }
    // Everything that can be said about the request now is said now. What is kept is what a signed
    // request carries: its signature has done its work, and nothing verifies it again.
    let Opened { params, .. } = authorize::read(ctx, &params, authorize::Way::Push).await?;
    // A signed request may name a key of its own, which is then the one that counts.
    if jkt.is_some_and(|jkt| params.get("dpop_jkt") != Some(jkt.as_str())) {
        return Err(ParError::OtherKey);
    }
    let (request_uri, expires_in) = pushed::push(ctx, &client, &params.pairs().to_vec()).await?;
    Ok(Answer { request_uri, expires_in })
}
