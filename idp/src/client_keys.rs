//! The keys with which a client signs: those that it has registered, and those that it publishes.

use model::{
    Context,
    cache::Client,
    client::published,
    jose::{JoseError, Unverified},
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Verifies what a client has signed with one of its keys; notes which one that was. Keys at its
/// `jwks_uri` are looked up when no registered one has signed it, and once more when they have
/// changed there meanwhile.
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
    let registered = token.clone().verify(client.keys.iter().map(|key| &key.jwk), algs);
    if let (Err(JoseError::Signature), Some(jwks_uri)) = (&registered, &client.metadata.jwks_uri) {
        return by_published(ctx, client.id, jwks_uri, token, algs).await;
    }
    let (claims, place) = registered?;
    if let Some(key) = client.keys.get(place) {
        ctx.caches().credential_used(key.id, ctx.now());
    }
    Ok(claims)
}

/// Verifies what was signed with one of the keys that are published at `jwks_uri`, the address of
/// `owner`'s.
///
/// # Errors
///
/// [`JoseError`].
pub async fn by_published(
    ctx: &Context,
    owner: Uuid,
    jwks_uri: &str,
    token: Unverified<'_>,
    algs: &[&str],
) -> Result<Map<String, Value>, JoseError> {
    let keys = published::keys(ctx, owner, jwks_uri).await;
    match token.clone().verify(keys.iter(), algs) {
        Err(JoseError::Signature) => {}
        verified => return Ok(verified?.0),
    }
    let others = published::other_keys(ctx, owner, jwks_uri, &keys).await.ok_or(JoseError::Signature)?;
    Ok(token.verify(others.iter(), algs)?.0)
}
