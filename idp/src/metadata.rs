//! What the provider says about itself (OpenID Connect Discovery; RFC 8414), and its keys.
//!
//! The documents name only what works. They are built from the same constants that route and
//! check requests.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use model::{Settings, entity::SigningAlg};
use serde_json::json;

use crate::{Idp, paths, token::ACR};

/// The metadata, serialized once: it depends on nothing that changes while we run.
pub struct Documents {
    metadata: String,
}

impl Documents {
    /// Writes the documents.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let issuer = &settings.issuer;
        let at = |path: &str| format!("{}{path}", settings.issuer.trim_end_matches('/'));
        let client_auth = ["client_secret_basic", "client_secret_post", "none"];
        let confidential = ["client_secret_basic", "client_secret_post"];
        let algs: Vec<_> = SigningAlg::ALL.iter().map(|alg| alg.as_str()).collect();
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": at(paths::AUTHORIZE),
            "token_endpoint": at(paths::TOKEN),
            "userinfo_endpoint": at(paths::USERINFO),
            "revocation_endpoint": at(paths::REVOKE),
            "introspection_endpoint": at(paths::INTROSPECT),
            "end_session_endpoint": at(paths::LOGOUT),
            "jwks_uri": at(paths::JWKS),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": client_auth,
            "revocation_endpoint_auth_methods_supported": client_auth,
            "introspection_endpoint_auth_methods_supported": confidential,
            "scopes_supported": ["openid", "offline_access", "phone"],
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid",
                "phone_number", "phone_number_verified",
            ],
            "claim_types_supported": ["normal"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": algs,
            "acr_values_supported": [ACR],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["en"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "require_request_uri_registration": false,
            "claims_parameter_supported": false,
        });
        Self { metadata: metadata.to_string() }
    }
}

/// `GET /.well-known/openid-configuration`.
pub async fn openid_configuration(State(idp): State<Idp>) -> Response {
    json_for_minutes(idp.documents.metadata.clone())
}

/// `GET /.well-known/oauth-authorization-server`.
pub async fn authorization_server(State(idp): State<Idp>) -> Response {
    json_for_minutes(idp.documents.metadata.clone())
}

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(idp): State<Idp>) -> Response {
    json_for_minutes(idp.ctx.keys().jwks(idp.ctx.now()).to_string())
}

fn json_for_minutes(document: String) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    ([content_type, cache], document).into_response()
}
