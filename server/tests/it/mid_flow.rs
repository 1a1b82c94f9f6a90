//! Our own keys change while somebody is in the middle of something: all of them, those that sign
//! and those that seal, between any two steps. Nobody notices.

use std::collections::BTreeSet;

use model::{
    key::{self, KeyState},
    seconds,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    authenticator::{Authenticator, asked},
    ciba, device,
    fapi::Client,
    harness::{App, Browser, Page, VERIFIER, authorize_url, basic, encode},
    metadata::signer::verified,
    second_factor::{DEV, WithApp, base32, code_of},
};

const NUMBER: &str = "+46701740605";

/// Puts new keys in the place of all.
async fn turn(app: &App) {
    let before = signing(app).await;
    key::rotate_now(&app.ctx).await.unwrap();
    let after = signing(app).await;
    assert!(before.len() == 4 && after.len() == 4 && before.is_disjoint(&after), "three sign, one seals, all are new");
}

async fn signing(app: &App) -> BTreeSet<Uuid> {
    let keys = key::list(&app.ctx).await.unwrap().into_iter();
    keys.filter(|key| key.state == KeyState::Signing).map(|key| key.id).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The claims of a JWT of ours, verified with what is published now.
async fn told(app: &App, jwt: &str) -> Value {
    verified(&app.get("/.well-known/jwks.json", &[]).await.json(), jwt).1
}

/// Goes where a page leads, with new keys before each step.
async fn walk(app: &App, browser: &mut Browser, mut page: Page) -> Page {
    while let Some(to) = page.location().filter(|to| to.starts_with('/')) {
        turn(app).await;
        page = browser.get(&to).await;
    }
    turn(app).await;
    page
}

/// A subscriber's way from the login page to the answer.
async fn subscriber(app: &App, browser: &mut Browser, page: Page) -> Page {
    let page = browser.submit(page.form("/login").set("number", NUMBER)).await;
    let page = walk(app, browser, page).await;
    let pin = app.pin(NUMBER).await;
    let page = browser.submit(page.form("/login/pin").set("pin", &pin)).await;
    let page = walk(app, browser, page).await;
    allow(app, browser, page).await
}

async fn allow(app: &App, browser: &mut Browser, page: Page) -> Page {
    let page = browser.submit(page.form("/consent").press("decision", "allow")).await;
    walk(app, browser, page).await
}

#[tokio::test]
async fn keys_that_change_between_any_two_steps_of_a_subscriber_break_nothing() {
    for format in ["opaque", "jwt"] {
        let app = App::demo().await;
        app.execute(&format!("UPDATE clients SET token_format = '{format}' WHERE client_id = 'demo-web'")).await;
        let mut browser = app.browser();
        let page = browser.get(&authorize_url("demo-web", &[])).await;
        let page = walk(&app, &mut browser, page).await;
        let page = subscriber(&app, &mut browser, page).await;
        let tokens = app.redeem(&page.redirect_parameters()["code"]).await.json();
        let mut refresh = text(&tokens, "refresh_token").to_owned();
        let mut issued = vec![tokens];
        for _ in 0..2 {
            turn(&app).await;
            let page = app.refresh(&refresh).await;
            assert_eq!(page.status, 200, "{}", page.body);
            // The answer is lost, and the client asks again.
            turn(&app).await;
            let page = app.refresh(&refresh).await;
            assert_eq!(page.status, 200, "{}", page.body);
            refresh = text(&page.json(), "refresh_token").to_owned();
            issued.push(page.json());
        }
        let who = told(&app, text(&issued[0], "id_token")).await["sub"].clone();
        for tokens in &issued {
            turn(&app).await;
            let access = text(tokens, "access_token");
            let info = app.get("/userinfo", &[("authorization", &format!("Bearer {access}"))]).await;
            assert_eq!((info.json()["phone_number"].as_str(), &info.json()["sub"]), (Some(NUMBER), &who));
            turn(&app).await;
            let headers = [("authorization", &*basic("demo-web", "demo-web-secret"))];
            let page = app.post("/oauth2/introspect", &headers, &[("token", access)]).await;
            assert_eq!(page.json()["active"], true, "{}", page.body);
            turn(&app).await;
            assert_eq!(told(&app, text(tokens, "id_token")).await["sub"], who);
        }

        // Single sign-on, with the first ID token to say whose.
        let hint = text(&issued[0], "id_token");
        let page = browser.get(&authorize_url("demo-web", &[("prompt", "none"), ("id_token_hint", hint)])).await;
        turn(&app).await;
        assert_eq!(app.redeem(&page.redirect_parameters()["code"]).await.status, 200);
        turn(&app).await;
        let back = "https://example.com/";
        let query = encode(&[("id_token_hint", hint), ("post_logout_redirect_uri", back)]);
        let page = browser.get(&format!("/oauth2/sessions/logout?{query}")).await;
        assert_eq!(page.location().as_deref(), Some(back), "{}", page.text());
        turn(&app).await;
        let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
        assert_eq!(page.redirect_parameters()["error"], "login_required");
        // A refresh token goes on, and what replays it is still found out.
        assert_eq!(app.refresh(&refresh).await.status, 200);
        turn(&app).await;
        assert_eq!(app.refresh(text(&issued[0], "refresh_token")).await.json()["error"], "invalid_grant");
    }
}

/// The longest way: a pushed request, a password, an authenticator app, a signed answer, proofs
/// with nonces.
#[tokio::test]
async fn keys_that_change_between_any_two_steps_of_a_bank_break_nothing() {
    let app = App::with(|settings| settings.dpop_nonces = true).await;
    let dev = WithApp::new(&app, DEV).await;
    let client = Client::new(&app);
    let url = client.pushed(&[("response_mode", "jwt")]).await;
    turn(&app).await;
    let mut browser = app.browser();
    let page = browser.get(&url).await;
    let page = walk(&app, &mut browser, page).await;
    let page = browser.submit(page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD)).await;
    let page = walk(&app, &mut browser, page).await;
    app.clock.advance(seconds(30));
    let page = browser.submit(page.form("/signin/second").set("code", &code_of(&app, &dev.secret))).await;
    let page = walk(&app, &mut browser, page).await;
    let page = allow(&app, &mut browser, page).await;
    let answer = told(&app, &page.redirect_parameters()["response"]).await;

    let prove = |method: &str, path: &str, token: Option<&str>, page: &Page| {
        let mut claims = client.proof_claims(method, path, token);
        claims["nonce"] = page.header("dpop-nonce").expect("a nonce").into();
        client.prove(&claims)
    };
    let code = text(&answer, "code");
    let sent_back = client.redeem(code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(sent_back.json()["error"], "use_dpop_nonce");
    turn(&app).await;
    let mut page = client.redeem(code, Some(&prove("POST", "/oauth2/token", None, &sent_back))).await;
    for _ in 0..3 {
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = page.json();
        turn(&app).await;
        let access = text(&tokens, "access_token");
        let proof = prove("GET", "/userinfo", Some(access), &page);
        let info = client.userinfo("DPoP", access, Some(&proof)).await;
        assert_eq!(info.json()["name"], "Dev Eloper", "{}", info.body);
        turn(&app).await;
        let form = [("token", access)];
        let page_of = client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await;
        assert_eq!(page_of.json()["active"], true, "{}", page_of.body);
        turn(&app).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
        let proof = prove("POST", "/oauth2/token", None, &page);
        page = client.post_with("/oauth2/token", &client.assertion(), Some(&proof), &form).await;
    }
}

#[tokio::test]
async fn keys_that_change_between_any_two_steps_of_a_device_break_nothing() {
    let app = App::demo().await;
    let begun = device::begin(&app, device::SPA, "openid phone offline_access").await;
    turn(&app).await;
    let mut browser = app.browser();
    let page = browser.get("/device").await;
    turn(&app).await;
    let page = browser.submit(page.form("/device").set("user_code", text(&begun, "user_code"))).await;
    let page = walk(&app, &mut browser, page).await;
    assert_eq!(device::poll(&app, device::SPA, &begun).await.json()["error"], "authorization_pending");
    let page = browser.submit(page.form("/device/confirm").press("decision", "go")).await;
    let page = walk(&app, &mut browser, page).await;
    let page = subscriber(&app, &mut browser, page).await;
    assert!(page.text().contains("Your device is signed in"), "{}", page.text());
    app.clock.advance(seconds(5));
    let page = device::poll(&app, device::SPA, &begun).await;
    assert_eq!(page.status, 200, "{}", page.body);
    turn(&app).await;
    let tokens = page.json();
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let page = app.token("demo-spa", None, &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[tokio::test]
async fn keys_that_change_between_any_two_steps_on_the_phone_break_nothing() {
    let app = App::demo().await;
    let begun = ciba::ask(&app, &[("scope", "openid phone offline_access")]).await;
    turn(&app).await;
    let mut browser = app.browser();
    let page = ciba::open(&app, &mut browser).await;
    turn(&app).await;
    let page = ciba::decide(&mut browser, &page, "allow").await;
    assert_eq!(page.status, 200, "{}", page.text());
    turn(&app).await;
    let page = ciba::poll(&app, &begun).await;
    assert_eq!(page.status, 200, "{}", page.body);
    turn(&app).await;
    // Its ID token says whom to ask the next time.
    let id_token = page.json()["id_token"].as_str().unwrap().to_owned();
    let begun = ciba::ask(&app, &[("login_hint", ""), ("id_token_hint", &id_token)]).await;
    turn(&app).await;
    let page = ciba::open(&app, &mut browser).await;
    turn(&app).await;
    ciba::decide(&mut browser, &page, "allow").await;
    turn(&app).await;
    assert_eq!(ciba::poll(&app, &begun).await.status, 200);
}

/// What a portal user has in hand between two steps: an authenticator app that waits for its first
/// code, a passkey's challenge, a form.
#[tokio::test]
async fn keys_that_change_between_any_two_steps_of_the_account_pages_break_nothing() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = browser.get("/signin").await;
    turn(&app).await;
    let page = browser.submit(page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    turn(&app).await;
    let page = browser.get("/account/security/app").await;
    let secret = base32(&page.select(".copyable code")[0]);
    let code = code_of(&app, &secret);
    turn(&app).await;
    let page = browser.submit(page.form("/account/security/app").set("code", &code)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = browser.get("/account/security/passkeys").await;
    let mut key = Authenticator::new(DEV);
    let answer = key.make(&asked(&page));
    turn(&app).await;
    let page =
        browser.submit(page.form("/account/security/passkeys").set("name", "Laptop").set("answer", &answer)).await;
    assert!(matches!(page.status, 200 | 303), "{}", page.text());

    let mut other = app.browser();
    let form = key.sign_in_form(&mut other).await;
    turn(&app).await;
    assert_eq!(other.submit(&form).await.status, 303);
    turn(&app).await;
    assert_eq!(other.get("/account/security").await.status, 200);
}

/// The code and the tokens of one node are good at the other, which has read the new keys.
#[tokio::test]
async fn keys_that_change_on_another_node_break_nothing() {
    let app = App::demo().await;
    let answer = app.authorize(&authorize_url("demo-spa", &[]), NUMBER).await;
    let (other, _) = app.second_node().await;
    key::rotate_now(&other).await.unwrap();
    key::reload(&app.ctx).await.unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let page = app.token("demo-spa", None, &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    let access = model::token::AccessToken::read(&other, text(&tokens, "access_token"));
    assert!(access.is_some(), "both use the same key by now");
    let old = told(&app, text(&tokens, "id_token")).await;
    key::rotate_now(&app.ctx).await.unwrap();
    key::reload(&other).await.unwrap();
    assert_eq!(told(&app, text(&tokens, "id_token")).await, old);
    assert!(model::token::AccessToken::read(&other, text(&tokens, "access_token")).is_some());
}
