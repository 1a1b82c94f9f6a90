//! Devices without a browser (RFC 8628). The device is the demo world's `demo-spa` for
//! subscribers and `demo-app` for portal users.

mod attacks;

use model::{hours, limit::Rule, minutes, seconds};
use serde_json::{Value, json};

use crate::{
    harness::{App, Browser, Page, authorize_url, basic},
    second_factor::WithApp,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const SPA: (&str, Option<&str>) = ("demo-spa", None);
pub const APP: (&str, Option<&str>) = ("demo-app", Some("demo-app-secret"));
const NUMBER: &str = "+46701740605";

async fn begin_with(app: &App, (id, secret): (&str, Option<&str>), more: &[(&str, &str)]) -> Page {
    match secret {
        Some(secret) => app.post("/oauth2/device/auth", &[("authorization", &basic(id, secret))], more).await,
        None => app.post("/oauth2/device/auth", &[], &[&[("client_id", id)], more].concat()).await,
    }
}

pub async fn begin(app: &App, client: (&str, Option<&str>), scope: &str) -> Value {
    let page = begin_with(app, client, &[("scope", scope)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

pub async fn poll(app: &App, (id, secret): (&str, Option<&str>), begun: &Value) -> Page {
    let code = begun["device_code"].as_str().unwrap();
    app.token(id, secret, &[("grant_type", GRANT), ("device_code", code)]).await
}

fn error(page: &Page) -> String {
    assert!(page.status >= 400, "{}", page.body);
    page.json()["error"].as_str().unwrap().to_owned()
}

/// Enters a code; the page that says who asks, or the one that says what is wrong.
pub async fn enter(browser: &mut Browser, code: &str) -> Page {
    let page = browser.get("/device").await;
    browser.submit_following(page.form("/device").set("user_code", code)).await
}

pub async fn go(browser: &mut Browser, page: &Page) -> Page {
    browser.submit_following(page.form("/device/confirm").press("decision", "go")).await
}

/// Signs the device in with a living session of the browser, and allows everything.
pub async fn sign_in(browser: &mut Browser, begun: &Value) -> Page {
    let page = enter(browser, begun["user_code"].as_str().unwrap()).await;
    let page = go(browser, &page).await;
    if page.select("h1").iter().any(|title| title.contains("device")) { page } else { browser.allow(page).await }
}

async fn userinfo(app: &App, tokens: &Value) -> Page {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    app.get("/userinfo", &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn a_subscriber_signs_a_device_in() {
    let app = App::demo().await;
    let begun = begin(&app, SPA, "openid phone offline_access").await;
    let code = begun["user_code"].as_str().unwrap();
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
    assert!(code.replace('-', "").bytes().all(|b| b"BCDFGHJKLMNPQRSTVWXZ".contains(&b)), "{code}");
    assert_eq!((begun["expires_in"].as_i64(), begun["interval"].as_i64()), (Some(600), Some(5)));
    assert_eq!(begun["verification_uri"], "http://127.0.0.1:3000/device");
    assert_eq!(error(&poll(&app, SPA, &begun).await), "authorization_pending");

    // The whole code in the address only fills the field in.
    let mut browser = app.browser();
    let page = browser.get(begun["verification_uri_complete"].as_str().unwrap()).await;
    assert_eq!(page.form("/device").get("user_code"), Some(code));
    let page = enter(&mut browser, &code.to_lowercase().replace('-', " ")).await;
    let text = page.text();
    assert!(text.contains("Sign in to Voicebox on a device?"), "{text}");
    assert!(text.contains("from the internet address 127.0.0.1"), "{text}");
    assert!(text.contains("only if you have started this yourself"), "{text}");
    let page = go(&mut browser, &page).await;
    let page = browser.submit_following(page.form("/login").set("number", NUMBER)).await;
    let pin = app.pin(NUMBER).await;
    let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    assert!(page.text().contains("You go on at the device that shows the code."), "{}", page.text());
    let page = browser.allow(page).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("You can close this page"), "{}", page.text());
    assert!(page.text().contains("support@nordtel.test"), "the operator's help stays: {}", page.text());

    app.clock.advance(seconds(5));
    let page = poll(&app, SPA, &begun).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string(), "{tokens}");
    assert_eq!(userinfo(&app, &tokens).await.json()["phone_number"], NUMBER);
}

#[tokio::test]
async fn a_portal_user_signs_a_device_in() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid email").await;
    let mut browser = app.browser();
    let page = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
    let page = go(&mut browser, &page).await;
    let mut form = page.form("/signin");
    let form = form.set("email", "dev@portico.test").set("password", model::demo::PASSWORD);
    let page = browser.submit_following(form).await;
    let page = browser.allow(page).await;
    assert!(page.text().contains("Your device is signed in"), "{}", page.text());
    let page = poll(&app, APP, &begun).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    assert!(tokens.get("refresh_token").is_none());
    assert_eq!(userinfo(&app, &tokens).await.json()["email"], "dev@portico.test");
}

#[tokio::test]
async fn l4_the_page_that_warns_cannot_be_skipped() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid email").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let warned = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
    let sealed = warned.form("/device/confirm").get("i").unwrap().to_owned();
    // Neither by address, nor with the answer of another consent page.
    for path in ["/consent", "/login"] {
        let page = browser.follow(&format!("{path}?i={sealed}")).await;
        assert!(page.select("form[action='/consent']").is_empty(), "{path}: {}", page.text());
    }
    let page = browser.follow(&format!("/consent?i={sealed}")).await;
    assert_eq!(page.select("h1"), warned.select("h1"));
    let redirect = ("redirect_uri", "http://127.0.0.1:8765/callback");
    let other = browser.get(&authorize_url("demo-app", &[redirect, ("scope", "openid email")])).await;
    let page = browser.submit_following(other.form("/consent").set("i", &sealed).press("decision", "allow")).await;
    assert_eq!(page.select("h1"), warned.select("h1"));
    app.clock.advance(seconds(6));
    assert_eq!(error(&poll(&app, APP, &begun).await), "authorization_pending");
    // Who has said that it is theirs goes on.
    let page = go(&mut browser, &page).await;
    browser.allow(page).await;
    app.clock.advance(seconds(6));
    assert_eq!(poll(&app, APP, &begun).await.status, 200);
}

/// Somebody else may have begun it and talked the person into entering the code (RFC 8628, section
/// 5.4): what was allowed before is no reason to say nothing.
#[tokio::test]
async fn l4_what_a_device_gets_is_shown_also_when_it_was_allowed_before() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    for scope in ["openid email address", "openid"] {
        let before = begin(&app, APP, scope).await;
        sign_in(&mut browser, &before).await;
        let begun = begin(&app, APP, scope).await;
        let page = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
        let page = go(&mut browser, &page).await;
        let text = page.text();
        assert!(text.contains("Signed in as dev@portico.test"), "{text}");
        assert_eq!(text.contains("Know your e-mail address"), scope.contains("email"), "{text}");
        assert_eq!(error(&poll(&app, APP, &begun).await), "authorization_pending", "nothing counts before");
        app.clock.advance(seconds(6));
        let page = browser.allow(page).await;
        assert!(page.text().contains("Your device is signed in"), "{}", page.text());
        assert_eq!(poll(&app, APP, &begun).await.status, 200);
    }
}

#[tokio::test]
async fn who_says_no_denies_it_and_an_answer_counts_once() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    let code = begun["user_code"].as_str().unwrap();
    let mut owner = app.sign_in_portal("dev@portico.test").await;
    let asked = enter(&mut owner, code).await;
    let mut other = app.browser();
    let page = enter(&mut other, code).await;
    let page = other.submit_following(page.form("/device/confirm").press("decision", "stop")).await;
    assert!(page.text().contains("Your device is not signed in"), "{}", page.text());
    assert_eq!(error(&poll(&app, APP, &begun).await), "access_denied");
    let page = go(&mut owner, &asked).await;
    let page = owner.allow(page).await;
    assert_eq!(page.status, 410, "{}", page.text());
    assert_eq!(error(&poll(&app, APP, &begun).await), "access_denied");
    assert!(enter(&mut other, code).await.text().contains("No device waits with this code"));
}

