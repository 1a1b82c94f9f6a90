//! The authorization endpoint: redirects, errors, PKCE, prompts.

use model::{hours, minutes, seconds};

use crate::harness::{App, CHALLENGE, Page, URL, VERIFIER, authorize_url, encode};

const NUMBER: &str = "+46701740605";
const FJORDMOBIL: &str = "+4790000000";

/// An error that the client was sent.
fn sent(page: &Page) -> (String, String) {
    assert_eq!(page.status, 303, "{}", page.text());
    let parameters = page.redirect_parameters();
    assert_eq!(parameters.get("iss").map(String::as_str), Some(URL), "iss on errors too");
    (parameters["error"].clone(), parameters.get("state").cloned().unwrap_or_default())
}

#[tokio::test]
async fn the_walkthrough_redirects_as_it_was_documented() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let url = authorize_url(
        "demo-web",
        &[("scope", "phone offline_access"), ("nonce", ""), ("state", "this-is-a-key-set-by-the-caller")],
    );
    let page = app.log_in(&mut browser, &url, NUMBER).await;
    let page = browser.allow(page).await;
    let location = page.location().expect("a redirect to the client");
    let (before, rest) = location.split_once("code=").expect("a code");
    assert_eq!(before, "https://example.com/callback?");
    let (_, rest) = rest.split_once('&').expect("more parameters");
    assert!(rest.starts_with("scope=phone%20offline_access&state=this-is-a-key-set-by-the-caller"), "{rest}");
}

#[tokio::test]
async fn a5_wrong_client_or_redirect_uri_is_a_page_and_never_a_redirect() {
    let app = App::demo().await;
    for more in [
        ("client_id", "nobody"),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://example.com/callback/"),
        ("redirect_uri", "https://example.com/callback?x=1"),
        ("redirect_uri", "https://EXAMPLE.com/callback"),
        ("redirect_uri", "https://example.com.evil.example/callback"),
        ("redirect_uri", "https://example.com@evil.example/callback"),
        ("redirect_uri", "https://example.com:443/callback"),
        ("redirect_uri", "https://example.com/callback#f"),
        ("redirect_uri", "https://example.com/%63allback"),
        ("redirect_uri", "//example.com/callback"),
    ] {
        let page = app.get(&authorize_url("demo-web", &[more]), &[]).await;
        assert_eq!(page.status, 400, "{more:?}");
        assert_eq!(page.location(), None, "{more:?}");
        assert!(page.header("content-type").is_some_and(|ct| ct.starts_with("text/html")), "{more:?}");
    }
}

#[tokio::test]
async fn a2_loopback_port_is_flexible_only_for_loopback_literals() {
    let app = App::demo().await;
    let other_port = authorize_url("demo-spa", &[("redirect_uri", "http://127.0.0.1:49152/callback")]);
    assert_eq!(app.get(&other_port, &[]).await.status, 200);
    for wrong in [
        "http://localhost:8766/callback",
        "http://127.0.0.1:8766/other",
        "http://127.0.0.1.evil.example:8766/callback",
        "https://127.0.0.1:8766/callback",
    ] {
        let page = app.get(&authorize_url("demo-spa", &[("redirect_uri", wrong)]), &[]).await;
        assert_eq!((page.status, page.location()), (400, None), "{wrong}");
    }
}

#[tokio::test]
async fn repeated_parameters_are_refused_without_a_redirect() {
    let app = App::demo().await;
    for (name, value) in [
        ("client_id", "demo-web"),
        ("redirect_uri", "https://example.com/callback"),
        ("scope", "phone"),
        ("state", "x"),
        ("prompt", "none"),
    ] {
        let twice = format!("{}&{}", authorize_url("demo-web", &[("prompt", "none")]), encode(&[(name, value)]));
        let page = app.get(&twice, &[]).await;
        assert_eq!((page.status, page.location()), (400, None), "{name} twice in the query");
    }
}

