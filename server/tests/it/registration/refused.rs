//! What is not registered: by whom, and which metadata.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{body::Body, http::Method};
use model::{
    Registration,
    client::dynamic::token::{self, NewToken},
    days,
    limit::Rule,
    minutes,
};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};

use super::{CALLBACK, inside, register, registered, request, text, tokens, unlimited, web};
use crate::harness::{App, basic, send};

#[tokio::test]
async fn where_it_is_not_open_a_token_of_an_organization_is_needed() {
    let app = App::with(|settings| settings.registration = Registration::WithToken).await;
    let page = register(&app, &web()).await;
    assert_eq!((page.status, page.header("www-authenticate")), (401, Some("Bearer realm=\"portico\"")));
    let client = model::cache::client(&app.ctx, "demo-app").await.unwrap().unwrap();
    let product = model::product::of(client.organization_id).find(&app.ctx, client.product_id).await.unwrap().unwrap();
    let new = NewToken { id: app.ctx.new_id().unwrap(), label: "Tests".to_owned(), lifetime: days(1), most_uses: None };
    let token = token::let_in(&app.ctx, None, &product, &new).await.unwrap();
    let mut asked = web();
    asked["resources"] = json!(["https://api.example.com/"]);
    let page = request(&app, Method::POST, "/oauth2/register", Some(token.reveal()), &asked).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let made = page.json();
    assert_eq!(made["resources"], asked["resources"]);
    let made = model::cache::client(&app.ctx, text(&made, "client_id")).await.unwrap().unwrap();
    assert_eq!((made.organization_id, made.product_id), (product.organization_id, product.id));
    asked["scope"] = "openid voicemail.get".into();
    let page = request(&app, Method::POST, "/oauth2/register", Some(token.reveal()), &asked).await;
    assert_eq!(text(&page.json(), "error"), "invalid_client_metadata");
    for wrong in ["nonsense", "pit_", model::demo::PASSWORD] {
        assert_eq!(request(&app, Method::POST, "/oauth2/register", Some(wrong), &web()).await.status, 401);
    }
    app.clock.advance(days(1));
    assert_eq!(request(&app, Method::POST, "/oauth2/register", Some(token.reveal()), &web()).await.status, 401);
}

#[tokio::test]
async fn where_it_is_off_there_is_no_endpoint() {
    let app = App::with(|settings| settings.registration = Registration::Off).await;
    assert!(matches!(register(&app, &web()).await.status, 404 | 405));
    let metadata = app.get("/.well-known/openid-configuration", &[]).await.json();
    assert!(metadata.get("registration_endpoint").is_none());
}

#[tokio::test]
async fn registrations_from_one_address_are_limited() {
    let app = App::with(|settings| settings.limits.registration_address = Rule::new(3, minutes(30))).await;
    for _ in 0..3 {
        assert_eq!(register(&app, &web()).await.status, 201);
    }
    let page = register(&app, &web()).await;
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").is_some());
    app.clock.advance(minutes(10));
    assert_eq!(register(&app, &web()).await.status, 201);
}

/// Every one is refused, and nothing is stored.
async fn all_refused(app: &App, error: &str, cases: Vec<(&str, Value)>) {
    let before = app.texts("clients", "client_id").await.len();
    for (name, value) in cases {
        let mut asked = web();
        asked[name] = value;
        let page = register(app, &asked).await;
        assert_eq!((page.status, text(&page.json(), "error")), (400, error), "{asked} {}", page.body);
    }
    assert_eq!(app.texts("clients", "client_id").await.len(), before);
}

#[tokio::test]
async fn spring_cve_2026_22752_redirect_uris_that_run_or_deceive_are_refused() {
    let app = unlimited().await;
    let uris = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://example.com/cb#fragment",
        "https://example.com/*",
        "http://example.com/cb",
        "http://localhost/cb",
        "https://user@example.com/",
        "https://example.com\\@evil.example/",
        "//example.com/cb",
        "https://example.com/../cb",
        "https://example.com/cb%00",
        "https:// example.com/",
        "",
        "app:/cb",
    ];
    let mut cases: Vec<_> = uris.iter().map(|uri| ("redirect_uris", json!([uri]))).collect();
    let many: Vec<String> = (0..21).map(|n| format!("https://example.com/{n}")).collect();
    for list in
        [json!([]), json!(null), json!(CALLBACK), json!([1]), json!({}), json!(many), json!([CALLBACK, CALLBACK])]
    {
        cases.push(("redirect_uris", list));
    }
    cases.push(("redirect_uris", json!([format!("https://example.com/{}", "a".repeat(3000))])));
    all_refused(&app, "invalid_redirect_uri", cases).await;
}

