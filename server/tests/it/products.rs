//! Products: information, scopes, distribution.

use axum::http::Method;

use crate::{
    clients::{link, product},
    harness::{App, Browser, Form, Page},
};

async fn create(browser: &mut Browser, name: &str, audience: &str) -> Page {
    let page = browser.get("/organizations").await;
    let path = format!("{}/products/new", link(&page, "Acme Voice"));
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("name", name).set("audience", audience);
    browser.submit(&form).await
}

/// The path of a product that was just created.
async fn created(browser: &mut Browser, name: &str, audience: &str) -> String {
    let page = create(browser, name, audience).await;
    assert_eq!(page.status, 303, "{}", page.text());
    page.location().unwrap().trim_end_matches("/clients").to_owned()
}

#[tokio::test]
async fn a_product_is_created_described_and_listed() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let path = created(&mut browser, "Lantern", "subscribers").await;
    assert_eq!(product(&mut browser, "Lantern").await, path);

    let information = format!("{path}/information");
    let page = browser.follow(&path).await;
    assert_eq!(page.path, information);
    let mut form = page.form(&information);
    form.set("description", "Shines.").set("terms", "javascript:alert(1)").set("support_email", "nobody");
    let page = browser.submit(&form).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.attributes("[aria-invalid=true]", "name"), ["terms", "support_email"]);
    assert_eq!(page.attributes("#terms", "value"), ["javascript:alert(1)"]);
    assert_eq!(page.select("#description"), ["Shines."]);
    let mut form = page.form(&information);
    form.set("terms", "https://example.com/terms").set("support_email", "help@example.com");
    assert_eq!(browser.submit(&form).await.status, 303);
    let page = browser.get(&information).await;
    assert_eq!(page.attributes("#terms", "value"), ["https://example.com/terms"]);
    assert!(page.text().contains("Saved."));
}

#[tokio::test]
async fn what_is_missing_is_said_and_nothing_typed_is_lost() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = create(&mut browser, "  ", "operators").await;
    assert_eq!(page.status, 422);
    assert_eq!(page.attributes("[aria-invalid=true]", "name"), ["name"]);
    assert_eq!(page.attributes("input[name=audience][checked]", "value"), ["operators"]);
    for deceiving in ["Voice\u{202e}xob", "two\nlines", &"x".repeat(61)] {
        assert_eq!(create(&mut browser, deceiving, "subscribers").await.status, 422, "{deceiving:?}");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_product() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get("/organizations").await;
    let organization = link(&page, "Acme Voice");
    let path = format!("{organization}/products/new");
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("name", "Twice");
    let first = browser.submit(&form).await.location();
    let second = browser.submit(&form).await.location();
    assert_eq!(first, second);
    let page = browser.get(&organization).await;
    assert_eq!(page.select(".card-link h2").iter().filter(|name| *name == "Twice").count(), 1);
}

#[tokio::test]
async fn h7_what_people_write_is_shown_as_text() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let name = "<img src=x onerror=alert(1)>";
    let path = created(&mut browser, name, "subscribers").await;
    for rest in ["/information", "/clients", "/clients/new", "/scopes", "/distribution", "/delete"] {
        let page = browser.get(&format!("{path}{rest}")).await;
        assert_eq!(page.status, 200, "{rest}");
        assert!(!page.body.contains("<img src=x"), "{rest}");
        assert!(page.text().contains(name), "{rest}");
    }
}

/// The form that saves the table of scopes; another one filters it.
fn scopes_form(page: &Page, path: &str) -> Form {
    let mut forms = page.forms().into_iter().filter(|form| form.action == path && form.method == Method::POST);
    forms.next().unwrap_or_else(|| panic!("no form on {}: {}", page.path, page.text()))
}

fn on(page: &Page, name: &str) -> Vec<String> {
    let mut on = page.attributes(&format!("input[name={name}][checked]"), "value");
    on.sort();
    on
}

#[tokio::test]
async fn scopes_are_set_in_one_go() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let path = created(&mut browser, "Lantern", "subscribers").await;
    let scopes = format!("{path}/scopes");
    let page = browser.get(&scopes).await;
    assert!(on(&page, "enabled").is_empty());
    let standard = page.select("tbody tr").into_iter().filter(|row| row.starts_with("OAuth 2.0")).count();
    assert_eq!(standard, 3);
    let mut form = scopes_form(&page, &scopes);
    form.add("enabled", "openid").add("enabled", "voicemail.get").add("optional", "voicemail.get");
    // Optional without being enabled means nothing.
    form.add("optional", "phone");
    assert_eq!(browser.submit(&form).await.status, 303);
    let page = browser.get(&scopes).await;
    assert_eq!(on(&page, "enabled"), ["openid", "voicemail.get"]);
    assert_eq!(on(&page, "optional"), ["voicemail.get"]);
    assert!(page.text().contains("2 of "));

    // The filter hides rows; what they hold is sent all the same.
    let page = browser.get(&format!("{scopes}?q=voicemail")).await;
    let shown = page.select("tbody tr:not([hidden])");
    assert!(!shown.is_empty() && shown.iter().all(|row| row.to_lowercase().contains("voicemail")), "{shown:?}");
    assert_eq!(browser.submit(&scopes_form(&page, &format!("{scopes}?q=voicemail"))).await.status, 303);
    assert_eq!(on(&browser.get(&scopes).await, "enabled"), ["openid", "voicemail.get"]);
    let page = browser.get(&format!("{scopes}?q=nothing+like+it")).await;
    assert!(page.select("p:not([hidden])").iter().any(|text| text.starts_with("No scope matches.")));
}

