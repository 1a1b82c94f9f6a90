//! Scopes that are for one moment alone, such as those of number verification (CAMARA): they give no
//! refresh token, and keep the scopes beside them from it.

use model::demo::SUBSCRIBER;

use crate::harness::{App, authorize_url, basic};

const SCOPES: [&str; 2] = ["number-verification:verify", "number-verification:device-phone-number:read"];

/// The demo world, where Voicebox has enabled them.
async fn world() -> App {
    let app = App::demo().await;
    for scope in SCOPES {
        app.execute(&format!(
            "INSERT INTO product_scopes (product_id, scope, optional) \
             SELECT id, '{scope}', true FROM products WHERE name = 'Voicebox'"
        ))
        .await;
    }
    app
}

#[tokio::test]
async fn c7_for_number_verification_no_refresh_token_is_issued() {
    let app = world().await;
    for scope in SCOPES {
        let asked = format!("openid offline_access {scope}");
        let mut browser = app.browser();
        let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("scope", &asked)]), SUBSCRIBER).await;
        assert!(!page.text().contains("Keep this access"), "nothing is asked for that is not given: {}", page.text());
        let mut form = page.form("/consent");
        let page = browser.submit(form.add("scope", scope).press("decision", "allow")).await;
        let answer = page.redirect_parameters();
        assert_eq!(answer["scope"], format!("openid {scope}"), "{answer:?}");
        let tokens = app.redeem(&answer["code"]).await.json();
        assert_eq!(tokens["scope"], format!("openid {scope}"), "{tokens}");
        assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    }
    assert_eq!(app.texts("grants", "scopes").await.len(), 2);
    assert!(app.texts("grants", "CAST(refresh_generation AS TEXT)").await.iter().all(|generation| generation == "0"));
    // Without them there is one, as ever.
    let tokens = app.tokens("openid offline_access", SUBSCRIBER).await;
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
}

#[tokio::test]
async fn c7_nor_for_what_is_answered_on_the_phone() {
    let app = world().await;
    let scope = format!("openid offline_access {}", SCOPES[0]);
    let authorization = basic("demo-call", "demo-call-secret");
    let form = [("scope", scope.as_str()), ("login_hint", SUBSCRIBER)];
    let begun = app.post("/oauth2/bc-authorize", &[("authorization", &authorization)], &form).await.json();
    let mut browser = app.browser();
    let page = browser.get(&app.mailed_link(SUBSCRIBER).await).await;
    assert!(!page.text().contains("Keep this access"), "{}", page.text());
    browser.submit(page.form("/approve").add("scope", SCOPES[0]).press("decision", "allow")).await;
    let id = begun["auth_req_id"].as_str().unwrap();
    let form = [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", id)];
    let tokens = app.token("demo-call", Some("demo-call-secret"), &form).await.json();
    assert_eq!(tokens["scope"], format!("openid {}", SCOPES[0]), "{tokens}");
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
}

#[tokio::test]
async fn c7_what_is_for_one_moment_alone_from_now_on_is_refreshed_no_more() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let url = authorize_url("demo-web", &[("scope", "openid offline_access voicemail.get")]);
    let page = app.log_in(&mut browser, &url, SUBSCRIBER).await;
    let mut form = page.form("/consent");
    let page = browser.submit(form.add("scope", "voicemail.get").press("decision", "allow")).await;
    let tokens = app.redeem(&page.redirect_parameters()["code"]).await.json();
    assert_eq!(tokens["scope"], "openid offline_access voicemail.get");
    app.execute("UPDATE scopes SET refreshable = false WHERE name = 'voicemail.get'").await;
    let (_, router) = app.second_node().await;
    let authorization = basic("demo-web", "demo-web-secret");
    let headers = [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let page = crate::harness::send(&router, axum::http::Method::POST, "/oauth2/token", &headers, body.into()).await;
    assert_eq!(page.json()["scope"], "openid offline_access", "{}", page.body);
}

#[tokio::test]
async fn who_names_no_scopes_keeps_the_refresh_token() {
    let app = world().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("scope", "")]), SUBSCRIBER).await;
    let page = browser.allow(page).await;
    let tokens = app.redeem(&page.redirect_parameters()["code"]).await.json();
    assert_eq!(tokens["scope"], "offline_access openid phone", "{tokens}");
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
}
