//! What every page of the portal keeps to.

use super::{PASSWORD, join, try_sign_in};
use crate::harness::App;

#[tokio::test]
async fn m3_what_is_typed_cannot_end_a_header() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let token = browser.get("/signup").await.csrf();
    for (name, email) in [
        ("Nia", "nia@new.test\r\nBcc: all@portico.test"),
        ("Nia\r\nBcc: all@portico.test", "nia@new.test"),
        ("Nia\u{2028}X", "nia@new.test"),
        ("Nia", "nia@new.test, all@portico.test"),
    ] {
        let form = [("csrf", token.as_str()), ("name", name), ("email", email), ("password", PASSWORD)];
        assert_eq!(browser.post_form("/signup", &form).await.status, 422, "{name:?} {email:?}");
    }
    assert!(app.outbox("all@portico.test").await.is_empty());
    let form = [
        ("csrf", token.as_str()),
        ("email", "dev@portico.test"),
        ("password", model::demo::PASSWORD),
        ("return_to", "/account\r\nSet-Cookie: a=b"),
    ];
    let page = browser.post_form("/signin", &form).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"));
    assert!(!browser.cookies.contains_key("a"));
    let form = [("csrf", token.as_str()), ("theme", "dark\r\nSet-Cookie: a=b"), ("return_to", "/\r\nX: y")];
    let page = browser.post_form("/preferences/theme", &form).await;
    assert_eq!((page.location().as_deref(), page.header("x")), (Some("/"), None));
}

#[tokio::test]
async fn m4_pages_of_the_portal_are_for_no_other_site() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    for path in ["/", "/signin", "/account", "/organizations", "/sandbox/outbox?format=json"] {
        let page = browser.get_with(path, &[("origin", "https://evil.example")]).await;
        for header in ["access-control-allow-origin", "access-control-allow-credentials"] {
            assert_eq!(page.header(header), None, "{path}");
        }
    }
    let page = browser.get("/account").await;
    let policy = page.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
}

#[tokio::test]
async fn m6_cookies_are_bound_to_this_host_over_https() {
    let app = App::with(|settings| {
        settings.public_url = "https://portico.example".to_owned();
        settings.issuer = "https://portico.example".to_owned();
    })
    .await;
    let mut browser = app.browser();
    let page = try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let token = browser.get("/account").await.csrf();
    let page = browser.post_form("/preferences/theme", &[("csrf", &token), ("theme", "dark")]).await;
    let mut lines: Vec<String> = Vec::new();
    for page in [&page, &app.browser().get("/signin").await] {
        lines.extend(page.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned()));
    }
    assert!(lines.len() >= 2, "{lines:?}");
    assert!(browser.cookies.contains_key("__Host-portico-session"), "{:?}", browser.cookies.keys());
    for line in lines {
        for part in ["__Host-", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
}

#[tokio::test]
async fn forms_that_are_too_large_or_broken_get_a_page() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let token = browser.get("/signup").await.csrf();
    let long = "x".repeat(200_000);
    let page = browser.post_form("/signup", &[("csrf", &token), ("name", &long)]).await;
    assert_eq!(page.status, 413);
    assert!(page.text().contains("at once"), "{}", page.text());
    let page = browser.get("/no/such/page").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("There is nothing here"));
    assert!(page.body.contains("</html>"));
}

#[tokio::test]
async fn the_outbox_shows_messages_in_a_sandbox_alone() {
    let app = App::demo().await;
    join(&app, "nia@new.test").await;
    let page = app.get("/sandbox/outbox", &[("accept", "application/json")]).await;
    let first = &page.json()[0];
    assert_eq!(first["to"], "nia@new.test");
    for key in ["id", "channel", "to", "subject", "body", "created_at"] {
        assert!(!first[key].is_null(), "{key}");
    }
    let filtered = app.get("/sandbox/outbox?format=json&to=none@new.test", &[]).await;
    assert_eq!(filtered.json().as_array().unwrap().len(), 0);
    let page = app.get("/sandbox/outbox", &[("accept", "text/html")]).await;
    assert!(page.attributes("td a", "href").iter().any(|href| href.starts_with("/verify?token=")), "{}", page.body);

    let app = App::with(|settings| settings.sandbox = false).await;
    assert_eq!(app.get("/sandbox/outbox", &[]).await.status, 404);
}

#[tokio::test]
async fn the_theme_is_remembered_without_a_script() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get("/account").await;
    assert!(!page.body.contains("data-theme"));
    let mut form = page.form("/preferences/theme");
    assert_eq!(browser.submit(form.press("theme", "dark")).await.location().as_deref(), Some("/account"));
    assert!(browser.get("/").await.location().is_some());
    assert!(browser.get("/account").await.body.contains("data-theme=\"dark\""));
    browser.submit(form.press("theme", "system")).await;
    assert!(!browser.get("/account").await.body.contains("data-theme"));
}

#[tokio::test]
async fn a_name_is_shown_as_text() {
    let app = App::empty().await;
    let mut browser = join(&app, "nia@new.test").await;
    let page = browser.get("/account/profile").await;
    browser.submit(page.form("/account/profile").set("name", "<script>alert(1)</script> & \"co\"")).await;
    let page = browser.get("/account/profile").await;
    assert!(page.body.contains("&lt;script&gt;"), "{}", page.body);
    assert!(!page.body.contains("<script>alert"));
    assert_eq!(page.form("/account/profile").get("name"), Some("<script>alert(1)</script> & \"co\""));
}
