//! Pushed authorization requests (RFC 9126).

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use model::{ClientAddress, Fault, authorization::Confirmation, client::dynamic::by_url, pushed, spent};
use serde::Serialize;

use crate::{
    Idp,
    authorize::{self, AuthorizeError},
    binding::{self, BindingError},
    client_auth::{ClientAuthError, authenticate},
    error::{OAuthError, capitalized, no_store},
    params::{Params, ParamsError},
    paths,
};

/// `POST /oauth2/par`.
pub async fn handle(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match push(&idp, address.map(|Extension(address)| address), &headers, &body).await {
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
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error(transparent)]
    Binding(#[from] BindingError),
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
            ParError::Params(error) => error.into(),
            ParError::Client(error) => error.into(),
            ParError::Binding(error) => error.into(),
            ParError::Reference => Self::bad("invalid_request", text),
            ParError::OtherKey => Self::bad("invalid_dpop_proof", text),
            ParError::Request(AuthorizeError::Sent { code, .. } | AuthorizeError::Unsent { code, .. }) => {
                Self::bad(code, text)
            }
            ParError::Request(AuthorizeError::Fault(fault)) | ParError::Fault(fault) => Self::internal(&fault),
            ParError::Request(_) => Self::bad("invalid_request", text),
        }
    }
}

async fn push(idp: &Idp, address: Option<ClientAddress>, headers: &HeaderMap, body: &[u8]) -> Result<Answer, ParError> {
    let ctx = &idp.ctx;
    let params = Params::of_body(headers, body)?;
    // Whose document nobody has read yet is nobody who could be authenticated.
    if let Some(client_id) = params.get("client_id").filter(|id| by_url::is_url(id)) {
        by_url::find(ctx, client_id, address).await.map_err(AuthorizeError::from)?;
    }
    let authenticated = authenticate(idp, headers, &params, address, paths::PAR).await?;
    let client = authenticated.client;
    // A proof is optional here; with it, the code is bound to its key (RFC 9449, section 10.1).
    let binding = match binding::shown(ctx, headers, &client, paths::PAR) {
        Err(BindingError::Needed) => binding::Binding::default(),
        shown => shown?,
    };
    let mut once = authenticated.once;
    once.extend(binding.once);
    if !spent::spend(ctx, once).await? {
        return Err(ClientAuthError::Replayed.into());
    }
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
    if let Some(Confirmation::Jkt(jkt)) = binding.confirmation {
        if params.get("dpop_jkt").is_some_and(|given| given != jkt) {
            return Err(ParError::OtherKey);
        }
        params.set("dpop_jkt", jkt);
    }
    // Everything that can be said about the request now is said now.
    authorize::read(ctx, &params, authorize::Way::Push).await?;
    let (request_uri, expires_in) = pushed::push(ctx, &client, &params.pairs().to_vec()).await?;
    Ok(Answer { request_uri, expires_in })
}
