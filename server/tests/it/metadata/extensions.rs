//! Requests that come signed, by reference, or pushed, and the `claims` parameter.

use serde_json::{Value, json};

use super::world::{CALLBACK, DEV, World, text};
use crate::{harness::URL, metadata_documents, request_uris};

pub async fn request_parameter_supported(value: &Value) {
    assert_eq!(*value, true);
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let object = json!({
        "iss": client.id(), "aud": URL, "client_id": client.id(), "response_type": "code", "redirect_uri": CALLBACK,
        "scope": "openid", "state": "signed", "code_challenge": crate::harness::CHALLENGE,
        "code_challenge_method": "S256",
    });
    let signed = client.signer.sign(json!({}), &object);
    assert_eq!(client.answer(&mut browser, &[("request", &signed)]).await["state"], "signed");
    let answer = client.answer(&mut browser, &[("request", &signed[1..])]).await;
    assert_eq!(answer["error"], "invalid_request_object", "what is refused counts for nothing");
}

pub async fn request_uri_parameter_supported(value: &Value) {
    assert_eq!(*value, true);
    let [fetched, _] = request_uris::answers().await;
    // Nothing was allowed before, and nothing may be asked: so says the object that was fetched.
    assert_eq!((fetched["state"].as_str(), fetched["error"].as_str()), ("inside", "consent_required"));
}

pub async fn require_request_uri_registration(value: &Value) {
    assert_eq!(*value, true);
    let [_, unknown] = request_uris::answers().await;
    assert_eq!(unknown["error"], "invalid_request_uri");
}

pub async fn client_id_metadata_document_supported(value: &Value) {
    assert_eq!(*value, true);
    assert!(metadata_documents::given().await["access_token"].is_string());
}

pub async fn require_pushed_authorization_requests(value: &Value) {
    assert_eq!(*value, false);
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    assert!(client.answer(&mut browser, &[]).await.contains_key("code"));
    let client = world.client(json!({"require_pushed_authorization_requests": true})).await;
    assert_eq!(client.answer(&mut browser, &[]).await["error"], "invalid_request", "a client can want it for itself");
}

pub async fn require_signed_request_object(value: &Value) {
    assert_eq!(*value, false);
    let world = World::new().await;
    let client = world.client(json!({"require_signed_request_object": true})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    assert_eq!(client.answer(&mut browser, &[]).await["error"], "invalid_request", "a client can want it for itself");
}

pub async fn claims_parameter_supported(value: &Value) {
    assert_eq!(*value, true);
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let wanted = r#"{"userinfo":{"nickname":{"essential":true}},"id_token":{"email":null}}"#;
    let tokens = client.tokens(&mut browser, &[("scope", "openid"), ("claims", wanted)]).await;
    assert_eq!(world.verified(text(&tokens, "id_token")).await.1["email"], DEV);
    assert_eq!(world.userinfo(&tokens).await.json()["nickname"], "Devi");
}
