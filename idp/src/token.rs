//! The token endpoint (RFC 6749, section 3.2) and its grants.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use model::{
    ClientAddress, Context, Fault,
    authorization::{Code, VerifierError, check_verifier, sha256},
    cache::{self, Client, Product},
    entity::{Audience, ClientKind, Profile, SigningAlg},
    grant::{self, Grant, RedeemError, RefreshToken},
    pairwise, scopes,
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

/// The authentication context that a PIN by SMS gives.
pub const ACR: &str = "urn:portico:acr:sms";

/// `POST /oauth2/token`.
pub async fn handle(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match issue(&idp, address.map(|Extension(address)| address), &headers, &body).await {
        Ok(tokens) => {
            ([no_store(), (header::PRAGMA, http::HeaderValue::from_static("no-cache"))], Json(tokens)).into_response()
        }
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// A successful answer (RFC 6749, section 5.1).
#[derive(Debug, Serialize)]
struct Tokens {
    access_token: String,
    /// Seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
    token_type: &'static str,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    #[error("grant_type is authorization_code, refresh_token or client_credentials")]
    UnsupportedGrant,
    #[error("this client may not use this grant type")]
    UnauthorizedClient,
    #[error("the code is not one of ours, or was altered")]
    UnknownCode,
    #[error("the refresh token is not one of ours, or was altered")]
    UnknownRefreshToken,
    #[error("redirect_uri is not the one of the authorization request")]
    OtherRedirectUri,
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    #[error(transparent)]
    Redeem(RedeemError),
    #[error("the scope {0} was not granted")]
    Scope(String),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<RedeemError> for TokenError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Fault(fault) => Self::Fault(fault),
            RedeemError::WiderScope(scope) => Self::Scope(scope),
            error => Self::Redeem(error),
        }
    }
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            TokenError::Params(error) => error.into(),
            TokenError::Client(error) => error.into(),
            TokenError::Missing(_) => Self::bad("invalid_request", text),
            TokenError::UnsupportedGrant => Self::bad("unsupported_grant_type", text),
            TokenError::UnauthorizedClient => Self::bad("unauthorized_client", text),
            TokenError::Scope(_) => Self::bad("invalid_scope", text),
            TokenError::UnknownCode
            | TokenError::UnknownRefreshToken
            | TokenError::OtherRedirectUri
            | TokenError::Verifier(_)
            | TokenError::Redeem(_) => Self::bad("invalid_grant", text),
            TokenError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn issue(
    idp: &Idp,
    address: Option<ClientAddress>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Tokens, TokenError> {
    let ctx = &idp.ctx;
    let params = Params::of_body(headers, body)?;
    let client = authenticate(ctx, &idp.failures, headers, &params, address).await?;
    let product = cache::product(ctx, client.product_id).await?.ok_or(ClientAuthError::Invalid)?;
    match params.get("grant_type") {
        Some("authorization_code") => authorization_code(ctx, &params, &client, &product).await,
        Some("refresh_token") => refresh_token(ctx, &params, &client, &product).await,
        Some("client_credentials") => client_credentials(ctx, &params, &client, &product),
        Some(_) => Err(TokenError::UnsupportedGrant),
        None => Err(TokenError::Missing("grant_type")),
    }
}

/// RFC 6749, section 4.1.3. Everything that can be checked without using the code up comes first.
async fn authorization_code(
    ctx: &Context,
    params: &Params,
    client: &Arc<Client>,
    product: &Arc<Product>,
) -> Result<Tokens, TokenError> {
    let code = params.get("code").ok_or(TokenError::Missing("code"))?;
    let code = Code::open(ctx, code).ok_or(TokenError::UnknownCode)?;
    if code.client == client.id {
        let redirect_uri = params.get("redirect_uri").ok_or(TokenError::Missing("redirect_uri"))?;
        if !code.sent_to(redirect_uri) {
            return Err(TokenError::OtherRedirectUri);
        }
        check_verifier(code.code_challenge.as_deref(), params.get("code_verifier"))?;
    }
    let grant = grant::redeem(ctx, client, product, code).await?;
    let nonce = grant.nonce.clone();
    respond(ctx, client, product, &grant, &grant.scopes, nonce)
}

/// RFC 6749, section 6.
async fn refresh_token(
    ctx: &Context,
    params: &Params,
    client: &Arc<Client>,
    product: &Arc<Product>,
) -> Result<Tokens, TokenError> {
    let token = params.get("refresh_token").ok_or(TokenError::Missing("refresh_token"))?;
    let token = RefreshToken::open(ctx, token).ok_or(TokenError::UnknownRefreshToken)?;
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    let grant = grant::refresh(ctx, client, product, token, &asked).await?;
    // What the product no longer has enabled is not issued again.
    let enabled: Vec<String> = product.scopes.iter().map(|scope| scope.name.clone()).collect();
    let granted = scopes::among(&grant.scopes, &enabled);
    let granted = if asked.is_empty() { granted } else { scopes::among(&asked, &granted) };
    respond(ctx, client, product, &grant, &granted, None)
}

/// RFC 6749, section 4.4: the client speaks for itself.
fn client_credentials(
    ctx: &Context,
    params: &Params,
    client: &Client,
    product: &Product,
) -> Result<Tokens, TokenError> {
    if client.kind != ClientKind::Confidential {
        return Err(TokenError::UnauthorizedClient);
    }
    // What speaks of a person makes no sense without one.
    let personal = |scope: &str| matches!(scope, "openid" | "offline_access" | "phone");
    let enabled: Vec<String> =
        product.scopes.iter().map(|scope| scope.name.clone()).filter(|scope| !personal(scope)).collect();
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    // Of a product for subscribers, each scope is the subscriber's to give.
    let available = if product.audience == Audience::Operators { enabled } else { Vec::new() };
    if let Some(unknown) = asked.iter().find(|scope| !available.contains(scope)) {
        return Err(TokenError::Scope(unknown.clone()));
    }
    let granted = if asked.is_empty() { available } else { asked };
    let token = AccessToken::for_client(ctx, client, &granted)?;
    Ok(Tokens {
        access_token: token.encode(ctx, client.token_format)?,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token: None,
        refresh_token: None,
        scope: token.scope,
        token_type: "bearer",
    })
}

fn respond(
    ctx: &Context,
    client: &Client,
    product: &Product,
    grant: &Grant,
    granted: &[String],
    nonce: Option<String>,
) -> Result<Tokens, TokenError> {
    let token = AccessToken::for_grant(ctx, client, grant, granted)?;
    let access_token = token.encode(ctx, client.token_format)?;
    let openid = granted.iter().any(|scope| scope == "openid");
    let id_token =
        if openid { Some(id_token(ctx, client, product, grant, granted, nonce, &access_token)?) } else { None };
    Ok(Tokens {
        access_token,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token,
        refresh_token: grant.refresh.map(|refresh| refresh.seal(ctx)).transpose()?,
        scope: token.scope,
        token_type: "bearer",
    })
}

/// OpenID Connect Core, section 2.
#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    sub: String,
    aud: [&'a str; 1],
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    acr: &'a str,
    amr: [&'a str; 1],
    at_hash: String,
    sid: Uuid,
    jti: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
}

fn id_token(
    ctx: &Context,
    client: &Client,
    product: &Product,
    grant: &Grant,
    granted: &[String],
    nonce: Option<String>,
    access_token: &str,
) -> Result<String, Fault> {
    let now = ctx.now();
    // Profile `classic` carries the number here too, as its clients were promised.
    let phone = client.profile == Profile::Classic && granted.iter().any(|scope| scope == "phone");
    let phone_number = if phone { Some(grant.phone_number.clone()) } else { None };
    let claims = IdToken {
        iss: &ctx.settings().issuer,
        sub: pairwise::subject(ctx, product.id, grant.subscriber),
        aud: [&client.client_id],
        exp: now.plus(ctx.settings().lifetimes.id_token).seconds(),
        iat: now.seconds(),
        auth_time: grant.auth_time.seconds(),
        nonce,
        acr: ACR,
        amr: ["sms"],
        at_hash: at_hash(client.id_token_alg, access_token),
        sid: grant.session,
        jti: ctx.new_id()?,
        phone_number_verified: phone_number.as_ref().map(|_| true),
        phone_number,
    };
    ctx.keys().signer(client.id_token_alg, now)?.sign_jwt("JWT", &claims)
}

/// The left half of the token's hash, with the hash of the signature's algorithm (OpenID Connect
/// Core, section 3.1.3.6).
fn at_hash(alg: SigningAlg, access_token: &str) -> String {
    match alg {
        SigningAlg::Rs256 | SigningAlg::Es256 => {
            let hash = sha256(access_token);
            URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().copied().unwrap_or_default())
        }
        SigningAlg::EdDsa => {
            let hash = model::authorization::sha512(access_token);
            URL_SAFE_NO_PAD.encode(hash.first_chunk::<32>().copied().unwrap_or_default())
        }
    }
}
