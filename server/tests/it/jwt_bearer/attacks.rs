//! What an issuer that is trusted with little, or a client that is, must not achieve.

use super::*;

/// Moves to a node that has read nothing yet.
async fn move_on(app: &mut App) {
    let (ctx, router) = app.second_node().await;
    app.ctx = ctx;
    app.router = router;
}

#[tokio::test]
async fn who_cannot_keep_a_secret_gets_nothing() {
    let app = App::demo().await;
    let metadata = format!("{{\"grant_types\":[\"{GRANT}\"]}}");
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-spa'")).await;
    let assertion = Key::new().sign(json!({}), &claims(&app, NUMBER));
    let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
    assert_eq!(error(&app.token("demo-spa", None, &form).await), "unauthorized_client");
}

#[tokio::test]
async fn a_service_without_a_written_subject_is_nobody() {
    let (app, key) = service().await;
    app.execute("UPDATE client_issuers SET subject = NULL").await;
    assert_eq!(error(&redeem(&app, &key.sign(json!({}), &claims(&app, SUBJECT))).await), "invalid_grant");
}

#[tokio::test]
async fn a_service_asks_for_no_api_that_is_not_registered() {
    let (app, key) = service().await;
    let assertion = key.sign(json!({}), &claims(&app, SUBJECT));
    let page = redeem_as(&app, REPORTS, &assertion, &[("resource", "https://api.example/")]).await;
    assert_eq!(error(&page), "invalid_target");
}

#[tokio::test]
async fn a_service_gets_no_scope_of_another_api_than_it_names() {
    let (mut app, key) = service().await;
    app.execute("UPDATE scopes SET resource = 'https://api.example/' WHERE name = 'metrics.read'").await;
    let metadata = json!({"grant_types": [GRANT], "resources": ["https://api.example/", "urn:other"]});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-reports'")).await;
    move_on(&mut app).await;
    let ask = async |more: &[(&str, &str)]| {
        let assertion = key.sign(json!({}), &claims(&app, SUBJECT));
        redeem_as(&app, REPORTS, &assertion, more).await
    };
    assert_eq!(error(&ask(&[("resource", "urn:other"), ("scope", "metrics.read")]).await), "invalid_scope");
    assert_eq!(error(&ask(&[("resource", "urn:other")]).await), "invalid_target");
    assert_eq!(ask(&[("resource", "https://api.example/")]).await.json()["scope"], "metrics.read");
}

#[tokio::test]
async fn h5_an_issuer_gives_neither_what_refreshes_nor_what_the_client_has_not_registered() {
    let mut app = App::demo().await;
    let key = people(&app, &["openid", "phone"]).await;
    app.execute("UPDATE client_issuers SET scopes = 'openid phone offline_access'").await;
    app.tokens("openid phone offline_access", NUMBER).await;
    let assertion = |app: &App| key.sign(json!({}), &claims(app, NUMBER));
    let page = redeem_as(&app, CALL, &assertion(&app), &[]).await;
    assert_eq!(page.json()["scope"], "openid phone");
    let page = redeem_as(&app, CALL, &assertion(&app), &[("scope", "openid offline_access")]).await;
    assert_eq!(error(&page), "invalid_scope");
    let metadata = format!("{{\"grant_types\":[\"{GRANT}\"],\"scope\":\"openid\"}}");
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-call'")).await;
    move_on(&mut app).await;
    let page = redeem_as(&app, CALL, &assertion(&app), &[]).await;
    assert_eq!(page.json()["scope"], "openid");
}

#[tokio::test]
async fn h8_a_client_that_knows_people_pairwise_names_them_by_no_other_name() {
    let mut app = App::demo().await;
    let key = Key::new();
    let jwk = key.public.to_string();
    let fields = [("issuer", ISSUER), ("jwks", jwk.as_str()), ("scopes", "openid")];
    assert_eq!(trust(&app, PEOPLE.0, &fields).await.status, 200);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow(&authorize_url(PEOPLE.0, &[("scope", "openid email profile offline_access")])).await;
    browser.allow(page).await;
    let id = app.user_id("dev@portico.test").await;
    let dev = format!("usr_{}", id.simple());
    let ask = async |app: &App, sub: &str| redeem_as(app, PEOPLE, &key.sign(json!({}), &claims(app, sub)), &[]).await;
    assert_eq!(ask(&app, &dev).await.status, 200);
    for other in [format!("usr_{id}"), format!("usr_{}", id.simple().to_string().to_uppercase())] {
        assert_eq!(error(&ask(&app, &other).await), "invalid_grant", "{other}");
    }
    let metadata = format!("{{\"grant_types\":[\"{GRANT}\"],\"subject_type\":\"pairwise\"}}");
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-app'")).await;
    move_on(&mut app).await;
    assert_eq!(error(&ask(&app, &dev).await), "invalid_grant");
}

#[tokio::test]
async fn c7_what_is_for_one_moment_alone_is_for_nobody_who_is_not_there() {
    let app = App::demo().await;
    app.execute("UPDATE scopes SET refreshable = false WHERE name = 'voicemail.get'").await;
    let key = people(&app, &["openid", "phone", "voicemail.get"]).await;
    app.tokens("openid phone offline_access", NUMBER).await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("scope", "openid voicemail.get")]), NUMBER).await;
    let page = browser.submit(page.form("/consent").add("scope", "voicemail.get").press("decision", "allow")).await;
    assert_eq!(page.redirect_parameters()["scope"], "openid voicemail.get", "they have allowed it, being there");
    let assertion = || key.sign(json!({}), &claims(&app, NUMBER));
    let page = redeem_as(&app, CALL, &assertion(), &[]).await;
    assert_eq!(page.json()["scope"], "openid phone", "{}", page.body);
    let page = redeem_as(&app, CALL, &assertion(), &[("scope", "voicemail.get")]).await;
    assert_eq!(error(&page), "invalid_scope");
}
