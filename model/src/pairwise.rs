//! Subject identifiers (OpenID Connect Core, section 8): the same subscriber is somebody else to
//! every product, and stays the same when the phone number changes.

use url::Url;
use uuid::Uuid;

use crate::{Context, secret::keyed_hash};

/// The `sub` of a subscriber towards the clients of a product: 64 hexadecimal digits, which no
/// client id can be.
#[must_use]
pub fn subject(ctx: &Context, product: Uuid, subscriber: Uuid) -> String {
    let mut pair = [0; 32];
    let (first, second) = pair.split_at_mut(16);
    first.copy_from_slice(product.as_bytes());
    second.copy_from_slice(subscriber.as_bytes());
    keyed_hash(ctx, "pairwise", &pair)
}

/// The `sub` of a portal user towards the clients of a sector: those whose `sector_identifier_uri`
/// has the same host (section 8.1). Absent if the URI has none.
#[must_use]
pub fn in_sector(ctx: &Context, sector_identifier_uri: &str, user: Uuid) -> Option<String> {
    let url = Url::parse(sector_identifier_uri).ok()?;
    let pair = [user.as_bytes(), url.host_str()?.as_bytes()].concat();
    Some(keyed_hash(ctx, "pairwise sector", &pair))
}
