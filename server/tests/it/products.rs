//! Products: information, scopes, distribution.
