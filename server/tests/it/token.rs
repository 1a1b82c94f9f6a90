//! The token endpoint and what its tokens open: grants, introspection, userinfo, revocation,
//! logout, metadata.

mod clients;
mod codes;
mod keys;
mod refresh;

use model::{
    entity::{TokenFormat, client},
    hours, minutes,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::harness::{App, Page, URL, VERIFIER, authorize_url, basic, claims, header};

const NUMBER: &str = "+46701740605";
const CALLBACK: &str = "https://example.com/callback";

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

#[track_caller]
fn refused(page: &Page, code: &str) {
    assert_eq!(page.json()["error"], code, "{}", page.body);
    assert_eq!(page.status, if code == "invalid_client" { 401 } else { 400 });
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

async fn userinfo(app: &App, token: &str) -> Page {
    app.get("/userinfo", &[("authorization", &format!("Bearer {token}"))]).await
}

async fn introspect(app: &App, token: &str) -> Value {
    let authorization = basic("demo-web", "demo-web-secret");
    app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", token)]).await.json()
}

#[tokio::test]
async fn the_walkthrough_of_the_seed_field_for_field() {
    let app = App::demo().await;
    let code = app.code("phone offline_access", NUMBER).await;
    let page = app.redeem(&code).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("application/json"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let tokens = page.json();
    let fields: Vec<&String> = tokens.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "phone offline_access");
    assert_eq!(tokens["token_type"], "bearer");

    let page = userinfo(&app, &text(&tokens, "access_token")).await;
    let about = page.json();
    let fields: Vec<&String> = about.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["phone_number", "phone_number_verified", "sid", "sub"]);
    assert_eq!(about["phone_number"], NUMBER);
    assert_eq!(about["phone_number_verified"], true);
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_when_and_how() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let claims = claims(&text(&tokens, "id_token"));
    assert_eq!(claims["iss"], URL);
    assert_eq!(claims["aud"], json!(["demo-web"]));
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["phone_number"], NUMBER, "profile classic");
    assert_eq!(claims["amr"], json!(["sms"]));
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|iat| iat + 3600));
    let about = userinfo(&app, &text(&tokens, "access_token")).await.json();
    assert_eq!(claims["sub"], about["sub"]);
    assert_eq!(claims["sid"], about["sid"]);
    for absent in ["rat", "phone", "email"] {
        assert!(claims.get(absent).is_none());
    }
    // A refreshed one keeps who and when.
    app.clock.advance(minutes(5));
    let refreshed = app.refresh(&text(&tokens, "refresh_token")).await.json();
    let again = crate::harness::claims(&text(&refreshed, "id_token"));
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(claims[same], again[same], "{same}");
    }
    assert_ne!(claims["iat"], again["iat"]);
}

#[tokio::test]
async fn profile_standard_has_the_phone_number_only_in_userinfo() {
    let app = App::demo().await;
    let answer = app.authorize(&authorize_url("demo-spa", &[]), NUMBER).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let tokens = app.token("demo-spa", None, &form).await.json();
    assert!(claims(&text(&tokens, "id_token")).get("phone_number").is_none());
    assert_eq!(userinfo(&app, &text(&tokens, "access_token")).await.json()["phone_number"], NUMBER);
}

#[tokio::test]
async fn zitadel_cve_2026_27840_an_altered_cut_or_extended_token_is_none() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let access = text(&tokens, "access_token");
    for altered in [
        &access[..access.len() - 1],
        &access[1..],
        &format!("{access}A"),
        &access.to_lowercase(),
        &access.replacen('A', "B", 1),
    ] {
        if altered != access {
            assert_eq!(userinfo(&app, altered).await.status, 401, "{altered}");
        }
    }
    // One kind is never another.
    let refresh = text(&tokens, "refresh_token");
    assert_eq!(userinfo(&app, &refresh).await.status, 401);
    assert_eq!(userinfo(&app, &text(&tokens, "id_token")).await.status, 401);
    refused(&app.refresh(&access).await, "invalid_grant");
    refused(&app.redeem(&refresh).await, "invalid_grant");
}

