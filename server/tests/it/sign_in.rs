//! The portal's sign-in page as that of a client: where its forms may lead, who asks, the way back.

use model::{hours, minutes, seconds};

use crate::{
    harness::{App, Browser, Page, URL, authorize_url},
    second_factor::{DEV, WithApp, password},
};

const LOOPBACK: &str = "http://127.0.0.1:8765/callback";

fn url(more: &[(&str, &str)]) -> String {
    let mut parameters = vec![("scope", "openid profile email")];
    parameters.extend_from_slice(more);
    authorize_url("demo-app", &parameters)
}

/// Where the page's forms may lead.
fn form_action(page: &Page) -> String {
    let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {}", page.text()));
    let targets = policy.split("; ").find_map(|part| part.strip_prefix("form-action "));
    targets.expect("a policy for forms").to_owned()
}

/// The sign-in page for a request of `demo-app`.
async fn asked(browser: &mut Browser, more: &[(&str, &str)]) -> Page {
    let page = browser.follow(&url(more)).await;
    assert!(page.path.starts_with("/signin?"), "{}", page.path);
    page
}

#[tokio::test]
async fn forms_lead_to_the_client_that_asks_and_nowhere_else_without_one() {
    let app = App::demo().await;
    let mut browser = app.browser();
    for path in ["/signin", "/signin?return_to=%2Faccount", "/forgot"] {
        assert_eq!(form_action(&browser.get(path).await), "'self'", "{path}");
    }
    let page = asked(&mut browser, &[]).await;
    assert_eq!(form_action(&page), "'self' https:");
    let wrong = browser.submit(page.form("/signin").set("email", DEV).set("password", "not this one")).await;
    assert_eq!((wrong.status, form_action(&wrong)), (422, "'self' https:".to_owned()));
    let passkey = browser.submit(&page.form("/signin/passkey")).await;
    assert_eq!((passkey.status, form_action(&passkey)), (422, "'self' https:".to_owned()));
    let forgotten = page.attributes("a[href^='/forgot']", "href").remove(0);
    assert_eq!(form_action(&browser.get(&forgotten).await), "'self' https:");
    // Browsers are led on from http to https, and not back.
    assert_eq!(form_action(&asked(&mut browser, &[("redirect_uri", LOOPBACK)]).await), "'self' http: https:");
    // There the answer is a form of its own, on a page of its own.
    assert_eq!(form_action(&asked(&mut browser, &[("response_mode", "form_post")]).await), "'self'");

    let elsewhere = app.browser().get(&page.path).await;
    assert_eq!((elsewhere.status, form_action(&elsewhere)), (200, "'self'".to_owned()), "another browser");
    let altered = browser.get(&page.path.replace("consent%3Fi%3D", "consent%3Fi%3DA")).await;
    assert_eq!((altered.status, form_action(&altered)), (200, "'self'".to_owned()), "altered");
    app.clock.advance(hours(1));
    assert_eq!(form_action(&browser.get(&page.path).await), "'self'", "expired");
}

#[tokio::test]
async fn the_second_step_leads_to_the_client_too() {
    let app = App::demo().await;
    WithApp::new(&app, DEV).await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[]).await;
    let mut form = page.form("/signin");
    form.set("email", DEV).set("password", model::demo::PASSWORD);
    let second = browser.submit_following(&form).await;
    assert!(second.path.starts_with("/signin/second?"), "{}", second.path);
    assert_eq!(form_action(&second), "'self' https:");
    assert_eq!(second.select("h1"), ["One more step"]);
    assert_eq!(second.select(".auth-client"), ["Sign in to Workbench by Acme Voice"]);
    let wrong = browser.submit(second.form("/signin/second").set("code", "1")).await;
    assert_eq!((wrong.status, form_action(&wrong)), (422, "'self' https:".to_owned()));
    let cancelled = browser.submit(wrong.form("/consent").press("decision", "cancel")).await;
    assert_eq!(cancelled.redirect_parameters()["error"], "access_denied");

    let (mut browser, _) = password(&app, DEV, model::demo::PASSWORD).await;
    assert_eq!(form_action(&browser.get("/signin/second").await), "'self'", "for the portal itself");
}