#[tokio::test]
async fn an_operator_that_has_not_enabled_the_product_denies_it() {
    let app = App::demo().await;
    let begun = begin(&app, SPA, "openid").await;
    let mut browser = app.browser();
    let page = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
    let page = go(&mut browser, &page).await;
    let number = "+4790000000";
    let page = browser.submit_following(page.form("/login").set("number", number)).await;
    let pin = app.pin(number).await;
    let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    assert_eq!(page.select("h1"), ["Fjordmobil has not enabled Voicebox"]);
    let page = browser.submit_following(page.form("/consent").press("decision", "cancel")).await;
    assert!(page.text().contains("Your device is not signed in"), "{}", page.text());
    assert_eq!(error(&poll(&app, SPA, &begun).await), "access_denied");
}

#[tokio::test]
async fn l1_a_poll_too_soon_slows_the_client_down() {
    let app = App::demo().await;
    let begun = begin(&app, SPA, "openid").await;
    assert_eq!(error(&poll(&app, SPA, &begun).await), "authorization_pending");
    app.clock.advance(seconds(4));
    assert_eq!(error(&poll(&app, SPA, &begun).await), "slow_down");
    app.clock.advance(seconds(9));
    assert_eq!(error(&poll(&app, SPA, &begun).await), "slow_down", "ten seconds by now");
    app.clock.advance(seconds(15));
    assert_eq!(error(&poll(&app, SPA, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn l2_zitadel_ghsa_xqxv_a_device_code_of_another_client_gives_nothing_and_is_noted() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    sign_in(&mut browser, &begun).await;
    assert_eq!(error(&poll(&app, SPA, &begun).await), "invalid_grant");
    let actions = app.texts("audit_events", "action").await;
    assert_eq!(actions.iter().filter(|action| *action == "client.foreign_grant").count(), 1);
    // Whose it is gets it all the same.
    assert_eq!(poll(&app, APP, &begun).await.status, 200);
}

#[tokio::test]
async fn mas_2024_12_a_device_code_works_once_and_a_replay_revokes() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    sign_in(&mut browser, &begun).await;
    let tokens = poll(&app, APP, &begun).await.json();
    assert_eq!(userinfo(&app, &tokens).await.status, 200);
    app.clock.advance(minutes(11));
    assert_eq!(error(&poll(&app, APP, &begun).await), "invalid_grant");
    assert_eq!(userinfo(&app, &tokens).await.status, 401, "what it gave is revoked");
}

#[tokio::test]
async fn a_device_says_how_strong_the_sign_in_is_to_be() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let wish = [("scope", "openid"), ("acr_values", "urn:portico:acr:mfa")];
    let begun = begin_with(&app, APP, &wish).await.json();
    sign_in(&mut browser, &begun).await;
    let tokens = poll(&app, APP, &begun).await.json();
    let id_token = crate::harness::jwt::claims(&tokens["id_token"]);
    assert_eq!(id_token["acr"], "urn:portico:acr:password", "there is no second factor");
    WithApp::new(&app, "dev@portico.test").await;
    let begun = begin_with(&app, APP, &wish).await.json();
    let page = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
    let page = go(&mut browser, &page).await;
    assert!(page.path.starts_with("/signin?again=1"), "{}", page.path);
}

#[tokio::test]
async fn a_device_gets_a_token_for_the_api_that_it_names() {
    let app = App::demo().await;
    let api = "https://api.example/";
    let metadata = json!({"grant_types": [GRANT, "refresh_token"], "resources": [api]});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-app'")).await;
    app.execute(&format!("UPDATE scopes SET resource = '{api}' WHERE name = 'email'")).await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let begun = begin_with(&app, APP, &[("resource", api)]).await.json();
    sign_in(&mut browser, &begun).await;
    let tokens = poll(&app, APP, &begun).await.json();
    assert!(tokens["scope"].as_str().unwrap().split(' ').any(|scope| scope == "email"), "{tokens}");
    let form = [("token", tokens["access_token"].as_str().unwrap())];
    let told = app.post("/oauth2/introspect", &[("authorization", &basic(APP.0, APP.1.unwrap()))], &form).await;
    assert_eq!(told.json()["aud"], api);
}

#[tokio::test]
async fn of_many_polls_at_once_one_is_answered() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    sign_in(&mut browser, &begun).await;
    let polls = futures::future::join_all((0..8).map(|_| poll(&app, APP, &begun))).await;
    assert_eq!(polls.iter().filter(|page| page.status == 200).count(), 1);
}

