//! Subscribers: signing in with a PIN, consent, and the pages of both.

use std::{
    collections::BTreeSet,
    io::Write,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
};

use futures::future::join_all;
use model::{db::Work, hours, limit::Rule, minutes, phone::PhoneNumber, seconds};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::harness::{App, Browser, Page, URL, authorize_url};

/// The first subscribers of Nordtel, which has enabled Voicebox, and of Fjordmobil, which has not.
const NUMBER: &str = "+46701740605";
const SECOND: &str = "+46701740606";
const FJORDMOBIL: &str = "+4790000000";
/// In Nordtel's range, and nobody's.
const NOBODY: &str = "+46701740690";

/// A browser that waits on the page for a number.
async fn at_login(app: &App) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-web", &[])).await;
    assert_eq!(page.status, 200, "{}", page.text());
    (browser, page)
}

/// A browser that waits on the page for the PIN that was sent to a number.
async fn at_pin(app: &App, number: &str) -> (Browser, Page) {
    let (mut browser, page) = at_login(app).await;
    let page = browser.submit_following(page.form("/login").set("number", number)).await;
    assert_eq!((page.status, page.select("h1")), (200, vec!["Enter the PIN".to_owned()]), "{}", page.text());
    (browser, page)
}

/// A browser that waits on the consent page.
async fn at_consent(app: &App, more: &[(&str, &str)]) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", more), NUMBER).await;
    assert_eq!(page.status, 200, "{}", page.text());
    (browser, page)
}

/// Another PIN than this one.
fn other(pin: &str) -> String {
    let last = if pin.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &pin[..5])
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies.contains_key("portico-subscriber")
}

async fn rows(app: &App, sql: &str) -> Vec<sea_orm::QueryResult> {
    let db = sea_orm::Database::connect(&app.database).await.expect("a second connection");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("rows");
    db.close().await.expect("closed");
    rows
}

async fn execute(app: &App, sql: &str) {
    let db = sea_orm::Database::connect(&app.database).await.expect("a second connection");
    db.execute_unprepared(sql).await.expect("executed");
    db.close().await.expect("closed");
}

async fn count(app: &App, sql: &str) -> i64 {
    rows(app, sql).await[0].try_get_by_index(0).expect("a number")
}

// ---- the PIN

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
async fn i2_no_request_resets_a_budget_and_each_is_kept() {
    // For the number: from other browsers, addresses and clients, in other spellings.
    let app = App::with(|settings| settings.limits.pin_number = Rule::new(3, minutes(30))).await;
    for spelling in ["+46701740605", "0046 70 174 06 05", "tel:+46-70-1740605"] {
        let (mut browser, page) = at_login(&app).await;
        assert_eq!(browser.submit(page.form("/login").set("number", spelling)).await.status, 303);
    }
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-spa", &[])).await;
    let page = browser.submit(page.form("/login").set("number", NUMBER)).await;
    assert_eq!(page.status, 429);
    assert!(page.text().contains("Too many PINs were asked for. Try again in 10 minutes."), "{}", page.text());
    assert_eq!(page.header("retry-after"), Some("600"));
    assert_eq!(page.form("/login").get("number"), Some(NUMBER), "nothing typed is lost");
    assert_eq!(app.outbox(NUMBER).await.len(), 3);
    app.clock.advance(minutes(10));
    assert_eq!(browser.submit(page.form("/login").set("number", NUMBER)).await.status, 303, "it refills");

    // For the address: other numbers do not help.
    let app = App::with(|settings| settings.limits.pin_address = Rule::new(2, minutes(30))).await;
    let same = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    for (number, status) in [(NUMBER, 303), (NOBODY, 303), (SECOND, 429)] {
        let (mut browser, page) = at_login(&app).await;
        browser.address = same;
        assert_eq!(browser.submit(page.form("/login").set("number", number)).await.status, status, "{number}");
    }

    // For the client.
    let app = App::with(|settings| settings.limits.pin_client = Rule::new(1, minutes(30))).await;
    let _spent = at_pin(&app, NUMBER).await;
    let (mut browser, page) = at_login(&app).await;
    assert_eq!(browser.submit(page.form("/login").set("number", SECOND)).await.status, 429);
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-spa", &[])).await;
    assert_eq!(browser.submit(page.form("/login").set("number", SECOND)).await.status, 303, "another client");

    // For all.
    let app = App::with(|settings| settings.limits.pin_overall = Rule::new(1, minutes(30))).await;
    let _spent = at_pin(&app, NUMBER).await;
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-spa", &[])).await;
    assert_eq!(browser.submit(page.form("/login").set("number", SECOND)).await.status, 429);
}

