//! Clients that register themselves (RFC 7591) and manage that (RFC 7592).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Method, routing::get};
use model::{
    Registration,
    client::{
        Profile,
        dynamic::token::{self, NewToken},
    },
    days,
    limit::Rule,
    minutes,
};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};
use tokio::net::TcpListener;

use crate::{
    fapi::Key,
    harness::{App, CHALLENGE, Page, URL, VERIFIER, authorize_url, basic, send},
};

const CALLBACK: &str = "https://example.com/callback";
const DEV: &str = "dev@portico.test";

async fn request(app: &App, method: Method, path: &str, token: Option<&str>, body: &Value) -> Page {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    send(&app.router, method, path, &headers, Body::from(body.to_string())).await
}

pub async fn register(app: &App, body: &Value) -> Page {
    request(app, Method::POST, "/oauth2/register", None, body).await
}

pub async fn registered(app: &App, body: &Value) -> Value {
    let page = register(app, body).await;
    assert_eq!(page.status, 201, "{body} {}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    page.json()
}

/// Manages a registration as its answer says.
pub async fn manage(app: &App, method: Method, client: &Value, body: &Value) -> Page {
    let uri = client["registration_client_uri"].as_str().unwrap();
    let token = client["registration_access_token"].as_str();
    request(app, method, uri.strip_prefix(URL).unwrap(), token, body).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The metadata of an ordinary client.
pub fn web() -> Value {
    json!({"client_name": "Pocket", "redirect_uris": [CALLBACK]})
}

/// With no limit that a long test would meet.
async fn unlimited() -> App {
    App::with(|settings| settings.limits.registration_address = Rule::new(10_000, minutes(1))).await
}

/// Signs a portal user in to a registered client with a secret; the token response.
async fn tokens(app: &App, client: &Value, scope: &str) -> Page {
    let id = text(client, "client_id");
    let mut browser = app.sign_in_portal(DEV).await;
    let url = authorize_url(id, &[("scope", scope), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]);
    let page = browser.follow(&url).await;
    assert!(page.text().contains("Pocket would like to"), "{}", page.text());
    assert!(page.text().contains("Nobody here has checked who is behind Pocket"), "{}", page.text());
    assert!(page.text().contains("You return to example.com."));
    let answer = browser.allow(page).await.redirect_parameters();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    app.token(id, client["client_secret"].as_str(), &form).await
}

#[tokio::test]
async fn a_client_registers_and_signs_people_in() {
    let app = App::demo().await;
    let asked = json!({
        "client_name": "Pocket", "redirect_uris": [CALLBACK], "client_uri": "https://example.com/",
        "logo_uri": "https://example.com/logo.png", "policy_uri": "https://example.com/privacy",
        "tos_uri": "https://example.com/terms", "contacts": ["dev@example.com"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post", "scope": "openid email offline_access",
        "subject_type": "pairwise", "id_token_signed_response_alg": "ES256", "default_max_age": 3600,
        "require_auth_time": true, "userinfo_signed_response_alg": "RS256",
        "post_logout_redirect_uris": ["https://example.com/bye"], "application_type": "web",
        "backchannel_logout_uri": "https://example.com/logout", "initiate_login_uri": "https://example.com/start",
        "software_statement_of_nobody": {"ignored": [1, 2]}, "client_name#sv": "Fickan",
    });
    let client = registered(&app, &asked).await;
    for (name, value) in asked.as_object().unwrap() {
        if name.contains('#') || name.contains("nobody") {
            assert!(client.get(name).is_none(), "{name}");
        } else {
            assert_eq!(client[name], *value, "{name}");
        }
    }
    assert_eq!(client["client_secret_expires_at"], 0);
    assert_eq!(client["client_id_issued_at"], app.ctx.now().seconds());
    let page = tokens(&app, &client, "openid email offline_access").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.json()["refresh_token"].is_string());
    let secret = text(&client, "client_secret");
    for (table, column) in [("client_secrets", "secret_hash"), ("client_registrations", "token_hash")] {
        let stored = app.texts(table, column).await.concat();
        assert!(!stored.contains(secret) && !stored.contains(text(&client, "registration_access_token")), "{table}");
    }
    let log = app.texts("audit_events", "detail").await.concat();
    assert!(log.contains("Registered the client Pocket") && !log.contains(secret), "{log}");
}

/// As programs that speak the Model Context Protocol do it: the API says what to ask for, and for
/// which resource.
#[tokio::test]
async fn an_agent_registers_and_reads_at_the_portals_own_api() {
    let app = App::demo().await;
    let api = format!("{URL}/api/v1");
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let agent = json!({"client_name": "Pocket", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let mut named = agent.clone();
    named["scope"] = "portal:read".into();
    let client = registered(&app, &named).await;
    let id = text(&client, "client_id");
    let mut browser = app.sign_in_portal(DEV).await;
    let token = async |id: &str, code: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        app.token(id, None, &form).await.json()
    };
    let asked = [&[("scope", "portal:read"), ("resource", api.as_str())][..], &pkce[..]].concat();
    let page = browser.follow(&authorize_url(id, &asked)).await;
    let answer = browser.allow(page).await.redirect_parameters();
    let given = token(id, &answer["code"]).await;
    let bearer = format!("Bearer {}", text(&given, "access_token"));
    assert_eq!(app.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);

    let elsewhere = [&[("scope", "openid"), ("resource", "https://api.example.com/")][..], &pkce[..]].concat();
    let page = browser.get(&authorize_url(id, &elsewhere)).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_target");
    // Whoever names nothing asks for nothing there.
    let client = registered(&app, &agent).await;
    let id = text(&client, "client_id");
    let page = browser.follow(&authorize_url(id, &[&[("scope", "")][..], &pkce[..]].concat())).await;
    let answer = browser.allow(page).await.redirect_parameters();
    let given = token(id, &answer["code"]).await;
    assert!(text(&given, "scope").contains("openid") && !text(&given, "scope").contains("portal"), "{given}");
}

#[tokio::test]
async fn what_is_left_out_has_the_defaults_of_the_standards() {
    let app = App::demo().await;
    let client = registered(&app, &json!({"redirect_uris": [CALLBACK]})).await;
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!((&client["grant_types"], &client["response_types"]), (&json!(["authorization_code"]), &json!(["code"])));
    assert_eq!(client["id_token_signed_response_alg"], "RS256");
    let public = registered(
        &app,
        &json!({"redirect_uris": ["com.example.app:/callback"], "token_endpoint_auth_method": "none"}),
    )
    .await;
    assert!(public.get("client_secret").is_none() && public.get("client_secret_expires_at").is_none());
}

#[tokio::test]
async fn what_one_registered_client_was_allowed_is_not_allowed_to_another() {
    let app = App::demo().await;
    let first = registered(&app, &web()).await;
    assert_eq!(tokens(&app, &first, "openid").await.status, 200);
    let second = registered(&app, &web()).await;
    // Asks, although it has the same name and the same redirect URI.
    assert_eq!(tokens(&app, &second, "openid").await.status, 200);
}

#[tokio::test]
async fn scopes_and_grant_types_are_those_of_the_registration() {
    let app = App::demo().await;
    let mut asked = web();
    asked["scope"] = "openid profile".into();
    let client = registered(&app, &asked).await;
    let mut browser = app.sign_in_portal(DEV).await;
    let url = authorize_url(text(&client, "client_id"), &[("scope", "openid email")]);
    assert_eq!(browser.get(&url).await.redirect_parameters()["error"], "invalid_scope");
    for grant in ["refresh_token", "client_credentials"] {
        let form = [("grant_type", grant), ("refresh_token", "x")];
        let page = app.token(text(&client, "client_id"), client["client_secret"].as_str(), &form).await;
        assert_eq!((page.status, text(&page.json(), "error")), (400, "unauthorized_client"), "{grant}");
    }
}

#[tokio::test]
async fn what_a_registration_no_longer_has_is_not_issued_again() {
    let app = App::demo().await;
    let mut asked = web();
    asked["grant_types"] = json!(["authorization_code", "refresh_token"]);
    let client = registered(&app, &asked).await;
    let tokens = tokens(&app, &client, "openid email offline_access").await.json();
    asked["client_id"] = client["client_id"].clone();
    asked["scope"] = "openid offline_access".into();
    assert_eq!(manage(&app, Method::PUT, &client, &asked).await.status, 200);
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let page = app.token(text(&client, "client_id"), client["client_secret"].as_str(), &form).await;
    assert_eq!((page.status, text(&page.json(), "scope")), (200, "openid offline_access"));
}

#[tokio::test]
async fn a_registration_is_read_changed_and_ended_with_its_token() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let shown = manage(&app, Method::GET, &client, &json!({})).await;
    assert_eq!(shown.status, 200);
    let shown = shown.json();
    assert_eq!(shown["redirect_uris"], client["redirect_uris"]);
    assert_eq!(shown["registration_access_token"], client["registration_access_token"]);
    assert!(shown.get("client_secret").is_none(), "nobody here knows it any more");

    let wanted = json!({
        "client_id": client["client_id"], "client_secret": client["client_secret"], "client_name": "Purse",
        "redirect_uris": ["https://example.com/other"], "jwks": {"keys": [Key::new().public]},
    });
    let page = manage(&app, Method::PUT, &client, &wanted).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let changed = page.json();
    assert_eq!(
        (text(&changed, "client_name"), changed["redirect_uris"][0].as_str()),
        ("Purse", wanted["redirect_uris"][0].as_str())
    );
    assert_eq!(changed["jwks"]["keys"].as_array().unwrap().len(), 1);
    assert!(changed.get("client_secret").is_none(), "the old one stays");
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get(&authorize_url(text(&client, "client_id"), &[("scope", "openid")])).await;
    assert_eq!(page.status, 400, "what is not registered any more leads nowhere");
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK)];
    let page = app.token(text(&client, "client_id"), client["client_secret"].as_str(), &form).await;
    assert_eq!(text(&page.json(), "error"), "invalid_grant", "the secret still works");

    for (wanted, error) in [
        (json!({"redirect_uris": [CALLBACK]}), "invalid_client_metadata"),
        (json!({"client_id": "demo-web", "redirect_uris": [CALLBACK]}), "invalid_client_metadata"),
        (
            json!({"client_id": client["client_id"], "client_secret": "mine", "redirect_uris": [CALLBACK]}),
            "invalid_client_metadata",
        ),
        (json!({"client_id": client["client_id"], "redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
    ] {
        let page = manage(&app, Method::PUT, &client, &wanted).await;
        assert_eq!((page.status, text(&page.json(), "error")), (400, error), "{wanted}");
    }
    assert_eq!(manage(&app, Method::GET, &client, &json!({})).await.json()["client_name"], "Purse");

    assert_eq!(manage(&app, Method::DELETE, &client, &json!({})).await.status, 204);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let page = manage(&app, method.clone(), &client, &wanted).await;
        assert_eq!(page.status, 401, "{method}");
    }
    assert!(app.texts("products", "name").await.iter().all(|name| name != "Purse"));
}

#[tokio::test]
async fn a_clients_end_ends_its_tokens() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let tokens = tokens(&app, &client, "openid").await.json();
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 200);
    assert_eq!(manage(&app, Method::DELETE, &client, &json!({})).await.status, 204);
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
}

