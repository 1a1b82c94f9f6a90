//! What guesses and messages cost, and that a number of nobody looks like any other.

use std::net::{IpAddr, Ipv4Addr};

use model::{db::Work, hours, limit::Rule, minutes, phone::PhoneNumber, seconds};

use super::{FJORDMOBIL, NOBODY, NUMBER, SECOND, at_login, at_pin, execute, other};
use crate::harness::{App, authorize_url};

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
