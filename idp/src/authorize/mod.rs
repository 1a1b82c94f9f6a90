//! The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core, section 3.1.2).
//!
//! A request is read in an ordered list of small checks. Until the client and its redirect URI are
//! known to be right, an error is a page; after that it goes back to the client. The parameters
//! can come by themselves, as a signed object ([`request_object`]) or a reference to one, or as a
//! reference to what was pushed before ([`crate::par`]); what they say is checked alike.

pub(crate) mod claims_request;

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use model::{
    ClientAddress, Context, Fault, Language,
    authorization::{AnswerTo, ClaimsRequest, Prompt, Request, ResponseMode, is_challenge},
    cache::{self, Client, Product},
    client::{
        dynamic::by_url::{self, DocumentError},
        grant_type,
        profile::Pkce,
    },
    entity::{ClientKind, ClientState, SigningAlg},
    pushed, redirect_uri, scopes, token,
};

use crate::{
    Idp,
    browser::Browser,
    flow, language,
    pages::{self, PageError},
    params::{Params, ParamsError},
    paths, request_object, resource, scope,
};

/// Ten years, in seconds: more makes no difference.
const MAX_AGE_LIMIT: i64 = 10 * 365 * 86_400;

/// The longest URL that every browser and proxy takes, in bytes.
const LONGEST_URL: usize = 8 * 1024;

/// The values of `prompt`, for the metadata.
pub const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// How parameters came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the browser, at this address.
    Browser(Option<ClientAddress>),
    /// With the browser, as a reference to what was pushed.
    Reference(uuid::Uuid),
    /// From the client itself, which pushes them.
    Push,
}

impl Way {
    const fn address(self) -> Option<ClientAddress> {
        match self {
            Self::Browser(address) => address,
            Self::Reference(_) | Self::Push => None,
        }
    }
}

type Address = Option<Extension<ClientAddress>>;

/// `GET /oauth2/auth`.
pub async fn get(State(idp): State<Idp>, address: Address, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse([query.unwrap_or_default().as_bytes()]);
    handle(idp, address, headers, params).await
}

/// `POST /oauth2/auth`: the same, with the parameters in the body (OpenID Connect Core, section
/// 3.1.2.1). A browser sends no `SameSite` cookie with another site's form, so that one comes again
/// in a way that has it: nobody would be signed in otherwise, and a browser that is known here would
/// be given a new name, with which what it has begun in other tabs is lost.
pub async fn post(
    State(idp): State<Idp>,
    address: Address,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let params = Params::of_body(&headers, &body).and_then(|_| Params::parse([query.as_bytes(), &body]));
    if let Ok(params) = &params
        && Browser::known(&idp.ctx, &headers).is_none()
        && let Some(again) = again(&idp.ctx, &headers, params)
    {
        return again;
    }
    handle(idp, address, headers, params).await
}

/// Has a request come again from here: as a GET, or as a form of ours if that would be too long.
fn again(ctx: &Context, headers: &HeaderMap, params: &Params) -> Option<Response> {
    let pairs: Vec<(&str, &str)> = params.pairs().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let url = redirect_uri::with_query(paths::AUTHORIZE, &pairs);
    if url.len() <= LONGEST_URL {
        return Some(flow::redirect(&url));
    }
    let from_elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let redirect_uri = params.get("redirect_uri").unwrap_or(&ctx.settings().issuer);
    from_elsewhere.then(|| pages::form_post::again(paths::AUTHORIZE, redirect_uri, &pairs))
}

async fn handle(idp: Idp, address: Address, headers: HeaderMap, params: Result<Params, ParamsError>) -> Response {
    let ctx = &idp.ctx;
    let request = match params {
        Ok(params) => {
            let wish = params.get("ui_locales").and_then(Language::first_of);
            let address = address.map(|Extension(address)| address);
            read_any(ctx, params, address).await.inspect_err(|_| language::speak(wish))
        }
        Err(error) => Err(AuthorizeError::Params(error)),
    };
    match request {
        Ok(request) => match begin(&idp, &headers, request).await {
            Ok(response) => response,
            Err(fault) => PageError::from(fault).into_response(),
        },
        Err(error) => error.into_response(ctx),
    }
}

