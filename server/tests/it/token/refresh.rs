//! Refresh tokens: rotation, replay, ends.

use model::{hours, minutes, seconds};

use super::{NUMBER, refused, text, userinfo};
use crate::harness::App;

#[tokio::test]
async fn c1_a_replayed_refresh_token_revokes_the_family_but_a_lost_response_does_not() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let first = text(&tokens, "refresh_token");
    let second = text(&app.refresh(&first).await.json(), "refresh_token");
    app.clock.advance(seconds(5));
    let again = app.refresh(&first).await.json();
    assert_eq!(text(&again, "refresh_token"), second, "the same successor");

    let third = app.refresh(&second).await.json();
    refused(&app.refresh(&first).await, "invalid_grant");
    refused(&app.refresh(&text(&third, "refresh_token")).await, "invalid_grant");
    assert_eq!(userinfo(&app, &text(&third, "access_token")).await.status, 401);

    // The retry has its window.
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let first = text(&tokens, "refresh_token");
    let second = text(&app.refresh(&first).await.json(), "refresh_token");
    app.clock.advance(minutes(2));
    refused(&app.refresh(&first).await, "invalid_grant");
    refused(&app.refresh(&second).await, "invalid_grant");
}

#[tokio::test]
async fn c3_zitadel_ghsa_xqxv_a_refresh_token_of_another_client_is_refused_and_recorded() {
    let app = App::demo().await;
    let tokens = app.tokens("phone offline_access", NUMBER).await;
    let refresh = text(&tokens, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    refused(&app.token("demo-spa", None, &form).await, "invalid_grant");
    refused(&app.token("demo-reports", Some("demo-reports-secret"), &form).await, "invalid_grant");
    assert_eq!(app.refresh(&refresh).await.status, 200, "it was not used up");
}

#[tokio::test]
async fn c4_refreshing_never_widens_the_scope() {
    let app = App::demo().await;
    let tokens = app.tokens("phone offline_access", NUMBER).await;
    let refresh = text(&tokens, "refresh_token");
    let form = |scope: &'static str, token: String| async move { (scope, token) };
    let (scope, token) = form("phone openid", refresh.clone()).await;
    let page = app
        .token(
            "demo-web",
            Some("demo-web-secret"),
            &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)],
        )
        .await;
    refused(&page, "invalid_scope");
    let page = app
        .token(
            "demo-web",
            Some("demo-web-secret"),
            &[("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "phone")],
        )
        .await;
    assert_eq!(page.json()["scope"], "phone", "narrower is fine, and the refused try cost nothing");
    let next = text(&page.json(), "refresh_token");
    assert_eq!(app.refresh(&next).await.json()["scope"], "phone offline_access", "the grant itself was not narrowed");
}

#[tokio::test]
async fn c5_a_refresh_token_ends_for_good() {
    let app = App::demo().await;
    let mut token = text(&app.tokens("phone offline_access", NUMBER).await, "refresh_token");
    for _ in 0..8 {
        app.clock.advance(hours(24 * 20));
        token = text(&app.refresh(&token).await.json(), "refresh_token");
    }
    app.clock.advance(hours(24 * 21));
    refused(&app.refresh(&token).await, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_that_nobody_uses_ends() {
    let app = App::demo().await;
    let mut token = text(&app.tokens("phone offline_access", NUMBER).await, "refresh_token");
    app.clock.advance(hours(24 * 89));
    token = text(&app.refresh(&token).await.json(), "refresh_token");
    app.clock.advance(hours(24 * 90) + seconds(1));
    refused(&app.refresh(&token).await, "invalid_grant");
}

#[tokio::test]
async fn no_refresh_token_without_offline_access() {
    let app = App::demo().await;
    let tokens = app.tokens("phone", NUMBER).await;
    assert!(tokens.get("refresh_token").is_none());
}
