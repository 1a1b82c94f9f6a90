//! The PIN: what it is, how often it can be tried, where it is seen, and the session that it begins.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, Mutex},
};

use futures::future::join_all;
use model::{hours, limit::Rule, minutes, phone::PhoneNumber, seconds};

use super::{NUMBER, SECOND, at_login, at_pin, execute, has_session, other, rows};
use crate::harness::{App, authorize_url};

#[tokio::test]
async fn i1_a_pin_is_six_random_digits_and_rests_only_as_a_keyed_hash() {
    let app = App::with(|settings| settings.limits.pin_number = Rule::new(100, hours(1))).await;
    let mut pins = BTreeSet::new();
    for _ in 0..20 {
        let _waiting = at_pin(&app, NUMBER).await;
        let pin = app.pin(NUMBER).await;
        assert!(pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit()), "{pin}");
        pins.insert(pin);
    }
    assert!(pins.len() > 15, "{pins:?}");
    for row in rows(&app, "SELECT pin_hash, number_hash, browser_hash FROM pin_challenges").await {
        for column in 0..3 {
            let hash: String = row.try_get_by_index(column).expect("text");
            assert_eq!(hash.len(), 64);
            assert!(pins.iter().all(|pin| model::secret::hash(pin) != hash), "a plain hash of six digits is no hash");
            assert_ne!(model::secret::hash(NUMBER), hash);
        }
    }
}

#[tokio::test]
async fn i1_a_pin_lives_ten_minutes() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let (mut later, later_page) = at_pin(&app, SECOND).await;
    let (pin, later_pin) = (app.pin(NUMBER).await, app.pin(SECOND).await);
    app.clock.advance(minutes(10) - 1);
    let page = browser.submit(page.form("/login/pin").set("pin", &pin)).await;
    assert_eq!(page.status, 303);
    app.clock.advance(1);
    let page = later.submit(later_page.form("/login/pin").set("pin", &later_pin)).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("That PIN has expired. Ask for a new one."), "{}", page.text());
    assert!(!has_session(&later));

    // What helps is one button away.
    let page = later.submit_following(&page.form("/login/resend")).await;
    assert!(page.text().contains("A new PIN is on its way"), "{}", page.text());
    let pin = app.pin(SECOND).await;
    let page = later.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    assert_eq!(page.attributes("input[name=scope]", "value").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i1_of_many_uses_of_one_pin_one_signs_in() {
    let app = App::demo().await;
    let (browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let mut form = page.form("/login/pin");
    form.set("pin", &pin);
    let tries = (0..50).map(|_| {
        let (mut browser, form) = (browser.clone(), form.clone());
        async move { browser.submit(&form).await }
    });
    let pages = join_all(tries).await;
    assert_eq!(pages.iter().filter(|page| page.header("set-cookie").is_some()).count(), 1);
    assert!(pages.iter().all(|page| matches!(page.status, 303 | 422)));
    let mut browser = browser;
    let page = browser.submit(&form).await;
    assert_eq!(page.status, 422, "later, too");
    assert!(page.text().contains("was used already"), "{}", page.text());
}

#[tokio::test]
async fn i1_a_pin_works_only_in_the_browser_that_asked_for_it() {
    let app = App::demo().await;
    let (_, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let (mut attacker, own) = at_pin(&app, SECOND).await;

    // The victim's form in the attacker's browser, with the attacker's own form token.
    let token = own.csrf();
    let answer = attacker.submit(page.form("/login/pin").set("pin", &pin).set("csrf", &token)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("another browser"), "{}", answer.text());
    assert!(answer.body.contains("href=\"https://example.com\""), "a way back: {}", answer.body);

    // The victim's PIN in the attacker's own form.
    let answer = attacker.submit(own.form("/login/pin").set("pin", &pin)).await;
    assert!(answer.status == 422 || app.pin(SECOND).await == pin);
    assert!(!has_session(&attacker));
}

#[tokio::test]
async fn i2_a_pin_can_be_tried_five_times() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let mut form = page.form("/login/pin");
    for left in ["4 tries", "3 tries", "2 tries", "1 try"] {
        let page = browser.submit(form.set("pin", &other(&pin))).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(&format!("That PIN is not right. You have {left} left.")), "{}", page.text());
        // The wrong PIN is gone from the page, the form is not.
        form = page.form("/login/pin");
        assert_eq!(form.get("pin"), Some(""));
    }
    let page = browser.submit(form.set("pin", &other(&pin))).await;
    assert!(page.text().contains("tried too often"), "{}", page.text());
    let page = browser.submit(form.set("pin", &pin)).await;
    assert_eq!(page.status, 422, "the right one comes too late");
    assert!(!has_session(&browser));
    assert_eq!(page.select("button"), ["Send a new PIN", "Cancel and go back to Voicebox"]);
}

#[tokio::test]
async fn i2_what_cannot_be_a_pin_costs_no_try() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let mut form = page.form("/login/pin");
    for text in ["", "12345", "1234567", "abcdef"] {
        let page = browser.submit(form.set("pin", text)).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("six digits in the SMS"), "{}", page.text());
    }
    let spaced = format!(" {} {} ", &pin[..3], &pin[3..]);
    assert_eq!(browser.submit(form.set("pin", &spaced)).await.status, 303, "as people copy it");
}

