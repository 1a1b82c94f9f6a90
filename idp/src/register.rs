//! The client registration and configuration endpoints (RFC 7591; RFC 7592; OpenID Connect
//! Dynamic Client Registration).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use model::{
    ClientAddress,
    client::dynamic::{self, DynamicError, Managed, Refusal},
};
use serde_json::{Map, Value};

use crate::{
    Idp,
    asking::Peer,
    error::{OAuthError, no_store},
    paths,
    token::GRANT_TYPES,
};

/// The largest metadata that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// `POST /oauth2/register`.
pub async fn register(State(idp): State<Idp>, peer: Peer, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let given = metadata(&headers, &body)?;
        dynamic::register(&idp.ctx, bearer(&headers), &bucket(&peer), GRANT_TYPES, &given).await
    };
    answer(&idp, StatusCode::CREATED, made.await)
}

/// `GET /oauth2/register/{client_id}`.
pub async fn show(State(idp): State<Idp>, Path(client_id): Path<String>, headers: HeaderMap) -> Response {
    let shown = async {
        let managed = managed(&idp, &client_id, &headers).await?;
        Ok(dynamic::describe(&idp.ctx, &managed).await?)
    };
    answer(&idp, StatusCode::OK, shown.await)
}

/// `PUT /oauth2/register/{client_id}`.
pub async fn change(
    State(idp): State<Idp>,
    Path(client_id): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let changed = async {
        let managed = managed(&idp, &client_id, &headers).await?;
        let given = metadata(&headers, &body)?;
        dynamic::update(&idp.ctx, &managed, &bucket(&peer), GRANT_TYPES, &given).await
    };
    answer(&idp, StatusCode::OK, changed.await)
}

/// `DELETE /oauth2/register/{client_id}`.
pub async fn end(State(idp): State<Idp>, Path(client_id): Path<String>, headers: HeaderMap) -> Response {
    let ended = async {
        let managed = managed(&idp, &client_id, &headers).await?;
        dynamic::end(&idp.ctx, &managed).await
    };
    match ended.await {
        Ok(()) => (StatusCode::NO_CONTENT, [no_store()]).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// Whose budgets are spent.
fn bucket(peer: &Peer) -> String {
    peer.address.map(ClientAddress::bucket).unwrap_or_default()
}

fn answer(idp: &Idp, status: StatusCode, told: Result<Map<String, Value>, DynamicError>) -> Response {
    match told {
        Ok(mut told) => {
            let issuer = idp.ctx.settings().issuer.trim_end_matches('/');
            let id = told.get("client_id").and_then(Value::as_str).unwrap_or_default();
            let uri = format!("{issuer}{}/{id}", paths::REGISTER);
            told.insert("registration_client_uri".to_owned(), uri.into());
            (status, [no_store()], Json(told)).into_response()
        }
        Err(error) => OAuthError::from(error).into_response(),
    }
}

impl From<DynamicError> for OAuthError {
    fn from(error: DynamicError) -> Self {
        let text = crate::error::capitalized(&error.to_string());
        let unauthorized = |code: &'static str, challenge: &str| Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some(challenge.to_owned()),
            ..Self::bad(code, text.clone())
        };
        match error {
            DynamicError::Refused(Refusal::RedirectUri(_)) => Self::bad("invalid_redirect_uri", text),
            DynamicError::Refused(Refusal::Metadata(_)) => Self::bad("invalid_client_metadata", text),
            // RFC 6750, section 3.1: without a token there is no error in the challenge.
            DynamicError::Closed => unauthorized("invalid_token", "Bearer realm=\"portico\""),
            DynamicError::Token => unauthorized("invalid_token", "Bearer realm=\"portico\", error=\"invalid_token\""),
            DynamicError::TooMany(too_many) | DynamicError::TooManyFetches(too_many) => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: Some(too_many.retry_after / 1000),
                ..Self::bad("temporarily_unavailable", text)
            },
            DynamicError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn managed(idp: &Idp, client_id: &str, headers: &HeaderMap) -> Result<Managed, DynamicError> {
    let token = bearer(headers).ok_or(DynamicError::Token)?;
    dynamic::managed(&idp.ctx, client_id, token).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn metadata(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let refused = |text: &str| Refusal::Metadata(text.to_owned());
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(refused("the request must be application/json"));
    }
    if body.len() > LARGEST {
        return Err(refused("the metadata must be at most 64 kB"));
    }
    serde_json::from_slice(body).map_err(|_| refused("the request must be a JSON object"))
}
