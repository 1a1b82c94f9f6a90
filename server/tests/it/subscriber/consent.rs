//! The consent page: what it says, who can answer it, and what an answer allows.

use model::seconds;

use super::{FJORDMOBIL, NUMBER, SECOND, at_consent, at_login, at_pin, count, execute, has_session, other};
use crate::harness::{App, URL, authorize_url};

#[tokio::test]
async fn the_consent_page_says_who_asks_for_what_and_what_happens_next() {
    let app = App::demo().await;
    let more = [("scope", "openid phone offline_access voicemail.get")];
    let (_, page) = at_consent(&app, &more).await;
    let text = page.text();
    for words in [
        "Add product to +467017406••",
        "Voicebox",
        "by Acme Voice",
        "Voicebox would like to",
        "Acme Voice receives what you allow above, and nothing else.",
        "You return to example.com.",
        "Cancel",
        "Allow",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(NUMBER), "masked");
    assert_eq!(page.attributes("header img", "alt"), ["Nordtel"]);
    assert_eq!(page.attributes(".permissions input[type=checkbox]", "value"), ["voicemail.get"]);
    assert_eq!(page.attributes(".permissions input[checked]", "value").len(), 0, "nothing is ticked for anybody");
    assert_eq!(page.select(".permissions .req").len(), 3, "required ones are marked");
    for line in page.select(".permissions strong") {
        assert!(line.contains(' ') && !line.contains('_'), "plain words: {line}");
    }
    assert_eq!(page.attributes(".bar button", "value"), ["cancel", "allow"]);
}

#[tokio::test]
async fn h1_no_page_can_be_framed() {
    let app = App::demo().await;
    let (mut browser, login) = at_login(&app).await;
    let wrong = browser.submit(login.form("/login").set("number", "x")).await;
    let pin = browser.submit_following(login.form("/login").set("number", NUMBER)).await;
    let digits = app.pin(NUMBER).await;
    let wrong_pin = browser.submit(pin.form("/login/pin").set("pin", &other(&digits))).await;
    let consent = browser.submit_following(pin.form("/login/pin").set("pin", &digits)).await;
    let lost = browser.get("/login").await;
    let bad = app.get(&authorize_url("nobody", &[]), &[]).await;
    let signed_out = app.get("/oauth2/sessions/logout", &[]).await;
    let ask = browser.get("/oauth2/sessions/logout").await;
    let (_, refused) = {
        let mut browser = app.browser();
        let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), FJORDMOBIL).await;
        (browser, page)
    };
    for page in [login, wrong, pin, wrong_pin, consent, lost, bad, signed_out, ask, refused] {
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{}: {policy}", page.path);
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{}: {policy}", page.path);
        assert!(policy.contains("base-uri 'none'"), "{}: {policy}", page.path);
        assert!(!policy.contains("script-src"), "{}: no script at all: {policy}", page.path);
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{}", page.path);
        assert_eq!(page.header("cache-control"), Some("no-store"), "{}", page.path);
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{}", page.path);
        assert!(!page.body.contains("<script"), "{}", page.path);
        assert!(page.body.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{}", page.path);
        let mut addresses = page.attributes("[src]", "src");
        addresses.extend(page.attributes("link[href]", "href"));
        assert!(
            addresses.iter().all(|address| address.starts_with('/') && !address.starts_with("//")),
            "{addresses:?}"
        );
    }
}

#[tokio::test]
async fn h2_forms_of_others_do_nothing() {
    let app = App::demo().await;
    let (mut browser, page) = at_consent(&app, &[]).await;
    let form = page.form("/consent").press("decision", "allow").clone();
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    for origin in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let page = browser.post_form_with("/consent", &fields, &[origin]).await;
        assert_eq!(page.status, 403, "{origin:?}");
    }
    let mut others = app.browser();
    let their_token = others.get(&authorize_url("demo-web", &[])).await.csrf();
    for token in [their_token.as_str(), ""] {
        for decision in ["allow", "cancel"] {
            let page = browser.submit(form.clone().set("csrf", token).set("decision", decision)).await;
            assert_eq!((page.status, page.location()), (403, None), "{decision}");
        }
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 0);

    // The same for the steps before.
    let (mut browser, page) = at_login(&app).await;
    let answer = browser.submit(page.form("/login").set("number", SECOND).set("csrf", &their_token)).await;
    assert_eq!(answer.status, 403);
    assert_eq!(app.outbox(SECOND).await.len(), 0);
    let page = browser.submit_following(page.form("/login").set("number", SECOND)).await;
    let pin = app.pin(SECOND).await;
    let answer = browser.submit(page.form("/login/pin").set("pin", &pin).set("csrf", &their_token)).await;
    assert_eq!(answer.status, 403);
    assert!(!has_session(&browser));
    assert_eq!(browser.submit(page.form("/login/pin").set("pin", &pin)).await.status, 303, "and cost no try");
}