#[tokio::test]
async fn other_errors_go_back_to_the_client_with_state_and_iss() {
    let app = App::demo().await;
    let long_state = "é \"&+%".repeat(200);
    for (parameter, expected) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "code id_token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("scope", "phone nothing.like.this"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "dance"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("max_age", "-1"), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("request", "eyJhbGciOiJub25lIn0.e30."), "invalid_request_object"),
        (("request_uri", "https://example.com/request"), "invalid_request_uri"),
        (("id_token_hint", "eyJhbGciOiJub25lIn0.e30."), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let page = app.get(&authorize_url("demo-web", &[("state", &long_state), parameter]), &[]).await;
        assert_eq!(sent(&page), (expected.to_owned(), long_state.clone()), "{parameter:?}");
        let description = page.redirect_parameters().remove("error_description").expect("a description");
        assert!(!description.contains(['"', '\\']), "{description}");
    }
}

#[tokio::test]
async fn a7_every_redirect_is_303() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-web", &[])).await;
    let page = browser.submit(page.form("/login").set("number", NUMBER)).await;
    assert_eq!(page.status, 303);
    let page = browser.follow_on(page).await;
    let pin = app.pin(NUMBER).await;
    let page = browser.submit(page.form("/login/pin").set("pin", &pin)).await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn a8_iss_is_on_success_and_on_errors() {
    let app = App::demo().await;
    let answer = app.authorize(&authorize_url("demo-web", &[]), NUMBER).await;
    assert_eq!(answer["iss"], URL);
    let page = app.get(&authorize_url("demo-web", &[("prompt", "none")]), &[]).await;
    assert_eq!(sent(&page).0, "login_required");
}

#[tokio::test]
async fn authentik_cve_2026_42849_a9_form_post_escapes_and_its_policy_allows_only_that_form() {
    let app = App::demo().await;
    let state = "\"><script>alert(1)</script>";
    let url = authorize_url("demo-web", &[("response_mode", "form_post"), ("state", state)]);
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &url, NUMBER).await;
    let page = browser.allow(page).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let form = page.form("https://example.com/callback");
    assert_eq!(form.get("state"), Some(state));
    assert!(form.get("code").is_some());
    assert_eq!(form.get("iss"), Some(URL));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' https:"), "{policy}");
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    assert!(page.body.contains("<button"), "a visible button without scripts");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn b7_plain_is_refused() {
    let app = App::demo().await;
    let page = app
        .get(&authorize_url("demo-spa", &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]), &[])
        .await;
    assert_eq!(sent(&page).0, "invalid_request");
    let page = app.get("/.well-known/openid-configuration", &[]).await;
    assert_eq!(page.json()["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn b8_a_malformed_challenge_is_refused() {
    let app = App::demo().await;
    for challenge in ["short", &format!("{CHALLENGE}A"), &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")] {
        let page = app.get(&authorize_url("demo-spa", &[("code_challenge", challenge)]), &[]).await;
        assert_eq!(sent(&page).0, "invalid_request", "{challenge}");
    }
}

#[tokio::test]
async fn b9_a_challenge_without_method_and_a_method_without_challenge_are_refused() {
    let app = App::demo().await;
    for client in ["demo-spa", "demo-web"] {
        let page =
            app.get(&authorize_url(client, &[("code_challenge", CHALLENGE), ("code_challenge_method", "")]), &[]).await;
        assert_eq!(sent(&page).0, "invalid_request", "{client}");
        let page =
            app.get(&authorize_url(client, &[("code_challenge", ""), ("code_challenge_method", "S256")]), &[]).await;
        assert_eq!(sent(&page).0, "invalid_request", "{client}");
    }
}

#[tokio::test]
async fn a_public_client_needs_pkce() {
    let app = App::demo().await;
    let page = app.get(&authorize_url("demo-spa", &[("code_challenge", ""), ("code_challenge_method", "")]), &[]).await;
    assert_eq!(sent(&page).0, "invalid_request");
}

#[tokio::test]
async fn h4_prompt_none_never_creates_a_consent() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(sent(&page).0, "consent_required");
    // Nor does it remember that it was asked.
    let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(sent(&page).0, "consent_required");
}