#[tokio::test]
async fn i3_guesses_from_many_browsers_share_the_numbers_budget() {
    let app = App::with(|settings| {
        settings.limits.pin_number = Rule::new(1000, minutes(30));
        settings.limits.pin_wrong_number = Rule::new(8, hours(1));
    })
    .await;
    let mut wrong = 0;
    for _ in 0..3 {
        let (mut browser, page) = at_login(&app).await;
        let answer = browser.submit_following(page.form("/login").set("number", NUMBER)).await;
        if answer.status == 429 {
            break;
        }
        let pin = app.pin(NUMBER).await;
        for _ in 0..5 {
            let page = browser.submit(answer.form("/login/pin").set("pin", &other(&pin))).await;
            wrong += i32::from(page.status == 422);
            if page.status == 429 {
                let right = browser.submit(answer.form("/login/pin").set("pin", &pin)).await;
                assert_eq!(right.status, 429, "not even the right one is looked at");
                assert!(right.text().contains("Too many wrong PINs"), "{}", right.text());
                break;
            }
        }
    }
    assert_eq!(wrong, 8, "of three times five");
    let (mut browser, page) = at_login(&app).await;
    let page = browser.submit(page.form("/login").set("number", NUMBER)).await;
    assert_eq!(page.status, 429, "no PIN is sent that could not be tried");
}