#[tokio::test]
async fn h3_a_tampered_consent_form_is_refused() {
    let app = App::demo().await;
    let (mut browser, page) = at_consent(&app, &[("scope", "phone")]).await;
    let form = page.form("/consent").press("decision", "allow").clone();
    for (what, tampered) in [
        ("a scope that was not asked for", form.clone().add("scope", "offline_access").clone()),
        ("a scope that the product has not", form.clone().add("scope", "metrics.read").clone()),
        ("a scope that nobody has", form.clone().add("scope", "everything").clone()),
        ("a required scope dropped", form.clone().remove("scope").clone()),
    ] {
        let page = browser.submit(&tampered).await;
        assert_eq!((page.status, page.location()), (400, None), "{what}");
        assert!(page.text().contains("does not fit the question") && page.text().contains("Start again"), "{what}");
    }
    // Another client's request in the same form: the answer goes where that request says, with
    // what that request asks for, or nowhere.
    let spa = browser.get(&authorize_url("demo-spa", &[("scope", "phone offline_access")])).await;
    let sealed = spa.form("/consent").get("i").expect("sealed").to_owned();
    let answer = browser.submit(form.clone().set("i", &sealed)).await;
    assert_eq!((answer.status, answer.location()), (400, None));
    // An altered request.
    let cut = sealed[..sealed.len() - 2].to_owned();
    let answer = browser.submit(form.clone().set("i", &cut)).await;
    assert_eq!((answer.status, answer.location()), (400, None));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 0);

    // Somebody else signs in in another tab: the answer was not theirs.
    app.clock.advance(seconds(1));
    app.log_in(&mut browser, &authorize_url("demo-web", &[("prompt", "login")]), SECOND).await;
    let answer = browser.submit(&form).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Voicebox would like to"), "asked anew: {}", answer.text());
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn authentik_cve_2026_54730_a_step_cannot_be_skipped() {
    let app = App::demo().await;
    let (mut browser, page) = at_login(&app).await;
    let login = page.form("/login");
    // The PIN without a number, the consent without a session, in every order.
    for path in ["/login/pin", "/login/resend", "/consent"] {
        let mut form = login.clone();
        form.action = path.to_owned();
        let page =
            browser.submit_following(form.set("pin", "123456").set("decision", "allow").set("scope", "phone")).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.select("h1"), ["Sign in to Voicebox"], "{path}");
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 0);
    for (path, form) in
        [("/login", vec![]), ("/login/pin", vec![("i", "x")]), ("/consent", vec![("decision", "allow")])]
    {
        let page = browser.post_form(path, &form).await;
        assert_eq!(page.status, 400, "{path}");
        assert!(page.text().contains("There is no sign-in here"), "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn h7_texts_of_others_are_shown_as_text() {
    let app = App::demo().await;
    let evil = "<script>alert(1)</script>\"onmouseover=alert(2) ''{{7*7}}";
    let quoted = evil.replace('\'', "''");
    execute(
        &app,
        &format!(
            "UPDATE products SET name = '{quoted}', description = '{quoted}', support_email = '{quoted}', \
             terms_url = 'javascript:alert(3)', privacy_url = 'data:text/html,x', logo = '\"><b>' WHERE name = 'Voicebox'"
        ),
    )
    .await;
    execute(&app, &format!("UPDATE organizations SET name = '{quoted}' WHERE name = 'Acme Voice'")).await;
    let mut browser = app.browser();
    let login = browser.get(&authorize_url("demo-web", &[("login_hint", "\"><script>")])).await;
    let pin_page = browser.submit_following(login.form("/login").set("number", NUMBER)).await;
    let pin = app.outbox(NUMBER).await.remove(0).body;
    let pin = &pin[pin.len() - 6..];
    let consent = browser.submit_following(pin_page.form("/login/pin").set("pin", pin)).await;
    for page in [login, pin_page, consent] {
        assert!(page.text().contains(evil), "{}", page.text());
        assert!(!page.body.contains("<script") && !page.body.contains("<b>"), "{}", page.body);
        assert_eq!(page.attributes("[onmouseover]", "onmouseover").len(), 0);
        assert!(!page.body.contains("href=\"javascript:") && !page.body.contains("href=\"data:"), "{}", page.body);
    }
}

#[tokio::test]
async fn h9_a_double_click_on_allow_is_harmless() {
    let app = App::demo().await;
    let (mut browser, page) = at_consent(&app, &[]).await;
    let form = page.form("/consent").press("decision", "allow").clone();
    let first = browser.submit(&form).await;
    let second = browser.submit(&form).await;
    for page in [&first, &second] {
        assert_eq!(page.status, 303);
        assert!(page.redirect_parameters().contains_key("code"));
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 1);
    // The code that arrives is the second click's.
    let code = second.redirect_parameters()["code"].clone();
    assert_eq!(app.redeem(&code).await.status, 200);
    // Going back and looking again does not ask again.
    let again = browser.get(&page.path).await;
    assert!(again.redirect_parameters().contains_key("code"));
}

#[tokio::test]
async fn h9_a_double_click_on_the_pin_is_harmless() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let form = page.form("/login/pin").set("pin", &pin).clone();
    let mut twin = browser.clone();
    browser.submit(&form).await;
    let page = browser.submit_following(&form).await;
    assert_eq!(page.select("h1"), ["Voicebox"], "the second goes on as the first did: {}", page.text());
    // The browser that has lost the first answer is told what helps.
    let page = twin.submit(&form).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("was used already") && page.text().contains("Send a new PIN"), "{}", page.text());
}

