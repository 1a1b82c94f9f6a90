//! Assertions: who says what to whom, with which key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::seconds;
use serde_json::{Value, json};

use super::{CLIENT, Client, Key};
use crate::harness::{App, URL};

#[tokio::test]
async fn d4_an_assertion_says_who_to_whom_when_and_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let form = [("token", "x")];
    let good = client.assertion();
    assert_eq!(client.post_with("/oauth2/introspect", &good, None, &form).await.status, 200);
    let page = client.post_with("/oauth2/introspect", &good, None, &form).await;
    assert_eq!(page.json()["error"], "invalid_client", "hydra_ghsa_3p3g: a jti works once");

    let now = client.now();
    for (name, value) in [
        ("iss", json!("demo-app")),
        ("sub", json!("demo-app")),
        ("aud", json!("https://evil.example")),
        ("aud", json!(format!("{URL}/oauth2/token"))),
        ("aud", json!([URL])),
        ("aud", json!([URL, "https://evil.example"])),
        ("exp", json!(now - 11)),
        ("exp", json!(now + 7200)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("iat", json!(now + 60)),
        ("jti", json!("")),
        ("jti", Value::Null),
    ] {
        let mut claims = client.assertion_claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &form).await;
        let error = page.json()["error"].clone();
        assert!(page.status == 401 && error == "invalid_client", "{name} {value}: {} {error}", page.status);
    }
    for ahead in [0, 10] {
        let mut claims = client.assertion_claims();
        claims["iat"] = json!(now + ahead);
        claims["nbf"] = json!(now + ahead);
        let page = client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &form).await;
        assert_eq!(page.status, 200, "a clock {ahead} s ahead");
    }
}

#[tokio::test]
async fn e1_an_assertion_of_another_key_or_kind_is_refused() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let form = [("token", "x")];
    let mut other = Key::new();
    other.kid = Some("demo-fapi-1".to_owned());
    let claims = client.assertion_claims();
    let header = json!({"alg": "none", "typ": "JWT"});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", encode(&header), encode(&claims));
    for (what, assertion) in [
        ("another key", other.sign(json!({}), &claims)),
        ("a key in the header", other.sign(json!({"jwk": other.public}), &claims)),
        ("none", unsigned),
        ("a DPoP proof", client.key.sign(json!({"typ": "dpop+jwt"}), &claims)),
        ("a request object", client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &claims)),
        ("nothing", "x.y.z".to_owned()),
    ] {
        let page = client.post_with("/oauth2/introspect", &assertion, None, &form).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{what}");
    }
    // A client that has no keys cannot use them, and this one no secret.
    let page = app.token(CLIENT, Some("demo-app-secret"), &[("grant_type", "client_credentials")]).await;
    assert_eq!(page.status, 401);
    let good = client.assertion();
    let two = [("client_secret", "x"), ("token", "x")];
    let page = client.post_with("/oauth2/introspect", &good, None, &two).await;
    assert_eq!(page.json()["error"], "invalid_request", "d1: two methods");
}

#[tokio::test]
async fn d5_a_key_of_one_client_is_no_key_of_another() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut claims = client.assertion_claims();
    claims["iss"] = "demo-app".into();
    claims["sub"] = "demo-app".into();
    let page =
        client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &[("token", "x")]).await;
    assert_eq!(page.status, 401);
}

#[tokio::test]
async fn keys_change_over_on_the_clients_page() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let client = Client::new(&app);
    let keys = format!("{}/keys", app.client_path(CLIENT).await);
    let page = browser.get(&keys).await;
    assert!(page.text().contains("demo-fapi-1"), "{}", page.text());

    app.clock.advance(seconds(1));
    let next = Key::new();
    let mut private = next.public.clone();
    private["d"] = "AAAA".into();
    let refused = browser.submit(page.form(&keys).set("jwk", &private.to_string()).set("label", "next")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("private part"), "{}", refused.text());
    assert!(refused.body.contains("value=\"next\""), "nothing typed is lost");
    let page = browser.submit(page.form(&keys).set("jwk", &next.public.to_string()).set("label", "next")).await;
    assert_eq!(page.status, 303);

    let mut client = client;
    let form = [("token", "x")];
    client.key = next;
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 200, "both work");
    client.key = Key::demo();
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 200);
    let page = browser.get(&keys).await;
    let old =
        page.attributes("a", "href").into_iter().find(|link| link.ends_with("/remove")).expect("a link that removes");
    let page = browser.get(&old).await;
    let page = browser.submit(&page.form(&old)).await;
    assert_eq!(page.status, 303);
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 401, "removed");
}
