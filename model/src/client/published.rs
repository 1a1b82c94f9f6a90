//! The keys that a client publishes at its `jwks_uri` (RFC 7517, section 5), fetched and kept for
//! a while.
//!
//! Whoever knows a client's identifier can send assertions in its name that no key has signed. So
//! what such an assertion can cause is bounded: requests that wait for the same set share one
//! fetch, and a signature of no known key fetches again at most once a minute.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use super::{
    Client,
    amend::{Words, amend},
    keys::public_key,
};
use crate::{
    Context, Fault, Timestamp,
    entity::client_key,
    hours, minutes,
    outgoing::{self, Request},
    seconds,
};

/// The largest set that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// How many keys a set may hold.
pub const MOST: usize = 20;

/// For how long a set is believed, in milliseconds, whatever its server says: at least, at most.
const FRESH: (i64, i64) = (minutes(5), hours(1));
/// For how long an old set still serves when no new one can be had, in milliseconds.
const STALE: i64 = hours(1);
/// How long a signature of no known key causes no other fetch, in milliseconds.
const PAUSE: i64 = minutes(1);
/// How long nothing is fetched after a failure, nor because somebody wants to see it, in milliseconds.
const PAUSE_AFTER_FAILURE: i64 = seconds(10);
/// The longest address, in bytes.
const LONGEST: usize = 2000;

/// The fetched sets of one process, by client and address: another address is another set.
pub(crate) struct KeySets(Cache<(Uuid, String), Arc<Mutex<KeySet>>>);

impl KeySets {
    pub(crate) fn new() -> Self {
        let idle = Duration::from_secs(2 * 60 * 60);
        Self(Cache::builder().max_capacity(5_000).time_to_idle(idle).build())
    }
}

#[derive(Default)]
struct KeySet {
    keys: Arc<[Value]>,
    /// When they were fetched.
    fetched_at: Option<Timestamp>,
    /// Until when the keys are believed without asking; absent before the first answer.
    fresh_until: Option<Timestamp>,
    /// When a signature of no known key has caused a fetch.
    searched_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

/// The keys that a client publishes at `jwks_uri`; none if they cannot be had.
pub async fn keys(ctx: &Context, client: Uuid, jwks_uri: &str) -> Arc<[Value]> {
    let slot = slot(ctx, client, jwks_uri);
    let mut set = slot.lock().await;
    let now = ctx.now();
    if set.fresh_until.is_none_or(|until| until <= now) {
        fetch(ctx, jwks_uri, &mut set).await;
    }
    usable(&set, now)
}

/// The keys that a client publishes now, for something that none of `known` has signed; `None`
/// when there are no others, or it is too early to ask again.
pub async fn other_keys(ctx: &Context, client: Uuid, jwks_uri: &str, known: &Arc<[Value]>) -> Option<Arc<[Value]>> {
    let slot = slot(ctx, client, jwks_uri);
    let mut set = slot.lock().await;
    let now = ctx.now();
    // Whoever waited for somebody else's fetch takes what that one has brought.
    if Arc::ptr_eq(&set.keys, known) {
        if set.searched_at.is_some_and(|at| now < at.plus(PAUSE)) {
            return None;
        }
        set.searched_at = Some(now);
        fetch(ctx, jwks_uri, &mut set).await;
    }
    let keys = usable(&set, now);
    (*keys != **known).then_some(keys)
}

/// What this process knows of the keys at an address.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When they were fetched last, if they were.
    pub fetched_at: Option<Timestamp>,
    /// When they could not be fetched, if that was later.
    pub failed_at: Option<Timestamp>,
    /// Those with which signatures can be verified, as they were fetched last.
    pub keys: Arc<[Value]>,
}

impl From<&KeySet> for Seen {
    fn from(set: &KeySet) -> Self {
        Self { fetched_at: set.fetched_at, failed_at: set.failed_at, keys: Arc::clone(&set.keys) }
    }
}

/// What is known of the keys that a client publishes. Asks nobody.
pub async fn seen(ctx: &Context, client: Uuid, jwks_uri: &str) -> Seen {
    let slot = slot(ctx, client, jwks_uri);
    let set = slot.lock().await;
    Seen::from(&*set)
}

/// Fetches the keys that a client publishes, for somebody who wants to see them; not again within
/// ten seconds.
pub async fn look(ctx: &Context, client: Uuid, jwks_uri: &str) -> Seen {
    let slot = slot(ctx, client, jwks_uri);
    let mut set = slot.lock().await;
    if set.fetched_at.is_none_or(|at| at.plus(PAUSE_AFTER_FAILURE) <= ctx.now()) {
        fetch(ctx, jwks_uri, &mut set).await;
    }
    Seen::from(&*set)
}

