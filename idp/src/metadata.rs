//! What the provider says about itself (OpenID Connect Discovery; RFC 8414), and its keys.
//!
//! The documents name only what works. They are built from the same constants that route and
//! check requests.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use model::{
    Certificates, Language, Registration, Settings, authorization::ResponseMode, claims, client::profile::ASYMMETRIC,
    entity::SigningAlg, jose::HS256,
};
use serde_json::{Map, Value, json};

use crate::{Idp, authorize::PROMPTS, paths, session::acr, token::GRANT_TYPES};

/// The metadata, serialized once: it depends on nothing that changes while we run.
pub struct Documents {
    metadata: Bytes,
}

impl Documents {
    /// Writes the documents.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let issuer = &settings.issuer;
        let at = |path: &str| format!("{}{path}", settings.issuer.trim_end_matches('/'));
        let mut confidential = vec!["client_secret_basic", "client_secret_post", "private_key_jwt"];
        // RFC 8705, section 6: the methods that certificates can reach us for.
        confidential.extend(match settings.certificates {
            Certificates::None => &[][..],
            Certificates::Unjudged => &["self_signed_tls_client_auth"],
            Certificates::Judged => &["tls_client_auth", "self_signed_tls_client_auth"],
        });
        let mut assertions = ASYMMETRIC.to_vec();
        if settings.client_secret_jwt {
            confidential.push("client_secret_jwt");
            assertions.push(HS256);
        }
        let client_auth: Vec<&str> = confidential.iter().copied().chain(["none"]).collect();
        let algs: Vec<_> = SigningAlg::ALL.iter().map(|alg| alg.as_str()).collect();
        let own_claims = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"];
        let told = claims::BY_SCOPE.iter().flat_map(|(_, claims)| claims.iter().copied());
        let scopes = ["openid", "offline_access"].into_iter().chain(claims::BY_SCOPE.iter().map(|(scope, _)| *scope));
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": at(paths::AUTHORIZE),
            "token_endpoint": at(paths::TOKEN),
            "userinfo_endpoint": at(paths::USERINFO),
            "revocation_endpoint": at(paths::REVOKE),
            "introspection_endpoint": at(paths::INTROSPECT),
            "end_session_endpoint": at(paths::LOGOUT),
            "pushed_authorization_request_endpoint": at(paths::PAR),
            "device_authorization_endpoint": at(paths::DEVICE_AUTHORIZATION),
            "jwks_uri": at(paths::JWKS),
            "response_types_supported": ["code"],
            "response_modes_supported": ResponseMode::ALL.map(|(name, _)| name),
            "grant_types_supported": GRANT_TYPES,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": client_auth,
            "token_endpoint_auth_signing_alg_values_supported": assertions,
            "revocation_endpoint_auth_methods_supported": client_auth,
            "revocation_endpoint_auth_signing_alg_values_supported": assertions,
            "introspection_endpoint_auth_methods_supported": confidential,
            "introspection_endpoint_auth_signing_alg_values_supported": assertions,
            "introspection_signing_alg_values_supported": algs,
            "scopes_supported": scopes.collect::<Vec<_>>(),
            "claims_supported": own_claims.into_iter().chain(told).collect::<Vec<_>>(),
            "claim_types_supported": ["normal"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": algs,
            "userinfo_signing_alg_values_supported": algs,
            "authorization_signing_alg_values_supported": algs,
            "request_object_signing_alg_values_supported": ASYMMETRIC,
            "dpop_signing_alg_values_supported": ASYMMETRIC,
            "acr_values_supported": acr::ALL,
            "prompt_values_supported": PROMPTS,
            "display_values_supported": ["page"],
            "ui_locales_supported": Language::ALL.map(Language::tag),
            "authorization_response_iss_parameter_supported": true,
            "require_pushed_authorization_requests": false,
            "require_signed_request_object": false,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "claims_parameter_supported": true,
        });
        // A part of its own: the macro takes only so many members.
        let more = json!({
            "backchannel_authentication_endpoint": at(paths::BACKCHANNEL),
            "backchannel_token_delivery_modes_supported": ["poll", "ping"],
            "backchannel_user_code_parameter_supported": false,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": true,
            "protected_resources": [settings.api_url()],
        });
        if let (Some(all), Value::Object(more)) = (metadata.as_object_mut(), more) {
            all.extend(more);
            if settings.metadata_documents {
                all.insert("client_id_metadata_document_supported".to_owned(), true.into());
            }
            if settings.certificates != Certificates::None {
                all.insert("tls_client_certificate_bound_access_tokens".to_owned(), true.into());
            }
            let aliases = aliases(settings, at);
            if !aliases.is_empty() {
                all.insert("mtls_endpoint_aliases".to_owned(), aliases.into());
            }
            if settings.registration != Registration::Off {
                all.insert("registration_endpoint".to_owned(), at(paths::REGISTER).into());
            }
        }
        Self { metadata: metadata.to_string().into() }
    }
}

/// The endpoints at which a client signs in with a certificate or shows what is bound to one, where it
/// is asked for certificates there alone (RFC 8705, section 5).
fn aliases(settings: &Settings, at: impl Fn(&str) -> String) -> Map<String, Value> {
    [
        ("token_endpoint", paths::TOKEN),
        ("userinfo_endpoint", paths::USERINFO),
        ("revocation_endpoint", paths::REVOKE),
        ("introspection_endpoint", paths::INTROSPECT),
        ("pushed_authorization_request_endpoint", paths::PAR),
        ("device_authorization_endpoint", paths::DEVICE_AUTHORIZATION),
        ("backchannel_authentication_endpoint", paths::BACKCHANNEL),
    ]
    .into_iter()
    .filter_map(|(name, path)| Some((name.to_owned(), Value::from(settings.at_mutual_url(&at(path))?))))
    .collect()
}

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`: one
/// document with two names.
pub async fn metadata(State(idp): State<Idp>) -> Response {
    json_for_minutes(idp.documents.metadata.clone())
}

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(idp): State<Idp>) -> Response {
    json_for_minutes(Bytes::from_owner(idp.ctx.keys().jwks(idp.ctx.now())))
}

fn json_for_minutes(document: Bytes) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    ([content_type, cache], document).into_response()
}
