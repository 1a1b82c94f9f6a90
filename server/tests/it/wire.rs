//! What clients in the field rely on, as they send it.

mod browsers;
mod libraries;

use axum::{body::Body, http::Method};
use model::{demo::SUBSCRIBER, minutes};
use serde_json::json;

use crate::harness::{App, URL, authorize_url, basic, claims, send};

const WEB: (&str, Option<&str>) = ("demo-web", Some("demo-web-secret"));

#[tokio::test]
async fn the_issuer_is_as_configured_slash_and_all() {
    for issuer in [URL.to_owned(), format!("{URL}/")] {
        let configured = issuer.clone();
        let app = App::with(move |settings| settings.issuer = configured).await;
        let metadata = app.get("/.well-known/openid-configuration", &[("host", "evil.example")]).await.json();
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["token_endpoint"], format!("{URL}/oauth2/token"), "no slash twice");
        let answer = app.authorize(&authorize_url("demo-web", &[("scope", "openid")]), SUBSCRIBER).await;
        assert_eq!(answer["iss"], issuer);
        let tokens = app.redeem(&answer["code"]).await.json();
        assert_eq!(claims(&tokens["id_token"])["iss"], issuer);
    }
}

#[tokio::test]
async fn what_nobody_knows_is_ignored() {
    let app = App::demo().await;
    let url = authorize_url("demo-web", &[("claims_locales", "sv"), ("vtr", "[\"P1\"]"), ("utm_source", "mail")]);
    let answer = app.authorize(&url, SUBSCRIBER).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "https://example.com/callback"),
        ("unheard_of", "x"),
    ];
    assert_eq!(app.token(WEB.0, WEB.1, &form).await.status, 200);
}

#[tokio::test]
async fn no_scope_and_an_empty_one_are_the_default() {
    let app = App::demo().await;
    let mut seen = Vec::new();
    for more in [&[("scope", "")][..], &[("scope", " ")]] {
        let answer = app.authorize(&authorize_url("demo-web", more), SUBSCRIBER).await;
        seen.push(answer["scope"].clone());
    }
    let url = format!("{}&scope=", authorize_url("demo-web", &[("scope", "")]));
    seen.push(app.authorize(&url, SUBSCRIBER).await["scope"].clone());
    assert!(seen.iter().all(|scope| *scope == seen[0] && scope.contains("phone")), "{seen:?}");
}

