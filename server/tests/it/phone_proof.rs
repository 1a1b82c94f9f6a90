//! A portal user shows that the phone number in their profile is theirs.

use model::{
    ClientAddress,
    demo::SUBSCRIBER,
    limit::Rule,
    minutes,
    phone::PhoneNumber,
    pin::{self, Proof, Refused},
    profile,
};

use crate::harness::{App, Browser, Page, authorize_url};

const WHO: &str = "staff@fjordmobil.test";
const PROFILE: &str = "/account/profile";
const PHONE: &str = "/account/profile/phone";
const CHECK: &str = "/account/profile/phone/pin";

async fn verified(app: &App) -> Option<bool> {
    profile::claims(&app.ctx, app.user_id(WHO).await).await.unwrap().phone_number_verified
}

async fn say(browser: &mut Browser, number: &str) {
    let page = browser.get(PROFILE).await;
    let page = browser.submit(page.form(PROFILE).set("phone_number", number)).await;
    assert_eq!(page.status, 303, "{}", page.text());
}

/// Somebody who has said that this is their number.
async fn with_number(app: &App, number: &str) -> Browser {
    let mut browser = app.sign_in_portal(WHO).await;
    say(&mut browser, number).await;
    browser
}

/// The page that asks for the PIN.
async fn ask(browser: &mut Browser) -> Page {
    let page = browser.get(PROFILE).await;
    browser.submit_following(&page.form(PHONE)).await
}

async fn try_pin(browser: &mut Browser, page: &Page, pin: &str) -> Page {
    browser.submit(page.form(CHECK).set("pin", pin)).await
}

#[tokio::test]
async fn a_pin_verifies_the_number_until_it_changes() {
    let app = App::demo().await;
    let mut browser = with_number(&app, "0046 70 174 06 05").await;
    assert!(browser.get(PROFILE).await.text().contains("Not verified"));
    let page = ask(&mut browser).await;
    assert!(!page.text().contains(SUBSCRIBER), "only what is needed to recognize it");
    let message = app.outbox(SUBSCRIBER).await.remove(0).body;
    assert!(message.starts_with("Your PIN for your Portico account is "), "{message}");
    let pin = app.pin(SUBSCRIBER).await;
    let page = try_pin(&mut browser, &page, &format!("{} {}", &pin[..3], &pin[3..])).await;
    assert_eq!(page.location().as_deref(), Some(PROFILE), "{}", page.text());
    assert_eq!(verified(&app).await, Some(true));
    let page = browser.get(PROFILE).await;
    assert!(page.text().contains("Your phone number is verified."), "{}", page.text());
    assert!(page.forms().iter().all(|form| form.action != PHONE), "nothing is left to prove");
    say(&mut browser, "+46 70 174 06 05").await;
    assert_eq!(verified(&app).await, Some(true), "the same number in another spelling");
    say(&mut browser, "+46 70 174 06 06").await;
    assert_eq!(verified(&app).await, Some(false));
    let log = app.texts("audit_events", "detail").await.concat();
    assert!(log.contains("Proved the phone number") && !log.contains(&pin) && !log.contains("4670174"), "{log}");
}