#[tokio::test]
async fn the_page_says_who_asks_and_where_one_returns_to() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[]).await;
    assert_eq!(page.select("h1"), ["Sign in to Workbench"]);
    let text = page.text();
    for words in ["by Acme Voice", "You return to example.com.", "Cancel and go back to Workbench"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(page.attributes(".auth-client img", "alt"), [""]);
    let page = asked(&mut browser, &[("redirect_uri", LOOPBACK)]).await;
    let words = "You return to an application on this device (127.0.0.1:8765).";
    assert!(page.text().contains(words), "{}", page.text());
    let plain = browser.get("/signin?return_to=%2Faccount").await;
    assert_eq!(plain.select("h1"), ["Sign in"]);
    assert!(plain.forms().iter().all(|form| form.action != "/consent"), "nobody to go back to");

    // A session that is older than the client wants it.
    let mut known = app.sign_in_portal(DEV).await;
    app.clock.advance(minutes(5));
    let page = asked(&mut known, &[("prompt", "login")]).await;
    assert_eq!(page.select("h1"), ["Sign in to Workbench"]);
    assert!(page.text().contains("asks for a sign-in of a moment ago"), "{}", page.text());
    assert_eq!(page.form("/signin").get("email"), Some(DEV));
}

#[tokio::test]
async fn a_login_hint_is_filled_in_and_never_over_what_was_typed() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[("login_hint", "petra@example.test")]).await;
    let mut form = page.form("/signin");
    assert_eq!(form.get("email"), Some("petra@example.test"));
    let page = browser.submit(form.set("email", "other@example.test").set("password", "x")).await;
    assert_eq!((page.status, page.form("/signin").get("email")), (422, Some("other@example.test")));
    let page = browser.submit(page.form("/signin").set("email", "").set("password", "x")).await;
    assert_eq!((page.status, page.form("/signin").get("email")), (422, Some("")));
    for nonsense in ["+46701740605", "\"><script>", "petra", "a@b@c"] {
        let page = asked(&mut browser, &[("login_hint", nonsense)]).await;
        assert_eq!(page.form("/signin").get("email"), Some(""), "{nonsense}");
    }
    // Whom the client means counts more than who was here last.
    let mut known = app.sign_in_portal(DEV).await;
    app.clock.advance(seconds(1));
    let page = asked(&mut known, &[("prompt", "login"), ("login_hint", "petra@example.test")]).await;
    assert_eq!(page.form("/signin").get("email"), Some("petra@example.test"));
}

#[tokio::test]
async fn cancelling_tells_the_client_in_its_own_way() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[]).await;
    let mut form = page.form("/consent");
    form.press("decision", "cancel");
    let answer = browser.submit(&form).await.redirect_parameters();
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "the-state"));
    assert_eq!(answer["iss"], URL);
    assert!(!answer.contains_key("code"));

    let page = asked(&mut browser, &[("response_mode", "form_post")]).await;
    let page = browser.submit(page.form("/consent").press("decision", "cancel")).await;
    assert_eq!(page.form("https://example.com/callback").get("error"), Some("access_denied"));

    let forged = browser.submit(form.clone().set("csrf", "x")).await;
    assert_eq!((forged.status, forged.location()), (403, None));
    let elsewhere = app.browser().submit(&form).await;
    assert_eq!((elsewhere.status, elsewhere.location()), (400, None));
}