async fn begin(idp: &Idp, headers: &HeaderMap, request: Request) -> Result<Response, Fault> {
    let browser = Browser::of(&idp.ctx, headers)?;
    let interaction = flow::begin(&idp.ctx, &browser, request)?;
    let session = match flow::session_for(idp, headers, &interaction).await {
        Ok(session) => session,
        Err(error) => return Ok(error.into_response()),
    };
    Ok(flow::proceed(idp, &browser, interaction, session).await)
}

/// Why an authorization request was refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// Shown: nobody knows yet whose request it is.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// Shown: there is no such client.
    #[error("client_id is missing")]
    NoClientId,
    #[error("there is no client with this client_id")]
    UnknownClient,
    #[error("this client is disabled")]
    DisabledClient,
    #[error(transparent)]
    Document(DocumentError),
    /// Shown: it may lead to somebody else.
    #[error("redirect_uri is missing")]
    NoRedirectUri,
    #[error("redirect_uri is not one that is registered for this client")]
    WrongRedirectUri,
    /// Shown: where the answer would go is said in a request object that was refused.
    #[error("{description}")]
    Unsent { code: &'static str, description: String },
    /// Shown: what it refers to is not there any more.
    #[error("request_uri is unknown, has expired, or was used")]
    WrongReference,
    /// Sent to the client.
    #[error("{description}")]
    Sent { request: Box<Request>, code: &'static str, description: String },
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<DocumentError> for AuthorizeError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Off => Self::UnknownClient,
            DocumentError::Fault(fault) => Self::Fault(fault),
            error => Self::Document(error),
        }
    }
}

impl AuthorizeError {
    pub(crate) fn into_response(self, ctx: &Context) -> Response {
        match self {
            Self::Params(error) => PageError::BadRequest(error.to_string()).into_response(),
            Self::WrongReference | Self::Unsent { .. } => PageError::BadRequest(self.to_string()).into_response(),
            Self::NoClientId | Self::UnknownClient | Self::DisabledClient | Self::Document(_) => {
                PageError::WrongClient(self.to_string()).into_response()
            }
            Self::NoRedirectUri | Self::WrongRedirectUri => {
                PageError::WrongRedirectUri(self.to_string()).into_response()
            }
            Self::Sent { request, code, description } => {
                language::speak(request.language);
                flow::answer_error(ctx, &request, code, &crate::error::capitalized(&description))
            }
            Self::Fault(fault) => PageError::from(fault).into_response(),
        }
    }
}

/// Reads what the browser brought: parameters, or a reference to those that were pushed.
pub(crate) async fn read_any(
    ctx: &Context,
    params: Params,
    address: Option<ClientAddress>,
) -> Result<Request, AuthorizeError> {
    let Some(reference) = params.get("request_uri").filter(|uri| pushed::is_reference(uri)) else {
        return Ok(read(ctx, &params, Way::Browser(address)).await?.request);
    };
    let client = known_client(ctx, &params, address).await?;
    let found = pushed::find(ctx, &client, reference).await?.ok_or(AuthorizeError::WrongReference)?;
    Ok(read(ctx, &Params::of_pairs(found.parameters), Way::Reference(found.id)).await?.request)
}

/// A request that was read.
#[derive(Debug)]
pub struct Opened {
    /// What it asks for.
    pub request: Request,
    /// What it said: the parameters themselves, or those that a signed request carries.
    pub params: Params,
}

