//! Portal users as subjects: an application asks somebody with a portal account to sign in.

use model::{minutes, seconds};
use serde_json::{Value, json};

use crate::harness::{App, Browser, Page, authorize_url, claims, encode};

const DEV: &str = "dev@portico.test";
const APP: (&str, &str) = ("demo-app", "demo-app-secret");

fn url(more: &[(&str, &str)]) -> String {
    let mut parameters = vec![("scope", "openid profile email")];
    parameters.extend_from_slice(more);
    authorize_url(APP.0, &parameters)
}

async fn redeem(app: &App, code: &str) -> Value {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://example.com/callback")];
    let page = app.token(APP.0, Some(APP.1), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

async fn tokens(app: &App, browser: &mut Browser, url: &str) -> Value {
    let page = browser.follow(url).await;
    let page = if page.status == 200 { browser.allow(page).await } else { page };
    redeem(app, &page.redirect_parameters()["code"]).await
}

async fn userinfo(app: &App, tokens: &Value) -> Value {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    app.get("/userinfo", &[("authorization", &bearer)]).await.json()
}

#[tokio::test]
async fn a_portal_user_signs_in_consents_and_is_known() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = browser.get(&url(&[])).await;
    assert_eq!(page.status, 303);
    let to = page.header("location").unwrap().to_owned();
    assert!(to.starts_with("/signin?return_to=%2Fconsent%3Fi%3D"), "{to}");
    let page = browser.get(&to).await;
    let mut form = page.form("/signin");
    let page = browser.submit_following(form.set("email", DEV).set("password", model::demo::PASSWORD)).await;
    assert!(page.text().contains("Workbench would like to"), "{}", page.text());
    assert!(page.text().contains(DEV), "the person sees which account it is");
    let page = browser.allow(page).await;
    let answer = page.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("the-state", "openid profile email"));

    let tokens = redeem(&app, &answer["code"]).await;
    let id_token = claims(&tokens["id_token"]);
    assert_eq!(id_token["amr"], json!(["pwd"]));
    assert_eq!(id_token["acr"], "urn:portico:acr:password");
    assert!(id_token.get("email").is_none(), "claims of scopes are in userinfo");
    let info = userinfo(&app, &tokens).await;
    assert_eq!(info["sub"], id_token["sub"]);
    assert_eq!((info["name"].as_str(), info["email"].as_str()), (Some("Dev Eloper"), Some(DEV)));
    assert_eq!(info["email_verified"], true);
    assert!(info.get("address").is_none() && info.get("phone_number").is_none(), "{info}");

    // Signed in and consented: no page at all.
    let page = browser.get(&url(&[("prompt", "none")])).await;
    let again = redeem(&app, &page.redirect_parameters()["code"]).await;
    assert_eq!(claims(&again["id_token"])["auth_time"], id_token["auth_time"], "single sign-on changes nothing");
}

#[tokio::test]
async fn claims_asked_for_one_by_one_are_told() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let wanted = r#"{"userinfo":{"name":{"essential":true},"nothing_like_this":null},"id_token":{"email":null}}"#;
    let tokens = tokens(&app, &mut browser, &url(&[("scope", "openid"), ("claims", wanted)])).await;
    assert_eq!(tokens["scope"], "openid");
    let info = userinfo(&app, &tokens).await;
    assert_eq!(info["name"], "Dev Eloper");
    assert!(info.get("email").is_none() && info.get("nothing_like_this").is_none(), "{info}");
    assert_eq!(claims(&tokens["id_token"])["email"], DEV);
    for broken in ["[]", "{\"userinfo\":1}", "{\"id_token\":{},\"id_token\":{}}", "name"] {
        let page = browser.get(&url(&[("claims", broken)])).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{broken}");
    }
}

#[tokio::test]
async fn prompt_login_and_max_age_ask_anew() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let first = tokens(&app, &mut browser, &url(&[])).await;
    app.clock.advance(minutes(5));
    let page = browser.get(&url(&[("max_age", "3600")])).await;
    let second = redeem(&app, &page.redirect_parameters()["code"]).await;
    assert_eq!(claims(&first["id_token"])["auth_time"], claims(&second["id_token"])["auth_time"]);
    for asking in [("prompt", "login"), ("max_age", "60")] {
        app.clock.advance(minutes(5));
        let page = browser.get(&url(&[asking])).await;
        let to = page.header("location").unwrap().to_owned();
        assert!(to.starts_with("/signin?again=1&return_to="), "{asking:?} {to}");
        let page = browser.get(&to).await;
        assert_eq!(page.status, 200, "a living session does not answer for the person");
        let mut form = page.form("/signin");
        let page = browser.submit_following(form.set("email", DEV).set("password", model::demo::PASSWORD)).await;
        let tokens = redeem(&app, &page.redirect_parameters()["code"]).await;
        let now = app.ctx.now().seconds();
        assert_eq!(claims(&tokens["id_token"])["auth_time"], now, "{asking:?}");
    }
    let page = browser.get(&url(&[("prompt", "none"), ("max_age", "0")])).await;
    app.clock.advance(seconds(1));
    let page = if page.redirect_parameters().contains_key("code") {
        browser.get(&url(&[("prompt", "none"), ("max_age", "0")])).await
    } else {
        page
    };
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}

#[tokio::test]
async fn an_acr_that_is_essential_and_not_met_is_said() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let voluntary = tokens(&app, &mut browser, &url(&[("acr_values", "urn:portico:acr:mfa")])).await;
    assert_eq!(claims(&voluntary["id_token"])["acr"], "urn:portico:acr:password");
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["urn:portico:acr:mfa"]}}}"#;
    let page = browser.get(&url(&[("claims", essential), ("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "unmet_authentication_requirements");
}

#[tokio::test]
async fn e5_a_subscriber_is_no_portal_user_and_the_other_way_round() {
    let app = App::demo().await;
    let mut subscriber = app.sign_in_subscriber("+46701740605").await;
    let page = subscriber.get(&url(&[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
    let mut user = app.sign_in_portal(DEV).await;
    let page = user.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}

#[tokio::test]
async fn the_end_of_the_portal_session_is_the_end_of_single_sign_on() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = tokens(&app, &mut browser, &url(&[("scope", "openid offline_access")])).await;
    let hint = tokens["id_token"].as_str().unwrap();
    let query =
        encode(&[("id_token_hint", hint), ("post_logout_redirect_uri", "https://example.com/"), ("state", "bye")]);
    let page = browser.get(&format!("/oauth2/sessions/logout?{query}")).await;
    assert_eq!((page.status, page.header("location")), (303, Some("https://example.com/?state=bye")));
    let page = browser.get(&url(&[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
    let page: Page = browser.get("/account").await;
    assert_eq!(page.status, 303, "the portal knows it too");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
}

#[tokio::test]
async fn rauthy_0_32_a_suspended_user_refreshes_nothing() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = tokens(&app, &mut browser, &url(&[("scope", "openid offline_access")])).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    app.execute(&format!("UPDATE users SET suspended_at = 1 WHERE email_key = '{DEV}'")).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let page = app.token(APP.0, Some(APP.1), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")));
    let page = browser.get(&url(&[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}
