//! How clients prove who they are.

use serde_json::json;

use super::{CALLBACK, NUMBER, introspect, refused, text, userinfo};
use crate::harness::{App, basic};

#[tokio::test]
async fn d1_a_secret_in_the_header_and_in_the_body_is_refused() {
    let app = App::demo().await;
    let form =
        [("grant_type", "client_credentials"), ("client_id", "demo-reports"), ("client_secret", "demo-reports-secret")];
    refused(&app.token("demo-reports", Some("demo-reports-secret"), &form).await, "invalid_request");
    assert_eq!(app.post("/oauth2/token", &[], &form).await.status, 200, "each alone is fine");
}

#[tokio::test]
async fn d2_a_client_id_that_differs_between_body_and_header_is_refused() {
    let app = App::demo().await;
    let form = [("grant_type", "client_credentials"), ("client_id", "demo-web")];
    refused(&app.token("demo-reports", Some("demo-reports-secret"), &form).await, "invalid_request");
}

#[tokio::test]
async fn d7_no_secret_is_kept_in_the_clear() {
    let app = App::demo().await;
    app.token("demo-reports", Some("demo-reports-secret"), &[("grant_type", "client_credentials")]).await;
    let client = model::cache::client(&app.ctx, "demo-reports").await.unwrap().unwrap();
    assert_eq!(client.secrets[0].hash, model::secret::hash("demo-reports-secret"));
    assert!(!format!("{client:?}").contains("demo-reports-secret"));
}

#[tokio::test]
async fn d8_wrong_secrets_are_slowed_down_and_lock_nobody_out() {
    let app = App::demo().await;
    let form = [("grant_type", "client_credentials")];
    let mut statuses = Vec::new();
    for n in 0..110 {
        statuses.push(app.token("demo-reports", Some(&format!("wrong-{n}")), &form).await.status);
    }
    assert_eq!(statuses[0], 401);
    assert_eq!(statuses[109], 429);
    let page = app.token("demo-reports", Some("demo-reports-secret"), &form).await;
    assert_eq!(page.status, 200, "the right secret still works: {}", page.body);
}

#[tokio::test]
async fn d9_a_confidential_client_must_authenticate() {
    let app = App::demo().await;
    let page = app.token("demo-reports", None, &[("grant_type", "client_credentials")]).await;
    refused(&page, "invalid_client");
    assert!(page.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic")));
    let code = app.code("phone", NUMBER).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    refused(&app.token("demo-web", None, &form).await, "invalid_client");
    // And a public one has no secret to send.
    refused(&app.token("demo-spa", Some("anything"), &form).await, "invalid_client");
}

#[tokio::test]
async fn basic_authentication_is_understood_raw_and_form_encoded_to_the_last_dash() {
    let app = App::demo().await;
    for (user, password) in [
        ("demo-reports", "demo-reports-secret"),
        ("demo%2Dreports", "demo%2Dreports%2Dsecret"),
        ("%64emo%2dreports", "demo-reports%2Dsecret"),
    ] {
        let authorization = basic(user, password);
        let page = app
            .post("/oauth2/token", &[("authorization", &authorization)], &[("grant_type", "client_credentials")])
            .await;
        assert_eq!(page.status, 200, "{user}: {}", page.body);
    }
}

#[tokio::test]
async fn client_credentials_speak_for_the_client_and_empty_scope_means_the_default() {
    let app = App::demo().await;
    for form in [
        vec![("grant_type", "client_credentials")],
        vec![("grant_type", "client_credentials"), ("scope", "")],
        vec![("grant_type", "client_credentials"), ("scope", "metrics.read")],
    ] {
        let tokens = app.token("demo-reports", Some("demo-reports-secret"), &form).await.json();
        assert_eq!(tokens["scope"], "metrics.read", "{form:?}");
        assert_eq!(tokens["expires_in"], 3600);
        let access = text(&tokens, "access_token");
        let told = introspect(&app, &access).await;
        assert_eq!(
            (&told["active"], &told["sub"], &told["client_id"]),
            (&json!(true), &json!("demo-reports"), &json!("demo-reports"))
        );
        assert_eq!(userinfo(&app, &access).await.status, 403, "it is about no person");
    }
    let form = [("grant_type", "client_credentials"), ("scope", "phone")];
    refused(&app.token("demo-reports", Some("demo-reports-secret"), &form).await, "invalid_scope");
}

#[tokio::test]
async fn token_errors_have_registered_codes() {
    let app = App::demo().await;
    let reports = ("demo-reports", Some("demo-reports-secret"));
    refused(&app.token(reports.0, reports.1, &[]).await, "invalid_request");
    refused(&app.token(reports.0, reports.1, &[("grant_type", "password")]).await, "unsupported_grant_type");
    refused(
        &app.token("demo-web", Some("demo-web-secret"), &[("grant_type", "authorization_code")]).await,
        "invalid_request",
    );
    refused(&app.redeem("nonsense").await, "invalid_grant");
    refused(&app.token("nobody", Some("nothing"), &[("grant_type", "client_credentials")]).await, "invalid_client");
    refused(
        &app.token(reports.0, reports.1, &[("grant_type", "client_credentials"), ("grant_type", "client_credentials")])
            .await,
        "invalid_request",
    );
    let authorization = basic("demo-reports", "demo-reports-secret");
    let page =
        app.post("/oauth2/token", &[("authorization", "Bearer x")], &[("grant_type", "client_credentials")]).await;
    refused(&page, "invalid_client");
    let page = crate::harness::send(
        &app.router,
        axum::http::Method::POST,
        "/oauth2/token",
        &[("authorization", &authorization), ("content-type", "application/json")],
        "{}".into(),
    )
    .await;
    refused(&page, "invalid_request");
}
