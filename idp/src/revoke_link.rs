//! The endpoint at which a client makes a link for a subscriber who wants to take back what they
//! have allowed. It speaks as the clients in the field know it: names in camel case, and an answer
//! that has the same members whether it went well or not.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
use model::{
    Fault, cache,
    entity::ClientState,
    revoke_link::{self, CreateError},
};
use serde::Serialize;

use crate::{
    Idp,
    asking::Peer,
    bearer::{self, BearerError},
    dpop,
    error::{OAuthError, capitalized, no_store},
    params::{Params, ParamsError},
    paths, revoke_page,
};

/// `POST /ext-api/v0/auth/create-revoke-consent-magic-link`.
pub async fn handle(State(idp): State<Idp>, peer: Peer, headers: HeaderMap, body: Bytes) -> Response {
    match create(&idp, &peer, &headers, &body).await {
        Ok(link) => {
            let answer = Answer { redirect_to: Some(&link), ..Answer::default() };
            ([no_store()], Json(answer)).into_response()
        }
        Err(error) => refuse(error),
    }
}

/// What does not apply is null, and there all the same.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    /// Where to send the subscriber.
    redirect_to: Option<&'a str>,
    error: Option<&'a str>,
    error_description: Option<&'a str>,
    /// What to do about it.
    error_hint: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error(transparent)]
    Token(#[from] BearerError),
    #[error("the bearer token is about a person; send one with which the client speaks for itself")]
    NotTheClient,
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl LinkError {
    const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Token(_) | Self::NotTheClient => Some("Get a token with the grant client_credentials."),
            Self::Create(CreateError::NotRegistered) => {
                Some("It is compared character by character. Register it on the client's page.")
            }
            Self::Create(CreateError::Token) => Some("If it has expired, refresh it, or let the subscriber sign in."),
            _ => None,
        }
    }
}

impl From<LinkError> for OAuthError {
    fn from(error: LinkError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            LinkError::Token(error) => error.into(),
            LinkError::NotTheClient => Self {
                status: StatusCode::FORBIDDEN,
                challenge: Some(format!(
                    "Bearer realm=\"portico\", error=\"insufficient_scope\", error_description=\"{text}\""
                )),
                ..Self::bad("insufficient_scope", text)
            },
            LinkError::Params(error) => error.into(),
            LinkError::Missing(_) | LinkError::Create(CreateError::NotRegistered | CreateError::StateTooLong) => {
                Self::bad("invalid_request", text)
            }
            LinkError::Create(CreateError::Token) => Self::bad("invalid_grant", text),
            LinkError::Create(CreateError::Fault(fault)) | LinkError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// With the status and the headers that the error has everywhere.
fn refuse(error: LinkError) -> Response {
    let hint = error.hint();
    let error = OAuthError::from(error);
    let answer = Answer {
        error: Some(error.code),
        error_description: Some(&error.description),
        error_hint: hint,
        ..Answer::default()
    };
    let body = serde_json::to_vec(&answer).unwrap_or_default();
    let (parts, _) = error.into_response().into_parts();
    Response::from_parts(parts, Body::from(body))
}

async fn create(idp: &Idp, peer: &Peer, headers: &HeaderMap, body: &[u8]) -> Result<String, LinkError> {
    let ctx = &idp.ctx;
    let bearer = bearer::read(ctx, &Method::POST, paths::REVOKE_LINK, headers, peer, None).await?;
    if bearer.about.is_some() {
        return Err(LinkError::NotTheClient);
    }
    let client = cache::client(ctx, &bearer.client_id).await?;
    let client = client.filter(|client| client.state == ClientState::Active).ok_or(BearerError::INVALID)?;
    let params = Params::of_body(headers, body)?;
    let needed = |name: &'static str| params.get(name).ok_or(LinkError::Missing(name));
    let (token, redirect_to) = (needed("token")?, needed("redirectTo")?);
    let link = revoke_link::create(ctx, &client, token, redirect_to, params.get("state")).await?;
    Ok(format!("{}?revoke_token={}", dpop::endpoint(ctx, revoke_page::PATH), link.reveal()))
}
