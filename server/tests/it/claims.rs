//! The `claims` parameter (OpenID Connect Core, section 5.5) where the person is a subscriber.

use serde_json::{Value, json};

use crate::harness::{App, Browser, authorize_url};

const NUMBER: &str = "+46701740605";
const IN_USERINFO: &str = r#"{"userinfo":{"phone_number":{"essential":true}}}"#;
const IN_ID_TOKEN: &str = r#"{"id_token":{"phone_number":null,"phone_number_verified":null,"email":null}}"#;

fn url(scope: &str, claims: &str) -> String {
    authorize_url("demo-web", &[("scope", scope), ("claims", claims)])
}

async fn tokens(app: &App, browser: &mut Browser, url: &str) -> Value {
    let page = browser.follow(url).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let page = app.redeem(&code).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

/// What userinfo and the ID token tell about the number.
async fn told(app: &App, tokens: &Value) -> (Value, Value) {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let info = app.get("/userinfo", &[("authorization", &bearer)]).await.json();
    let id_token = crate::harness::jwt::claims(&tokens["id_token"]);
    let of = |claims: Value| json!([claims["phone_number"], claims["phone_number_verified"]]);
    (of(info), of(id_token))
}

#[tokio::test]
async fn a_claim_of_a_subscriber_is_told_where_it_was_asked_for() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let nothing = json!([null, null]);
    let first = tokens(&app, &mut browser, &url("openid", IN_USERINFO)).await;
    assert_eq!(first["scope"], "openid", "the claim alone, and not its scope");
    assert_eq!(told(&app, &first).await, (json!([NUMBER, null]), nothing.clone()), "nothing beside it");
    let second = tokens(&app, &mut browser, &url("openid", IN_ID_TOKEN)).await;
    assert_eq!(told(&app, &second).await, (nothing, json!([NUMBER, true])));
    // Profile `classic` has the number in the ID token with the scope; it is there once.
    let third = tokens(&app, &mut browser, &url("openid phone", IN_ID_TOKEN)).await;
    assert_eq!(told(&app, &third).await, (json!([NUMBER, true]), json!([NUMBER, true])));
    let payload = third["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    assert_eq!(String::from_utf8(payload).unwrap().matches("\"phone_number\"").count(), 1);
}

#[tokio::test]
async fn a_claim_is_consented_to_like_its_scope() {
    let mut app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &url("openid", IN_USERINFO), NUMBER).await;
    assert!(page.text().contains("Know your phone number"), "{}", page.text());
    // Without the claim nobody has said yes to it.
    let mut other = app.sign_in_subscriber("+46701740606").await;
    tokens(&app, &mut other, &authorize_url("demo-web", &[("scope", "openid")])).await;
    let unasked = authorize_url("demo-web", &[("scope", "openid"), ("claims", IN_USERINFO), ("prompt", "none")]);
    assert_eq!(other.get(&unasked).await.redirect_parameters()["error"], "consent_required");
    // Who may leave the scope out may leave the claim out.
    app.execute("UPDATE product_scopes SET optional = TRUE WHERE scope = 'phone'").await;
    let (ctx, router) = app.second_node().await;
    (app.ctx, app.router) = (ctx, router);
    let mut third = app.sign_in_subscriber("+46701740607").await;
    let tokens = tokens(&app, &mut third, &url("openid", IN_USERINFO)).await;
    assert_eq!(told(&app, &tokens).await.0, json!([null, null]), "nothing was ticked");
}

#[tokio::test]
async fn h5_a_claim_gives_nothing_that_its_scope_would_not() {
    let app = App::demo().await;
    let metadata = json!({"scope": "openid offline_access"});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-web'")).await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &url("openid", IN_USERINFO), NUMBER).await;
    assert!(!page.text().contains("Know your phone number"), "{}", page.text());
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let tokens = app.redeem(&code).await.json();
    assert_eq!(told(&app, &tokens).await.0, json!([null, null]), "the client has not registered the scope");
}

#[tokio::test]
async fn what_the_product_has_lost_since_is_told_no_more() {
    let mut app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let wanted = r#"{"userinfo":{"phone_number":null},"id_token":{"phone_number":null}}"#;
    let tokens = tokens(&app, &mut browser, &url("openid offline_access", wanted)).await;
    let page = app.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(told(&app, &page).await, (json!([NUMBER, null]), json!([NUMBER, null])), "as long as it is enabled");
    app.execute("DELETE FROM product_scopes WHERE scope = 'phone'").await;
    let (ctx, router) = app.second_node().await;
    (app.ctx, app.router) = (ctx, router);
    let page = app.refresh(page["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(told(&app, &page).await, (json!([null, null]), json!([null, null])));
}
