//! The pages of both: their cookies and size, a lost request, a hint.

use model::minutes;

use super::{NUMBER, at_login, at_pin};
use crate::harness::{App, URL, authorize_url};

#[tokio::test]
async fn m6_cookies_are_bound_to_the_host_and_hidden_from_scripts() {
    for (url, prefix, secure) in [(URL, "portico-", false), ("https://id.example.com", "__Host-portico-", true)] {
        let app = App::with(|settings| *settings = model::Settings::at(url)).await;
        let mut browser = app.browser();
        let login = browser.get(&authorize_url("demo-web", &[])).await;
        let page = browser.submit_following(login.form("/login").set("number", NUMBER)).await;
        let pin = app.outbox(NUMBER).await.remove(0).body;
        let signed_in = browser.submit(page.form("/login/pin").set("pin", &pin[pin.len() - 6..])).await;
        for (page, name) in [(&login, "browser"), (&signed_in, "subscriber")] {
            let cookie = page.header("set-cookie").expect("a cookie");
            assert!(cookie.starts_with(&format!("{prefix}{name}=")), "{cookie}");
            for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(page.header("set-cookie").is_none(), "a known browser keeps its cookie");
    }
}

#[tokio::test]
async fn a_lost_interaction_says_what_to_do_and_leads_back() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let mut form = page.form("/login/pin");
    form.set("pin", "123456");
    let mut without_cookies = app.browser();
    let lost = without_cookies.submit(&form).await;
    assert_eq!(lost.status, 400);
    assert!(lost.text().contains("If cookies are off for this site, turn them on"), "{}", lost.text());
    assert!(lost.text().contains("Back to example.com"), "{}", lost.text());
    app.clock.advance(minutes(31));
    let late = browser.submit(&form).await;
    assert_eq!(late.status, 400);
    assert!(
        late.text().contains("That took too long") && late.text().contains("Back to example.com"),
        "{}",
        late.text()
    );
    for path in ["/login", "/login/pin", "/consent", "/login?i=abc", "/consent?i=%00"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 400, "{path}");
        assert!(page.text().contains("There is no sign-in here"), "{path}: {}", page.text());
    }
    assert_eq!(app.get("/login/resend", &[]).await.status, 405);
}

#[tokio::test]
async fn the_first_page_says_where_it_leads_and_under_which_terms() {
    let app = App::demo().await;
    app.execute("UPDATE products SET terms_url = 'https://acme.example/terms' WHERE name = 'Voicebox'").await;
    let (_, page) = at_login(&app).await;
    for words in ["Sign in to Voicebox", "by Acme Voice", "You return to example.com."] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(page.attributes("a", "href").contains(&"https://acme.example/terms".to_owned()));
}

#[tokio::test]
async fn login_pin_and_consent_pages_are_small_and_need_no_script() {
    let app = App::demo().await;
    let css = app.get("/idp.css", &[]).await;
    assert!(css.header("cache-control").is_some_and(|value| value.contains("immutable")));
    let (mut browser, login) = at_login(&app).await;
    assert_eq!(login.attributes("#number", "autocomplete"), ["tel"]);
    assert_eq!(login.attributes("#number", "inputmode"), ["tel"]);
    let pin = browser.submit_following(login.form("/login").set("number", NUMBER)).await;
    assert_eq!(pin.attributes("#pin", "autocomplete"), ["one-time-code"]);
    assert_eq!(pin.attributes("#pin", "inputmode"), ["numeric"]);
    let digits = app.pin(NUMBER).await;
    let consent = browser.submit_following(pin.form("/login/pin").set("pin", &digits)).await;
    for page in [login, pin, consent] {
        let mut weight = page.body.len() + css.body.len();
        for picture in page.attributes("img[src]", "src") {
            let picture = app.get(&picture, &[]).await;
            assert_eq!(picture.status, 200);
            weight += picture.body.len();
        }
        assert!(weight < 30_000, "{}: {weight}", page.path);
        let style = page.attributes("link[rel=stylesheet]", "href").remove(0);
        assert_eq!(app.get(&style, &[]).await.body, css.body);
    }
}

#[tokio::test]
async fn a_login_hint_is_filled_in() {
    let app = App::demo().await;
    for (hint, shown) in [("tel:+46-70-1740605", NUMBER), (NUMBER, NUMBER), ("somebody@example.com", "")] {
        let page = app.get(&authorize_url("demo-web", &[("login_hint", hint)]), &[]).await;
        assert_eq!(page.form("/login").get("number"), Some(shown), "{hint}");
    }
}