#[tokio::test]
async fn l7_a_device_code_ends() {
    let app = App::demo().await;
    let pending = begin(&app, APP, "openid").await;
    let approved = begin(&app, APP, "openid").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    sign_in(&mut browser, &approved).await;
    let late = enter(&mut browser, pending["user_code"].as_str().unwrap()).await;
    app.clock.advance(minutes(10));
    for begun in [&pending, &approved] {
        assert_eq!(error(&poll(&app, APP, begun).await), "expired_token");
    }
    let page = go(&mut browser, &late).await;
    assert_eq!(browser.allow(page).await.status, 410);
    assert_eq!(enter(&mut browser, pending["user_code"].as_str().unwrap()).await.status, 422, "nobody waits any more");
    app.clock.advance(hours(2));
    model::device::sweep(&app.ctx).await.unwrap();
    assert_eq!(error(&poll(&app, APP, &pending).await), "invalid_grant");
    assert!(app.texts("device_requests", "state").await.is_empty());
}

#[tokio::test]
async fn l8_user_codes_are_not_found_by_trying() {
    let app = App::with(|settings| settings.limits.device_wrong_address = Rule::new(3, minutes(15))).await;
    let begun = begin(&app, APP, "openid").await;
    let code = begun["user_code"].as_str().unwrap();
    let mut browser = app.browser();
    for wrong in ["BBBB-BBBB", "<script>", "BCD"] {
        let page = enter(&mut browser, wrong).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert_eq!(page.form("/device").get("user_code"), Some(wrong));
    }
    let page = enter(&mut browser, code).await;
    assert_eq!(page.status, 429, "also the right one");
    assert!(page.header("retry-after").is_some());
    // A new browser at the same address has no new tries, one elsewhere has.
    let mut again = app.browser();
    again.address = browser.address;
    assert_eq!(enter(&mut again, code).await.status, 429);
    assert_eq!(enter(&mut app.browser(), code).await.status, 200);
    // Nothing of a code can be read from the table.
    let stored = app.texts("device_requests", "user_code_hash").await.concat();
    assert!(!stored.contains(&code.replace('-', "")));
    let stored = app.texts("device_requests", "device_code_hash").await;
    assert_ne!(stored, [begun["device_code"].as_str().unwrap()]);
}

