//! The token endpoint (RFC 6749, section 3.2) and its grants.

mod ciba;
mod device;
mod exchange;
mod id_token;
mod jwt_bearer;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use model::{
    Context, Fault, api,
    authorization::{Code, Confirmation, VerifierError, check_verifier},
    cache::{self, Client, Product},
    client::grant_type,
    entity::ClientKind,
    grant::{self, Grant, RedeemError, RefreshToken},
    poll::PollError,
    resource::{Asked, Target, TargetError, audience, narrowed},
    scopes,
    token::{AccessToken, Wanted},
};
use serde::Serialize;

use self::{exchange::ExchangeError, jwt_bearer::AssertionError};
use crate::{
    Idp,
    asking::Asking,
    binding::{self, BindingError},
    client_auth::ClientAuthError,
    error::{OAuthError, capitalized, no_store},
    params::Params,
    resource,
};

/// `POST /oauth2/token`.
pub async fn handle(State(idp): State<Idp>, asking: Asking) -> Response {
    match issue(&idp, &asking).await {
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
    /// RFC 8693, section 2.2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
    token_type: &'static str,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    #[error("grant_type is none of those in the metadata document")]
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
    Binding(#[from] BindingError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("the code is bound to another DPoP key")]
    OtherKey,
    #[error(transparent)]
    Redeem(RedeemError),
    #[error("the scope {0} was not granted")]
    Scope(String),
    #[error(transparent)]
    Poll(PollError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<RedeemError> for TokenError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Fault(fault) => Self::Fault(fault),
            RedeemError::WiderScope(scope) => Self::Scope(scope),
            RedeemError::Target(error) => Self::Target(error),
            error => Self::Redeem(error),
        }
    }
}

impl From<PollError> for TokenError {
    fn from(error: PollError) -> Self {
        match error {
            PollError::Fault(fault) => Self::Fault(fault),
            error => Self::Poll(error),
        }
    }
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            TokenError::Client(error) => error.into(),
            TokenError::Missing(_) => Self::bad("invalid_request", text),
            TokenError::UnsupportedGrant => Self::bad("unsupported_grant_type", text),
            TokenError::UnauthorizedClient => Self::bad("unauthorized_client", text),
            TokenError::Scope(_) | TokenError::Target(TargetError::Scope(_)) => Self::bad("invalid_scope", text),
            TokenError::Binding(error) => error.into(),
            TokenError::Target(_) => Self::bad("invalid_target", text),
            TokenError::UnknownCode
            | TokenError::OtherKey
            | TokenError::UnknownRefreshToken
            | TokenError::OtherRedirectUri
            | TokenError::Verifier(_)
            | TokenError::Assertion(_)
            | TokenError::Redeem(_) => Self::bad("invalid_grant", text),
            TokenError::Poll(error) => Self::bad(device::code_of(&error), text),
            TokenError::Exchange(_) => Self::bad("invalid_request", text),
            TokenError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn issue(idp: &Idp, asking: &Asking) -> Result<Tokens, TokenError> {
    let ctx = &idp.ctx;
    let Asking { client, params, .. } = asking;
    let product = cache::product(ctx, client.product_id).await?.ok_or(ClientAuthError::Invalid)?;
    let confirmation = binding::of(asking)?;
    let request = TokenRequest { ctx, params, client, product: &product, confirmation };
    let grant_type = params.get("grant_type").ok_or(TokenError::Missing("grant_type"))?;
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(TokenError::UnsupportedGrant);
    }
    if !grant_type::allowed(client, grant_type) {
        return Err(TokenError::UnauthorizedClient);
    }
    match grant_type {
        grant_type::AUTHORIZATION_CODE => authorization_code(request).await,
        grant_type::REFRESH_TOKEN => refresh_token(request).await,
        grant_type::CLIENT_CREDENTIALS => client_credentials(request).await,
        grant_type::DEVICE_CODE => device::device_code(request).await,
        grant_type::CIBA => ciba::ciba(request).await,
        grant_type::TOKEN_EXCHANGE => exchange::token_exchange(request).await,
        grant_type::JWT_BEARER => jwt_bearer::jwt_bearer(request).await,
        _ => Err(TokenError::UnsupportedGrant),
    }
}

/// The grant types of this endpoint, for the metadata.
pub const GRANT_TYPES: &[&str] = &[
    grant_type::AUTHORIZATION_CODE,
    grant_type::REFRESH_TOKEN,
    grant_type::CLIENT_CREDENTIALS,
    grant_type::DEVICE_CODE,
    grant_type::CIBA,
    grant_type::TOKEN_EXCHANGE,
    grant_type::JWT_BEARER,
];

/// A request whose client is known.
#[derive(Clone)]
struct TokenRequest<'a> {
    ctx: &'a Context,
    params: &'a Params,
    client: &'a Arc<Client>,
    product: &'a Arc<Product>,
    /// What the tokens will be bound to.
    confirmation: Option<Confirmation>,
}

