//! Rules of the wire that no other test is about.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{authorization::sha256, demo, seconds};
use serde_json::{Value, json};

use crate::{
    ciba, device,
    fapi::{self, ASSERTION_TYPE, Key, jti, sign_with},
    harness::{App, CHALLENGE, Page, URL, VERIFIER, authorize_url, claims},
};

const NUMBER: &str = demo::SUBSCRIBER;
const DEV: &str = "dev@portico.test";
const CALLBACK: &str = "https://example.com/callback";

/// Some clients read `expires_in` and `scope` without a look.
#[tokio::test]
async fn every_token_response_says_how_long_and_for_what() {
    let app = App::demo().await;
    let said = |what: &str, page: &Page| -> Value {
        let answer = page.json();
        assert_eq!((page.status, page.header("content-type")), (200, Some("application/json")), "{what}: {answer}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
        assert!(answer["expires_in"].as_u64().is_some_and(|seconds| seconds >= 300), "{what}: {answer}");
        assert!(answer["scope"].as_str().is_some_and(|scope| !scope.is_empty()), "{what}: {answer}");
        assert!(answer["token_type"].is_string() && answer["access_token"].is_string(), "{what}: {answer}");
        answer
    };
    let tokens = said("a code", &app.redeem(&app.code("openid phone offline_access", NUMBER).await).await);
    let narrower = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("scope", "phone"),
    ];
    said("a refresh token", &app.token("demo-web", Some("demo-web-secret"), &narrower).await);
    let form = [("grant_type", "client_credentials")];
    said("the client", &app.token("demo-reports", Some("demo-reports-secret"), &form).await);
    let begun = device::begin(&app, device::APP, "openid email").await;
    device::sign_in(&mut app.sign_in_portal(DEV).await, &begun).await;
    said("a device code", &device::poll(&app, device::APP, &begun).await);
    let begun = ciba::ask(&app, &[]).await;
    let mut browser = app.browser();
    let page = ciba::open(&app, &mut browser).await;
    ciba::decide(&mut browser, &page, "allow").await;
    said("an answer on the phone", &ciba::poll(&app, &begun).await);
}

