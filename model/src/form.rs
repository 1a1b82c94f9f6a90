//! Anti-forgery tokens of forms: bound to a random value that only the person's browser holds, so
//! that another site can neither know nor set a matching pair.

use crate::{Context, secret};

/// The token of a browser whose cookie holds `browser`.
#[must_use]
pub fn token(ctx: &Context, browser: &str) -> String {
    secret::keyed_hash(ctx, "form", browser.as_bytes())
}

/// Whether `token` is the one of this browser.
#[must_use]
pub fn verify(ctx: &Context, browser: &str, given: &str) -> bool {
    secret::same(&token(ctx, browser), given)
}