#[tokio::test]
async fn introspection_says_what_a_living_token_is_and_nothing_else() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid phone", NUMBER).await, "access_token");
    let told = introspect(&app, &access).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["scope"], "openid phone");
    assert_eq!(told["iss"], URL);
    assert_eq!(told["token_type"], "bearer");
    let page = app.post("/oauth2/introspect", &[], &[("token", &access), ("client_id", "demo-spa")]).await;
    refused(&page, "invalid_client");
    assert_eq!(introspect(&app, "nonsense").await, json!({"active": false}));
    app.clock.advance(hours(1));
    assert_eq!(introspect(&app, &access).await, json!({"active": false}));
}

#[tokio::test]
async fn an_access_token_can_be_a_jwt_that_names_nobody_and_ends_like_any_other() {
    let app = App::demo().await;
    let url = app.database.replacen("sqlite:", "sqlite://", 1);
    let database = sea_orm::Database::connect(url).await.expect("the test's database");
    let changed = client::Entity::update_many()
        .set(client::ActiveModel { token_format: Set(TokenFormat::Jwt), ..Default::default() })
        .filter(client::Column::ClientId.eq("demo-web"))
        .exec(&database)
        .await
        .expect("demo-web is there");
    assert_eq!(changed.rows_affected, 1);

    let access = text(&app.tokens("openid phone", NUMBER).await, "access_token");
    let header = header(&access);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let said = claims(&access);
    assert_eq!(
        (&said["iss"], &said["client_id"], &said["scope"]),
        (&json!(URL), &json!("demo-web"), &json!("openid phone"))
    );
    assert!(!said.to_string().contains(NUMBER.trim_start_matches('+')), "{said}");

    let about = userinfo(&app, &access).await.json();
    assert_eq!((&about["phone_number"], &about["sub"]), (&json!(NUMBER), &said["sub"]));
    assert_eq!(introspect(&app, &access).await["active"], true);
    // An ID token is signed by us too, and opens nothing.
    let id_token = text(&app.tokens("openid phone", NUMBER).await, "id_token");
    assert_eq!(userinfo(&app, &id_token).await.status, 401);

    let authorization = basic("demo-web", "demo-web-secret");
    let revoked = app.post("/oauth2/revoke", &[("authorization", &authorization)], &[("token", &access)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(userinfo(&app, &access).await.status, 401);
    assert_eq!(introspect(&app, &access).await, json!({"active": false}));
}

#[tokio::test]
async fn userinfo_takes_the_token_in_the_header_or_the_form_and_challenges_otherwise() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid phone", NUMBER).await, "access_token");
    assert_eq!(app.get("/userinfo", &[("authorization", &format!("bEaReR {access}"))]).await.status, 200);
    assert_eq!(app.post("/userinfo", &[], &[("access_token", &access)]).await.json()["phone_number"], NUMBER);
    let page = app.get("/userinfo", &[]).await;
    assert_eq!((page.status, page.header("www-authenticate")), (401, Some("Bearer realm=\"portico\"")));
    let page = userinfo(&app, "nonsense").await;
    assert!(page.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_token")));
    let access = text(&app.tokens("openid", NUMBER).await, "access_token");
    assert!(userinfo(&app, &access).await.json().get("phone_number").is_none(), "left out, not null");
}

#[tokio::test]
async fn revocation_ends_an_access_token_alone_and_a_refresh_token_with_its_family() {
    let app = App::demo().await;
    let authorization = basic("demo-web", "demo-web-secret");
    let headers = [("authorization", authorization.as_str())];
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let access = text(&tokens, "access_token");
    assert_eq!(app.post("/oauth2/revoke", &headers, &[("token", &access)]).await.status, 200);
    assert_eq!(userinfo(&app, &access).await.status, 401);
    let tokens = app.refresh(&text(&tokens, "refresh_token")).await.json();
    let refresh = text(&tokens, "refresh_token");

    // Not by somebody else, not anonymously.
    let form = [("token", refresh.as_str()), ("client_id", "demo-spa")];
    refused(&app.post("/oauth2/revoke", &[], &form).await, "invalid_grant");
    refused(&app.post("/oauth2/revoke", &[], &[("token", &refresh)]).await, "invalid_client");

    assert_eq!(
        app.post("/oauth2/revoke", &headers, &[("token", &refresh), ("token_type_hint", "access_token")]).await.status,
        200
    );
    refused(&app.refresh(&refresh).await, "invalid_grant");
    assert_eq!(userinfo(&app, &text(&tokens, "access_token")).await.status, 401);
    assert_eq!(
        app.post("/oauth2/revoke", &headers, &[("token", "nonsense")]).await.status,
        200,
        "RFC 7009, section 2.2"
    );
}

#[tokio::test]
async fn logout_with_the_sessions_own_hint_ends_it_and_returns() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let tokens = app.redeem(&code).await.json();
    let hint = text(&tokens, "id_token");
    app.clock.advance(hours(2));
    let url = format!(
        "/oauth2/sessions/logout?id_token_hint={hint}&post_logout_redirect_uri=https%3A%2F%2Fexample.com%2F&state=bye"
    );
    let stolen = browser.clone();
    let page = browser.get(&url).await;
    assert_eq!(
        page.location().as_deref(),
        Some("https://example.com/?state=bye"),
        "an expired hint is fine: {}",
        page.text()
    );
    for mut browser in [browser, stolen] {
        let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
        assert_eq!(page.redirect_parameters()["error"], "login_required", "a copy of the cookie is void too");
    }
}

#[tokio::test]
async fn k1_logout_without_a_hint_asks_first() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    browser.allow(page).await;
    let page = browser.get("/oauth2/sessions/logout").await;
    assert_eq!(page.status, 200);
    let still = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert!(still.redirect_parameters().contains_key("code"), "nothing has happened yet");
    let page = browser.submit_following(&page.form("/oauth2/sessions/logout")).await;
    assert_eq!(page.status, 200);
    let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}