/// Reads and checks a request, in this order: client, redirect URI, how to answer, then the rest.
///
/// # Errors
///
/// [`AuthorizeError`].
pub async fn read(ctx: &Context, params: &Params, way: Way) -> Result<Opened, AuthorizeError> {
    let client = known_client(ctx, params, way.address()).await?;
    // Where an object is refused, the answer goes where the browser was told to come back to.
    let (params, refused) = match request_object::signed(ctx, &client, params, way.address()).await {
        Ok(None) => (params.clone(), None),
        Ok(Some(inside)) => (inside, None),
        Err(error) => (params.clone(), Some((error.code(), error.or_fault()?.to_string()))),
    };
    if let (Some((code, description)), None) = (&refused, params.get("redirect_uri")) {
        return Err(AuthorizeError::Unsent { code, description: description.clone() });
    }
    let redirect_uri = registered_redirect_uri(&client, &params)?;
    let mut request = Request {
        client_id: client.client_id.clone(),
        answer_to: AnswerTo::RedirectUri(redirect_uri),
        scopes: Vec::new(),
        state: params.get("state").map(str::to_owned),
        nonce: params.get("nonce").map(str::to_owned),
        code_challenge: params.get("code_challenge").map(str::to_owned),
        response_mode: ResponseMode::Query,
        response_alg: response_alg(&client),
        prompt: Prompt::default(),
        max_age: None,
        login_hint: params.get("login_hint").map(str::to_owned),
        subject_hint: None,
        acr_values: Vec::new(),
        acr_essential: false,
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
        dpop_jkt: None,
        pushed: match way {
            Way::Reference(id) => Some(id),
            Way::Browser(_) | Way::Push => None,
        },
        language: params.get("ui_locales").and_then(Language::first_of),
    };
    let checked = match refused {
        Some((code, description)) => refuse(code, description),
        None => fill(ctx, &params, &client, way, &mut request).await,
    };
    match checked {
        Ok(()) => Ok(Opened { request, params }),
        Err(Refusal::Sent(code, description)) => {
            Err(AuthorizeError::Sent { request: Box::new(request), code, description })
        }
        Err(Refusal::Fault(fault)) => Err(fault.into()),
    }
}

/// With what signed answers are signed: as registered, or as ID tokens are.
fn response_alg(client: &Client) -> SigningAlg {
    let registered = client.metadata.authorization_signed_response_alg.as_deref();
    registered.and_then(SigningAlg::parse).unwrap_or(client.id_token_alg)
}

async fn known_client(
    ctx: &Context,
    params: &Params,
    address: Option<ClientAddress>,
) -> Result<Arc<Client>, AuthorizeError> {
    let client_id = params.get("client_id").ok_or(AuthorizeError::NoClientId)?;
    let client = if by_url::is_url(client_id) {
        by_url::find(ctx, client_id, address).await?
    } else {
        cache::client(ctx, client_id).await?.ok_or(AuthorizeError::UnknownClient)?
    };
    if client.state != ClientState::Active {
        return Err(AuthorizeError::DisabledClient);
    }
    Ok(client)
}

fn registered_redirect_uri(client: &Client, params: &Params) -> Result<String, AuthorizeError> {
    let given = params.get("redirect_uri").ok_or(AuthorizeError::NoRedirectUri)?;
    if redirect_uri::matches(&client.redirect_uris, given) {
        Ok(given.to_owned())
    } else {
        Err(AuthorizeError::WrongRedirectUri)
    }
}

