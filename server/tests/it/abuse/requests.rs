//! Requests that somebody has altered on their way, and answers that would lead astray.

use model::authorization::Code;

use super::*;
use crate::{
    harness::VERIFIER,
    second_factor::{WithApp, code_of, password, person},
};

const NUMBER: &str = demo::SUBSCRIBER;

/// Another spelling may be somebody else's address, or be read as the registered one by another reader.
/// Nor does an address become a registered one by being asked for (authentik CVE-2026-41569).
#[tokio::test]
async fn authentik_cve_2024_52289_cve_2026_41569_a1_only_the_registered_string_is_a_redirect_uri() {
    let app = App::demo().await;
    let before = app.texts("client_uris", "uri").await;
    let authorization = basic("demo-web", "demo-web-secret");
    let ask = async |client: &str, uri: &str| {
        let more: &[(&str, &str)] = &[("redirect_uri", uri)];
        let url = authorize_url(client, more);
        let query = url.split_once('?').unwrap().1.to_owned();
        for page in [
            app.get(&url, &[]).await,
            app.get(&authorize_url(client, &[more, &[("prompt", "none")]].concat()), &[]).await,
            send(
                &app.router,
                Method::POST,
                "/oauth2/auth",
                &[("content-type", "application/x-www-form-urlencoded")],
                Body::from(query),
            )
            .await,
        ] {
            // What another site has posted comes again, with the browser's cookies.
            let page = match page.location() {
                Some(again) if again.starts_with("/oauth2/auth?") => app.get(&again, &[]).await,
                _ => page,
            };
            assert_eq!((page.status, page.location()), (400, None), "{uri:?}");
        }
    };
    for uri in [
        "https://example.com.evil.tld/callback",
        "https://example.com@evil.tld/callback",
        "https://evil.tld/?https://example.com/callback",
        "https://evil.tld/#https://example.com/callback",
        "https://exampleXcom/callback",
        "https://exXample.com/callback",
        "https://sub.example.com/callback",
        "https://example.com/callbackx",
        "https://example.com/callback/../callback",
        "https://example.com/%2e%2e/callback",
        "https://example.com/callback/%2e%2e/callback",
        "https://example.com/callback%2f",
        "//example.com/callback",
        "//evil",
        "\\evil",
        "\\\\example.com\\callback",
        "https:\\\\example.com\\callback",
        "https://example.com\\callback",
        "https://evil.tld\\@example.com/callback",
        "https://example.com/Callback",
        "HTTPS://example.com/callback",
        "https://EXAMPLE.com/callback",
        "https://example.com/callback/",
        "https://example.com/callback?",
        "https://example.com/callback?x=1",
        "https://example.com/callback#",
        "https://example.com/callback#x",
        "https://example.com:443/callback",
        "https://example.com:8443/callback",
        "http://example.com/callback",
        "https://ex\u{430}mple.com/callback",
        "https://xn--exmple-4nf.com/callback",
        "https://example.com/callback%00",
        "https://example.com/callback\0",
        "https://example\u{3002}com/callback",
        "https://example\u{ff0e}com/callback",
        "https://example.com/callback\n",
        "https://example.com/callback\r\nlocation: https://evil.tld/",
        " https://example.com/callback",
        "https://example.com/callback ",
        "https://example.com./callback",
        "https://example.com/callback;x",
        "https://example.com/%63allback",
        "https://example.com//callback",
        "https://example.com",
        "javascript:alert(1)//https://example.com/callback",
        "data:text/html,https://example.com/callback",
    ] {
        ask("demo-web", uri).await;
        let form = [("response_type", "code"), ("scope", "openid"), ("redirect_uri", uri)];
        let page = app.post("/oauth2/par", &[("authorization", &authorization)], &form).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request")), "{uri:?}");
    }
    // A2: the port of an address on the device is free, and nothing else about it.
    for uri in [
        "http://localhost:8766/callback",
        "http://localhost.evil.tld:8766/callback",
        "http://127.0.0.1.evil.tld:8766/callback",
        "http://127.0.0.1:8766@evil.tld/callback",
        "http://evil.tld@127.0.0.1:8766/callback",
        "http://127.0.0.1:8766/callback?x=1",
        "http://127.0.0.1:8766/callback#x",
        "http://127.0.0.1:8766/other",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.2:8766/callback",
        "http://127.1:8766/callback",
        "http://2130706433:8766/callback",
        "http://0x7f000001:8766/callback",
        "http://[::1]:8766/callback",
        "http://[::ffff:127.0.0.1]:8766/callback",
        "https://127.0.0.1:8766/callback",
    ] {
        ask("demo-spa", uri).await;
    }
    assert_eq!(app.texts("client_uris", "uri").await, before);
}

