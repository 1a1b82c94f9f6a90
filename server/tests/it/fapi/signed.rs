//! Signed requests, and signed answers.

use model::{authorization::Code, seconds};
use serde_json::{Value, json};

use super::{CALLBACK, CLIENT, Client, Key, text};
use crate::harness::{App, CHALLENGE, URL, claims, encode, header};

#[tokio::test]
async fn a_signed_request_counts_and_nothing_beside_it() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "state": "signed", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", "max_age": 3600,
    });
    let header = json!({"typ": "oauth-authz-req+jwt"});
    let signed = client.key.sign(header.clone(), &object);
    let url = client.pushed(&[("request", &signed), ("state", "outside"), ("scope", "openid email")]).await;
    let page = browser.follow(&url).await;
    let page = browser.allow(page).await;
    let answer = page.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("signed", "openid"));

    for (name, value) in [
        ("iss", json!("demo-app")),
        ("aud", json!("https://evil.example")),
        ("exp", json!(now - 60)),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("nbf", json!(now - 7200)),
        ("sub", json!(CLIENT)),
        ("request_uri", json!("urn:ietf:params:oauth:request_uri:x")),
        ("client_id", json!("demo-app")),
    ] {
        let mut changed = object.clone();
        if value.is_null() {
            changed.as_object_mut().unwrap().remove(name);
        } else {
            changed[name] = value.clone();
        }
        let page = client.push(&[("request", &client.key.sign(header.clone(), &changed))]).await;
        assert_eq!(page.json()["error"], "invalid_request_object", "{name} {value}");
    }
    let page = client.push(&[("request", &Key::new().sign(header, &object))]).await;
    assert_eq!(page.json()["error"], "invalid_request_object", "keycloak_cve_2026_11800");
}

#[tokio::test]
async fn a_signed_dpop_jkt_is_the_key_of_the_proof() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let now = client.now();
    let push = async |jkt: &str| {
        let object = json!({
            "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "dpop_jkt": jkt,
        });
        let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
        let proof = client.proof("POST", "/oauth2/par", None);
        client.post_with("/oauth2/par", &client.assertion(), Some(&proof), &[("request", &signed)]).await
    };
    let page = push(&Key::new().thumbprint()).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{}", page.body);
    assert!(app.texts("pushed_requests", "parameters_sealed").await.is_empty(), "nothing is kept");
    assert_eq!(push(&client.dpop.thumbprint()).await.status, 201);
}

/// What has been verified is kept; the browser may take its time, and the client change its keys.
#[tokio::test]
async fn a_signed_request_that_was_pushed_is_verified_once() {
    let app = App::demo().await;
    let only_signed = json!({"require_signed_request_object": true});
    app.execute(&format!("UPDATE clients SET metadata = '{only_signed}' WHERE client_id = '{CLIENT}'")).await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    assert_eq!(client.push(&[]).await.json()["error"], "invalid_request", "this client must sign its requests");

    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 20, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "state": "signed", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", "max_age": 3600, "claims": {"userinfo": {"name": null}},
    });
    let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
    let jkt = client.dpop.thumbprint();
    let url = client.pushed(&[("request", &signed), ("state", "outside"), ("dpop_jkt", &jkt)]).await;
    let keys = format!("{}/keys", app.client_path(CLIENT).await);
    let page = browser.get(&keys).await;
    let remove = page.attributes("a", "href").into_iter().find(|link| link.ends_with("/remove")).expect("a link");
    let page = browser.get(&remove).await;
    assert_eq!(browser.submit(&page.form(&remove)).await.status, 303);
    app.clock.advance(seconds(60));

    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("signed", "openid"));
    let code = Code::open(&app.ctx, &answer["code"]).expect("a code");
    assert_eq!(code.dpop_jkt, Some(jkt), "what stays outside of the object is kept too");
    assert_eq!(code.claims.userinfo, ["name"]);
}

#[tokio::test]
async fn a_signed_answer_says_all_of_it() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let url = client.pushed(&[("response_mode", "jwt"), ("scope", "openid")]).await;
    let page = browser.follow(&url).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["response"], "{answer:?}");
    let (header, claims) = (header(&answer["response"]), claims(&answer["response"]));
    assert_eq!(header["alg"], "ES256", "FAPI has no RS256");
    assert_eq!(
        (text(&claims, "aud"), text(&claims, "iss"), text(&claims, "state")),
        (CLIENT.to_owned(), URL.to_owned(), "the-state".to_owned())
    );
    assert!(claims["exp"].as_i64().unwrap() > client.now());
    let proof = client.proof("POST", "/oauth2/token", None);
    assert_eq!(client.redeem(&text(&claims, "code"), Some(&proof)).await.status, 200);
}

#[tokio::test]
async fn a_signed_introspection_answer() {
    let app = App::demo().await;
    let authorization = crate::harness::basic("demo-app", "demo-app-secret");
    let headers = [("authorization", authorization.as_str()), ("accept", "application/token-introspection+jwt")];
    let page = app.post("/oauth2/introspect", &headers, &[("token", "nothing")]).await;
    assert_eq!(page.header("content-type"), Some("application/token-introspection+jwt"));
    let (header, claims) = (header(page.body.trim()), claims(page.body.trim()));
    assert_eq!(header["typ"], "token-introspection+jwt");
    assert_eq!((text(&claims, "aud"), text(&claims, "iss")), ("demo-app".to_owned(), URL.to_owned()));
    assert_eq!(claims["token_introspection"], json!({"active": false}));
}

/// RFC 9101, section 6.3, for each parameter that an attacker could hope for.
#[tokio::test]
async fn no_parameter_beside_a_signed_request_is_read() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    client.code(&mut browser, &[("scope", "openid")]).await;
    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    });
    let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://127.0.0.1:8765/callback"),
        ("response_type", "token"),
        ("response_mode", "form_post"),
        ("scope", "openid email"),
        ("state", "outside"),
        ("nonce", "outside"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
        ("acr_values", "urn:portico:acr:mfa"),
        ("id_token_hint", "nonsense"),
        ("resource", "https://api.example.com/"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code_challenge_method", "plain"),
    ] {
        let form = [("request", signed.as_str()), (name, value)];
        let pushed = client.post_with("/oauth2/par", &client.assertion(), None, &form).await;
        assert_eq!(pushed.status, 201, "{name}: {}", pushed.body);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        // And once more beside the reference.
        let query = encode(&[("client_id", CLIENT), ("request_uri", &uri), (name, value)]);
        let page = browser.get(&format!("/oauth2/auth?{query}")).await;
        assert!(page.location().is_some_and(|to| to.starts_with(CALLBACK)), "{name}: {:?}", page.location());
        let answer = page.redirect_parameters();
        assert_eq!(answer.keys().collect::<Vec<_>>(), ["code", "iss", "scope"], "{name}");
        let code = Code::open(&app.ctx, &answer["code"]).expect("a code");
        assert_eq!((code.nonce.as_deref(), code.claims.userinfo.len()), (None, 0), "{name}");
        let page = client.redeem(&answer["code"], Some(&client.proof("POST", "/oauth2/token", None))).await;
        assert_eq!((page.status, &page.json()["scope"]), (200, &"openid".into()), "{name}: {}", page.body);
        assert!(claims(&page.json()["id_token"]).get("nonce").is_none(), "{name}");
    }
    // One that is for another client is nobody's.
    let query = encode(&[("client_id", "demo-app"), ("request", &signed)]);
    let page = browser.get(&format!("/oauth2/auth?{query}")).await;
    assert_eq!((page.status, page.location()), (400, None), "{}", page.text());
}