#[tokio::test]
async fn h10_what_was_left_out_is_not_granted() {
    let app = App::demo().await;
    let scope = [("scope", "openid phone voicemail.get")];
    let (mut browser, page) = at_consent(&app, &scope).await;
    let page = browser.allow(page).await;
    let answer = page.redirect_parameters();
    assert_eq!(answer["scope"], "openid phone", "in the redirect");
    let tokens = app.redeem(&answer["code"]).await.json();
    assert_eq!(tokens["scope"], "openid phone", "and in the token response");
    // It is not asked for again by itself; only when the client insists, and then not as ticked.
    let again = browser.get(&authorize_url("demo-web", &scope)).await;
    assert_eq!(again.redirect_parameters()["scope"], "openid phone");
    let asked = browser.get(&authorize_url("demo-web", &[scope[0], ("prompt", "consent")])).await;
    let mut form = asked.form("/consent");
    form.press("decision", "allow").add("scope", "voicemail.get");
    let page = browser.submit(&form).await;
    assert_eq!(page.redirect_parameters()["scope"], "openid phone voicemail.get");
}

#[tokio::test]
async fn h10_what_is_unticked_later_is_taken_back_and_ends_with_its_tokens() {
    let app = App::demo().await;
    let scope = [("scope", "openid phone offline_access voicemail.get")];
    let (mut browser, page) = at_consent(&app, &scope).await;
    let mut form = page.form("/consent");
    let page = browser.submit(form.press("decision", "allow").add("scope", "voicemail.get")).await;
    let with = app.redeem(&page.redirect_parameters()["code"]).await.json();
    let without = browser.get(&authorize_url("demo-web", &[("scope", "openid phone offline_access")])).await;
    let without = app.redeem(&without.redirect_parameters()["code"]).await.json();
    app.clock.advance(seconds(1));

    // Asked for once more, it is ticked as it was, and the box decides.
    let asked = browser.get(&authorize_url("demo-web", &[scope[0], ("prompt", "consent")])).await;
    assert_eq!(asked.attributes(".permissions input[checked]", "value"), ["voicemail.get"]);
    let mut form = asked.form("/consent");
    form.press("decision", "allow").remove("scope");
    for name in ["openid", "phone", "offline_access"] {
        form.add("scope", name);
    }
    let page = browser.submit(&form).await;
    assert_eq!(page.redirect_parameters()["scope"], "openid phone offline_access");
    // It is remembered, and not asked for again by itself.
    let page = browser.get(&authorize_url("demo-web", &scope)).await;
    assert_eq!(page.redirect_parameters()["scope"], "openid phone offline_access");

    let works = async |tokens: &serde_json::Value| {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = app.get("/userinfo", &[("authorization", bearer.as_str())]).await.status;
        (info, app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status)
    };
    assert_eq!(works(&with).await, (401, 400), "what carried it has ended");
    assert_eq!(works(&without).await, (200, 200), "the rest has not");
    let history = app.texts("audit_events", "detail").await;
    assert!(history.iter().any(|line| line.ends_with("and no longer voicemail.get")), "{history:?}");
}

/// Asks for everything once more, and leaves these out.
async fn untick(browser: &mut super::Browser, parameters: &[(&str, &str)], left: &[&str]) {
    let asked = browser.get(&authorize_url("demo-web", &[parameters, &[("prompt", "consent")]].concat())).await;
    let mut form = asked.form("/consent");
    form.press("decision", "allow").remove("scope");
    for name in left {
        form.add("scope", name);
    }
    assert!(browser.submit(&form).await.redirect_parameters().contains_key("code"));
}