#[tokio::test]
async fn a_client_that_becomes_public_loses_its_secret_and_one_that_becomes_confidential_gets_one() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let mut wanted = web();
    wanted["client_id"] = client["client_id"].clone();
    wanted["token_endpoint_auth_method"] = "none".into();
    assert_eq!(manage(&app, Method::PUT, &client, &wanted).await.status, 200);
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK)];
    let old = client["client_secret"].as_str();
    assert_eq!(app.token(text(&client, "client_id"), old, &form).await.status, 401);
    wanted["token_endpoint_auth_method"] = "client_secret_basic".into();
    let page = manage(&app, Method::PUT, &client, &wanted).await;
    let new = page.json();
    assert_ne!(new["client_secret"], client["client_secret"]);
    let page = app.token(text(&client, "client_id"), new["client_secret"].as_str(), &form).await;
    assert_eq!(text(&page.json(), "error"), "invalid_grant");
}

#[tokio::test]
async fn a_token_manages_its_own_client_and_no_other() {
    let app = App::demo().await;
    let (mine, theirs) = (registered(&app, &web()).await, registered(&app, &web()).await);
    let path = |id: &str| format!("/oauth2/register/{id}");
    let token = mine["registration_access_token"].as_str();
    let secret = theirs["client_secret"].as_str();
    let theirs = text(&theirs, "client_id");
    for (id, token) in [(theirs, token), ("demo-web", token), ("nobody", token), (theirs, None), (theirs, secret)] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let mut wanted = web();
            wanted["client_id"] = id.into();
            let page = request(&app, method, &path(id), token, &wanted).await;
            assert_eq!(page.status, 401, "{id} {token:?}");
            assert!(page.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
}

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

/// A server on the loopback address that nobody may reach, unless by exception.
async fn inside(body: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&asked);
    let answer = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready(body)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(get(answer))).await });
    (port, asked)
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

