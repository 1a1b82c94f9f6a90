//! The back-channel authentication endpoint (OpenID Connect CIBA 1.0, section 7).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use model::{
    Context, Fault, Language,
    cache::{self, Client},
    ciba::{self, BINDING_MESSAGE_LENGTH, BeginError as NotTaken, Request, Whom},
    client::{Delivery, grant_type},
    entity::{Audience, ClientKind},
    limit::TooMany,
    phone::PhoneNumber,
    token,
};
use serde::Serialize;

use crate::{
    Idp,
    asking::Asking,
    error::{OAuthError, capitalized, no_store},
    params::Params,
    resource, scope,
};

/// The longest token for pings (section 7.1).
const LONGEST_TOKEN: usize = 1024;

/// The most seconds that anybody asks for; the model shortens it.
const LONGEST_EXPIRY: i64 = 86_400;

/// `POST /oauth2/bc-authorize`.
pub async fn handle(State(idp): State<Idp>, asking: Asking) -> Response {
    match begin(&idp, &asking).await {
        Ok(answer) => ([no_store()], Json(answer)).into_response(),
        Err(error) => OAuthError::from(error).into_response(),
    }
}

/// Section 7.3.
#[derive(Debug, Serialize)]
struct Answer {
    auth_req_id: String,
    /// Seconds.
    expires_in: i64,
    /// Seconds.
    interval: i64,
}

#[derive(Debug, thiserror::Error)]
enum BeginError {
    #[error("this client may not use the CIBA grant")]
    UnauthorizedClient,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("{0}")]
    Scope(String),
    #[error("the resource {0} is not one that this client may ask for")]
    Resource(String),
    #[error("binding_message is one line of at most {BINDING_MESSAGE_LENGTH} visible characters")]
    BindingMessage,
    #[error("nobody here is the subject of id_token_hint any more")]
    UnknownUser,
    #[error("too many requests; wait a little")]
    TooMany(TooMany),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<NotTaken> for BeginError {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::TooMany(too_many) => Self::TooMany(too_many),
            NotTaken::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// Section 13.
impl From<BeginError> for OAuthError {
    fn from(error: BeginError) -> Self {
        let text = capitalized(&error.to_string());
        match error {
            BeginError::UnauthorizedClient => Self::bad("unauthorized_client", text),
            BeginError::Invalid(_) => Self::bad("invalid_request", text),
            BeginError::Scope(_) => Self::bad("invalid_scope", text),
            BeginError::Resource(_) => Self::bad("invalid_target", text),
            BeginError::BindingMessage => Self::bad("invalid_binding_message", text),
            BeginError::UnknownUser => Self::bad("unknown_user_id", text),
            BeginError::TooMany(too_many) => Self::slow_down(too_many, text),
            BeginError::Fault(fault) => Self::internal(&fault),
        }
    }
}

async fn begin(idp: &Idp, asking: &Asking) -> Result<Answer, BeginError> {
    let ctx = &idp.ctx;
    let Asking { client, params, peer, .. } = asking;
    if client.kind != ClientKind::Confidential || !grant_type::allowed(client, grant_type::CIBA) {
        return Err(BeginError::UnauthorizedClient);
    }
    let product = cache::product(ctx, client.product_id).await?;
    let product = product.filter(|product| product.audience == Audience::Subscribers);
    let product = product.ok_or(BeginError::UnauthorizedClient)?;
    only_supported(params)?;
    if params.get("scope").is_none() {
        return Err(BeginError::Invalid("scope is missing; it must hold openid"));
    }
    let resources = resource::allowed(client, params).map_err(BeginError::Resource)?;
    let scopes = scope::requested(client, &product, params, &resources).map_err(BeginError::Scope)?;
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(BeginError::Scope("scope must hold openid".to_owned()));
    }
    let request = Request {
        whom: whom(ctx, client, params).await?,
        scopes,
        resources,
        binding_message: binding_message(params)?,
        requested_expiry: requested_expiry(params)?,
        notification_token: notification_token(client, params)?,
        language: params.get("ui_locales").and_then(Language::first_of).unwrap_or_default(),
        address: peer.address(),
    };
    let begun = ciba::begin(ctx, client, &product, request).await?;
    Ok(Answer {
        auth_req_id: begun.auth_req_id.reveal().to_owned(),
        expires_in: begun.expires_in,
        interval: begun.interval,
    })
}

/// What somebody may count on that is not here is refused, not passed over.
fn only_supported(params: &Params) -> Result<(), BeginError> {
    for (name, words) in [
        ("request", "signed authentication requests are not supported"),
        ("login_hint_token", "login_hint_token is not supported; send login_hint or id_token_hint"),
        ("user_code", "user_code is not supported"),
    ] {
        if params.get(name).is_some() {
            return Err(BeginError::Invalid(words));
        }
    }
    Ok(())
}

/// Exactly one hint (section 7.1) says whom to ask.
async fn whom(ctx: &Context, client: &Client, params: &Params) -> Result<Whom, BeginError> {
    match (params.get("login_hint"), params.get("id_token_hint")) {
        (Some(hint), None) => number(hint).map(Whom::from),
        (None, Some(hint)) => {
            let hint = token::read_hint(ctx, hint);
            let hint = hint.filter(|hint| hint.aud.contains(&client.client_id));
            let hint = hint.ok_or(BeginError::Invalid("id_token_hint is not an ID token of ours for this client"))?;
            ciba::hinted(ctx, client, &hint).await?.ok_or(BeginError::UnknownUser)
        }
        (Some(_), Some(_)) => Err(BeginError::Invalid("send either login_hint or id_token_hint")),
        (None, None) => Err(BeginError::Invalid("send login_hint or id_token_hint, to say whom to ask")),
    }
}

/// `+46701740605`, `tel:+46701740605` or `phone_number:+46701740605`.
fn number(hint: &str) -> Result<PhoneNumber, BeginError> {
    let number = hint.strip_prefix("phone_number:").unwrap_or(hint);
    PhoneNumber::parse(number).map_err(|_| {
        BeginError::Invalid("login_hint is a phone number with + and country code; in a form the + is written %2B")
    })
}

fn binding_message(params: &Params) -> Result<Option<String>, BeginError> {
    let Some(text) = params.get("binding_message") else { return Ok(None) };
    let text = ciba::binding_message(text).ok_or(BeginError::BindingMessage)?;
    Ok(Some(text.to_owned()))
}

fn requested_expiry(params: &Params) -> Result<Option<i64>, BeginError> {
    let Some(text) = params.get("requested_expiry") else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(seconds) if (1..=LONGEST_EXPIRY).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(BeginError::Invalid("requested_expiry is a number of seconds")),
    }
}

/// What a client in ping mode wants to be called with: a bearer token (RFC 6750, section 2.1).
fn notification_token(client: &Client, params: &Params) -> Result<Option<String>, BeginError> {
    if client.metadata.backchannel_delivery() == Delivery::Poll {
        return Ok(None);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    match params.get("client_notification_token") {
        Some(token) if token.len() <= LONGEST_TOKEN && token.bytes().all(allowed) => Ok(Some(token.to_owned())),
        Some(_) => Err(BeginError::Invalid("client_notification_token is not a bearer token")),
        None => Err(BeginError::Invalid("client_notification_token is missing, which this client's pings need")),
    }
}