#[tokio::test]
async fn h10_a_code_from_before_does_not_bring_back_what_was_unticked() {
    let app = App::demo().await;
    let scope = [("scope", "openid phone offline_access voicemail.get")];
    let (mut browser, page) = at_consent(&app, &scope).await;
    let mut form = page.form("/consent");
    let page = browser.submit(form.press("decision", "allow").add("scope", "voicemail.get")).await;
    let with = page.redirect_parameters()["code"].clone();
    let without = browser.get(&authorize_url("demo-web", &[("scope", "openid phone")])).await;
    let without = without.redirect_parameters()["code"].clone();
    app.clock.advance(seconds(1));
    untick(&mut browser, &scope, &["openid", "phone", "offline_access"]).await;
    let refused = app.redeem(&with).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")), "{}", refused.body);
    assert_eq!(app.redeem(&without).await.status, 200, "what is still allowed is");
    let scopes = app.texts("grants", "scopes").await;
    assert_eq!(scopes, ["openid phone"]);
}

#[tokio::test]
async fn h10_a_claim_of_what_was_unticked_is_told_no_longer() {
    let app = App::demo().await;
    app.execute("UPDATE product_scopes SET optional = TRUE WHERE scope = 'phone'").await;
    let claims = ("claims", r#"{"userinfo":{"phone_number":null}}"#);
    let parameters = [("scope", "openid offline_access"), claims];
    let (mut browser, page) = at_consent(&app, &parameters).await;
    let mut form = page.form("/consent");
    let page = browser.submit(form.press("decision", "allow").add("scope", "phone")).await;
    let tokens = app.redeem(&page.redirect_parameters()["code"]).await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let told = app.get("/userinfo", &[("authorization", bearer.as_str())]).await;
    assert_eq!(told.json()["phone_number"], "+46701740605", "{}", told.body);
    app.clock.advance(seconds(1));
    untick(&mut browser, &parameters, &["openid", "offline_access"]).await;
    assert_eq!(app.get("/userinfo", &[("authorization", bearer.as_str())]).await.status, 401);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 400);
}

#[tokio::test]
async fn the_difference_is_all_that_is_asked_for_later() {
    let app = App::demo().await;
    let (mut browser, page) = at_consent(&app, &[("scope", "phone")]).await;
    browser.allow(page).await;
    let page = browser.get(&authorize_url("demo-web", &[("scope", "phone offline_access voicemail.get")])).await;
    assert_eq!(page.select(".permissions li").len(), 2, "{}", page.text());
    assert!(page.text().contains("Voicebox would now also like to"), "{}", page.text());
    assert!(!page.attributes("[name=scope]", "value").contains(&"phone".to_owned()));
    let page = browser.allow(page).await;
    assert_eq!(page.redirect_parameters()["scope"], "phone offline_access");
}

#[tokio::test]
async fn cancel_is_access_denied_at_every_step() {
    let app = App::demo().await;
    let (mut browser, login) = at_login(&app).await;
    let pin = browser.submit_following(login.form("/login").set("number", NUMBER)).await;
    let digits = app.pin(NUMBER).await;
    let mut pin_cancel = pin.form("/login/pin");
    pin_cancel.action = "/login".to_owned();
    let mut answers = Vec::new();
    answers.push(browser.submit(login.form("/login").press("action", "cancel")).await);
    answers.push(browser.submit(pin_cancel.press("action", "cancel")).await);
    let consent = browser.submit_following(pin.form("/login/pin").set("pin", &digits)).await;
    answers.push(browser.submit(consent.form("/consent").press("decision", "cancel")).await);
    for page in answers {
        assert_eq!(page.status, 303, "{}", page.text());
        let answer = page.redirect_parameters();
        assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "the-state"));
        assert_eq!(answer["iss"], URL);
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn subscribers_of_an_operator_that_has_not_enabled_the_product_are_told_so() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), FJORDMOBIL).await;
    assert_eq!(page.select("h1"), ["Fjordmobil has not enabled Voicebox"]);
    assert_eq!(page.attributes("header img", "alt"), ["Fjordmobil"]);
    assert!(page.text().contains("Nothing was shared."), "{}", page.text());
    let form = page.form("/consent");
    // Neither Allow nor anything else helps.
    let allowed = browser.submit(form.clone().press("decision", "allow").add("scope", "phone")).await;
    assert_eq!(allowed.redirect_parameters()["error"], "access_denied");
    let back = browser.submit(form.clone().press("decision", "cancel")).await;
    assert_eq!(back.redirect_parameters()["error"], "access_denied");
    // Another number is one link away.
    let other = page.attributes("a", "href").into_iter().find(|href| href.starts_with("/login?i=")).expect("a link");
    assert_eq!(browser.get(&other).await.select("h1"), ["Sign in to Voicebox"]);
}
