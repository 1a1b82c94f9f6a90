//! Races: of many who try the same once-only thing, one succeeds.

use std::collections::BTreeSet;

use futures::future::join_all;

use crate::harness::App;

const NUMBER: &str = "+46701740605";
const MANY: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b2_of_many_redemptions_of_one_code_one_gives_tokens_and_the_grant_ends_revoked() {
    let app = App::demo().await;
    let code = app.code("openid phone offline_access", NUMBER).await;
    // The token is made after the write that a second redemption revokes, perhaps in the same commit.
    app.clock.run();
    let pages = join_all((0..MANY).map(|_| app.redeem(&code))).await;
    let issued: Vec<_> = pages.iter().filter(|page| page.status == 200).map(|page| page.json()).collect();
    assert_eq!(issued.len(), 1);
    assert!(pages.iter().filter(|page| page.status != 200).all(|page| page.json()["error"] == "invalid_grant"));
    let refresh = issued[0]["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(app.refresh(refresh).await.json()["error"], "invalid_grant", "the grant is revoked");
    let access = issued[0]["access_token"].as_str().expect("an access token");
    let page = app.get("/userinfo", &[("authorization", &format!("Bearer {access}"))]).await;
    assert_eq!(page.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keycloak_cve_2026_1035_c2_of_many_refreshes_of_one_token_one_successor_lives() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let first = tokens["refresh_token"].as_str().expect("a refresh token").to_owned();
    let pages = join_all((0..MANY).map(|_| app.refresh(&first))).await;
    let successors: BTreeSet<String> = pages
        .iter()
        .map(|page| {
            assert_eq!(page.status, 200, "{}", page.body);
            page.json()["refresh_token"].as_str().expect("a refresh token").to_owned()
        })
        .collect();
    assert_eq!(successors.len(), 1, "whoever retried got the same one");
    let successor = successors.into_iter().next().expect("one");
    assert_ne!(successor, first);
    assert_eq!(app.refresh(&successor).await.status, 200, "it lives");
    assert_eq!(app.refresh(&first).await.json()["error"], "invalid_grant", "the first one does not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_node_revokes_is_void_on_another() {
    if crate::harness::postgres().is_none() {
        // SQLite has one node; the same promise there is that of the caches, checked elsewhere.
        let app = App::demo().await;
        let tokens = app.tokens("phone offline_access", NUMBER).await;
        revoke(&app, tokens["access_token"].as_str().expect("a token")).await;
        return;
    }
    let app = App::demo().await;
    let (other, _) = app.second_node().await;
    let tokens = app.tokens("phone offline_access", NUMBER).await;
    let access = tokens["access_token"].as_str().expect("a token");
    assert!(model::token::AccessToken::read(&other, access).is_some());
    revoke(&app, access).await;
    for _ in 0..500 {
        if model::token::AccessToken::read(&other, access).is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the other node has not heard");
}

async fn revoke(app: &App, access: &str) {
    let authorization = crate::harness::basic("demo-web", "demo-web-secret");
    let page = app.post("/oauth2/revoke", &[("authorization", &authorization)], &[("token", access)]).await;
    assert_eq!(page.status, 200);
    assert!(model::token::AccessToken::read(&app.ctx, access).is_none());
}