/// OpenID Connect Core, section 8.1.
#[tokio::test]
async fn clients_of_one_sector_know_a_person_by_the_same_subject() {
    let app = App::demo().await;
    let (port, _) = inside("[\"https://example.com/callback\"]").await;
    let allow = vec![format!("127.0.0.1:{port}").parse().unwrap()];
    let timeout = Duration::from_secs(10);
    let outgoing = Outgoing::new(&OutgoingSettings { allow, timeout, ..OutgoingSettings::default() }).unwrap();
    app.ctx.go_out_with(Arc::new(outgoing));
    let mut asking = web();
    asking["subject_type"] = "pairwise".into();
    let alone = [registered(&app, &asking).await, registered(&app, &asking).await];
    asking["sector_identifier_uri"] = format!("http://127.0.0.1:{port}/sector").into();
    let one = registered(&app, &asking).await;
    asking["sector_identifier_uri"] = format!("http://127.0.0.1:{port}/another").into();
    let two = registered(&app, &asking).await;
    let mut subjects = Vec::new();
    for client in alone.iter().chain([&one, &two]) {
        let bearer = format!("Bearer {}", text(&tokens(&app, client, "openid").await.json(), "access_token"));
        let page = app.get("/userinfo", &[("authorization", &bearer)]).await;
        subjects.push(text(&page.json(), "sub").to_owned());
    }
    assert_eq!(subjects[2], subjects[3], "the same host");
    subjects.dedup();
    assert_eq!(subjects.len(), 3, "{subjects:?}");

    let subject = |uri, user| model::pairwise::in_sector(&app.ctx, uri, uuid::Uuid::from_u128(user)).unwrap();
    let known = subject("https://one.example/sector", 1);
    assert_eq!(known, subject("https://one.example/another", 1));
    assert_ne!(known, subject("https://one.example/sector", 2), "somebody else");
    assert_ne!(known, subject("https://two.example/sector", 1), "another sector");
}

/// What the tests of OpenID Connect providers need, which send neither a nonce nor PKCE.
#[tokio::test]
async fn registered_clients_get_the_configured_profile_as_far_as_it_fits() {
    let plain = [("scope", "openid"), ("nonce", "")];
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let page = app.browser().get(&authorize_url(text(&client, "client_id"), &plain)).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");

    let app = App::with(|settings| settings.registration_profile = Profile::Classic).await;
    let client = registered(&app, &web()).await;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(&authorize_url(text(&client, "client_id"), &plain)).await;
    let answer = browser.allow(page).await.redirect_parameters();
    let form = [("grant_type", "authorization_code"), ("code", answer["code"].as_str()), ("redirect_uri", CALLBACK)];
    let page = app.token(text(&client, "client_id"), client["client_secret"].as_str(), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for (name, value) in [
        ("token_endpoint_auth_method", json!("none")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("grant_types", json!(["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"])),
    ] {
        let mut asking = web();
        asking[name] = value;
        asking["jwks"] = json!({"keys": [Key::new().public]});
        let client = registered(&app, &asking).await;
        let client = model::cache::client(&app.ctx, text(&client, "client_id")).await.unwrap().unwrap();
        assert_eq!(client.profile, Profile::Standard, "{asking}");
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
