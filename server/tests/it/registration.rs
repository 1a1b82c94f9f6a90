//! Clients that register themselves (RFC 7591) and manage that (RFC 7592).

mod refused;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Method, routing::get};
use model::{client::Profile, limit::Rule, minutes};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};
use tokio::net::TcpListener;

use crate::{
    fapi::Key,
    harness::{App, CHALLENGE, Page, URL, VERIFIER, authorize_url, send},
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