#[tokio::test]
async fn an_id_token_has_every_claim_that_is_promised() {
    let app = App::demo().await;
    let mut user = app.sign_in_portal(DEV).await;
    let now = app.ctx.now().seconds();
    app.clock.advance(seconds(20));
    for tokens in [app.tokens_of_user(&mut user, &[]).await, app.tokens("openid phone", NUMBER).await] {
        let told = claims(&tokens["id_token"]);
        for name in ["sub", "sid", "jti", "acr"] {
            assert!(told[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {told}");
        }
        assert!(told["amr"].as_array().is_some_and(|methods| !methods.is_empty()), "{told}");
        assert_eq!((&told["iss"], &told["nonce"]), (&json!(URL), &json!("the-nonce")));
        assert_eq!(told["iat"], now + 20);
        assert!(told["auth_time"].as_i64().is_some_and(|at| (now..=now + 20).contains(&at)), "{told}");
        // OpenID Connect Core, section 3.1.3.6: the left half of the hash.
        let hash = sha256(tokens["access_token"].as_str().unwrap());
        assert_eq!(told["at_hash"], URL_SAFE_NO_PAD.encode(&hash[..16]));
    }
    let url = authorize_url(
        "demo-app",
        &[("nonce", ""), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("claims_locales", "sv")],
    );
    let code = user.get(&url).await.redirect_parameters()["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let page = app.token("demo-app", Some("demo-app-secret"), &form).await;
    assert!(claims(&page.json()["id_token"]).get("nonce").is_none(), "none was sent");
}

/// RFC 9449, section 6.1.
#[tokio::test]
async fn a_signed_access_token_names_the_key_that_it_is_bound_to() {
    let app = App::demo().await;
    app.execute("UPDATE clients SET token_format = 'jwt' WHERE client_id = 'demo-fapi'").await;
    let client = fapi::Client::new(&app);
    let tokens = client.tokens(&mut app.sign_in_portal(DEV).await).await;
    assert_eq!(claims(&tokens["access_token"])["cnf"], json!({"jkt": client.dpop.thumbprint()}));
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(client.userinfo("Bearer", access, None).await.status, 401);
    let proof = client.proof("GET", "/userinfo", Some(access));
    assert_eq!(client.userinfo("DPoP", access, Some(&proof)).await.status, 200);
}

/// Which of the profiles asks for PKCE of whom.
#[tokio::test]
async fn pkce_is_what_the_profile_says() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    app.tokens_of_user(&mut browser, &[]).await;
    // `standard`, confidential: PKCE, or a nonce in its place.
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = |page: &Page| page.redirect_parameters().contains_key("code");
    assert!(code(&browser.get(&authorize_url("demo-app", &[])).await));
    assert!(code(&browser.get(&authorize_url("demo-app", &[&pkce[..], &[("nonce", "")]].concat())).await));
    let page = browser.get(&authorize_url("demo-app", &[("nonce", "")])).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");
    // `classic`: as the client likes, and it is held to what it has begun.
    for (verifier, status) in
        [(None, 400), (Some("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"), 400), (Some(VERIFIER), 200)]
    {
        let more = [&pkce[..], &[("scope", "phone"), ("nonce", "")]].concat();
        let answer = app.authorize(&authorize_url("demo-web", &more), NUMBER).await;
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", answer["code"].as_str()), ("redirect_uri", CALLBACK)];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let page = app.token("demo-web", Some("demo-web-secret"), &form).await;
        assert_eq!(page.status, status, "{verifier:?}: {}", page.body);
    }
    let answer = app.authorize(&authorize_url("demo-web", &[("scope", "phone"), ("nonce", "")]), NUMBER).await;
    assert_eq!(app.redeem(&answer["code"]).await.status, 200);
}

/// Whether an assertion of `demo-app` with this audience is taken.
async fn introspects(app: &App, key: &Key, aud: &Value) -> u16 {
    let now = app.ctx.now().seconds();
    let claims = json!({"iss": "demo-app", "sub": "demo-app", "aud": aud, "exp": now + 60, "jti": jti()});
    let assertion = key.sign(json!({}), &claims);
    let form =
        [("token", "nothing"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    app.post("/oauth2/introspect", &[], &form).await.status
}

#[tokio::test]
async fn an_assertion_without_kid_may_be_of_any_key_of_the_client() {
    let app = App::demo().await;
    let pairs = [Key::new(), Key::new(), Key::new()];
    sign_with(&app, &pairs.each_ref()).await;
    for pair in &pairs {
        assert_eq!(introspects(&app, pair, &json!(URL)).await, 200);
    }
    assert_eq!(introspects(&app, &Key::new(), &json!(URL)).await, 401);
}

/// Outside of FAPI 2.0, where it is the issuer alone.
#[tokio::test]
async fn an_assertion_is_for_the_issuer_or_the_endpoint() {
    let app = App::demo().await;
    let key = Key::new();
    sign_with(&app, &[&key]).await;
    for (aud, status) in [
        (json!(URL), 200),
        (json!([URL]), 200),
        (json!(format!("{URL}/oauth2/token")), 200),
        (json!(format!("{URL}/oauth2/introspect")), 200),
        (json!(format!("{URL}/oauth2/par")), 401),
        (json!(format!("{URL}/oauth2/token/more")), 401),
        (json!(format!("{URL}.evil.example")), 401),
        (json!("demo-app"), 401),
        (json!([]), 401),
        (json!([URL, 1]), 401),
    ] {
        assert_eq!(introspects(&app, &key, &aud).await, status, "{aud}");
    }
}

/// What a client sends raw and what it sends form-encoded are the same text.
#[tokio::test]
async fn ids_and_secrets_are_of_letters_that_need_no_encoding() {
    let app = App::demo().await;
    let body = json!({"redirect_uris": [CALLBACK]}).to_string();
    for _ in 0..5 {
        let headers = [("content-type", "application/json")];
        let page = crate::harness::send(
            &app.router,
            axum::http::Method::POST,
            "/oauth2/register",
            &headers,
            body.clone().into(),
        )
        .await;
        assert_eq!(page.status, 201, "{}", page.body);
        let told = page.json();
        for name in ["client_id", "client_secret", "registration_access_token"] {
            let text = told[name].as_str().unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            assert!(text.len() >= 20 && text.bytes().all(plain), "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn the_clients_page_says_which_profile_it_has_and_what_that_means() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    for (client, profile, means) in
        [("demo-web", "classic", "PKCE"), ("demo-app", "standard", "PKCE"), ("demo-fapi", "fapi2", "pushed")]
    {
        let text = browser.get(&app.client_path(client).await).await.text().to_lowercase();
        assert!(text.contains(profile) && text.contains(&means.to_lowercase()), "{client}: {text}");
    }
}