#[tokio::test]
async fn i3_guesses_for_many_numbers_share_the_addresss_budget() {
    let app = App::with(|settings| settings.limits.pin_wrong_address = Rule::new(4, hours(1))).await;
    let same = IpAddr::V6("2001:db8::1".parse().expect("an address"));
    let mut answers = Vec::new();
    for (n, number) in [NUMBER, SECOND, NOBODY].into_iter().enumerate() {
        let (mut browser, page) = at_login(&app).await;
        let page = browser.submit_following(page.form("/login").set("number", number)).await;
        // Another address of the same network, which is one subscriber's.
        let IpAddr::V6(address) = same else { unreachable!() };
        browser.address = IpAddr::V6(std::net::Ipv6Addr::from_bits(address.to_bits() + n as u128 * 7));
        let pin = if number == NOBODY { "000000".to_owned() } else { other(&app.pin(number).await) };
        for _ in 0..2 {
            answers.push(browser.submit(page.form("/login/pin").set("pin", &pin)).await.status);
        }
    }
    assert_eq!(answers, [422, 422, 422, 422, 429, 429]);
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
async fn i5_only_numbers_of_subscribers_cost_a_message() {
    let app = App::demo().await;
    for number in [NOBODY, "+4790000099", "+46701740604", "+882123456789", "+15005550006"] {
        let _page = at_pin(&app, number).await;
        assert_eq!(app.outbox(number).await.len(), 0, "{number}");
    }
    execute(&app, &format!("UPDATE subscribers SET ended_at = 1 WHERE phone_number = '{SECOND}'")).await;
    let _page = at_pin(&app, SECOND).await;
    assert_eq!(app.outbox(SECOND).await.len(), 0, "nor one who has left");
}

#[tokio::test]
async fn i6_a_number_of_nobody_gets_the_same_pages_and_costs_the_same_work() {
    let app = App::demo().await;
    let mut seen: Vec<Vec<(u16, String, Work)>> = Vec::new();
    // A first one, so that what is read once is in memory.
    let _warm = at_pin(&app, "+46701740609").await;
    for number in [NUMBER, NOBODY, FJORDMOBIL, "+4790000050"] {
        let mut steps = Vec::new();
        let (mut browser, page) = at_login(&app).await;
        let (work, page) = app.work_of(browser.submit(page.form("/login").set("number", number))).await;
        steps.push((page.status, String::new(), work));
        let (work, page) = app.work_of(browser.follow_on(page)).await;
        steps.push((page.status, page.text().replace(number, "NUMBER"), work));
        assert_eq!(page.attributes("header img", "alt"), ["Nordtel"], "the brand does not depend on the number");
        let wrong = if number == NUMBER { other(&app.pin(number).await) } else { "123456".to_owned() };
        let mut form = page.form("/login/pin");
        for _ in 0..6 {
            let (work, page) = app.work_of(browser.submit(form.set("pin", &wrong))).await;
            steps.push((page.status, page.text().replace(number, "NUMBER"), work));
        }
        seen.push(steps);
    }
    for other in &seen[1..] {
        assert_eq!(&seen[0], other);
    }
    assert_eq!(app.outbox(NOBODY).await.len(), 0);
}

#[tokio::test]
async fn i6_no_pin_opens_a_number_of_nobody() {
    // Every PIN is tried, as far as five go; what counts is that the right one would not do.
    let app = App::demo().await;
    let number = PhoneNumber::parse(NOBODY).expect("a number");
    let request = model::pin::Request {
        number,
        product: "Voicebox".to_owned(),
        client_id: "demo-web".to_owned(),
        browser: "browser".to_owned(),
        address: model::ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        again: false,
        language: model::Language::English,
    };
    let challenge = model::pin::send(&app.ctx, request).await.expect("a challenge");
    // Make any PIN the right one: that of a challenge whose PIN is known.
    let (_, _page) = at_pin(&app, NUMBER).await;
    let pin = app.pin(NUMBER).await;
    let hash = model::secret::keyed_hash(&app.ctx, "pin", &[challenge.as_bytes().as_slice(), pin.as_bytes()].concat());
    execute(&app, &format!("UPDATE pin_challenges SET pin_hash = '{hash}' WHERE subscriber_id IS NULL")).await;
    let address = model::ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let answer = model::pin::check(&app.ctx, challenge, "browser", address, &pin).await.expect("checked");
    assert_eq!(answer, Err(model::pin::Refused::Wrong { left: 4 }));
}

#[tokio::test]
async fn i7_nobody_is_bombed_with_messages() {
    let app = App::demo().await;
    let mut sent = 0;
    for _ in 0..40 {
        let (mut browser, page) = at_login(&app).await;
        sent += i32::from(browser.submit(page.form("/login").set("number", NUMBER)).await.status == 303);
        app.clock.advance(seconds(3));
    }
    assert_eq!((sent, app.outbox(NUMBER).await.len()), (5, 5), "from any number of addresses");

    // Two clicks are one wish.
    let (mut browser, page) = at_login(&app).await;
    let form = page.form("/login").set("number", SECOND).clone();
    let first = browser.submit_following(&form).await;
    let second = browser.submit_following(&form).await;
    assert_eq!(app.outbox(SECOND).await.len(), 1);
    let pin = app.pin(SECOND).await;
    for (page, status) in [(second, 303), (first, 303)] {
        assert_eq!(browser.submit(page.form("/login/pin").set("pin", &pin)).await.status, status, "both pages work");
    }
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
    forged.cookies.insert("portico-subscriber".to_owned(), format!("{}A", &second[..second.len() - 1]));
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

#[tokio::test]
async fn delayed_messages_are_announced_to_everybody_alike() {
    let app = App::demo().await;
    let (mut browser, page) = at_pin(&app, NUMBER).await;
    assert!(!page.text().contains("Text messages are slow"), "{}", page.text());
    execute(
        &app,
        "UPDATE messages SET state = 'queued', last_error = 'the gateway answered 503', attempts = 1 \
         WHERE channel = 'sms'",
    )
    .await;
    for number in [SECOND, NOBODY] {
        let page = browser.get(&authorize_url("demo-web", &[])).await;
        let page = browser.submit_following(page.form("/login").set("number", number)).await;
        assert!(page.text().contains("Text messages are slow at the moment."), "{number}: {}", page.text());
    }
}

// ---- consent

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
async fn a_step_cannot_be_skipped() {
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

// ---- pages

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