#[tokio::test]
async fn i2_a_new_pin_ends_the_old_one() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let old = app.pin(NUMBER).await;
    let old_form = page.form("/login/pin");
    let mut resend = page.form("/login/pin");
    resend.action = "/login/resend".to_owned();
    let page = browser.submit_following(&resend).await;
    let new = app.pin(NUMBER).await;
    let answer = browser.submit(old_form.clone().set("pin", &old)).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("a newer one was sent"), "{}", answer.text());
    if new != old {
        let answer = browser.submit(page.form("/login/pin").set("pin", &old)).await;
        assert!(answer.text().contains("4 tries left"), "{}", answer.text());
    }
    assert_eq!(browser.submit(page.form("/login/pin").set("pin", &new)).await.status, 303);
}

#[tokio::test]
async fn i4_a_number_is_the_same_in_every_spelling_and_nothing_else_is_one() {
    let app = App::demo().await;
    let (mut browser, page) = at_login(&app).await;
    for (typed, words) in [
        ("", "Enter your phone number."),
        ("0701740605", "Start with + and the country code."),
        ("+0701740605", "A country code does not start with 0."),
        ("+46701740605 x5", "extension"),
        ("+4670174", "too short"),
        ("hello", "digits only"),
        ("\"><script>alert(1)</script>", "digits only"),
    ] {
        let answer = browser.submit(page.form("/login").set("number", typed)).await;
        if typed == "+4670174" {
            assert_eq!(answer.status, 303, "short, but possible");
            continue;
        }
        assert_eq!(answer.status, 422, "{typed}");
        assert!(answer.text().contains(words), "{typed}: {}", answer.text());
        assert_eq!(answer.form("/login").get("number"), Some(typed), "nothing typed is lost");
        assert!(!answer.body.contains("<script>"), "{typed}");
        assert_eq!(answer.attributes("#number", "aria-invalid"), ["true"]);
    }
    let answer = browser.submit_following(page.form("/login").set("number", "００46 (0)70–174 06 05")).await;
    assert!(answer.text().contains(NUMBER), "{}", answer.text());
    assert_eq!(app.outbox(NUMBER).await.len(), 1);
}

#[tokio::test]
async fn i8_the_message_names_the_product_and_ends_with_the_origin_bound_line() {
    let app = App::with(|settings| settings.message_host = "id.example.com".to_owned()).await;
    // A name cannot forge that line.
    execute(&app, "UPDATE products SET name = 'Voice\n@evil.example #000000\nbox' WHERE name = 'Voicebox'").await;
    let _page = at_pin(&app, NUMBER).await;
    let sms = app.outbox(NUMBER).await.remove(0);
    let pin = app.pin(NUMBER).await;
    assert!(sms.body.contains("Voice  evil example #000000 box"), "{:?}", sms.body);
    assert!(sms.body.ends_with(&format!("\n@id.example.com #{}", &sms.body[sms.body.len() - 6..])), "{:?}", sms.body);
    assert_eq!(sms.body.lines().filter(|line| line.starts_with('@')).count(), 1, "{:?}", sms.body);
    assert!(sms.body.chars().count() <= 160, "one message: {}", sms.body.chars().count());
    drop(pin);
}

