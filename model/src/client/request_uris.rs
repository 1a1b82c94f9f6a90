//! Request objects that a client publishes (OpenID Connect Core, section 6.2; RFC 9101, section
//! 5.2), fetched and kept for a short while.
//!
//! Whoever knows a client can send a browser here with one of its `request_uris`. So only what the
//! client has registered is fetched, and budgets bound what one address, and one client, can cause.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moka::sync::Cache;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    ClientAddress, Context, Fault, Timestamp,
    authorization::{is_challenge, sha256},
    cache::Client,
    limit::{self, Budget, TooMany},
    minutes,
    outgoing::{self, Request},
    seconds,
};

/// The largest object that is read, in bytes.
pub const LARGEST: usize = 32 * 1024;

/// The media types of request objects (RFC 9101, section 9.4.1), and of JWTs in general.
const TYPES: [&str; 3] = ["application/oauth-authz-req+jwt", "application/jwt", "application/jose"];

/// For how long an object is kept if its server does not say, and at most, in milliseconds.
const KEPT: (i64, i64) = (minutes(1), minutes(5));
/// How long nothing is fetched after a failure, nor for a fragment after one that was not the hash
/// of what was there, in milliseconds.
const PAUSE: i64 = seconds(5);

/// The fetched objects of one process, by client and address.
pub(crate) struct RequestObjects(Cache<(Uuid, String), Arc<Mutex<Slot>>>);

impl RequestObjects {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(5_000).time_to_idle(Duration::from_secs(600)).build())
    }
}

#[derive(Default)]
struct Slot {
    kept: Option<Kept>,
    failed_at: Option<Timestamp>,
    /// When a fragment was last not the hash of what was there.
    unlike_at: Option<Timestamp>,
}

struct Kept {
    object: Arc<str>,
    /// SHA-256, in base64url.
    digest: String,
    fresh_until: Timestamp,
}

/// Why there is no request object. What went wrong on the way is for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The client did not register it.
    #[error("request_uri is not one that this client has registered")]
    NotRegistered,
    /// It cannot be reached, or what is there is no request object.
    #[error("no request object can be fetched from request_uri")]
    Unavailable,
    /// Its fragment is the hash of something else.
    #[error("the fragment of request_uri is not the SHA-256 of what is published there")]
    OtherContent,
    /// A budget is empty.
    #[error("request objects were fetched too often; wait a little")]
    TooMany(TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The request object at one of a client's `request_uris`, which are compared without the
/// fragment. A fragment that is a SHA-256 in base64url must be the one of the content: that is how
/// a client says that it has published something else there. Anybody can write a fragment, though:
/// fetching because of one spends nothing of the client's, and pauses when it was made up.
///
/// # Errors
///
/// [`ReferenceError`].
pub async fn object(
    ctx: &Context,
    client: &Client,
    request_uri: &str,
    address: Option<ClientAddress>,
) -> Result<Arc<str>, ReferenceError> {
    let (place, fragment) = parts(request_uri);
    if !client.metadata.request_uris.iter().any(|registered| parts(registered).0 == place) {
        return Err(ReferenceError::NotRegistered);
    }
    let digest = fragment.filter(|fragment| is_challenge(fragment));
    let meant = |kept: &Kept| digest.is_none_or(|digest| digest == kept.digest);
    let slot = ctx.caches().request_objects.0.get_with((client.id, place.to_owned()), Arc::default);
    let mut slot = slot.lock().await;
    let now = ctx.now();
    if let Some(kept) = slot.kept.as_ref().filter(|kept| now < kept.fresh_until && meant(kept)) {
        return Ok(Arc::clone(&kept.object));
    }
    let lately = |at: Option<Timestamp>| at.is_some_and(|at| now < at.plus(PAUSE));
    if lately(slot.failed_at) {
        return Err(ReferenceError::Unavailable);
    }
    let fresh = slot.kept.as_ref().is_some_and(|kept| now < kept.fresh_until);
    if fresh && digest.is_some() && lately(slot.unlike_at) {
        return Err(ReferenceError::OtherContent);
    }
    spend(ctx, (!fresh).then_some(client), address).await?;
    let Some((content, max_age)) = fetched(ctx, place).await else {
        *slot = Slot { kept: None, failed_at: Some(now), unlike_at: slot.unlike_at };
        return Err(ReferenceError::Unavailable);
    };
    let (usual, most) = KEPT;
    let kept = Kept {
        // Of the file as it is; the line end that an editor leaves belongs to it, not to the JWT.
        digest: URL_SAFE_NO_PAD.encode(sha256(&content)),
        object: content.trim().into(),
        fresh_until: now.plus(max_age.unwrap_or(usual).clamp(0, most)),
    };
    let (answer, unlike_at) = if meant(&kept) {
        (Ok(Arc::clone(&kept.object)), slot.unlike_at)
    } else {
        (Err(ReferenceError::OtherContent), Some(now))
    };
    *slot = Slot { kept: Some(kept), failed_at: None, unlike_at };
    answer
}

/// A URI, and the fragment behind it.
fn parts(uri: &str) -> (&str, Option<&str>) {
    uri.split_once('#').map_or((uri, None), |(place, fragment)| (place, Some(fragment)))
}

async fn spend(ctx: &Context, client: Option<&Client>, address: Option<ClientAddress>) -> Result<(), ReferenceError> {
    let limits = &ctx.settings().limits;
    let asking = address.map(ClientAddress::bucket).unwrap_or_default();
    // The address first, so that one that has spent its own takes nothing of the client's.
    let mut budgets = vec![Budget::new(ctx, "fetch_address", &asking, limits.fetch_address)];
    budgets.extend(client.map(|client| Budget::new(ctx, "fetch_client", &client.client_id, limits.fetch_client)));
    let taken = ctx.db().write((budgets, ctx.now()), |tx, (budgets, now)| {
        Box::pin(async move { limit::take(tx, budgets, *now).await })
    });
    taken.await?.map_err(ReferenceError::TooMany)
}

async fn fetched(ctx: &Context, place: &str) -> Option<(String, Option<i64>)> {
    let url = outgoing::admitted(ctx, place)?;
    let request = Request::get(url).accept("application/oauth-authz-req+jwt, application/jwt").at_most(LARGEST);
    // What went wrong on the way is in the log already.
    let answer = outgoing::send(ctx, request).await.ok()?;
    let right = answer.status == 200 && answer.content_type.as_deref().is_some_and(|kind| TYPES.contains(&kind));
    let content = String::from_utf8(answer.body).ok().filter(|_| right);
    if content.is_none() {
        tracing::info!(status = answer.status, "what a client publishes at its request_uri is no request object");
    }
    Some((content?, answer.max_age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_is_no_part_of_the_address() {
        assert_eq!(parts("https://example.com/r.jwt"), ("https://example.com/r.jwt", None));
        assert_eq!(parts("https://example.com/r.jwt#a#b"), ("https://example.com/r.jwt", Some("a#b")));
    }
}