#[tokio::test]
async fn consent_is_asked_once_and_later_only_for_the_difference() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("scope", "openid")]), NUMBER).await;
    assert!(!page.text().contains("Know your phone number"), "{}", page.text());
    let page = browser.allow(page).await;
    assert!(page.redirect_parameters().contains_key("code"));

    let page = browser.get(&authorize_url("demo-web", &[("scope", "openid")])).await;
    assert!(page.redirect_parameters().contains_key("code"), "remembered");

    let page = browser.follow(&authorize_url("demo-web", &[("scope", "openid phone")])).await;
    assert!(page.text().contains("Know your phone number"), "{}", page.text());
    assert!(!page.text().contains("Recognize you"), "only the difference: {}", page.text());
    let page = browser.allow(page).await;
    assert_eq!(page.redirect_parameters()["scope"], "openid phone");

    let page = browser.get(&authorize_url("demo-web", &[("prompt", "none"), ("scope", "openid phone")])).await;
    assert!(page.redirect_parameters().contains_key("code"));
    let page = browser.follow(&authorize_url("demo-web", &[("prompt", "consent"), ("scope", "openid phone")])).await;
    assert!(page.text().contains("Know your phone number"), "asked again: {}", page.text());
}

#[tokio::test]
async fn g4_an_operator_that_has_not_enabled_the_product_is_told_and_the_client_gets_access_denied() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), FJORDMOBIL).await;
    assert!(page.text().contains("Fjordmobil"), "{}", page.text());
    let page = browser.submit(page.form("/consent").press("decision", "cancel")).await;
    assert_eq!(sent(&page).0, "access_denied");
    // With prompt=none nothing can be told in words: the client learns that there is something to say.
    let page = browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(sent(&page).0, "interaction_required");
}

#[tokio::test]
async fn max_age_and_prompt_login_ask_for_a_new_sign_in() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    browser.allow(page).await;
    app.clock.advance(minutes(10));

    let code = |page: &Page| page.location().is_some() && page.redirect_parameters().contains_key("code");
    let page = browser.get(&authorize_url("demo-web", &[("max_age", "3600")])).await;
    assert!(code(&page), "young enough");
    for more in [("max_age", "300"), ("max_age", "0"), ("prompt", "login"), ("prompt", "select_account")] {
        let page = browser.get(&authorize_url("demo-web", &[more])).await;
        assert_eq!(page.status, 200, "{more:?} shows the login form");
        page.form("/login");
    }
    let page = browser.get(&authorize_url("demo-web", &[("max_age", "300"), ("prompt", "none")])).await;
    assert_eq!(sent(&page).0, "login_required");

    app.clock.advance(seconds(60));
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("prompt", "login")]), NUMBER).await;
    assert!(code(&page), "signed in again, consent remembered: {}", page.text());
}

#[tokio::test]
async fn dex_cve_2022_39222_an_interaction_is_worth_nothing_in_another_browser_or_later() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-web", &[])).await;
    let form = page.form("/login").set("number", NUMBER).clone();

    let mut thief = app.browser();
    thief.get(&authorize_url("demo-web", &[])).await;
    let page = thief.submit(&form).await;
    assert!(page.location().is_none() && page.status >= 400, "{}", page.status);
    assert!(app.outbox(NUMBER).await.is_empty(), "no PIN was sent");

    app.clock.advance(hours(1));
    let page = browser.submit(&form).await;
    assert!(page.location().is_none() && page.status >= 400, "{}", page.status);
    assert!(app.outbox(NUMBER).await.is_empty());
}

#[tokio::test]
async fn authorize_by_post_is_the_same_as_by_get() {
    let app = App::demo().await;
    let url = authorize_url("demo-web", &[]);
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(url.split_once('?').expect("a query").1.as_bytes()).into_owned().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let page = app.post("/oauth2/auth", &[("origin", "https://example.com")], &form).await;
    assert_eq!(page.status, 303, "as a GET, with which the cookies of the browser come");
    let page = app.get(&page.location().unwrap(), &[]).await;
    assert_eq!(page.status, 200);
    page.form("/login");
}

#[tokio::test]
async fn m4_no_cross_origin_reading_of_the_authorization_endpoint() {
    let app = App::demo().await;
    let page = app.get(&authorize_url("demo-web", &[]), &[("origin", "https://evil.example")]).await;
    assert_eq!(page.header("access-control-allow-origin"), None);
    let page = app.get("/.well-known/openid-configuration", &[("origin", "https://app.example")]).await;
    assert_eq!(page.header("access-control-allow-origin"), Some("*"));
}