/// What the program logs, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn i8_neither_pin_nor_number_is_in_a_log_a_url_or_an_event() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let mut urls = vec![page.path.clone()];
    let wrong = browser.submit(page.form("/login/pin").set("pin", &other(&pin))).await;
    urls.push(wrong.path.clone());
    let mut page = browser.submit(page.form("/login/pin").set("pin", &pin)).await;
    while let Some(location) = page.location() {
        urls.push(location.clone());
        page = browser.get(&location).await;
    }
    assert!(page.text().contains("Add product to +467017406••"), "{}", page.text());
    let page = browser.allow(page).await;
    urls.extend(page.location());

    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("text");
    tracing::info!("the log is being read");
    let digits = NUMBER.trim_start_matches('+');
    for secret in [pin.as_str(), digits] {
        assert!(!log.contains(secret), "in the log: {secret}");
        assert!(urls.iter().all(|url| !url.contains(secret)), "in a URL: {secret} {urls:?}");
    }
    let number = PhoneNumber::parse(NUMBER).expect("a number");
    let subscriber = model::subscriber::by_phone_number(&app.ctx, &number).await.expect("read").expect("there");
    let events = model::audit::of_organization(&app.ctx, subscriber.operator_id, None, 50).await.expect("read");
    let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
    assert!(actions.contains(&"subscriber.pin_sent") && actions.contains(&"subscriber.signed_in"), "{actions:?}");
    for event in &events {
        assert!(!event.detail.contains(&pin) && !event.detail.contains(digits), "{}", event.detail);
    }
    assert_eq!(format!("{number:?}"), "PhoneNumber(+467017406••)");
}

#[tokio::test]
async fn i10_every_login_begins_a_new_session() {
    let app = App::demo().await;
    let mut browser = app.browser();
    app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    let first = browser.cookies["portico-subscriber"].clone();
    app.clock.advance(seconds(1));
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[("prompt", "login")]), NUMBER).await;
    let second = browser.cookies["portico-subscriber"].clone();
    assert_ne!(first, second);
    let second_session = page.form("/consent").get("session").expect("a session").to_owned();

    // One that somebody planted before the login is not the one after it.
    let mut attacker = app.browser();
    app.log_in(&mut attacker, &authorize_url("demo-web", &[]), SECOND).await;
    let planted = attacker.cookies["portico-subscriber"].clone();
    app.clock.advance(seconds(1));
    let mut victim = app.browser();
    victim.cookies.insert("portico-subscriber".to_owned(), planted.clone());
    let page = app.log_in(&mut victim, &authorize_url("demo-web", &[("prompt", "login")]), NUMBER).await;
    assert_ne!(victim.cookies["portico-subscriber"], planted);
    assert_ne!(page.form("/consent").get("session"), Some(second_session.as_str()));
    assert!(page.text().contains("+467017406••"), "{}", page.text());

    // What is altered is no session.
    let mut forged = app.browser();
    let last = if second.ends_with('A') { 'B' } else { 'A' };
    forged.cookies.insert("portico-subscriber".to_owned(), format!("{}{last}", &second[..second.len() - 1]));
    let page = forged.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}

#[tokio::test]
async fn i11_a_pin_is_void_when_the_number_goes_to_somebody_else_meanwhile() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    execute(&app, &format!("UPDATE subscribers SET phone_number = '+46701740699' WHERE phone_number = '{NUMBER}'"))
        .await;
    let page = browser.submit(page.form("/login/pin").set("pin", &pin)).await;
    assert_eq!(page.status, 422);
    assert!(!has_session(&browser));
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_the_subscription() {
    let app = App::demo().await;
    let silent = authorize_url("demo-web", &[("prompt", "none")]);
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    browser.allow(page).await;
    assert!(browser.get(&silent).await.redirect_parameters().contains_key("code"));
    app.clock.advance(hours(12));
    assert_eq!(browser.get(&silent).await.redirect_parameters()["error"], "login_required");

    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    assert!(page.redirect_parameters().contains_key("code"), "consent is remembered");
    execute(&app, &format!("UPDATE subscribers SET ended_at = 1 WHERE phone_number = '{NUMBER}'")).await;
    // Written around the model, so the other node is the one that has not cached the row.
    let (_, router) = app.second_node().await;
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    let headers = [("cookie", cookies.as_str())];
    let page =
        crate::harness::send(&router, axum::http::Method::GET, &silent, &headers, axum::body::Body::empty()).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}
