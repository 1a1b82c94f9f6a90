//! Client authentication (RFC 6749, section 2.3; OpenID Connect Core, section 9).

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use model::{
    ClientAddress, Context, Fault,
    cache::{self, Client},
    entity::{ClientKind, ClientState},
    limit::Rule,
    secret,
};
use moka::sync::Cache;

use crate::{error::OAuthError, params::Params};

/// Why a client was not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// RFC 6749, section 2.3: one method in a request.
    #[error("the client authenticated in the header and in the body; use one of them")]
    TwoMethods,
    /// The header says one client, the body another.
    #[error("client_id in the body is not the client of the Authorization header")]
    Mismatch,
    /// The `Authorization` header is not Basic, or not well-formed.
    #[error("the Authorization header is not well-formed Basic authentication")]
    Malformed,
    /// Nobody said who asks.
    #[error("the client did not authenticate")]
    Absent,
    /// Unknown, disabled, wrong secret, or a method that is not the client's: one answer for all.
    #[error("the client is not known, or its credentials are wrong")]
    Invalid,
    /// Too many wrong tries from this address; a right one is still accepted.
    #[error("there were too many wrong tries; wait a little")]
    TooMany,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<ClientAuthError> for OAuthError {
    fn from(error: ClientAuthError) -> Self {
        let text = crate::error::capitalized(&error.to_string());
        match error {
            ClientAuthError::TwoMethods | ClientAuthError::Mismatch => Self::bad("invalid_request", text),
            ClientAuthError::Malformed | ClientAuthError::Absent | ClientAuthError::Invalid => {
                Self::invalid_client(text)
            }
            ClientAuthError::TooMany => {
                Self { status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(60), ..Self::invalid_client(text) }
            }
            ClientAuthError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// Counts wrong tries by client and address, in this process: they cost us a hash each, and
/// secrets of 256 bits are not found by trying. Right credentials are never refused, so nobody
/// can lock a client out.
pub struct Failures {
    counts: Cache<(String, String), Arc<AtomicI64>>,
    burst: i64,
}

impl Failures {
    pub fn new(rule: Rule) -> Self {
        let period = Duration::from_millis(u64::try_from(rule.period).unwrap_or(60_000));
        Self { counts: Cache::builder().max_capacity(10_000).time_to_live(period).build(), burst: rule.burst }
    }

    /// Counts one more; says whether that is too many.
    fn too_many(&self, client_id: &str, address: Option<ClientAddress>) -> bool {
        let address = address.map(ClientAddress::bucket).unwrap_or_default();
        let shortened: String = client_id.chars().take(64).collect();
        let count = self.counts.get_with((shortened, address), Arc::default);
        count.fetch_add(1, Ordering::Relaxed) >= self.burst
    }
}

/// Who says to ask, and with which proof.
struct Presented {
    client_id: String,
    secret: Option<String>,
}

/// Finds out which client asks. A public client says who it is (RFC 6749, section 3.2.1); a
/// confidential one proves it.
///
/// # Errors
///
/// [`ClientAuthError`].
pub async fn authenticate(
    ctx: &Context,
    failures: &Failures,
    headers: &HeaderMap,
    params: &Params,
    address: Option<ClientAddress>,
) -> Result<Arc<Client>, ClientAuthError> {
    let presented = presented(headers, params)?;
    match check(ctx, &presented).await? {
        Some(client) => Ok(client),
        None if failures.too_many(&presented.client_id, address) => Err(ClientAuthError::TooMany),
        None => Err(ClientAuthError::Invalid),
    }
}

fn presented(headers: &HeaderMap, params: &Params) -> Result<Presented, ClientAuthError> {
    let in_body = params.get("client_id").map(str::to_owned);
    let body_secret = params.get("client_secret").map(str::to_owned);
    match basic(headers)? {
        Some(_) if body_secret.is_some() => Err(ClientAuthError::TwoMethods),
        Some(basic) if in_body.as_ref().is_some_and(|id| *id != basic.client_id) => Err(ClientAuthError::Mismatch),
        Some(basic) => Ok(basic),
        None => Ok(Presented { client_id: in_body.ok_or(ClientAuthError::Absent)?, secret: body_secret }),
    }
}

/// Basic authentication. Some clients send both halves as they are, others form-encode them (RFC
/// 6749, section 2.3.1) to the last dash; decoding percent signs understands both, since our ids
/// and secrets have none.
fn basic(headers: &HeaderMap) -> Result<Option<Presented>, ClientAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ClientAuthError::TwoMethods);
    }
    let malformed = || ClientAuthError::Malformed;
    let (scheme, credentials) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(ClientAuthError::Malformed);
    }
    let bytes = STANDARD.decode(credentials.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    let decode = |half: &str| percent_encoding::percent_decode_str(half).decode_utf8().map(|half| half.into_owned());
    let client_id = decode(id).map_err(|_| malformed())?;
    let secret = decode(secret).map_err(|_| malformed())?;
    Ok(Some(Presented { client_id, secret: Some(secret).filter(|secret| !secret.is_empty()) }))
}

/// The client, if it is who it says; the work is the same for a wrong secret and an unknown client.
async fn check(ctx: &Context, presented: &Presented) -> Result<Option<Arc<Client>>, Fault> {
    let now = ctx.now();
    let client = cache::client(ctx, &presented.client_id).await?;
    let hash = presented.secret.as_deref().map(secret::hash);
    let Some(client) = client.filter(|client| client.state == ClientState::Active) else { return Ok(None) };
    let proven = match (client.kind, hash) {
        (ClientKind::Public, None) => true,
        (ClientKind::Public, Some(_)) | (ClientKind::Confidential, None) => false,
        (ClientKind::Confidential, Some(hash)) => {
            let living = client.secrets.iter().filter(|known| known.expires_at.is_none_or(|end| now < end));
            // Every secret is compared, so that time does not tell which one matched.
            let mut matched = None;
            for known in living {
                if secret::same(&known.hash, &hash) {
                    matched = Some(known.id);
                }
            }
            if let Some(id) = matched {
                ctx.caches().credential_used(id, now);
            }
            matched.is_some()
        }
    };
    Ok(proven.then_some(client))
}
