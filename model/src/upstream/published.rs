//! What OpenID providers publish about themselves (OpenID Connect Discovery, section 4) and their
//! keys, fetched and kept for a while. A signature of no known key fetches the keys again at most
//! once a minute; a provider that does not answer is left alone for some seconds.

use std::sync::Arc;

use futures::future::BoxFuture;
use moka::sync::Cache;
use openidconnect::{
    AdditionalProviderMetadata, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySet, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
    http::{StatusCode, header},
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use super::{
    exchange::Failure,
    provider::{Kind, Provider},
};
use crate::{
    Context, Timestamp, days, hours, minutes,
    outgoing::{self, FetchError, Reason, Request},
    seconds,
};

/// For how long metadata and keys are believed without asking, in milliseconds.
const FRESH: i64 = hours(1);
/// For how long they serve when no new ones can be had, in milliseconds.
const STALE: i64 = days(1);
/// How long a signature of no known key causes no other fetch, in milliseconds.
const PAUSE: i64 = minutes(1);
/// How long nothing is fetched after a failure, in milliseconds.
const PAUSE_AFTER_FAILURE: i64 = seconds(10);

/// A provider's metadata, with its keys.
pub(super) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What the library does not know of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct More {
    /// Whether answers name the issuer (RFC 9207, section 3): then one that does not is not its.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// What one process knows of providers, by issuer.
pub(crate) struct Published(Cache<String, Arc<Mutex<Slot>>>);

impl Default for Published {
    fn default() -> Self {
        Self(Cache::new(100))
    }
}

#[derive(Default)]
struct Slot {
    found: Option<(Arc<Metadata>, Timestamp)>,
    searched_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

fn slot(ctx: &Context, issuer: &str) -> Arc<Mutex<Slot>> {
    ctx.caches().upstreams.0.get_with(issuer.to_owned(), Arc::default)
}

/// What the provider publishes, keys and all.
pub(super) async fn metadata(ctx: &Context, issuer: &str) -> Result<Arc<Metadata>, Failure> {
    let slot = slot(ctx, issuer);
    let mut slot = slot.lock().await;
    let now = ctx.now();
    if let Some((found, at)) = &slot.found
        && now.since(*at) < FRESH
    {
        return Ok(Arc::clone(found));
    }
    if slot.failed_at.is_none_or(|at| now.since(at) >= PAUSE_AFTER_FAILURE) {
        match discover(ctx, issuer).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                slot.found = Some((Arc::clone(&metadata), now));
                slot.failed_at = None;
                return Ok(metadata);
            }
            Err(reason) => {
                tracing::warn!(issuer, reason, "a provider's metadata cannot be had");
                slot.failed_at = Some(now);
            }
        }
    }
    match &slot.found {
        Some((found, at)) if now.since(*at) < STALE => Ok(Arc::clone(found)),
        _ => Err(Failure::Unreachable),
    }
}

/// The same with the keys of now, for something that none of those in `before` has signed; `None`
/// when there are no others, or it is too early to ask again.
pub(super) async fn with_other_keys(ctx: &Context, issuer: &str, before: &Arc<Metadata>) -> Option<Arc<Metadata>> {
    let slot = slot(ctx, issuer);
    let mut slot = slot.lock().await;
    let now = ctx.now();
    let (found, at) = slot.found.clone()?;
    // Whoever waited for somebody else's fetch takes what that one has brought.
    if !Arc::ptr_eq(&found, before) {
        return Some(found);
    }
    if slot.searched_at.is_some_and(|at| now.since(at) < PAUSE) {
        return None;
    }
    slot.searched_at = Some(now);
    let keys = JsonWebKeySet::fetch_async(found.jwks_uri(), &client(ctx)).await.ok()?;
    let renewed = Arc::new((*found).clone().set_jwks(keys));
    slot.found = Some((Arc::clone(&renewed), at));
    Some(renewed)
}

async fn discover(ctx: &Context, issuer: &str) -> Result<Metadata, String> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
    let metadata = Metadata::discover_async(issuer, &client(ctx)).await.map_err(|error| error.to_string())?;
    let authorization = metadata.authorization_endpoint().url();
    // Browsers are sent there: by https, or to where development has its exceptions.
    if authorization.scheme() != "https" && outgoing::admitted(ctx, authorization.as_str()).is_none() {
        return Err("the authorization endpoint is not https".to_owned());
    }
    Ok(metadata)
}

/// Whether a provider can be talked to: for `doctor`.
///
/// # Errors
///
/// In words.
pub async fn examine(ctx: &Context, provider: &Provider) -> Result<(), String> {
    match &provider.kind {
        Kind::OpenId { issuer } => {
            let metadata = discover(ctx, issuer).await?;
            if metadata.token_endpoint().is_none() {
                return Err("its metadata names no token endpoint".to_owned());
            }
            if metadata.jwks().keys().is_empty() {
                return Err("it publishes no key that we understand".to_owned());
            }
            Ok(())
        }
        Kind::OAuth(endpoints) => {
            // Without a token there is no right answer; any answer shows that somebody is there.
            let answer = outgoing::send(ctx, Request::get(endpoints.user.clone())).await;
            answer.map(|_| ()).map_err(|error| format!("{} does not answer ({:?})", endpoints.user, error.reason()))
        }
    }
}

/// Our only way out, as the libraries take it.
pub(super) fn client(ctx: &Context) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, FetchError>> {
    let ctx = ctx.clone();
    move |request| {
        let ctx = ctx.clone();
        Box::pin(async move { exchange(&ctx, request).await })
    }
}

async fn exchange(ctx: &Context, asked: HttpRequest) -> Result<HttpResponse, FetchError> {
    let broken = |_| FetchError::new(Reason::Form);
    let (parts, body) = asked.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(broken)?;
    let request = if parts.method == openidconnect::http::Method::POST {
        Request::post(url, "application/x-www-form-urlencoded", body)
    } else {
        Request::get(url)
    };
    let mut request = request.accept("application/json");
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    request.authorization = authorization.map(str::to_owned);
    let fetched = outgoing::send(ctx, request).await?;
    let mut response = HttpResponse::new(fetched.body);
    *response.status_mut() = StatusCode::from_u16(fetched.status).map_err(|_| FetchError::new(Reason::Answer))?;
    if let Some(kind) = fetched.content_type.and_then(|kind| kind.parse().ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}
