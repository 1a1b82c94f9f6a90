//! Every endpoint answers as that endpoint.

use serde_json::{Value, json};

use super::{
    path, texts,
    world::{CALLBACK, DEV, NUMBER, World, text},
};
use crate::harness::{URL, authorize_url, basic, encode};

pub async fn issuer(value: &Value) {
    assert_eq!(value, URL);
    let world = World::new().await;
    let documents = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    for path in documents {
        assert_eq!(world.app.get(path, &[]).await.json()["issuer"], *value, "{path}");
    }
    let client = world.client(json!({})).await;
    let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
    assert_eq!(world.verified(text(&tokens, "id_token")).await.1["iss"], *value);
}

pub async fn authorization_endpoint(value: &Value) {
    let world = World::new().await;
    let url = authorize_url("demo-web", &[]);
    let query = url.split_once('?').unwrap().1;
    let answer = world.app.authorize(&format!("{}?{query}", path(value)), NUMBER).await;
    assert!(answer.contains_key("code"), "{answer:?}");
}

pub async fn token_endpoint(value: &Value) {
    let world = World::new().await;
    let headers = [("authorization", &*basic("demo-reports", "demo-reports-secret"))];
    let page = world.app.post(path(value), &headers, &[("grant_type", "client_credentials")]).await;
    assert!(page.json()["access_token"].is_string(), "{}", page.body);
}

pub async fn userinfo_endpoint(value: &Value) {
    let world = World::new().await;
    let tokens = world.app.tokens("openid phone", NUMBER).await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let page = world.app.get(path(value), &[("authorization", &bearer)]).await;
    assert_eq!(page.json()["phone_number"], NUMBER, "{}", page.body);
}

pub async fn revocation_endpoint(value: &Value) {
    let world = World::new().await;
    let tokens = world.app.tokens("openid", NUMBER).await;
    let headers = [("authorization", &*basic("demo-web", "demo-web-secret"))];
    let page = world.app.post(path(value), &headers, &[("token", text(&tokens, "access_token"))]).await;
    assert_eq!(page.status, 200);
    assert_eq!(world.userinfo(&tokens).await.status, 401);
}

pub async fn introspection_endpoint(value: &Value) {
    let world = World::new().await;
    let tokens = world.app.tokens("openid", NUMBER).await;
    let headers = [("authorization", &*basic("demo-web", "demo-web-secret"))];
    let page = world.app.post(path(value), &headers, &[("token", text(&tokens, "access_token"))]).await;
    assert_eq!(page.json()["active"], true, "{}", page.body);
}

pub async fn end_session_endpoint(value: &Value) {
    let world = World::new().await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let back = "https://example.com/";
    let client = world.client(json!({"post_logout_redirect_uris": [back]})).await;
    let tokens = client.tokens(&mut browser, &[]).await;
    let query = encode(&[("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", back)]);
    let page = browser.get(&format!("{}?{query}", path(value))).await;
    assert_eq!(page.location().as_deref(), Some(back));
    assert_eq!(browser.get("/account").await.status, 303, "nobody is signed in any more");
}

pub async fn pushed_authorization_request_endpoint(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let url = client.url(&[("state", "pushed")]);
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    let form: Vec<(&str, &str)> =
        form.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (&**name, &**value)).collect();
    let page = client.post(path(value), &[], &form).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let pushed = page.json();
    let query = encode(&[("client_id", client.id()), ("request_uri", text(&pushed, "request_uri"))]);
    let mut browser = world.app.sign_in_portal(DEV).await;
    let page = browser.follow(&format!("/oauth2/auth?{query}")).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer.contains_key("code")), ("pushed", true));
}

pub async fn device_authorization_endpoint(value: &Value) {
    let world = World::new().await;
    let page = world.app.post(path(value), &[], &[("client_id", "demo-spa"), ("scope", "openid")]).await;
    let begun = page.json();
    let mut browser = world.app.browser();
    let page = browser.get(text(&begun, "verification_uri")).await;
    let page = browser.submit_following(page.form("/device").set("user_code", text(&begun, "user_code"))).await;
    assert!(page.text().contains("Sign in to Voicebox on a device?"), "{}", page.text());
}

pub async fn registration_endpoint(value: &Value) {
    assert_eq!(path(value), "/oauth2/register", "where the other proofs register their clients");
    let world = World::new().await;
    let client = world.client(json!({"client_name": "Pocket"})).await;
    assert_eq!(client.told["redirect_uris"], json!([CALLBACK]));
    assert_eq!(client.told["client_name"], "Pocket");
}

pub async fn jwks_uri(value: &Value) {
    let world = World::new().await;
    let keys = world.app.get(path(value), &[]).await.json();
    for key in keys["keys"].as_array().unwrap() {
        for name in ["kid", "alg", "kty", "use"] {
            assert!(key[name].is_string(), "{name} of {key}");
        }
        for private in ["d", "p", "q", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

pub async fn protected_resources(value: &Value) {
    let world = World::new().await;
    for resource in texts(value) {
        let below = resource.strip_prefix(URL).unwrap();
        let page = world.app.get(&format!("/.well-known/oauth-protected-resource{below}"), &[]).await;
        let metadata = page.json();
        assert_eq!(metadata["resource"], resource);
        assert_eq!(metadata["authorization_servers"], json!([URL]));
    }
}