#[tokio::test]
async fn spring_cve_2026_22752_metadata_of_every_wrong_kind_is_refused() {
    let app = unlimited().await;
    let private = serde_json::from_str::<Value>(model::demo::FAPI_KEY).unwrap();
    let mut cases = vec![
        ("scope", json!("openid admin")),
        ("scope", json!("voicemail.get")),
        ("scope", json!(["openid"])),
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["password"])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!("authorization_code")),
        ("response_types", json!(["token"])),
        ("response_types", json!(["code id_token"])),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!(7)),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("request_object_signing_alg", json!("none")),
        ("userinfo_signed_response_alg", json!("HS256")),
        ("token_endpoint_auth_signing_alg", json!("HS256")),
        ("subject_type", json!("secret")),
        ("client_name", json!("a\nb")),
        ("client_name", json!("\u{202e}evil")),
        ("client_name", json!("n".repeat(500))),
        ("client_name", json!({"en": "x"})),
        ("contacts", json!(["a\r\nb"])),
        ("default_max_age", json!(-1)),
        ("default_max_age", json!("60")),
        ("require_auth_time", json!("yes")),
        ("resources", json!(["https://api.example.com/"])),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"])),
        ("jwks", json!({"keys": [private]})),
        ("jwks", json!("keys")),
        ("jwks", json!({"keys": [{"kty": "EC", "crv": "P-256"}]})),
        ("request_uris", json!(["https://10.0.0.1/r"])),
        ("application_type", json!("desktop")),
    ];
    for name in ["client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri", "frontchannel_logout_uri"] {
        for uri in
            ["javascript:alert(1)", "http://example.com/", "data:text/html,x", "example.com", "https://u@e.example/"]
        {
            cases.push((name, json!(uri)));
        }
    }
    all_refused(&app, "invalid_client_metadata", cases).await;
    let both = json!({"redirect_uris": [CALLBACK], "jwks_uri": "https://example.com/k", "jwks": {"keys": []}});
    assert_eq!(text(&register(&app, &both).await.json(), "error"), "invalid_client_metadata");
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let app = unlimited().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = json!({"redirect_uris": [CALLBACK], "unknown": "x".repeat(70_000)}).to_string();
    for body in ["", "[]", "null", "{", "\"x\"", "{\"a\":1}x", "\u{0}", &deep, &large] {
        let headers = [("content-type", "application/json")];
        let page = send(&app.router, Method::POST, "/oauth2/register", &headers, Body::from(body.to_owned())).await;
        assert!(matches!(page.status, 400 | 413), "{} {}", page.status, body.get(..20).unwrap_or(body));
    }
    let page = app.post("/oauth2/register", &[], &[("redirect_uris", CALLBACK)]).await;
    assert_eq!(text(&page.json(), "error"), "invalid_client_metadata");
}

#[tokio::test]
async fn a_sector_lists_every_redirect_uri() {
    let app = App::demo().await;
    let (port, asked) = inside("[\"https://example.com/callback\"]").await;
    let allow = vec![format!("127.0.0.1:{port}").parse().unwrap()];
    let timeout = Duration::from_secs(10);
    let outgoing = Outgoing::new(&OutgoingSettings { allow, timeout, ..OutgoingSettings::default() }).unwrap();
    app.ctx.go_out_with(Arc::new(outgoing));
    let mut asking = web();
    asking["subject_type"] = "pairwise".into();
    asking["sector_identifier_uri"] = format!("http://127.0.0.1:{port}/sector").into();
    let client = registered(&app, &asking).await;
    assert_eq!(client["sector_identifier_uri"], asking["sector_identifier_uri"]);
    asking["redirect_uris"] = json!([CALLBACK, "https://example.com/other"]);
    assert_eq!(text(&register(&app, &asking).await.json(), "error"), "invalid_client_metadata");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// Whoever opens or fetches them, no address leads to what is not public.
#[tokio::test]
async fn hydra_aa1ee2987_f_every_url_of_a_client_keeps_to_the_same_address_rules() {
    let app = unlimited().await;
    app.ctx.go_out_with(Arc::new(Outgoing::new(&OutgoingSettings::default()).unwrap()));
    let (port, asked) = inside("[\"https://example.com/callback\"]").await;
    let mut targets: Vec<String> = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fd00::1]",
        "[fe80::1]",
        "localhost",
        "localhost.",
        "a.localhost",
        "intranet",
    ]
    .iter()
    .map(|host| format!("https://{host}/x"))
    .collect();
    targets.extend([format!("http://127.0.0.1:{port}/"), format!("https://127.0.0.1:{port}/")]);
    targets.extend(
        [
            "http://example.com/",
            "ftp://example.com/",
            "gopher://example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user:pw@example.com/",
            "https://example.com\\@10.0.0.1/",
            "https:// example.com/",
            "//example.com/",
            "example.com",
        ]
        .map(str::to_owned),
    );
    let fetched = ["jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"];
    let opened = ["logo_uri", "client_uri", "policy_uri", "tos_uri", "frontchannel_logout_uri", "initiate_login_uri"];
    let mut cases: Vec<_> = targets.iter().map(|target| ("request_uris", json!([target]))).collect();
    for name in fetched.into_iter().chain(opened) {
        cases.extend(targets.iter().map(|target| (name, json!(target))));
    }
    cases.extend(fetched.map(|name| (name, json!("https://example.com:22/"))));
    all_refused(&app, "invalid_client_metadata", cases).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    for name in opened {
        let mut asking = web();
        asking["redirect_uris"] = json!([CALLBACK, "https://example.com:8443/callback"]);
        asking[name] = "https://example.com:8443/x".into();
        assert_eq!(registered(&app, &asking).await[name], asking[name]);
    }
}

#[tokio::test]
async fn authentik_cve_2026_49448_clients_that_nobody_has_let_in_are_strangers() {
    let app = App::demo().await;
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    let mut body = web();
    body["grant_types"] = json!(["authorization_code", exchange]);
    let (one, other) = (registered(&app, &body).await, registered(&app, &body).await);
    let answer = tokens(&app, &one, "openid email").await.json();
    let token = text(&answer, "access_token");
    for (client, known) in [(&one, true), (&other, false)] {
        let (id, secret) = (text(client, "client_id"), text(client, "client_secret"));
        let page = app.post("/oauth2/introspect", &[("authorization", &basic(id, secret))], &[("token", token)]).await;
        assert_eq!(page.json()["active"], known, "{}", page.body);
        let form = [
            ("grant_type", exchange),
            ("subject_token", token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        let page = app.token(id, Some(secret), &form).await;
        assert_eq!(page.status == 200, known, "{}", page.body);
    }
}
