//! The languages of the sign-in pages, at both doors: every page in each of them, and which one is
//! chosen.

use std::collections::BTreeSet;

use model::{Language, hours, limit::Rule, minutes, seconds};
use scraper::{Html, Node};

use crate::{
    harness::{App, Browser, Form, Page, authorize_url, basic, encode},
    second_factor::{DEV, WithApp},
    upstream::provider::{Corp, callback, go_out},
};

const NUMBER: &str = "+46701740605";
const SECOND: &str = "+46701740606";
const FJORDMOBIL: &str = "+4790000000";

/// What is the same in every language: names, the operator's address, how numbers and codes look.
const NAMES: [&str; 14] = [
    "Portico",
    "Voicebox",
    "Workbench",
    "Corp",
    "Nordtel",
    "Fjordmobil",
    "*",
    ".",
    "·",
    "support@nordtel.test",
    "W4SCT",
    "+46 70 174 06 05",
    "XXXX-XXXX",
    NUMBER,
];

/// Everything that a page says in its own language, to eyes and to screen readers, piece by piece:
/// what the catalogue says, and details for developers, are marked as English.
fn pieces(page: &Page) -> Vec<String> {
    let html = Html::parse_document(&page.body);
    let mut pieces = Vec::new();
    for node in html.tree.nodes() {
        let within = |name: &str| node.ancestors().any(|up| up.value().as_element().is_some_and(|e| e.name() == name));
        let marked = node
            .ancestors()
            .filter_map(|up| up.value().as_element())
            .any(|element| element.name() != "html" && element.attr("lang") == Some("en"));
        match node.value() {
            Node::Text(text) if !within("style") && !within("script") && !marked => {
                pieces.push(text.trim().to_owned());
            }
            Node::Element(element) => pieces.extend(
                ["title", "alt", "aria-label", "placeholder"]
                    .into_iter()
                    .filter_map(|name| element.attr(name))
                    .map(str::to_owned),
            ),
            _ => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A way through every page.
struct Tour<'a> {
    app: &'a App,
    language: Language,
    pages: Vec<(&'static str, Page)>,
}

impl Tour<'_> {
    async fn all(language: Language) -> Vec<(&'static str, Page)> {
        let corp = Corp::start().await;
        let app = corp
            .app_with(|settings| {
                settings.limits.pin_number = Rule::new(8, hours(1));
                settings.limits.device_wrong_address = Rule::new(2, minutes(15));
            })
            .await;
        let mut tour = Tour { app: &app, language, pages: Vec::new() };
        tour.portal().await;
        tour.sign_up().await;
        tour.second_step().await;
        tour.provider(&corp).await;
        tour.sign_in().await;
        tour.refused().await;
        tour.device().await;
        tour.phone().await;
        tour.removal().await;
        tour.form_post().await;
        tour.sign_out().await;
        tour.errors().await;
        tour.pages
    }

    fn browser(&self) -> Browser {
        let mut browser = self.app.browser();
        browser.languages = Some(self.language.tag());
        browser
    }

    fn see(&mut self, name: &'static str, page: &Page) {
        self.pages.push((name, page.clone()));
    }

    /// The portal's own sign-in, for a client.
    async fn portal(&mut self) {
        let (person, new) = ("staff@nordtel.test", "seven unlikely herons");
        let mut browser = self.browser();
        let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
        self.see("portal: sign in", &page);
        let wrong = page.form("/signin").set("email", person).set("password", "not this").clone();
        self.see("portal: wrong password", &browser.submit(&wrong).await);
        let stale = browser.submit(wrong.clone().set("csrf", "x")).await;
        assert_eq!((stale.status, stale.attributes("main .button", "href")), (403, vec!["/signin".to_owned()]));
        self.see("portal: stale", &stale);
        self.see("portal: no passkey", &browser.submit(&page.form("/signin/passkey")).await);
        let forgotten = page.attributes("a[href^='/forgot']", "href").remove(0);
        let page = browser.get(&forgotten).await;
        self.see("portal: forgotten", &page);
        let page = browser.submit_following(page.form("/forgot").set("email", person)).await;
        self.see("portal: link sent", &page);
        let link = self.app.mailed_link(person).await;
        let page = browser.get(&link).await;
        self.see("portal: new password", &page);
        let long = "long".repeat(40);
        for (name, weak) in
            [("short", "short"), ("common", "password1"), ("long", long.as_str()), ("easy", "12345678901")]
        {
            let page = browser.submit(page.form("/reset").set("password", weak)).await;
            assert_eq!(page.status, 422, "{name}");
            self.see("portal: bad password", &page);
        }
        let page = browser.submit_following(page.form("/reset").set("password", new)).await;
        self.see("portal: password changed", &page);
        self.see("portal: link used", &browser.get(&link).await);

        let mut known = self.app.sign_in_portal_with(person, new).await;
        known.languages = Some(self.language.tag());
        self.app.clock.advance(seconds(1));
        let again = authorize_url("demo-app", &[("scope", "openid"), ("prompt", "login")]);
        self.see("portal: again", &known.follow(&again).await);
        self.see("portal: still you?", &known.get("/signin?again=1&return_to=%2Faccount").await);
        let out = known.get("/account").await.form("/signout");
        self.see("portal: signed out", &known.submit_following(&out).await);
    }

    async fn sign_up(&mut self) {
        let (person, password) = ("petra@example.test", "seven unlikely herons");
        let mut browser = self.browser();
        let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
        let page = browser.get(&page.attributes("a[href^='/signup']", "href").remove(0)).await;
        self.see("portal: sign up", &page);
        self.see("portal: bad sign-up", &browser.submit(&page.form("/signup")).await);
        let mut form = page.form("/signup");
        form.set("name", "Petra").set("email", person).set("password", password);
        let page = browser.submit_following(&form).await;
        self.see("portal: mail", &page);
        self.see("portal: mail again", &browser.submit_following(&page.form("/verify/resend")).await);
        let link = self.app.mailed_link(person).await;
        self.see("portal: confirm", &browser.get(&link).await);
        let mut elsewhere = self.browser();
        let page = elsewhere.get(&link).await;
        self.see("portal: confirm elsewhere", &page);
        self.see("portal: another's", &elsewhere.submit(page.form("/verify").set("password", "not this")).await);
        elsewhere.submit(page.form("/verify").set("password", password)).await;
        self.see("portal: confirmed", &browser.follow(&link).await);
        self.see("portal: no such link", &browser.get("/verify?token=nonsense").await);
    }

    async fn second_step(&mut self) {
        let person = "admin@portico.test";
        WithApp::new(self.app, person).await;
        let mut browser = self.browser();
        let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
        let form = page.form("/signin").set("email", person).set("password", model::demo::PASSWORD).clone();
        let page = browser.submit_following(&form).await;
        self.see("portal: second step", &page);
        let wrong = page.form("/signin/second").set("code", "1").clone();
        self.see("portal: wrong code", &browser.submit(&wrong).await);
        self.app.clock.advance(minutes(11));
        let late = browser.submit_following(&wrong).await;
        assert!(late.path.starts_with("/signin?"), "{}", late.path);
        self.see("portal: late", &late);
    }

    /// Another provider in the password's place.
    async fn provider(&mut self, corp: &Corp) {
        let mut browser = self.browser();
        let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
        let form = page.form("/signin/with/corp");
        go_out(self.app, &[]);
        self.see("portal: no answer", &browser.submit(&form).await);
        go_out(self.app, &[&corp.place()]);
        self.app.clock.advance(seconds(10));
        for (name, error) in [("portal: cancelled there", "access_denied"), ("portal: refused there", "server_error")] {
            let asked = browser.submit(&form).await.redirect_parameters();
            let answer = [("error", error), ("state", asked["state"].as_str()), ("iss", corp.issuer.as_str())];
            let back = callback(&asked["redirect_uri"], &answer);
            self.see(name, &browser.follow(&back).await);
            self.see("portal: over there", &browser.follow(&back).await);
        }
        let out = browser.submit(&form).await;
        let page = browser.follow(&corp.approve(&out)).await;
        self.see("portal: new here", &page);
        let long = format!("{}@example.test", "p".repeat(300));
        for (name, email) in [("", "petra"), ("Petra", ""), ("Petra", long.as_str())] {
            let page = browser.submit(page.form("/signin/new").set("name", name).set("email", email)).await;
            assert_eq!(page.status, 422, "{name} {email}");
            self.see("portal: bad account", &page);
        }

        corp.is("dev-at-corp", DEV, true);
        let mut browser = self.browser();
        let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
        let out = browser.submit(&page.form("/signin/with/corp")).await;
        let page = browser.follow(&corp.approve(&out)).await;
        self.see("portal: an account", &page);
        let link = page.attributes("main a.button--primary", "href").remove(0);
        let page = browser.follow(&link).await;
        self.see("portal: before linking", &page);
        let form = page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD).clone();
        let page = browser.submit_following(&form).await;
        self.see("portal: link?", &page);
        let page = browser.submit_following(&page.form("/signin/link")).await;
        self.see("portal: linked", &page);
        let mut late = self.browser();
        self.see("portal: used", &late.follow("/signin/new").await);
    }

    async fn sign_in(&mut self) {
        let mut browser = self.browser();
        let page = browser.get(&authorize_url("demo-web", &[("scope", "openid phone voicemail.get")])).await;
        self.see("login", &page);
        let login = page.form("/login");
        for (name, number) in [
            ("no number", ""),
            ("no country code", "0701740605"),
            ("a zero", "+0701740605"),
            ("an extension", "+46701740605x12"),
            ("letters", "+46abc"),
            ("too short", "+46"),
            ("too long", "+46701740605123456789"),
        ] {
            let page = browser.submit(login.clone().set("number", number)).await;
            assert_eq!(page.status, 422, "{name}");
            self.see(name, &page);
        }
        let page = browser.submit_following(login.clone().set("number", NUMBER)).await;
        self.see("PIN", &page);
        let form = page.form("/login/pin");
        self.see("not six digits", &browser.submit(form.clone().set("pin", "12")).await);
        let right = self.app.pin(NUMBER).await;
        let wrong = if right == "123456" { "654321" } else { "123456" };
        for name in ["4 left", "3 left", "2 left", "1 left", "exhausted"] {
            let page = browser.submit(form.clone().set("pin", wrong)).await;
            assert_eq!(page.status, 422, "{name}");
            self.see(name, &page);
        }
        let page = browser.submit_following(&resend(&form)).await;
        self.see("sent again", &page);
        let late = page.form("/login/pin");
        self.app.clock.advance(minutes(11));
        self.see("expired", &browser.submit(late.clone().set("pin", "123456")).await);
        let page = browser.submit_following(&resend(&late)).await;
        let pin = self.app.pin(NUMBER).await;
        let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
        self.see("consent", &page);
        let mut tampered = page.form("/consent");
        tampered.press("decision", "allow").add("scope", "everything");
        self.see("tampered", &browser.submit(&tampered).await);
        browser.allow(page).await;
        let more = browser.get(&authorize_url("demo-web", &[("scope", "phone offline_access")])).await;
        self.see("consent to more", &more);
        let mut user = self.app.sign_in_portal("dev@portico.test").await;
        user.languages = Some(self.language.tag());
        let scope = "openid offline_access profile email address phone";
        let page = user.get(&authorize_url("demo-app", &[("scope", scope)])).await;
        self.see("consent of a portal user", &page);
    }

    async fn refused(&mut self) {
        let mut browser = self.browser();
        let page = self.app.log_in(&mut browser, &authorize_url("demo-web", &[]), FJORDMOBIL).await;
        self.see("not enabled", &page);

        // A PIN that has a successor, in a browser whose session is older than the request.
        self.app.clock.advance(seconds(1));
        let page = browser.get(&authorize_url("demo-web", &[("prompt", "login")])).await;
        let page = browser.submit_following(page.form("/login").set("number", SECOND)).await;
        let old = page.form("/login/pin");
        let pin = self.app.pin(SECOND).await;
        browser.submit_following(&resend(&old)).await;
        self.see("ended", &browser.submit(old.clone().set("pin", &pin)).await);
        let mut again = resend(&old);
        for _ in 0..10 {
            let page = browser.submit_following(&again).await;
            if page.status == 429 {
                self.see("too many PINs", &page);
                return;
            }
            again = resend(&page.form("/login/pin"));
        }
        panic!("a budget ends");
    }

    async fn device(&mut self) {
        for (outcome, decision) in [("device allowed", "allow"), ("device denied", "cancel")] {
            let form = [("client_id", "demo-spa"), ("scope", "openid phone")];
            let begun = self.app.post("/oauth2/device/auth", &[], &form).await.json();
            let code = begun["user_code"].as_str().expect("a code").to_owned();
            let mut browser = self.browser();
            let ask = browser.get("/device").await;
            self.see("device", &ask);
            self.see("no code", &browser.submit(ask.form("/device").set("user_code", "")).await);
            let confirm = browser.submit_following(ask.form("/device").set("user_code", &code)).await;
            self.see("whose device", &confirm);
            self.app.clock.advance(minutes(3));
            self.see("whose device, later", &browser.get(&confirm.path).await);
            let go = confirm.form("/device/confirm").press("decision", "go").clone();
            let page = browser.submit_following(&go).await;
            let number = if decision == "allow" { "+46701740607" } else { "+46701740608" };
            let page = browser.submit_following(page.form("/login").set("number", number)).await;
            let pin = self.app.pin(number).await;
            let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
            self.see("consent for a device", &page);
            let end = browser.submit_following(page.form("/consent").press("decision", decision)).await;
            self.see(outcome, &end);
            self.see("device over", &browser.get(&confirm.path).await);
        }
        let mut browser = self.browser();
        let ask = browser.get("/device").await;
        for name in ["no such code", "no such code", "too many codes"] {
            let page = browser.submit(ask.form("/device").set("user_code", "BBBB-BBBB")).await;
            self.see(name, &page);
        }
    }

    /// A request that comes to the phone (CIBA).
    async fn phone(&mut self) {
        let number = "+46701740610";
        for (outcome, decision) in [("allowed on the phone", "allow"), ("denied on the phone", "deny")] {
            let form = [("scope", "openid phone voicemail.get"), ("login_hint", number), ("binding_message", "W4SCT")];
            let authorization = basic("demo-call", "demo-call-secret");
            let asked = self.app.post("/oauth2/bc-authorize", &[("authorization", &authorization)], &form).await;
            assert_eq!(asked.status, 200, "{}", asked.body);
            let link = self.app.mailed_link(number).await;
            let mut browser = self.browser();
            let page = browser.get(&link).await;
            self.see("on the phone", &page);
            self.app.clock.advance(minutes(3));
            self.see("on the phone, later", &browser.get(&link).await);
            let end = browser.submit(page.form("/approve").press("decision", decision)).await;
            self.see(outcome, &end);
            self.see("over on the phone", &browser.get(&link).await);
        }
    }

    /// A product is removed, or not.
    async fn removal(&mut self) {
        let redirect_to = "https://example.com/revoke";
        let number = "+46701740611";
        let bearer = self.app.token("demo-web", Some("demo-web-secret"), &[("grant_type", "client_credentials")]).await;
        let authorization = format!("Bearer {}", bearer.json()["access_token"].as_str().expect("a token"));
        let access = self.app.tokens("openid", number).await["access_token"].as_str().expect("a token").to_owned();
        let mut links = Vec::new();
        for _ in 0..2 {
            let form = [("token", access.as_str()), ("redirectTo", redirect_to)];
            let path = "/ext-api/v0/auth/create-revoke-consent-magic-link";
            let page = self.app.post(path, &[("authorization", &authorization)], &form).await;
            links.push(page.json()["redirectTo"].as_str().expect("a link").to_owned());
        }
        let mut browser = self.browser();
        let mut forms = Vec::new();
        for link in &links {
            let page = browser.get(link).await;
            self.see("remove a product", &page);
            forms.push(page.form("/revoke-consent"));
        }
        self.app.execute("UPDATE client_uris SET purpose = 'login' WHERE purpose = 'post_revoke'").await;
        let (_, router) = self.app.second_node().await;
        let mut elsewhere = browser.clone();
        elsewhere.move_to(router);
        for (outcome, decision) in [("kept", "cancel"), ("removed", "remove")] {
            let form = forms.remove(0).press("decision", decision).clone();
            self.see(outcome, &elsewhere.submit(&form).await);
        }
        self.app
            .execute("UPDATE client_uris SET purpose = 'post_revoke' WHERE uri = 'https://example.com/revoke'")
            .await;
        self.see("nothing to remove", &browser.get(&links[0]).await);
    }

    async fn form_post(&mut self) {
        let more = [("response_mode", "form_post"), ("prompt", "none")];
        let page = self.browser().get(&authorize_url("demo-spa", &more)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        self.see("form_post", &page);
    }

    async fn sign_out(&mut self) {
        let mut browser = self.browser();
        self.app.log_in(&mut browser, &authorize_url("demo-web", &[]), "+46701740609").await;
        let page = browser.get("/oauth2/sessions/logout").await;
        self.see("sign out?", &page);
        let page = browser.submit_following(&page.form("/oauth2/sessions/logout")).await;
        self.see("signed out", &page);
    }

    async fn errors(&mut self) {
        let mut browser = self.browser();
        let login = browser.get(&authorize_url("demo-web", &[])).await;
        let mut form = login.form("/login");
        form.set("number", NUMBER);
        self.see("another browser", &self.browser().submit(&form).await);
        self.see("forged", &browser.submit(form.clone().set("csrf", "x")).await);
        self.see("nothing here", &browser.get("/login").await);
        self.app.clock.advance(minutes(31));
        self.see("too late", &browser.submit(&form).await);
        for (name, more) in [
            ("no such client", ("client_id", "nobody")),
            ("wrong redirect URI", ("redirect_uri", "https://evil.example/")),
        ] {
            let page = browser.get(&authorize_url("demo-web", &[more])).await;
            assert_eq!(page.status, 400, "{name}");
            self.see(name, &page);
        }
        let page = browser.get(&format!("{}&state=twice", authorize_url("demo-web", &[]))).await;
        self.see("a mistake of the client", &page);
        let login = browser.get(&authorize_url("demo-web", &[])).await;
        self.app.execute("UPDATE clients SET state = 'disabled' WHERE client_id = 'demo-web'").await;
        let (_, router) = self.app.second_node().await;
        let mut elsewhere = browser.clone();
        elsewhere.move_to(router);
        let page = elsewhere.submit(login.form("/login").set("number", NUMBER)).await;
        assert_eq!(page.status, 400);
        self.see("the client has gone", &page);
    }
}

fn resend(form: &Form) -> Form {
    let mut form = form.clone();
    form.action = "/login/resend".to_owned();
    form
}

#[tokio::test]
async fn every_page_is_in_its_language_and_nothing_on_it_is_english() {
    let english = Tour::all(Language::English).await;
    assert!(english.len() > 40, "{}", english.len());
    for language in Language::ALL {
        let pages = if language == Language::English { english.clone() } else { Tour::all(language).await };
        assert_eq!(pages.len(), english.len());
        for ((name, page), (same, original)) in pages.iter().zip(&english) {
            assert_eq!((name, page.status), (same, original.status));
            let tag = language.tag();
            assert_eq!(page.attributes("html", "lang"), [tag], "{name}");
            assert_eq!(page.header("content-language"), Some(tag), "{name}");
            let varies = page.headers.get_all("vary").iter().any(|by| by.as_bytes().starts_with(b"accept-language"));
            assert!(varies, "{name}: {:?}", page.headers);
            // The portal's pages have the portal's stylesheet.
            let portal = name.starts_with("portal");
            assert!(portal || page.body.len() + 14_000 < 30_000, "{name}, {tag}: {}", page.body.len());
            if language == Language::English {
                continue;
            }
            let there: BTreeSet<String> = pieces(original).into_iter().collect();
            let names = |piece: &String| {
                NAMES.contains(&piece.as_str()) || piece.contains('@') || piece.starts_with('+') || piece.contains("•")
            };
            let left: Vec<String> =
                pieces(page).into_iter().filter(|piece| there.contains(piece) && !names(piece)).collect();
            assert_eq!(left, Vec::<String>::new(), "{name}, {tag}");
        }
    }
}

/// The language of the page for a request.
async fn chosen(app: &App, ui_locales: &str, languages: Option<&'static str>) -> String {
    let mut browser = app.browser();
    browser.languages = languages;
    let page = browser.get(&authorize_url("demo-web", &[("ui_locales", ui_locales)])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.attributes("html", "lang").remove(0)
}

#[tokio::test]
async fn ui_locales_count_in_their_order_before_the_browser_and_nonsense_is_passed_over() {
    let app = App::demo().await;
    for (ui_locales, languages, expected) in [
        ("", None, "en"),
        ("", Some("fr-CA,fr;q=0.9,en;q=0.8"), "fr"),
        ("", Some("fi,et;q=0.5"), "en"),
        ("", Some("nonsense;;;q=,,*;q=x"), "en"),
        ("de", Some("fr"), "de"),
        ("fi es-MX sv", Some("fr"), "es"),
        ("no", None, "nb"),
        ("nb-NO", None, "nb"),
        ("SV-se", None, "sv"),
        ("en sv", Some("sv"), "en"),
        ("fi", Some("sv"), "sv"),
        ("<script> %00 \u{1f600} --", Some("de"), "de"),
        ("x-klingon i-default qaa", None, "en"),
    ] {
        assert_eq!(chosen(&app, ui_locales, languages).await, expected, "{ui_locales} {languages:?}");
    }
    let many = "xx ".repeat(2_000) + "de";
    assert_eq!(chosen(&app, &many, None).await, "de");
}

#[tokio::test]
async fn a_request_keeps_its_language_through_reloads_errors_and_messages() {
    let app = App::demo().await;
    let mut browser = app.browser();
    browser.languages = Some("fr");
    let page = browser.get(&authorize_url("demo-web", &[("ui_locales", "sv")])).await;
    assert_eq!(page.select("h1"), ["Logga in på Voicebox"]);
    browser.languages = Some("de");
    let login = page.form("/login");
    let page = browser.submit(login.clone().set("number", "070")).await;
    assert!(page.text().contains("Börja med + och landsnumret."), "{}", page.text());
    let page = browser.submit_following(login.clone().set("number", NUMBER)).await;
    assert_eq!(page.select("h1"), ["Ange PIN-koden"]);
    assert_eq!(browser.get(&page.path).await.select("h1"), ["Ange PIN-koden"], "reloaded");
    let sms = app.outbox(NUMBER).await.remove(0).body;
    let pin = app.pin(NUMBER).await;
    assert_eq!(
        sms,
        format!(
            "Din PIN-kod till Voicebox är {pin}. Den gäller i 10 minuter. Dela den inte med någon.\n\n@127.0.0.1 #{pin}"
        )
    );
    let page = browser.submit_following(&resend(&page.form("/login/pin"))).await;
    assert!(page.text().contains("En ny PIN-kod är på väg"), "{}", page.text());
    let pin = app.pin(NUMBER).await;
    let consent = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    assert!(consent.text().contains("Voicebox vill"), "{}", consent.text());
    let mut form = consent.form("/consent");
    form.press("decision", "allow").add("scope", "everything");
    let error = browser.submit(&form).await;
    assert_eq!(error.select("h1"), ["Svaret stämmer inte med frågan"]);
    let again = error.attributes("a.button", "href").remove(0);
    assert!(browser.get(&again).await.text().contains("Voicebox vill"));
    // What can still be read of an expired request says how to speak.
    app.clock.advance(hours(1));
    assert_eq!(browser.get(&again).await.select("h1"), ["Det tog för lång tid"]);
    // Where there is no request, the browser's own preference counts again.
    assert_eq!(browser.get("/consent").await.select("h1"), ["Hier läuft keine Anmeldung"]);
}

#[tokio::test]
async fn a_pushed_request_has_its_language_in_it() {
    let app = App::demo().await;
    let form = [
        ("response_type", "code"),
        ("redirect_uri", "https://example.com/callback"),
        ("scope", "openid"),
        ("nonce", "n"),
        ("ui_locales", "es fr"),
    ];
    let pushed =
        app.post("/oauth2/par", &[("authorization", &basic("demo-web", "demo-web-secret"))], &form).await.json();
    let reference = pushed["request_uri"].as_str().expect("a reference");
    let mut browser = app.browser();
    browser.languages = Some("de");
    let more = [("client_id", "demo-web"), ("request_uri", reference), ("ui_locales", "sv")];
    let page = browser.get(&format!("/oauth2/auth?{}", encode(&more))).await;
    assert_eq!(page.select("h1"), ["Inicia sesión en Voicebox"]);
}

#[tokio::test]
async fn errors_and_signing_out_follow_ui_locales_too() {
    let app = App::demo().await;
    let mut browser = app.browser();
    browser.languages = Some("de");
    let page = browser.get(&authorize_url("nobody", &[("ui_locales", "nb")])).await;
    assert_eq!(page.select("h1"), ["Vi vet ikke hvem som sendte deg hit"]);
    assert_eq!(page.attributes("code", "lang"), ["en"], "what is for developers is English");
    let page = browser.get("/oauth2/sessions/logout?ui_locales=fr").await;
    assert_eq!(page.select("h1"), ["Vous êtes déconnecté"]);
    browser.languages = None;
    app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    app.clock.advance(seconds(1));
    let page = browser.get("/oauth2/sessions/logout?ui_locales=fr").await;
    assert_eq!(page.select("h1"), ["Se déconnecter ?"]);
    let page = browser.submit_following(&page.form("/oauth2/sessions/logout")).await;
    assert_eq!(page.select("h1"), ["Vous êtes déconnecté"], "the answer to the page is in its language");
}

#[tokio::test]
async fn the_metadata_names_the_languages() {
    let app = App::demo().await;
    let metadata = app.get("/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(metadata["ui_locales_supported"], serde_json::json!(["en", "sv", "nb", "de", "fr", "es"]));
}

#[tokio::test]
async fn the_catalogue_and_the_pages_say_the_same_of_standard_scopes() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let scope = "openid offline_access profile email address phone";
    let page = browser.get(&authorize_url("demo-app", &[("scope", scope)])).await;
    let catalogue = app.texts("scopes", "consent_text").await;
    let shown = page.select(".permissions strong");
    assert!(!shown.is_empty());
    for line in shown {
        let line = line.trim_end_matches('*').trim().to_owned();
        assert!(catalogue.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn the_portals_sign_in_speaks_the_language_of_the_request_and_else_of_the_browser() {
    let app = App::demo().await;
    let mut browser = app.browser();
    browser.languages = Some("fr");
    let url = authorize_url("demo-app", &[("scope", "openid"), ("ui_locales", "sv")]);
    let page = browser.follow(&url).await;
    assert_eq!(page.select("h1"), ["Logga in på Workbench"]);
    assert_eq!(page.attributes("html", "lang"), ["sv"]);
    browser.languages = Some("de");
    let wrong = browser.submit(page.form("/signin").set("email", DEV).set("password", "x")).await;
    assert!(wrong.text().contains("hör inte ihop"), "{}", wrong.text());
    // Of a request that is over it can still be read how to speak.
    app.clock.advance(hours(1));
    let over = browser.get(&page.path).await;
    assert_eq!(
        (over.select("h1"), over.attributes("html", "lang")),
        (vec!["Logga in".to_owned()], vec!["sv".to_owned()])
    );
    assert_eq!(browser.get("/signin").await.select("h1"), ["Anmelden"]);
    // The rest of the portal is English, and says so.
    let mut known = app.sign_in_portal(DEV).await;
    known.languages = Some("de");
    for path in ["/", "/account", "/organizations", "/nothing/is/here"] {
        let page = known.follow(path).await;
        assert_eq!(page.attributes("html", "lang"), ["en"], "{path}");
        assert_eq!(page.header("content-language"), Some("en"), "{path}");
    }
}