impl TokenRequest<'_> {
    /// What of an authorization it names.
    fn asked(&self) -> Asked {
        Asked {
            scopes: scopes::split(self.params.get("scope").unwrap_or_default()),
            resources: self.params.all("resource").map(str::to_owned).collect(),
        }
    }

    /// What it gets of an authorization for `resources` that has `granted` these scopes, of which it
    /// may have `named` some.
    fn target(&self, resources: &[String], granted: &[String], named: &[String]) -> Result<Target, TargetError> {
        let audience = audience(self.client, resources, &self.asked().resources)?;
        narrowed(self.product, granted, named, audience)
    }
}

/// RFC 6749, section 4.1.3. Everything that can be checked without using the code up comes first.
async fn authorization_code(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, confirmation } = request.clone();
    let code = params.get("code").ok_or(TokenError::Missing("code"))?;
    let code = Code::open(ctx, code).ok_or(TokenError::UnknownCode)?;
    if code.client == client.id {
        match params.get("redirect_uri") {
            Some(redirect_uri) if !code.sent_to(redirect_uri) => return Err(TokenError::OtherRedirectUri),
            Some(_) => {}
            // OAuth 2.1, section 10.2: where PKCE shows that the code was not swapped, clients leave it
            // away. RFC 6749, which FAPI 2.0 is written on, has it again.
            None if code.code_challenge.is_some() && !client.profile.rules().redirect_uri_again => {}
            None => return Err(TokenError::Missing("redirect_uri")),
        }
        check_verifier(code.code_challenge.as_deref(), params.get("code_verifier"))?;
        let bound = code.dpop_jkt.clone().map(Confirmation::Jkt);
        if bound.is_some() && bound != confirmation {
            return Err(TokenError::OtherKey);
        }
        request.target(&code.resources, &code.scopes, &[])?;
    }
    // Of a confidential client the refresh token is bound to its authentication already (RFC 9449,
    // section 5; RFC 8705, section 4); a public one has only the key or the certificate.
    let bound = confirmation.filter(|_| client.kind == ClientKind::Public);
    let grant = grant::redeem(ctx, client, product, code, bound).await?;
    let nonce = grant.nonce.clone();
    let target = request.target(&grant.resources, &grant.scopes, &[])?;
    respond(&request, &grant, &target, nonce.as_deref()).await
}

/// RFC 6749, section 6.
async fn refresh_token(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, confirmation } = request.clone();
    let token = params.get("refresh_token").ok_or(TokenError::Missing("refresh_token"))?;
    let token = RefreshToken::open(ctx, token).ok_or(TokenError::UnknownRefreshToken)?;
    let asked = request.asked();
    let grant = grant::refresh(ctx, client, product, token, &asked, confirmation.as_ref()).await?;
    // What product or client no longer have is not issued again, nor what is for one moment alone.
    let again = product.scopes.iter().filter(|scope| scope.refreshable && client.metadata.may_ask_for(&scope.name));
    let enabled: Vec<String> = again.map(|scope| scope.name.clone()).collect();
    let granted = scopes::among(&grant.scopes, &enabled);
    let target = request.target(&grant.resources, &granted, &asked.scopes)?;
    respond(&request, &grant, &target, None).await
}

/// RFC 6749, section 4.4: the client speaks for itself.
async fn client_credentials(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, confirmation } = request;
    if client.kind != ClientKind::Confidential {
        return Err(TokenError::UnauthorizedClient);
    }
    // Of a product for people, each scope is theirs to give.
    let available: Vec<String> = if product.audience.signs_in() {
        Vec::new()
    } else {
        let names = product.scopes.iter().map(|scope| scope.name.clone());
        names.filter(|scope| client.metadata.may_ask_for(scope)).collect()
    };
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    if let Some(unknown) = asked.iter().find(|scope| !available.contains(scope)) {
        return Err(TokenError::Scope(unknown.clone()));
    }
    let audience = resource::allowed(client, params).map_err(TargetError::Resource)?;
    let target = narrowed(product, &available, &asked, audience)?;
    let wanted = Wanted { scopes: &target.scopes, audience: &target.audience, confirmation };
    let token = AccessToken::for_client(ctx, client, wanted)?;
    Ok(Tokens {
        access_token: token.encode(ctx, api::format(ctx, client, &token.audience).await?)?,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token: None,
        issued_token_type: None,
        refresh_token: None,
        token_type: token.token_type(),
        scope: token.scope,
    })
}

async fn respond(
    request: &TokenRequest<'_>,
    grant: &Grant,
    target: &Target,
    nonce: Option<&str>,
) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, client, .. } = *request;
    let granted = target.scopes.as_slice();
    let wanted = Wanted { scopes: granted, audience: &target.audience, confirmation: request.confirmation.clone() };
    let token = AccessToken::for_grant(ctx, client, grant, wanted)?;
    let access_token = token.encode(ctx, api::format(ctx, client, &token.audience).await?)?;
    let openid = granted.iter().any(|scope| scope == "openid");
    let id_token =
        if openid { Some(id_token::issue(ctx, client, grant, granted, nonce, &access_token).await?) } else { None };
    Ok(Tokens {
        access_token,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token,
        issued_token_type: None,
        refresh_token: grant.refresh.map(|refresh| refresh.seal(ctx)).transpose()?,
        token_type: token.token_type(),
        scope: token.scope,
    })
}