#[tokio::test]
async fn prompt_is_a_list() {
    let app = App::demo().await;
    let url = authorize_url("demo-web", &[("prompt", "login consent")]);
    app.authorize(&authorize_url("demo-web", &[]), SUBSCRIBER).await;
    let mut browser = app.browser();
    app.clock.advance(minutes(31));
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), SUBSCRIBER).await;
    assert!(page.redirect_parameters().contains_key("code"), "signed in and allowed before");
    app.clock.advance(minutes(31));
    let page = app.log_in(&mut browser, &url, SUBSCRIBER).await;
    assert!(page.form("/consent").get("i").is_some(), "both are asked again");
    assert!(browser.allow(page).await.redirect_parameters().contains_key("code"));
    for wrong in ["none login", "none consent", "login none", "none select_account"] {
        let page = browser.get(&authorize_url("demo-web", &[("prompt", wrong)])).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn without_pages_the_client_learns_which_one_was_needed() {
    let app = App::demo().await;
    let silent = authorize_url("demo-web", &[("prompt", "none")]);
    let error =
        async |browser: &mut crate::harness::Browser| browser.get(&silent).await.redirect_parameters()["error"].clone();
    assert_eq!(error(&mut app.browser()).await, "login_required");
    assert_eq!(error(&mut app.sign_in_subscriber(SUBSCRIBER).await).await, "consent_required");
    // Fjordmobil has not enabled the product, which only a page could tell the person.
    assert_eq!(error(&mut app.sign_in_subscriber("+4790000000").await).await, "interaction_required");
}

#[tokio::test]
async fn a_first_try_that_failed_keeps_nobody_from_the_second() {
    let app = App::demo().await;
    let form = [("grant_type", "client_credentials")];
    for _ in 0..3 {
        let wrong = app.token("demo-reports", Some("wrong"), &form).await;
        assert_eq!((wrong.status, wrong.json()["error"].as_str()), (401, Some("invalid_client")));
        assert!(wrong.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic ")));
        let body = [form[0], ("client_id", "demo-reports"), ("client_secret", "demo-reports-secret")];
        assert_eq!(app.post("/oauth2/token", &[], &body).await.status, 200);
    }
}

#[tokio::test]
async fn a_refreshed_id_token_is_about_the_same_sign_in() {
    let app = App::demo().await;
    let first = app.tokens("openid offline_access", SUBSCRIBER).await;
    app.clock.advance(minutes(90));
    let page = app.refresh(first["refresh_token"].as_str().unwrap()).await;
    let second = page.json();
    let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
    for same in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
        assert_eq!(before[same], after[same], "{same}");
        assert!(!after[same].is_null(), "{same}");
    }
    assert_eq!(after["iat"].as_i64().unwrap() - before["iat"].as_i64().unwrap(), 90 * 60);
    assert!(after.get("nonce").is_none(), "OpenID Connect Core, section 12.2");
}

#[tokio::test]
async fn a_subject_survives_a_change_of_number() {
    let app = App::demo().await;
    let before = claims(&app.tokens("openid", SUBSCRIBER).await["id_token"]);
    let other = "+46701740690";
    app.execute(&format!("UPDATE subscribers SET phone_number = '{other}' WHERE phone_number = '{SUBSCRIBER}'")).await;
    let after = claims(&app.tokens("openid", other).await["id_token"]);
    assert_eq!(before["sub"], after["sub"]);
    assert!(!before["sub"].as_str().unwrap().contains("46701740605"), "it names no number");
}

#[tokio::test]
async fn nobody_chooses_a_client_id() {
    let app = App::demo().await;
    let subject = claims(&app.tokens("openid", SUBSCRIBER).await["id_token"])["sub"].as_str().unwrap().to_owned();
    let body =
        json!({"client_id": subject, "client_secret": "mine", "redirect_uris": ["https://example.com/callback"]});
    let headers = [("content-type", "application/json")];
    let page = send(&app.router, Method::POST, "/oauth2/register", &headers, Body::from(body.to_string())).await;
    let told = page.json();
    assert_eq!(page.status, 201, "{told}");
    assert_ne!(told["client_id"], json!(subject), "its own token would speak for the subscriber");
    assert_ne!(told["client_secret"], "mine");
}

#[tokio::test]
async fn a_resource_is_one_that_the_client_may_ask_for() {
    let app = App::demo().await;
    let foreign = "https://api.example/elsewhere";
    let page = app.get(&authorize_url("demo-web", &[("resource", foreign)]), &[]).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_target");
    let form = [("grant_type", "client_credentials"), ("resource", foreign)];
    let page = app.token("demo-reports", Some("demo-reports-secret"), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_target")));

    let own = "https://api.example/reports";
    app.execute(&format!(
        "UPDATE clients SET metadata = '{}' WHERE client_id = 'demo-reports'",
        json!({"grant_types": ["client_credentials"], "resources": [own]})
    ))
    .await;
    let (_, router) = app.second_node().await;
    let authorization = basic("demo-reports", "demo-reports-secret");
    let headers = [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
    let ask =
        async |path: &str, body: String| send(&router, Method::POST, path, &headers, Body::from(body)).await.json();
    let tokens = ask("/oauth2/token", format!("grant_type=client_credentials&resource={own}")).await;
    let told = ask("/oauth2/introspect", format!("token={}", tokens["access_token"].as_str().unwrap())).await;
    assert_eq!(told["aud"], own);
}
