//! The keys with which a client signs: those that it has registered.

use model::{
    Context,
    cache::Client,
    jose::{JoseError, Unverified},
};
use serde_json::{Map, Value};

/// Verifies what a client has signed with one of its keys; notes which one that was.
///
/// # Errors
///
/// [`JoseError`].
pub async fn verify(
    ctx: &Context,
    client: &Client,
    token: Unverified<'_>,
    algs: &[&str],
) -> Result<Map<String, Value>, JoseError> {
    let (claims, place) = token.verify(client.keys.iter().map(|key| &key.jwk), algs)?;
    if let Some(key) = client.keys.get(place) {
        ctx.caches().credential_used(key.id, ctx.now());
    }
    Ok(claims)
}