#[tokio::test]
async fn zitadel_cve_2026_27946_a_form_cannot_say_that_a_number_is_verified() {
    let app = App::demo().await;
    let mut browser = with_number(&app, SUBSCRIBER).await;
    let page = ask(&mut browser).await;
    for (path, form) in
        [(PROFILE, browser.get(PROFILE).await.form(PROFILE)), (PHONE, page.form(PHONE)), (CHECK, page.form(CHECK))]
    {
        for name in
            ["phone_number_verified", "phone_number_verified_at", "verified", "user", "user_id", "subscriber_id"]
        {
            let mut form = form.clone();
            form.set(name, "true").set("pin", "000000");
            browser.submit(&form).await;
            assert_eq!(verified(&app).await, Some(false), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn i11_a_number_that_changes_on_the_way_is_not_verified() {
    let app = App::demo().await;
    let mut browser = with_number(&app, SUBSCRIBER).await;
    let page = ask(&mut browser).await;
    let pin = app.pin(SUBSCRIBER).await;
    say(&mut browser, "+46701740606").await;
    try_pin(&mut browser, &page, &pin).await;
    assert_eq!(verified(&app).await, Some(false));
    say(&mut browser, SUBSCRIBER).await;
    try_pin(&mut browser, &page, &pin).await;
    assert_eq!(verified(&app).await, Some(false), "the PIN is used up");
}

#[tokio::test]
async fn e5_a_pin_to_sign_in_proves_nothing_and_a_pin_to_prove_signs_nobody_in() {
    let app = App::demo().await;
    let mut browser = with_number(&app, SUBSCRIBER).await;
    let page = ask(&mut browser).await;
    let proving = app.pin(SUBSCRIBER).await;
    let mut subscriber = app.browser();
    let login = subscriber.follow(&authorize_url("demo-web", &[])).await;
    let login = subscriber.submit_following(login.form("/login").set("number", SUBSCRIBER)).await;
    let signing_in = app.pin(SUBSCRIBER).await;
    assert_ne!(proving, signing_in);
    // A new PIN ends the old one, whatever it was for.
    try_pin(&mut browser, &page, &proving).await;
    try_pin(&mut browser, &page, &signing_in).await;
    assert_eq!(verified(&app).await, Some(false));
    let refused = subscriber.submit(login.form("/login/pin").set("pin", &proving)).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    // Nor where everything but the purpose is right.
    let (user, browser, address) = (app.user_id(WHO).await, "b".to_owned(), ClientAddress([192, 0, 2, 1].into()));
    let number = PhoneNumber::parse(SUBSCRIBER).unwrap();
    let proof = Proof { user, number: number.clone(), browser: browser.clone(), address, again: true };
    let challenge = pin::send_proof(&app.ctx, proof).await.unwrap();
    let right = app.pin(SUBSCRIBER).await;
    let signed_in = pin::check(&app.ctx, challenge, &browser, address, &right).await.unwrap();
    assert_eq!(signed_in.err(), Some(Refused::Foreign));
    let (product, client_id) = ("Voicebox".to_owned(), "demo-web".to_owned());
    let request = pin::Request {
        number,
        product,
        client_id,
        browser: browser.clone(),
        address,
        again: true,
        language: model::Language::English,
    };
    let challenge = pin::send(&app.ctx, request).await.unwrap();
    let right = app.pin(SUBSCRIBER).await;
    let proved = pin::prove(&app.ctx, user, challenge, &browser, address, &right).await.unwrap();
    assert_eq!(proved, Err(Refused::Foreign));
    assert_eq!(verified(&app).await, Some(false));
}

#[tokio::test]
async fn a_proof_is_for_one_account_and_one_browser() {
    let app = App::demo().await;
    let mut browser = with_number(&app, SUBSCRIBER).await;
    let page = ask(&mut browser).await;
    let pin = app.pin(SUBSCRIBER).await;
    // Somebody else who says that they have the number, with the challenge of the first one.
    let mut other = app.sign_in_portal("staff@nordtel.test").await;
    say(&mut other, SUBSCRIBER).await;
    let theirs = other.get(PROFILE).await;
    let mut form = page.form(CHECK);
    form.set("csrf", &theirs.csrf()).set("pin", &pin);
    assert_eq!(other.submit(&form).await.status, 422);
    let mut elsewhere = app.sign_in_portal(WHO).await;
    form.set("csrf", &elsewhere.get(PROFILE).await.csrf());
    assert_eq!(elsewhere.submit(&form).await.status, 422);
    assert_eq!(verified(&app).await, Some(false));
    try_pin(&mut browser, &page, &pin).await;
    assert_eq!(verified(&app).await, Some(true));
}

#[tokio::test]
async fn i2_a_pin_can_be_tried_five_times_and_sending_is_limited() {
    let app = App::with(|settings| settings.limits.pin_number = Rule::new(2, minutes(30))).await;
    let mut browser = with_number(&app, SUBSCRIBER).await;
    let page = ask(&mut browser).await;
    let pin = app.pin(SUBSCRIBER).await;
    let wrong = if pin == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        let page = try_pin(&mut browser, &page, wrong).await;
        assert_eq!((page.status, page.select("#pin-error").len()), (422, 1));
    }
    let page = try_pin(&mut browser, &page, &pin).await;
    assert_eq!(page.status, 422);
    assert_eq!(verified(&app).await, Some(false));
    assert_eq!(browser.submit(&page.form(PHONE)).await.status, 303);
    let page = browser.submit_following(&page.form(PHONE)).await;
    assert!(page.text().contains("Too many PINs"), "{}", page.text());
    assert_eq!(app.outbox(SUBSCRIBER).await.len(), 2);
    // Another number has a budget of its own, but the account has not.
    say(&mut browser, "+46701740606").await;
    let page = ask(&mut browser).await;
    assert!(page.text().contains("Too many PINs"), "{}", page.text());
}

#[tokio::test]
async fn i5_no_message_leaves_to_a_number_that_no_operator_here_has() {
    let app = App::demo().await;
    let mut browser = with_number(&app, "+88216123456").await;
    let page = ask(&mut browser).await;
    assert_eq!(page.select("#pin").len(), 1, "the page is the same");
    assert!(app.outbox("+88216123456").await.is_empty());
    // And nothing without a number, or by who is not signed in.
    say(&mut browser, "").await;
    let csrf = browser.get(PROFILE).await.csrf();
    let page = browser.post_form(PHONE, &[("csrf", &csrf)]).await;
    assert_eq!(page.location().as_deref(), Some(PROFILE));
    let page = app.browser().get(PHONE).await;
    assert!(page.location().unwrap().starts_with("/signin"), "{:?}", page.location());
}