/// Why a client's keys stay where they are.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is no address that we could fetch from, see [`outgoing::admitted`].
    #[error("nothing can be fetched from this address")]
    Address,
    /// The client signs, and has no key here.
    #[error("the client needs a key, and has none here")]
    Keyless,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(PlaceError);

/// Says where a client's keys are: at `jwks_uri`, or here. They are at one of the two (RFC 7591,
/// section 2): those that are registered here rest while the client publishes its own.
///
/// # Errors
///
/// [`PlaceError`].
pub async fn set_place(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    jwks_uri: Option<String>,
) -> Result<(), PlaceError> {
    if jwks_uri.as_ref().is_some_and(|uri| uri.len() > LONGEST || outgoing::admitted(ctx, uri).is_none()) {
        return Err(PlaceError::Address);
    }
    ctx.db()
        .write((ctx.clone(), actor, client.id, jwks_uri), |tx, (ctx, actor, id, jwks_uri)| {
            Box::pin(async move {
                let here = client_key::Entity::find().filter(client_key::Column::ClientId.eq(*id)).count(tx).await?;
                amend(tx, ctx, *actor, *id, |client, metadata| {
                    let signs = client.auth_method.needs_keys() || metadata.require_signed_request_object;
                    if jwks_uri.is_none() && here == 0 && signs {
                        return Err(PlaceError::Keyless);
                    }
                    metadata.jwks_uri.clone_from(jwks_uri);
                    let how = jwks_uri.clone().unwrap_or_else(|| "registered here".to_owned());
                    Ok(Words { what: "place of the keys", how })
                })
                .await
            })
        })
        .await
}

fn slot(ctx: &Context, client: Uuid, jwks_uri: &str) -> Arc<Mutex<KeySet>> {
    ctx.caches().key_sets.0.get_with((client, jwks_uri.to_owned()), Arc::default)
}

fn usable(set: &KeySet, now: Timestamp) -> Arc<[Value]> {
    match set.fresh_until {
        Some(until) if now < until.plus(STALE) => Arc::clone(&set.keys),
        _ => Arc::default(),
    }
}

/// Asks for the set. Without an answer the old keys stay as they are.
async fn fetch(ctx: &Context, jwks_uri: &str, set: &mut KeySet) {
    let now = ctx.now();
    if set.failed_at.is_some_and(|at| now < at.plus(PAUSE_AFTER_FAILURE)) {
        return;
    }
    match fetched(ctx, jwks_uri).await {
        Some((keys, max_age)) => {
            let (least, most) = FRESH;
            *set = KeySet {
                keys,
                fetched_at: Some(now),
                fresh_until: Some(now.plus(max_age.unwrap_or(least).clamp(least, most))),
                searched_at: set.searched_at,
                failed_at: None,
            };
        }
        None => set.failed_at = Some(now),
    }
}

async fn fetched(ctx: &Context, jwks_uri: &str) -> Option<(Arc<[Value]>, Option<i64>)> {
    let url = Url::parse(jwks_uri).ok()?;
    let request = Request::get(url).accept("application/jwk-set+json, application/json").at_most(LARGEST);
    // What went wrong on the way is in the log already.
    let answer = outgoing::send(ctx, request).await.ok()?;
    let keys = (answer.status == 200).then(|| read(&answer.body)).flatten();
    if keys.is_none() {
        tracing::info!(status = answer.status, "what a client publishes at its jwks_uri is no key set");
    }
    Some((keys?, answer.max_age))
}

/// The keys of a set with which signatures can be verified. What else is in it is for others, and
/// skipped (RFC 7517, section 5); so is a key that is not as public as it should be.
fn read(body: &[u8]) -> Option<Arc<[Value]>> {
    let set: Value = serde_json::from_slice(body).ok()?;
    let keys = set.get("keys")?.as_array().filter(|keys| keys.len() <= MOST)?;
    Some(keys.iter().filter_map(|key| Some(public_key(key).ok()?.jwk)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_verify_is_skipped_and_too_many_are_refused() {
        let good = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43), "kid": "good"});
        let set = serde_json::json!({"keys": [{"kty": "oct", "k": "AA"}, good, {"kty": "strange"}, 7]});
        let keys = read(set.to_string().as_bytes()).unwrap();
        assert_eq!(keys.iter().map(|key| key["kid"].as_str()).collect::<Vec<_>>(), [Some("good")]);
        let set = serde_json::json!({"keys": vec![good; MOST + 1]});
        assert!(read(set.to_string().as_bytes()).is_none());
        for broken in ["", "[]", "{}", "{\"keys\":1}"] {
            assert!(read(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