#[tokio::test]
async fn a6_logout_returns_only_to_a_registered_uri_of_the_hinted_client() {
    let app = App::demo().await;
    let hint = text(&app.tokens("openid", NUMBER).await, "id_token");
    for (hint, back) in [
        (hint.as_str(), "https://evil.example/"),
        (hint.as_str(), "https://example.com"),
        ("", "https://example.com/"),
        ("eyJhbGciOiJub25lIn0.e30.", "https://example.com/"),
    ] {
        let url = format!(
            "/oauth2/sessions/logout?{}",
            crate::harness::encode(&[("id_token_hint", hint), ("post_logout_redirect_uri", back)])
        );
        let page = app.get(&url, &[]).await;
        assert_eq!((page.status, page.location()), (200, None), "{back}");
        assert!(page.body.contains("not registered for the product"), "the page says so: {}", page.body);
    }
}

#[tokio::test]
async fn the_subject_is_pairwise_by_product() {
    let app = App::demo().await;
    let one = userinfo(&app, &text(&app.tokens("openid", NUMBER).await, "access_token")).await.json();
    let again = userinfo(&app, &text(&app.tokens("openid phone", NUMBER).await, "access_token")).await.json();
    assert_eq!(one["sub"], again["sub"]);
    let other = userinfo(&app, &text(&app.tokens("openid", "+46701740606").await, "access_token")).await.json();
    assert_ne!(one["sub"], other["sub"]);
    assert_eq!(text(&one, "sub").len(), 64);
}

#[tokio::test]
async fn metadata_is_as_it_was_agreed() {
    let app = App::demo().await;
    let openid = app.get("/.well-known/openid-configuration", &[]).await.json();
    let oauth = app.get("/.well-known/oauth-authorization-server", &[]).await.json();
    assert_eq!(openid, oauth);
    assert_eq!(openid["token_endpoint_auth_methods_supported"][0], "client_secret_basic");
    insta::assert_json_snapshot!(openid);
}

#[tokio::test]
async fn m5_nobody_keeps_a_copy_of_tokens() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone", NUMBER).await;
    let page = userinfo(&app, &text(&tokens, "access_token")).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
}