enum Refusal {
    Sent(&'static str, String),
    Fault(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn refuse<T>(code: &'static str, description: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Sent(code, description.into()))
}

/// The checks whose errors the client gets. How to answer comes first, so that the later ones are
/// answered that way.
async fn fill(ctx: &Context, params: &Params, client: &Client, way: Way, request: &mut Request) -> Result<(), Refusal> {
    request.response_mode = response_mode(params)?;
    only_supported(params)?;
    came_right(client, params, way)?;
    response_type(params)?;
    request.prompt = prompt(params)?;
    request.max_age = max_age(params)?.or(client.metadata.default_max_age);
    let product = cache::product(ctx, client.product_id).await?;
    let Some(product) = product.filter(|product| product.audience.signs_in()) else {
        return refuse("unauthorized_client", "this product is for operators; its clients use client credentials");
    };
    if !grant_type::allowed(client, grant_type::AUTHORIZATION_CODE) {
        return refuse("unauthorized_client", "this client may not use authorization codes");
    }
    request.resources = resources(params, client)?;
    request.scopes = requested_scopes(params, client, &product, &request.resources)?;
    pkce(params, client, request)?;
    request.subject_hint = subject_hint(ctx, params)?;
    request.acr_values = scopes::split(params.get("acr_values").unwrap_or_default());
    if request.acr_values.is_empty() {
        request.acr_values.clone_from(&client.metadata.default_acr_values);
    }
    if let Some(text) = params.get("claims") {
        claims_request::read(text, client, &product, request).or_else(|why| refuse("invalid_request", why))?;
    }
    request.dpop_jkt = dpop_jkt(params)?;
    Ok(())
}

fn response_mode(params: &Params) -> Result<ResponseMode, Refusal> {
    let Some(text) = params.get("response_mode") else { return Ok(ResponseMode::Query) };
    match ResponseMode::parse(text) {
        Some(mode) => Ok(mode),
        None => refuse("invalid_request", "response_mode is query, form_post, jwt, query.jwt or form_post.jwt"),
    }
}

fn only_supported(params: &Params) -> Result<(), Refusal> {
    match params.get("registration") {
        Some(_) => refuse("registration_not_supported", "the parameter registration is not supported"),
        None => Ok(()),
    }
}

/// Whether the request came the way that the client's profile or its registration demands.
fn came_right(client: &Client, params: &Params, way: Way) -> Result<(), Refusal> {
    let pushed_only = client.profile.rules().par_required || client.metadata.require_pushed_authorization_requests;
    if pushed_only && matches!(way, Way::Browser(_)) {
        return refuse("invalid_request", "this client must push its requests");
    }
    // What was pushed was held to this when it came.
    let kept = matches!(way, Way::Reference(_));
    if client.metadata.require_signed_request_object && !params.signed() && !kept {
        return refuse("invalid_request", "this client must sign its requests");
    }
    Ok(())
}

fn dpop_jkt(params: &Params) -> Result<Option<String>, Refusal> {
    match params.get("dpop_jkt") {
        None => Ok(None),
        // A thumbprint is as long as a challenge: the base64url of a SHA-256.
        Some(jkt) if is_challenge(jkt) => Ok(Some(jkt.to_owned())),
        Some(_) => refuse("invalid_request", "dpop_jkt is not the thumbprint of a key"),
    }
}

fn response_type(params: &Params) -> Result<(), Refusal> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => refuse("unsupported_response_type", "response_type is code"),
        None => refuse("invalid_request", "response_type is missing"),
    }
}

fn prompt(params: &Params) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in params.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return refuse("invalid_request", "prompt is none, login, consent or select_account"),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return refuse("invalid_request", "prompt=none stands alone");
    }
    Ok(prompt)
}

fn max_age(params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(seconds) if (0..=MAX_AGE_LIMIT).contains(&seconds) => Ok(Some(seconds)),
        _ => refuse("invalid_request", "max_age is a number of seconds"),
    }
}

fn resources(params: &Params, client: &Client) -> Result<Vec<String>, Refusal> {
    resource::allowed(client, params).or_else(|unknown| {
        refuse("invalid_target", format!("the resource {unknown} is not one that this client may ask for"))
    })
}

/// What was asked for; without `scope`, all that the product has enabled.
fn requested_scopes(
    params: &Params,
    client: &Client,
    product: &Product,
    resources: &[String],
) -> Result<Vec<String>, Refusal> {
    scope::requested(client, product, params, resources).or_else(|why| refuse("invalid_scope", why))
}

/// RFC 7636, of which only S256 is spoken, by the rules of the client's profile.
fn pkce(params: &Params, client: &Client, request: &Request) -> Result<(), Refusal> {
    let method = params.get("code_challenge_method");
    match (&request.code_challenge, method) {
        (Some(challenge), Some("S256")) if is_challenge(challenge) => Ok(()),
        (Some(_), Some("S256")) => refuse("invalid_request", "code_challenge is not the base64url of a SHA-256"),
        (Some(_), _) => refuse("invalid_request", "code_challenge_method is S256"),
        (None, Some(_)) => refuse("invalid_request", "code_challenge is missing"),
        (None, None) if client.kind == ClientKind::Public => {
            refuse("invalid_request", "code_challenge is missing, which a public client must send")
        }
        (None, None) => match client.profile.rules().pkce {
            Pkce::Optional => Ok(()),
            Pkce::Required => {
                refuse("invalid_request", "code_challenge is missing, which the client's profile demands")
            }
            Pkce::PublicClients => {
                let openid = request.scopes.iter().any(|scope| scope == "openid");
                if openid && request.nonce.is_none() {
                    return refuse("invalid_request", "send a code_challenge, or at least a nonce");
                }
                Ok(())
            }
        },
    }
}

fn subject_hint(ctx: &Context, params: &Params) -> Result<Option<String>, Refusal> {
    let Some(hint) = params.get("id_token_hint") else { return Ok(None) };
    match token::read_hint(ctx, hint) {
        Some(hint) => Ok(Some(hint.sub)),
        None => refuse("invalid_request", "id_token_hint is not an ID token of ours"),
    }
}
