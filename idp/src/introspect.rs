//! The introspection endpoint (RFC 7662): what a token says, for the servers that are shown it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use model::{
    Fault, api,
    authorization::Confirmation,
    cache::{self, Client},
    entity::{ClientKind, ClientState, SigningAlg},
    token::{AccessToken, Actor, Audience},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Idp,
    asking::Asking,
    client_auth::ClientAuthError,
    error::{OAuthError, capitalized, no_store},
};

/// `POST /oauth2/introspect`.
pub async fn handle(State(idp): State<Idp>, headers: HeaderMap, asking: Asking) -> Response {
    match introspect(&idp, &asking).await {
        Ok(answer) => respond(&idp, &headers, &asking.client, answer),
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
    aud: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<serde_json::Value>,
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
    Client(#[from] ClientAuthError),
    #[error("the parameter token is missing")]
    NoToken,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<IntrospectError> for OAuthError {
    fn from(error: IntrospectError) -> Self {
        match error {
            IntrospectError::Client(error) => error.into(),
            IntrospectError::NoToken => Self::bad("invalid_request", capitalized(&error.to_string())),
            IntrospectError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn introspect(idp: &Idp, asking: &Asking) -> Result<Answer, IntrospectError> {
    let Asking { client, params, .. } = asking;
    if client.kind == ClientKind::Public {
        // Who cannot prove who it is could try tokens for others.
        return Err(ClientAuthError::Invalid.into());
    }
    let text = params.get("token").ok_or(IntrospectError::NoToken)?;
    match AccessToken::read(&idp.ctx, text) {
        Some(token) => Ok(told(idp, client, token).await?),
        None => Ok(Answer::default()),
    }
}

/// As JSON, or signed for clients that ask for that (RFC 9701, section 4).
fn respond(idp: &Idp, headers: &HeaderMap, asking: &Client, answer: Answer) -> Response {
    #[derive(Serialize)]
    struct Signed<'a> {
        iss: &'a str,
        aud: &'a str,
        iat: i64,
        token_introspection: Answer,
    }
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let registered = asking.metadata.introspection_signed_response_alg.as_deref().and_then(SigningAlg::parse);
    if registered.is_none() && !accepts.contains(INTROSPECTION_JWT) {
        return ([no_store()], Json(answer)).into_response();
    }
    let ctx = &idp.ctx;
    let claims = Signed {
        iss: &ctx.settings().issuer,
        aud: &asking.client_id,
        iat: ctx.now().seconds(),
        token_introspection: answer,
    };
    let alg = asking.profile.signing(registered);
    let jwt = ctx.keys().signer(alg, ctx.now()).and_then(|key| key.sign_jwt("token-introspection+jwt", &claims));
    match jwt {
        Ok(jwt) => {
            let type_ = (header::CONTENT_TYPE, HeaderValue::from_static(INTROSPECTION_JWT));
            ([no_store(), type_], jwt).into_response()
        }
        Err(fault) => OAuthError::internal(&fault).into_response(),
    }
}

/// The media type of signed answers (RFC 9701, section 8.3).
const INTROSPECTION_JWT: &str = "application/token-introspection+jwt";

/// What whoever asks may know about a token: all of it, if the client that holds it is of the same
/// organization; what is its API's, if the organization runs one of those that the token is for (RFC
/// 7662, section 4; RFC 9701, section 5); else nothing.
async fn told(idp: &Idp, asking: &Client, token: AccessToken) -> Result<Answer, Fault> {
    let Some(holder) = cache::client(&idp.ctx, &token.client_id).await? else { return Ok(Answer::default()) };
    if holder.state != ClientState::Active {
        return Ok(Answer::default());
    }
    if asking.is_beside(&holder) {
        return Ok(describe(idp, token));
    }
    // The session is between the person and the clients: what is not in a JWT is not told either.
    let part = api::part_for(&idp.ctx, asking.organization_id, token).await?;
    Ok(part.map(|token| Answer { sid: None, ..describe(idp, token) }).unwrap_or_default())
}

fn describe(idp: &Idp, token: AccessToken) -> Answer {
    let ctx = &idp.ctx;
    let issuer = &ctx.settings().issuer;
    Answer {
        active: true,
        aud: serde_json::to_value(Audience(&token.audience_or_own(ctx))).ok(),
        token_type: Some(token.token_type()),
        act: Actor::chain(&token.actors).and_then(|actor| serde_json::to_value(actor).ok()),
        acr: token.about.as_ref().map(|about| about.acr.clone()),
        cnf: token.confirmation,
        sub: Some(token.sub),
        scope: Some(token.scope),
        client_id: Some(token.client_id),
        exp: Some(token.expires_at.seconds()),
        iat: Some(token.issued_at.seconds()),
        iss: Some(issuer.clone()),
        jti: Some(token.id),
        sid: token.about.as_ref().map(|about| about.session),
        auth_time: token.about.as_ref().map(|about| about.auth_time.seconds()),
    }
}
