//! Requests that come signed, by reference, or pushed, and the `claims` parameter.

use serde_json::{Value, json};

use super::world::{CALLBACK, DEV, World, text};
use crate::harness::URL;

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
    assert_eq!(*value, false, "nothing shows that request_uri is fetched");
    let world = World::new().await;
    let client = world.client(json!({"request_uris": ["https://example.com/request"]})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let answer = client.answer(&mut browser, &[("request_uri", "https://example.com/request")]).await;
    assert_eq!(answer["error"], "request_uri_not_supported");
}

pub async fn require_request_uri_registration(value: &Value) {
    // While none is fetched, none has to be registered.
    assert_eq!(*value, false);
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
