//! Grant types, as requests, registrations and metadata name them, and who may use which.

use crate::cache::Client;

/// RFC 6749, section 4.1.
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// RFC 6749, section 6.
pub const REFRESH_TOKEN: &str = "refresh_token";
/// RFC 6749, section 4.4.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// RFC 8628, section 3.4.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8693, section 2.1.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// OpenID Connect CIBA 1.0, section 10.1.
pub const CIBA: &str = "urn:openid:params:grant-type:ciba";
/// RFC 7523, section 2.1.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What every client has that has registered no list. The others are worth more to an attacker
/// than to most clients, so they must be asked for.
pub(super) const COMMON: &[&str] = &[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS];

/// Whether a client may use a grant type: its profile must allow it, and so must its own list.
#[must_use]
pub fn allowed(client: &Client, grant_type: &str) -> bool {
    let listed = &client.metadata.grant_types;
    let wanted =
        if listed.is_empty() { COMMON.contains(&grant_type) } else { listed.iter().any(|one| one == grant_type) };
    wanted && client.profile.rules().grant_types.contains(&grant_type)
}