#[tokio::test]
async fn another_browser_and_a_foreign_form_go_nowhere() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    let mut browser = app.browser();
    let page = enter(&mut browser, begun["user_code"].as_str().unwrap()).await;
    let mut victim = app.sign_in_portal("dev@portico.test").await;
    victim.get("/device").await;
    assert_eq!(victim.get(&page.path).await.status, 400, "what one browser began is worth nothing in another");
    let code = begun["user_code"].as_str().unwrap();
    assert_eq!(victim.post_form("/device", &[("user_code", code), ("csrf", "x")]).await.status, 403);
    assert_eq!(error(&poll(&app, APP, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn each_wrong_request_has_its_error() {
    let app = App::demo().await;
    assert_eq!(error(&begin_with(&app, ("demo-web", Some("demo-web-secret")), &[]).await), "unauthorized_client");
    assert_eq!(error(&begin_with(&app, ("demo-app", Some("wrong")), &[]).await), "invalid_client");
    assert_eq!(error(&begin_with(&app, APP, &[("scope", "openid voicemail.get")]).await), "invalid_scope");
    assert_eq!(error(&begin_with(&app, APP, &[("resource", "https://api.example/")]).await), "invalid_target");
    let form = [("grant_type", GRANT)];
    assert_eq!(error(&app.token("demo-app", APP.1, &form).await), "invalid_request");
    let form = [("grant_type", GRANT), ("device_code", "pdc_nobody")];
    assert_eq!(error(&app.token("demo-app", APP.1, &form).await), "invalid_grant");
    assert_eq!(error(&app.token("demo-web", Some("demo-web-secret"), &form).await), "unauthorized_client");
}
