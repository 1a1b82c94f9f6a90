//! The pages, laid out as their addresses.

use axum::response::{IntoResponse as _, Response};

use crate::error::PageError;

pub mod account;
pub mod admin;
mod agent;
pub mod home;
pub mod operator;
pub mod organization;
pub mod preferences;
pub mod product;
pub mod sandbox;

/// Nothing is here.
pub(crate) async fn not_found() -> Response {
    PageError::NotFound.into_response()
}

/// A request for authorization in progress travels in its path, with a `state` as long as clients like.
const LONGEST_PATH: usize = 8_000;

/// A path on this very site to return to: absolute, and nothing that a browser could take for
/// another host.
#[must_use]
pub(crate) fn local_path(path: &str) -> Option<&str> {
    let inner = path.strip_prefix('/')?;
    let odd = inner.starts_with(['/', '\\']) || path.contains(['\\', '\r', '\n', '\t', '\0']);
    (!odd && path.len() < LONGEST_PATH).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_returned_to() {
        let long = format!("/oauth2/continue?i={}", "A_-z".repeat(1_000));
        for own in ["/products/prd_1?q=a", "/oauth2/continue?i=abc", &long] {
            assert_eq!(local_path(own), Some(own));
        }
        assert_eq!(local_path(&long.repeat(2)), None);
        for other in ["//evil", "/\\evil", "\\evil", "https://evil", "", "/a\n", "/\tevil", "/a\\b", "javascript:x"] {
            assert_eq!(local_path(other), None, "{other}");
        }
    }
}
