//! The UserInfo endpoint (OpenID Connect Core, section 5.3), a resource protected by access tokens.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use model::{
    Context, Fault, cache,
    claims::{self, Claims},
    entity::{ClientState, SigningAlg},
    subject::Subject,
    token::AccessToken,
};

use crate::{
    Idp,
    asking::Peer,
    bearer::{self, BearerError},
    error::{OAuthError, capitalized, no_store},
    params::Params,
    paths,
};

/// `GET /userinfo`, with the token in the header.
pub async fn get(State(idp): State<Idp>, peer: Peer, headers: HeaderMap) -> Response {
    respond(&idp, &Method::GET, &headers, &peer, None).await
}

/// `POST /userinfo`, with the token in the header or in the body (RFC 6750, section 2.2).
pub async fn post(State(idp): State<Idp>, peer: Peer, headers: HeaderMap, body: Bytes) -> Response {
    let in_body = Params::of_body(&headers, &body).ok();
    let in_body = in_body.as_ref().and_then(|params| params.get("access_token"));
    respond(&idp, &Method::POST, &headers, &peer, in_body).await
}

async fn respond(idp: &Idp, method: &Method, headers: &HeaderMap, peer: &Peer, in_body: Option<&str>) -> Response {
    match answer(&idp.ctx, method, headers, peer, in_body).await {
        Ok(response) => response,
        Err(error) => OAuthError::from(error).into_response(),
    }
}

#[derive(Debug, thiserror::Error)]
enum UserinfoError {
    #[error(transparent)]
    Token(#[from] BearerError),
    #[error("a client's own token is about no person")]
    NobodyInIt,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<UserinfoError> for OAuthError {
    fn from(error: UserinfoError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            UserinfoError::Token(error) => error.into(),
            UserinfoError::NobodyInIt => Self {
                status: StatusCode::FORBIDDEN,
                challenge: Some(format!(
                    "Bearer realm=\"portico\", error=\"insufficient_scope\", error_description=\"{text}\""
                )),
                ..Self::bad("insufficient_scope", text)
            },
            UserinfoError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// The claims: as JSON, or signed for clients that have registered for that (section 5.3.2).
async fn answer(
    ctx: &Context,
    method: &Method,
    headers: &HeaderMap,
    peer: &Peer,
    in_body: Option<&str>,
) -> Result<Response, UserinfoError> {
    let token = bearer::read(ctx, method, paths::USERINFO, headers, peer, in_body).await?;
    let client = cache::client(ctx, &token.client_id).await?;
    let client = client.filter(|client| client.state == ClientState::Active).ok_or(BearerError::INVALID)?;
    let mut claims = told(ctx, &token).await?;
    let alg = client.metadata.userinfo_signed_response_alg.as_deref().and_then(SigningAlg::parse);
    let Some(alg) = alg else { return Ok(([no_store()], Json(claims)).into_response()) };
    claims.insert("iss".to_owned(), ctx.settings().issuer.clone().into());
    claims.insert("aud".to_owned(), token.client_id.into());
    let jwt = ctx.keys().signer(alg, ctx.now())?.sign_jwt("JWT", &claims)?;
    Ok(([no_store(), (header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"))], jwt).into_response())
}

/// What a token allows its client to learn about the person. What was not granted is left out.
async fn told(ctx: &Context, token: &AccessToken) -> Result<Claims, UserinfoError> {
    let about = token.about.as_ref().ok_or(UserinfoError::NobodyInIt)?;
    let mut claims = match about.subject {
        Subject::Subscriber(id) => {
            let subscriber = cache::subscriber(ctx, id).await?;
            let living = subscriber.filter(|subscriber| subscriber.ended_at.is_none());
            claims::of_number(&living.ok_or(BearerError::INVALID)?.phone_number)
        }
        Subject::User(id) => {
            let claims = claims::of_user(ctx, id).await?;
            if claims.is_empty() {
                return Err(BearerError::INVALID.into());
            }
            claims
        }
    };
    claims.retain(|name, _| claims::asked_by(&token.scope, name) || about.claims.contains(name));
    claims.insert("sid".to_owned(), about.session.to_string().into());
    claims.insert("sub".to_owned(), token.sub.clone().into());
    Ok(claims)
}