/// What the client asked for is sealed; nothing that a page sends back can say it anew.
#[tokio::test]
async fn keycloak_cve_2026_7571_nothing_in_a_form_changes_the_request() {
    let app = App::demo().await;
    let extra = [
        ("response_type", "token"),
        ("response_mode", "fragment"),
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "demo-spa"),
        ("state", "evil"),
        ("nonce", "evil"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
        ("request", "ey"),
        ("acr_values", "urn:portico:acr:mfa"),
    ];
    let tampered = |page: &Page, action: &str| {
        let mut form = page.form(action);
        for (name, value) in extra {
            form.add(name, value);
        }
        form
    };
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-web", &[])).await;
    // The sealed request, altered anywhere, is none; nor is one that was sealed for something else.
    let sealed = page.form("/login").get("i").unwrap().to_owned();
    let code = app.code("openid", "+46701740606").await;
    for n in (0..sealed.len()).step_by(sealed.len() / 20) {
        let mut altered = sealed.clone();
        let other = if sealed.as_bytes()[n] == b'A' { "B" } else { "A" };
        altered.replace_range(n..=n, other);
        let sent = browser.submit(page.form("/login").set("i", &altered).set("number", NUMBER)).await;
        assert!(sent.status >= 400 && sent.location().is_none(), "{n}: {}", sent.status);
    }
    for other in ["", "nonsense", code.as_str(), &sealed[1..], &format!("{sealed}A")] {
        let sent = browser.submit(page.form("/login").set("i", other).set("number", NUMBER)).await;
        assert!(sent.status >= 400 && sent.location().is_none(), "{other}: {}", sent.status);
    }
    assert!(app.outbox(NUMBER).await.is_empty());

    let page = browser.submit_following(tampered(&page, "/login").set("number", NUMBER)).await;
    let pin = app.pin(NUMBER).await;
    let page = browser.submit_following(tampered(&page, "/login/pin").set("pin", &pin)).await;
    let page = browser.submit_following(tampered(&page, "/consent").press("decision", "allow")).await;
    assert!(page.location().is_some_and(|to| to.starts_with("https://example.com/callback?")), "{}", page.text());
    let answer = page.redirect_parameters();
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["code", "iss", "scope", "state"]);
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("the-state", "openid phone offline_access"));
    let code = Code::open(&app.ctx, &answer["code"]).unwrap();
    assert_eq!((code.nonce.as_deref(), code.code_challenge.as_deref()), (Some("the-nonce"), None));
    let form = [("grant_type", "authorization_code"), ("code", answer["code"].as_str()), ("redirect_uri", CALLBACK)];
    let stolen = [&form[..], &[("code_verifier", VERIFIER)]].concat();
    assert_eq!(app.token("demo-spa", None, &stolen).await.json()["error"], "invalid_grant");
    assert_eq!(app.redeem(&answer["code"]).await.status, 200);
}

#[tokio::test]
async fn better_auth_9198_no_code_is_issued_before_the_second_step() {
    let app = App::demo().await;
    let mut dev = WithApp::new(&app, DEV).await;
    let url = authorize_url("demo-app", &[("scope", "openid profile")]);
    // Consent is remembered: nothing but the second step stands in the way.
    let page = dev.browser.follow(&url).await;
    dev.browser.allow(page).await;
    let (mut browser, second) = password(&app, DEV, demo::PASSWORD).await;
    let silent = authorize_url("demo-app", &[("scope", "openid profile"), ("prompt", "none")]);
    for form in [None, Some(""), Some("000000"), Some("not a code")] {
        if let Some(code) = form {
            browser.submit(second.form("/signin/second").set("code", code)).await;
        }
        assert_eq!(browser.get(&silent).await.redirect_parameters()["error"], "login_required", "{form:?}");
        let page = browser.follow(&url).await;
        assert!(page.location().is_none() && page.path.starts_with("/signin"), "{form:?}: {}", page.path);
        assert!(person(&app, &browser).await.is_none());
    }
    let begun = browser.get(&url).await;
    app.clock.advance(model::seconds(30));
    let page = browser.submit(second.form("/signin/second").set("code", &code_of(&app, &dev.secret))).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let to = begun.location().unwrap();
    let page = browser.follow(&to).await;
    assert!(page.redirect_parameters().contains_key("code"), "{}", page.text());
}
