//! A client that asks for a stronger sign-in (OpenID Connect Core, section 5.5.1.1; RFC 9470).

use model::{demo::PASSWORD, minutes, totp};
use serde_json::{Value, json};

use crate::{
    harness::{App, Browser, Page, authorize_url},
    second_factor::{DEV, WithApp},
};

const MFA: &str = "urn:portico:acr:mfa";
const PWD: &str = "urn:portico:acr:password";
const SMS: &str = "urn:portico:acr:sms";

fn essential(acr: &str) -> String {
    json!({"id_token": {"acr": {"essential": true, "values": [acr]}}}).to_string()
}

fn url(more: &[(&str, &str)]) -> String {
    authorize_url("demo-app", &[&[("scope", "openid email")], more].concat())
}

/// Signs in at the page that asks for it, with the authenticator app; the page after it.
async fn sign_in(app: &App, browser: &mut Browser, page: Page, secret: &[u8]) -> Page {
    app.clock.advance(minutes(1));
    let page = browser.submit_following(page.form("/signin").set("email", DEV).set("password", PASSWORD)).await;
    let code = totp::code(secret, app.ctx.now().seconds() / 30);
    browser.submit_following(page.form("/signin/second").set("code", &code)).await
}

/// What the ID token of an answer says about the sign-in.
async fn told(app: &App, browser: &mut Browser, page: Page) -> Value {
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let form =
        [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", "https://example.com/callback")];
    let tokens = app.token("demo-app", Some("demo-app-secret"), &form).await.json();
    crate::harness::jwt::claims(&tokens["id_token"])
}

fn error(page: &Page) -> String {
    page.redirect_parameters()["error"].clone()
}

#[tokio::test]
async fn who_has_a_second_factor_is_asked_for_it_where_the_client_insists() {
    let app = App::demo().await;
    // Signed in before there was one.
    let mut browser = app.sign_in_portal(DEV).await;
    let with_app = WithApp::new(&app, DEV).await;
    let page = browser.get(&url(&[("claims", &essential(MFA)), ("prompt", "none")])).await;
    assert_eq!(error(&page), "login_required", "a page could do it");
    let page = browser.get(&url(&[("claims", &essential(MFA))])).await;
    let to = page.location().unwrap();
    assert!(to.starts_with("/signin?again=1&return_to="), "{to}");
    let page = browser.get(&to).await;
    assert_eq!(page.status, 200, "the living session does not answer for the person");
    let page = sign_in(&app, &mut browser, page, &with_app.secret).await;
    let id_token = told(&app, &mut browser, page).await;
    assert_eq!((id_token["acr"].as_str(), id_token["amr"].clone()), (Some(MFA), json!(["pwd", "otp", "mfa"])));
    assert_eq!(id_token["auth_time"], app.ctx.now().seconds());
    // From now on the session has it.
    let page = browser.get(&url(&[("claims", &essential(MFA)), ("prompt", "none")])).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], MFA);
}

#[tokio::test]
async fn who_has_none_is_led_to_setting_one_up_and_goes_on_from_there() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get(&url(&[("claims", &essential(MFA)), ("prompt", "none")])).await;
    assert_eq!(error(&page), "unmet_authentication_requirements");
    let page = browser.get(&url(&[("claims", &essential(MFA)), ("ui_locales", "en")])).await;
    assert_eq!((page.status, page.select("h1")), (403, vec!["Workbench asks for a second factor".to_owned()]));
    let links = page.attributes("main a", "href");
    assert!(links[0].ends_with("/account/security") && links[1].starts_with("/consent?i="), "{links:?}");
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none';"));
    // Going on without one leads here again; Cancel tells the client.
    assert_eq!(browser.get(&links[1]).await.status, 403);
    let cancelled = browser.submit(page.form("/consent").press("decision", "cancel")).await;
    assert_eq!(error(&cancelled), "unmet_authentication_requirements");

    let with_app = WithApp::new(&app, DEV).await;
    let page = browser.follow(&links[1]).await;
    assert!(page.path.starts_with("/signin?again=1"), "{}", page.path);
    let page = sign_in(&app, &mut browser, page, &with_app.secret).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], MFA);
}

#[tokio::test]
async fn what_is_asked_for_as_a_wish_is_preferred_and_refuses_nobody() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(&url(&[("acr_values", MFA)])).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], PWD, "there is no second factor");
    let with_app = WithApp::new(&app, DEV).await;
    let page = browser.get(&url(&[("acr_values", MFA), ("prompt", "none")])).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], PWD, "no page may ask for it");
    let page = browser.get(&url(&[("acr_values", &format!("{PWD} {MFA}"))])).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], PWD, "the first one is there");
    let page = browser.follow(&url(&[("acr_values", MFA)])).await;
    assert!(page.path.starts_with("/signin?again=1"), "{}", page.path);
    let page = sign_in(&app, &mut browser, page, &with_app.secret).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], MFA);
    // More reaches less; `acr` is one of those that were asked for.
    for (wanted, expected) in [(PWD, PWD), ("urn:unheard:of", MFA)] {
        let page = browser.get(&url(&[("acr_values", wanted)])).await;
        assert_eq!(told(&app, &mut browser, page).await["acr"], expected, "{wanted}");
    }
    let page = browser.get(&url(&[("claims", &essential(PWD)), ("prompt", "none")])).await;
    assert_eq!(told(&app, &mut browser, page).await["acr"], PWD);
}

#[tokio::test]
async fn what_no_sign_in_of_the_person_reaches_is_said_at_once() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    for acr in [SMS, "urn:unheard:of"] {
        assert_eq!(
            error(&browser.get(&url(&[("claims", &essential(acr))])).await),
            "unmet_authentication_requirements"
        );
    }
    let mut subscriber = app.sign_in_subscriber("+46701740605").await;
    let page = subscriber.get(&authorize_url("demo-web", &[("claims", &essential(MFA))])).await;
    assert_eq!(error(&page), "unmet_authentication_requirements");
}

#[tokio::test]
async fn authentik_2026_49443_the_second_factor_is_not_left_out_by_posting_what_comes_after_it() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get(&url(&[("claims", &essential(MFA))])).await;
    let mut form = page.form("/consent");
    form.press("decision", "allow");
    form.add("scope", "openid").add("scope", "email");
    let page = browser.submit(&form).await;
    assert_eq!((page.status, page.location()), (403, None), "{}", page.text());
    assert!(app.texts("consents", "scopes").await.is_empty());
    // Nor by the one who is not expected.
    app.clock.advance(minutes(1));
    let hint = {
        let mut staff = app.sign_in_portal("staff@nordtel.test").await;
        let tokens = app.tokens_of_user(&mut staff, &[("scope", "openid")]).await;
        tokens["id_token"].as_str().unwrap().to_owned()
    };
    let consents = app.texts("consents", "scopes").await.len();
    let ask = browser.get(&url(&[])).await;
    let other = browser.get(&url(&[("id_token_hint", &hint)])).await.location().unwrap();
    let sealed = url::Url::parse("http://x").unwrap().join(&other).unwrap();
    let back = sealed.query_pairs().find(|(name, _)| name == "return_to").unwrap().1.into_owned();
    let sealed = back.strip_prefix("/consent?i=").unwrap().to_owned();
    let mut form = ask.form("/consent");
    let page = browser.submit(form.set("i", &sealed).press("decision", "allow")).await;
    assert!(page.location().is_some_and(|to| to.starts_with("/signin?again=1")), "{:?}", page.location());
    assert_eq!(app.texts("consents", "scopes").await.len(), consents);
}