#[tokio::test]
async fn h7_names_and_logos_of_a_client_bring_no_markup_to_the_sign_in() {
    let app = App::demo().await;
    app.execute(
        "UPDATE products SET name = '\"><script>alert(1)</script>', logo = '//evil.example/logo.svg' \
         WHERE name = 'Workbench'",
    )
    .await;
    let (_, router) = app.second_node().await;
    let mut browser = app.browser();
    browser.move_to(router);
    let page = asked(&mut browser, &[]).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert_eq!(page.select("h1"), ["Sign in to \"><script>alert(1)</script>"]);
    assert_eq!(page.attributes(".auth-client img", "src"), ["/evil.example/logo.svg"]);
}

#[tokio::test]
async fn whoever_has_forgotten_the_password_can_still_go_back() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[]).await;
    let forgotten = page.attributes("a[href^='/forgot']", "href").remove(0);
    let page = browser.get(&forgotten).await;
    let page = browser.submit_following(page.form("/forgot").set("email", DEV)).await;
    assert_eq!(page.select("h1"), ["Sign in to Workbench"], "{}", page.path);
    app.clock.advance(seconds(1));
    let link = app.mailed_link(DEV).await;
    let reset = browser.get(&link).await;
    let mut form = reset.form("/reset");
    assert_eq!(browser.submit(form.set("password", "seven unlikely herons")).await.status, 303);
    let mut form = page.form("/signin");
    form.set("email", DEV).set("password", "seven unlikely herons");
    let page = browser.submit_following(&form).await;
    assert!(page.text().contains("Workbench would like to"), "{}", page.text());
}

/// The page that the link in the mail to `email` leads to.
async fn link_opened(app: &App, browser: &mut Browser, email: &str) -> Page {
    let link = app.mailed_link(email).await;
    browser.get(&link).await
}

#[tokio::test]
async fn whoever_signs_up_for_a_client_is_led_on_to_it_once_the_address_is_confirmed() {
    const NEW: &str = "nia@new.test";
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[("state", "kept")]).await;
    let path = page.attributes("a[href^='/signup']", "href").remove(0);
    let page = browser.get(&path).await;
    let mut form = page.form("/signup");
    form.set("name", "Nia New").set("email", NEW).set("password", "seven unlikely herons");
    let waiting = browser.submit_following(&form).await;
    assert_eq!(waiting.select(".auth-client"), ["Sign in to Workbench by Acme Voice"]);
    assert!(waiting.attributes("a[href^='/signin?return_to=']", "href").len() == 1, "{}", waiting.body);

    // Whoever opens the link in another browser proves themselves there, and is led nowhere from it.
    let elsewhere = link_opened(&app, &mut app.browser(), NEW).await;
    assert!(elsewhere.select(".auth-client").is_empty() && elsewhere.body.contains("name=\"password\""));

    let page = link_opened(&app, &mut browser, NEW).await;
    assert_eq!(page.select(".auth-client"), ["Sign in to Workbench by Acme Voice"]);
    assert_eq!(form_action(&page), "'self' https:");
    let consent = browser.submit_following(&page.form("/verify")).await;
    let answer = browser.allow(consent).await.redirect_parameters();
    assert!(answer.contains_key("code") && answer["state"] == "kept", "{answer:?}");
    // Nothing of it is kept: the next sign-up in this browser is another one's.
    let page = browser.get("/verify").await;
    assert!(page.select(".auth-client").is_empty(), "{}", page.text());
}

#[tokio::test]
async fn whoever_signs_up_for_a_request_that_has_ended_meanwhile_is_told_so() {
    const NEW: &str = "nia@new.test";
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = asked(&mut browser, &[]).await;
    let path = page.attributes("a[href^='/signup']", "href").remove(0);
    let page = browser.get(&path).await;
    let mut form = page.form("/signup");
    form.set("name", "Nia New").set("email", NEW).set("password", "seven unlikely herons");
    browser.submit_following(&form).await;
    app.clock.advance(hours(1));
    let page = link_opened(&app, &mut browser, NEW).await;
    let over = browser.submit_following(&page.form("/verify")).await;
    assert_eq!(over.status, 400, "{}", over.text());
    assert!(browser.get("/account").await.status == 200, "signed in all the same");
}