#[tokio::test]
async fn a_product_cannot_have_scopes_of_the_other_kind() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let reports = product(&mut browser, "Traffic Reports").await;
    let scopes = format!("{reports}/scopes");
    let page = browser.get(&scopes).await;
    assert!(page.select("tbody tr").iter().all(|row| !row.contains("OAuth 2.0")));
    for foreign in ["phone", "openid", "voicemail.get", "no.such:scope"] {
        let mut form = scopes_form(&page, &scopes);
        let answer = browser.submit(form.add("enabled", foreign)).await;
        assert_eq!(answer.status, 422, "{foreign}");
    }
    assert_eq!(on(&browser.get(&scopes).await, "enabled"), ["metrics.read"]);
}

#[tokio::test]
async fn a_new_scope_is_asked_for_and_not_granted() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let scopes = format!("{voicebox}/scopes");
    let page = browser.get(&scopes).await;
    let sms = "sms.text:send_to_subscriber";
    assert_eq!(browser.submit(scopes_form(&page, &scopes).add("enabled", sms)).await.status, 303);
    let refreshed = app.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(refreshed["scope"], "openid phone offline_access");
}

#[tokio::test]
async fn a_product_is_offered_and_withdrawn() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let path = created(&mut browser, "Lantern", "subscribers").await;
    let distribution = format!("{path}/distribution");
    let state = |page: &Page, operator: &str| {
        page.select("tbody tr").into_iter().find(|row| row.starts_with(operator)).unwrap_or_default()
    };
    let page = browser.get(&distribution).await;
    assert!(state(&page, "Nordtel").contains("Not offered"));
    let nordtel = page.attributes("input[aria-label='Available for Nordtel']", "value").remove(0);
    assert_eq!(browser.submit(page.form(&distribution).add("operator", &nordtel)).await.status, 303);
    let page = browser.get(&distribution).await;
    assert!(state(&page, "Nordtel").contains("Offered"));
    assert!(page.text().contains("Nordtel has not decided yet."), "{}", page.text());
    // Nobody has enabled it, so nobody is asked twice.
    assert_eq!(browser.submit(page.form(&distribution).remove("operator")).await.status, 303);
    assert!(state(&browser.get(&distribution).await, "Nordtel").contains("Not offered"));
}

#[tokio::test]
async fn c6_withdrawing_from_an_operator_that_uses_it_is_asked_about_and_ends_its_tokens() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let distribution = format!("{voicebox}/distribution");
    let page = browser.get(&distribution).await;
    let page = browser.submit(page.form(&distribution).remove("operator")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Nordtel: 1 subscriber who consented can no longer use Voicebox"), "{}", page.text());
    assert!(on(&page, "operator").is_empty(), "what was switched stays switched");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 200);

    assert_eq!(browser.submit(&page.form(&distribution)).await.status, 303);
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 400);
}

#[tokio::test]
async fn a_product_is_deleted_once_it_is_empty() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let page = browser.get(&format!("{voicebox}/information")).await;
    assert!(page.text().contains("It still has 3 clients."), "{}", page.text());
    let delete = format!("{voicebox}/delete");
    let page = browser.get(&delete).await;
    assert!(page.text().contains("It still has 3 clients."), "{}", page.text());
    assert!(
        page.select("main .card form, main .card button, main form .button").is_empty(),
        "nothing to press: {}",
        page.text()
    );
    assert!(page.attributes("main a", "href").contains(&format!("{voicebox}/clients")));
    let csrf = page.csrf();
    let page = browser.post_form(&delete, &[("csrf", &csrf), ("confirm", "Voicebox")]).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("It still has 3 clients."), "{}", page.text());
    assert_eq!(browser.get(&format!("{voicebox}/clients")).await.status, 200);

    let path = created(&mut browser, "Paper Boat", "subscribers").await;
    let delete = format!("{path}/delete");
    let page = browser.get(&delete).await;
    let page = browser.submit(page.form(&delete).set("confirm", "paper boat")).await;
    assert_eq!(page.status, 422);
    let page = browser.submit(page.form(&delete).set("confirm", "Paper Boat")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(browser.get(&format!("{path}/clients")).await.status, 404);
}
