//! Codes: once, soon, by whom they were given to.

use model::{minutes, seconds};
use serde_json::json;

use super::{CALLBACK, NUMBER, introspect, refused, text, userinfo};
use crate::harness::{App, VERIFIER, authorize_url};

#[tokio::test]
async fn b1_replay_of_a_code_revokes_what_it_gave_also_later() {
    let app = App::demo().await;
    let code = app.code("openid phone offline_access", NUMBER).await;
    let tokens = app.redeem(&code).await.json();
    app.clock.advance(seconds(30));
    refused(&app.redeem(&code).await, "invalid_grant");
    assert_eq!(userinfo(&app, &text(&tokens, "access_token")).await.status, 401);
    assert_eq!(introspect(&app, &text(&tokens, "access_token")).await, json!({"active": false}));
    refused(&app.refresh(&text(&tokens, "refresh_token")).await, "invalid_grant");
    // Once expired, a replay is noticed as well.
    let code = app.code("openid phone offline_access", "+46701740606").await;
    let tokens = app.redeem(&code).await.json();
    app.clock.advance(minutes(10));
    refused(&app.redeem(&code).await, "invalid_grant");
    refused(&app.refresh(&text(&tokens, "refresh_token")).await, "invalid_grant");
}

/// What came first may have ended meanwhile: the refresh token that it gave has not.
#[tokio::test]
async fn b1_a_replay_is_noticed_though_whoever_it_was_about_is_gone() {
    let app = App::demo().await;
    let code = app.code("openid phone offline_access", NUMBER).await;
    let tokens = app.redeem(&code).await.json();
    assert_eq!(app.texts("grants", "scopes").await.len(), 1);
    app.execute("UPDATE subscribers SET ended_at = 1").await;
    assert_eq!(app.redeem(&code).await.json()["error"], "invalid_grant");
    app.execute("UPDATE subscribers SET ended_at = NULL").await;
    assert_eq!(app.refresh(&text(&tokens, "refresh_token")).await.json()["error"], "invalid_grant");
    assert!(app.texts("audit_events", "action").await.contains(&"client.code_replayed".to_owned()));
}

#[tokio::test]
async fn b3_an_expired_code_gives_nothing() {
    let app = App::demo().await;
    let code = app.code("phone", NUMBER).await;
    app.clock.advance(seconds(61));
    refused(&app.redeem(&code).await, "invalid_grant");
}

#[tokio::test]
async fn b4_zitadel_ghsa_xqxv_a_code_of_another_client_is_refused_and_recorded() {
    let app = App::demo().await;
    let code = app.code("phone", NUMBER).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    refused(&app.token("demo-reports", Some("demo-reports-secret"), &form).await, "invalid_grant");
    refused(&app.token("demo-spa", None, &form).await, "invalid_grant");
    let owner = model::cache::client(&app.ctx, "demo-web").await.unwrap().unwrap().organization_id;
    let log = model::audit::of_organization(&app.ctx, owner, None, 50).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.action == "client.foreign_grant").count(), 2);
    // It was not used up: its own client still can.
    assert_eq!(app.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn b5_another_redirect_uri_is_refused() {
    let app = App::demo().await;
    let code = app.code("phone", NUMBER).await;
    for other in ["http://127.0.0.1:8765/callback", "https://example.com/callback/", "https://evil.example/"] {
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", other)];
        refused(&app.token("demo-web", Some("demo-web-secret"), &form).await, "invalid_grant");
    }
    // Without PKCE it must be there (RFC 6749, section 4.1.3).
    let form = [("grant_type", "authorization_code"), ("code", code.as_str())];
    refused(&app.token("demo-web", Some("demo-web-secret"), &form).await, "invalid_request");
}

#[tokio::test]
async fn authentik_cve_2023_48228_b6_a_verifier_that_is_missing_wrong_or_unexpected_is_refused() {
    let app = App::demo().await;
    let answer = app.authorize(&authorize_url("demo-spa", &[]), NUMBER).await;
    let form = |verifier: Option<&'static str>| {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", answer["code"].as_str()),
            ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        form
    };
    refused(&app.token("demo-spa", None, &form(None)).await, "invalid_grant");
    refused(
        &app.token("demo-spa", None, &form(Some("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"))).await,
        "invalid_grant",
    );
    assert_eq!(app.token("demo-spa", None, &form(Some(VERIFIER))).await.status, 200);

    // Downgrade: the challenge was taken out of the request.
    let code = app.code("phone", NUMBER).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    refused(&app.token("demo-web", Some("demo-web-secret"), &form).await, "invalid_grant");
}
