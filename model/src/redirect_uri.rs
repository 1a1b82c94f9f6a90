//! Redirect URIs: the rules that pages check too, see [`rules::redirect_uri`].

pub use rules::redirect_uri::{MOST, Problem, Warning, check, check_all, matches};
