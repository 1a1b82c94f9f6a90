//! Metadata that cannot lie: the provider is asked to do each thing that its discovery document
//! says, and to refuse what it does not say. A key without a proof fails the test; whoever adds
//! one to the document names it below and writes a function of the same name.

mod approvals;
mod certificates;
mod claims;
mod clients;
mod endpoints;
mod extensions;
mod flow;
mod logout;
mod signatures;
pub mod signer;
pub mod world;

use model::{Certificates, Settings};
use serde_json::Value;

use crate::harness::App;

macro_rules! proofs {
    ($($file:ident: $($key:ident),+;)+) => {
        const PROVEN: &[&str] = &[$($(stringify!($key),)+)+];

        /// Has shown what the document says under a key.
        async fn prove(key: &str, value: &Value) {
            match key {
                $($(stringify!($key) => Box::pin($file::$key(value)).await,)+)+
                _ => panic!("nothing shows that {key} is true: write its proof in tests/it/metadata"),
            }
        }
    };
}

proofs! {
    endpoints:
        issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, revocation_endpoint,
        introspection_endpoint, end_session_endpoint, pushed_authorization_request_endpoint,
        device_authorization_endpoint, registration_endpoint, jwks_uri, protected_resources;
    flow:
        response_types_supported, response_modes_supported, grant_types_supported, code_challenge_methods_supported,
        prompt_values_supported, display_values_supported, ui_locales_supported,
        authorization_response_iss_parameter_supported;
    extensions:
        request_parameter_supported, request_uri_parameter_supported, require_request_uri_registration,
        client_id_metadata_document_supported, require_pushed_authorization_requests, require_signed_request_object, claims_parameter_supported;
    clients:
        token_endpoint_auth_methods_supported, token_endpoint_auth_signing_alg_values_supported,
        revocation_endpoint_auth_methods_supported, revocation_endpoint_auth_signing_alg_values_supported,
        introspection_endpoint_auth_methods_supported, introspection_endpoint_auth_signing_alg_values_supported;
    signatures:
        id_token_signing_alg_values_supported, userinfo_signing_alg_values_supported,
        introspection_signing_alg_values_supported, authorization_signing_alg_values_supported,
        request_object_signing_alg_values_supported, dpop_signing_alg_values_supported;
    claims:
        scopes_supported, claims_supported, claim_types_supported, subject_types_supported, acr_values_supported;
    approvals:
        backchannel_authentication_endpoint, backchannel_token_delivery_modes_supported,
        backchannel_user_code_parameter_supported;
    logout:
        backchannel_logout_supported, backchannel_logout_session_supported, frontchannel_logout_supported,
        frontchannel_logout_session_supported;
}

/// What it says with these settings.
async fn document(change: fn(&mut Settings)) -> serde_json::Map<String, Value> {
    let app = App::with(change).await;
    match app.get("/.well-known/openid-configuration", &[]).await.json() {
        Value::Object(document) => document,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_provider_does_all_that_its_metadata_says() {
    let document = document(|_| {}).await;
    for (key, value) in &document {
        prove(key, value).await;
    }
    // And what it says beyond that when everything is turned on.
    let mut more = self::document(|settings| settings.client_secret_jwt = true).await;
    more.retain(|key, value| document.get(key) != Some(&*value));
    for (key, value) in &more {
        prove(key, value).await;
    }
    assert_eq!(more.len(), 6, "methods and algorithms, of three endpoints: {:?}", more.keys());
    for proven in PROVEN {
        assert!(document.contains_key(*proven), "{proven} is in the document no more: remove its proof");
    }
}

/// What it says where certificates arrive and not elsewhere.
#[tokio::test]
async fn over_tls_the_provider_does_what_its_metadata_says_of_certificates() {
    let plain = document(|_| {}).await;
    let document = document(|settings| settings.certificates = Certificates::Judged).await;
    let mut shown = 0;
    for (key, value) in document.iter().filter(|(key, value)| plain.get(*key) != Some(value)) {
        Box::pin(certificates::prove(key, value, &plain)).await;
        shown += 1;
    }
    assert_eq!(shown, 4, "three endpoints, and tokens that are bound");
    assert!(plain.keys().all(|key| document.contains_key(key)), "nothing is withdrawn");
    assert!(!document.keys().any(|key| key.contains("mtls")), "one listener has it all: there are no aliases");
}

/// The texts of a list.
fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().unwrap_or_else(|| panic!("{value} is no list"));
    assert!(!list.is_empty(), "an empty list says nothing");
    list.iter().map(|item| item.as_str().unwrap_or_else(|| panic!("{item} is no text"))).collect()
}

/// An endpoint's path below the issuer.
fn path(value: &Value) -> &str {
    let url = value.as_str().unwrap_or_else(|| panic!("{value} is no URL"));
    url.strip_prefix(crate::harness::URL).unwrap_or_else(|| panic!("{url} is not ours"))
}
