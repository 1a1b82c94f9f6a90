//! Signing in with a second factor, and changing how one signs in.

use model::{
    Timestamp, authentication, days, hours, minutes, seconds,
    session::{self, Person},
    totp, user,
};

use crate::harness::{App, Browser, Page};

pub const DEV: &str = "dev@portico.test";
const NEW_PASSWORD: &str = "seven unlikely herons";

/// An account with an authenticator app.
pub struct WithApp {
    pub browser: Browser,
    pub secret: Vec<u8>,
    pub codes: Vec<String>,
}

impl WithApp {
    pub async fn new(app: &App, email: &str) -> Self {
        let mut browser = app.sign_in_portal(email).await;
        let page = browser.get("/account/security/app").await;
        assert_eq!(page.status, 200, "{:?}", page.location());
        assert_eq!(page.select("svg[role=img]").len(), 1, "a QR code");
        let secret = base32(&page.select(".copyable code")[0]);
        let typed = code_of(app, &secret);
        let page = browser.submit(page.form("/account/security/app").set("code", &typed)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let codes = page.select(".recovery-codes code");
        assert_eq!(codes.len(), 10);
        // The code that turned it on is used up.
        app.clock.advance(seconds(30));
        Self { browser, secret, codes }
    }

    fn code(&self, app: &App) -> String {
        code_of(app, &self.secret)
    }
}

pub fn code_of(app: &App, secret: &[u8]) -> String {
    totp::code(secret, model::Clock::now(&app.clock).seconds() / 30)
}

pub fn base32(text: &str) -> Vec<u8> {
    let digits =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|c| if c >= b'A' { c - b'A' } else { c - b'2' + 26 });
    let mut bits = digits.fold(Vec::new(), |mut bits, digit| {
        bits.extend((0..5).rev().map(|at| digit >> at & 1));
        bits
    });
    bits.truncate(bits.len() / 8 * 8);
    bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

/// The password, in a new browser; the page that asks for the second step.
pub async fn password(app: &App, email: &str, password: &str) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = browser.get("/signin?return_to=%2Faccount%2Fsessions").await;
    let mut form = page.form("/signin");
    let page = browser.submit(form.set("email", email).set("password", password)).await;
    let second = "/signin/second?return_to=%2Faccount%2Fsessions";
    assert_eq!(page.location().as_deref(), Some(second), "{}", page.text());
    let page = browser.follow_on(page).await;
    (browser, page)
}

/// Who is signed in in a browser.
pub async fn person(app: &App, browser: &Browser) -> Option<Person> {
    let id = browser.cookies.get("portico-session")?;
    session::peek(&app.ctx, id).await.expect("sessions are readable")
}

async fn subjects(app: &App) -> Vec<String> {
    app.outbox(DEV).await.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn a_session_knows_when_and_how_it_was_opened() {
    let app = App::demo().await;
    let browser = app.sign_in_portal(DEV).await;
    let opened = model::Clock::now(&app.clock);
    app.clock.advance(hours(1));
    let person = person(&app, &browser).await.expect("signed in");
    assert_eq!((person.auth_time, person.amr), (opened, vec!["pwd".to_owned()]));
}

#[tokio::test]
async fn signing_in_again_asks_in_a_living_session_and_gives_another_cookie() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let before = person(&app, &browser).await.expect("signed in");
    let former = browser.cookies["portico-session"].clone();
    app.clock.advance(minutes(30));
    assert_eq!(browser.get("/signin").await.status, 303, "who is signed in goes on");
    let back = "/oauth2/continue?i=abc";
    let page = browser.get("/signin?again=1&return_to=%2Foauth2%2Fcontinue%3Fi%3Dabc").await;
    let mut form = page.form("/signin");
    assert_eq!(form.get("email"), Some(DEV));
    let wrong = browser.submit(form.set("password", "not the one")).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.form("/signin").get("again"), Some("1"));
    let page = browser.submit(form.set("password", model::demo::PASSWORD)).await;
    assert_eq!(page.location().as_deref(), Some(back));
    let after = person(&app, &browser).await.expect("signed in");
    assert_eq!(after.auth_time.since(before.auth_time), minutes(30));
    assert_eq!(after.session, before.session, "the name by which its applications know it stays");
    assert!(session::peek(&app.ctx, &former).await.unwrap().is_none(), "the former id is worth nothing");
}

#[tokio::test]
async fn j9_a_password_alone_does_not_sign_in_where_there_is_an_app() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    assert!(person(&app, &browser).await.is_none());
    assert_eq!(browser.get("/account").await.status, 303);
    let mut form = page.form("/signin/second");
    let wrong = browser.submit(form.set("code", "000000")).await;
    assert_eq!((wrong.status, wrong.select("#code-error").len()), (422, 1), "{}", wrong.text());
    assert!(person(&app, &browser).await.is_none());
    let page = browser.submit(form.set("code", &dev.code(&app))).await;
    assert_eq!(page.location().as_deref(), Some("/account/sessions"));
    let person = person(&app, &browser).await.expect("signed in");
    assert_eq!(person.amr, ["pwd", "otp", "mfa"]);
    assert!(!browser.cookies.contains_key("portico-second-step"));
}

#[tokio::test]
async fn j9_a_new_password_by_mail_does_not_get_round_the_second_factor() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    user::forgot_password(&app.ctx, DEV, "198.18.9.9").await.unwrap();
    let link = app.mailed_link(DEV).await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert_eq!(browser.submit(page.form("/reset").set("password", NEW_PASSWORD)).await.status, 303);
    assert!(person(&app, &browser).await.is_none());
    let (mut browser, page) = password(&app, DEV, NEW_PASSWORD).await;
    assert!(person(&app, &browser).await.is_none());
    browser.submit(page.form("/signin/second").set("code", &dev.code(&app))).await;
    assert!(person(&app, &browser).await.is_some());
}

#[tokio::test]
async fn j9_an_address_confirmed_again_does_not_get_round_the_second_factor() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    // Neither signing up with the address nor asking for the link again opens the account.
    let mut browser = app.browser();
    let page = browser.get("/signup").await;
    let mut form = page.form("/signup");
    form.set("name", "Mal").set("email", DEV).set("password", NEW_PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 303);
    user::resend_verification(&app.ctx, DEV, "198.18.9.9").await.unwrap();
    assert!(app.outbox(DEV).await.iter().all(|mail| !mail.body.contains("/verify?token=")));
    assert!(person(&app, &dev.browser).await.is_some());
}

#[tokio::test]
async fn a_step_token_is_not_a_session() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let (browser, _) = password(&app, DEV, model::demo::PASSWORD).await;
    let token = browser.cookies["portico-second-step"].clone();
    let mut thief = app.browser();
    thief.cookies.insert("portico-session".to_owned(), token.clone());
    assert_eq!(thief.get("/account").await.status, 303);
    // In another browser it is worth nothing, even with a right code.
    let mut thief = app.browser();
    let csrf = thief.get("/signin").await.csrf();
    thief.cookies.insert("portico-second-step".to_owned(), token);
    assert_eq!(thief.get("/signin/second").await.location().as_deref(), Some("/signin"));
    let code = dev.code(&app);
    let page = thief.post_form("/signin/second", &[("csrf", &csrf), ("code", &code)]).await;
    assert_eq!(page.location().as_deref(), Some("/signin"));
    assert!(person(&app, &thief).await.is_none());
}

#[tokio::test]
async fn authentik_cve_2026_49443_no_step_is_skipped_by_an_empty_post() {
    let app = App::demo().await;
    let _dev = WithApp::new(&app, DEV).await;
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    let csrf = page.csrf();
    let empty: [&[(&str, &str)]; 4] = [&[], &[("code", "")], &[("answer", ""), ("challenge", "")], &[("code", " - ")]];
    for path in ["/signin/second", "/signin/second/passkey", "/signin/passkey"] {
        for fields in empty {
            let form: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
            for _ in 0..2 {
                let page = browser.post_form(path, &form).await;
                assert_ne!(page.location().as_deref(), Some("/account/sessions"), "{path} {fields:?}");
                assert!(person(&app, &browser).await.is_none(), "{path} {fields:?}");
            }
        }
    }
    // Nor by leaving the first one out.
    let mut blank = app.browser();
    let csrf = blank.get("/signin").await.csrf();
    let page = blank.post_form("/signin/second", &[("csrf", &csrf), ("code", "123456")]).await;
    assert_eq!(page.location().as_deref(), Some("/signin"));
}

#[tokio::test]
async fn j4_the_second_step_is_not_sent_by_another_site() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    let (csrf, code) = (page.csrf(), dev.code(&app));
    let stolen = app.browser().get("/signin").await.csrf();
    for (token, origin) in [(stolen.as_str(), "http://127.0.0.1:3000"), (csrf.as_str(), "https://evil.example")] {
        let form = [("csrf", token), ("code", code.as_str())];
        let page = browser.post_form_with("/signin/second", &form, &[("origin", origin)]).await;
        assert_eq!(page.status, 403);
        assert!(person(&app, &browser).await.is_none());
    }
}

#[tokio::test]
async fn a_step_ends_after_ten_minutes_and_with_the_password_that_it_was_for() {
    let app = App::demo().await;
    let mut dev = WithApp::new(&app, DEV).await;
    let (mut late, page) = password(&app, DEV, model::demo::PASSWORD).await;
    app.clock.advance(minutes(10));
    let page = late.submit(page.form("/signin/second").set("code", &dev.code(&app))).await;
    assert_eq!(page.location().as_deref(), Some("/signin?return_to=%2Faccount%2Fsessions"));

    let (mut other, page) = password(&app, DEV, model::demo::PASSWORD).await;
    let account = dev.browser.get("/account").await;
    let mut form = account.form("/account/password");
    form.set("present", model::demo::PASSWORD).set("new", NEW_PASSWORD);
    assert_eq!(dev.browser.submit(&form).await.status, 303);
    let page = other.submit(page.form("/signin/second").set("code", &dev.code(&app))).await;
    assert_eq!(page.location().as_deref(), Some("/signin?return_to=%2Faccount%2Fsessions"));
    assert!(person(&app, &other).await.is_none());
}

#[tokio::test]
async fn a_code_works_once_and_a_step_early_or_late() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    app.clock.advance(minutes(1));
    for (away, works) in [(-60, false), (60, false), (-30, true), (-30, false), (0, true), (30, true), (0, false)] {
        let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
        let step = model::Clock::now(&app.clock).seconds() + away;
        let page = browser.submit(page.form("/signin/second").set("code", &totp::code(&dev.secret, step / 30))).await;
        assert_eq!(page.status == 303, works, "{away}: {}", page.text());
        assert_eq!(person(&app, &browser).await.is_some(), works, "{away}");
    }
}

#[tokio::test]
async fn of_many_who_send_the_same_code_at_once_one_gets_in() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let (browser, _) = password(&app, DEV, model::demo::PASSWORD).await;
    let mark = model::secret::keyed_hash(&app.ctx, "browser", browser.cookies["portico-browser"].as_bytes());
    let sealed = browser.cookies["portico-second-step"].clone();
    for code in [dev.code(&app), dev.codes[0].clone()] {
        let tries = (0..9).map(|_| {
            let (ctx, mark, sealed, code) = (app.ctx.clone(), mark.clone(), sealed.clone(), code.clone());
            tokio::spawn(async move {
                let step = authentication::second_step(&ctx, &sealed, &mark).await.unwrap().expect("a step");
                authentication::with_code(&ctx, &step, &code, "198.18.9.9").await.is_ok()
            })
        });
        let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
        assert_eq!(won, 1, "{code}");
        // Eight were wrong: the budget of the account is nearly empty.
        app.execute("DELETE FROM limits").await;
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once_and_its_owner_hears_of_it() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    let typed = dev.codes[3].to_uppercase().replace('-', " ");
    browser.submit(page.form("/signin/second").set("code", &typed)).await;
    assert!(person(&app, &browser).await.is_some());
    assert_eq!(subjects(&app).await[0], "A recovery code was used");
    let page = browser.get("/account/security").await;
    assert!(page.text().contains("9 of 10 are left"), "{}", page.text());

    let (mut other, page) = password(&app, DEV, model::demo::PASSWORD).await;
    assert_eq!(other.submit(page.form("/signin/second").set("code", &typed)).await.status, 422);
    // Somebody else's codes are not theirs.
    let admin = WithApp::new(&app, "admin@portico.test").await;
    assert_eq!(other.submit(page.form("/signin/second").set("code", &admin.codes[0])).await.status, 422);

    let page = browser.get("/account/security/codes").await;
    let page = browser.submit(&page.form("/account/security/codes")).await;
    let new = page.select(".recovery-codes code");
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !dev.codes.contains(code)));
    let page = other.get("/signin/second").await;
    assert_eq!(other.submit(page.form("/signin/second").set("code", &dev.codes[4])).await.status, 422, "replaced");
    assert_eq!(other.submit(page.form("/signin/second").set("code", &new[0])).await.status, 303);
}

#[tokio::test]
async fn codes_are_limited_for_each_account_whatever_the_browser() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    for n in 0..10 {
        let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
        let page = browser.submit(page.form("/signin/second").set("code", &format!("{:06}", n * 7))).await;
        assert_eq!(page.status, 422);
    }
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    let mut form = page.form("/signin/second");
    let page = browser.submit(form.set("code", &dev.code(&app))).await;
    assert!(page.text().contains("Too many tries"), "{}", page.text());
    assert!(person(&app, &browser).await.is_none());
    app.clock.advance(minutes(7));
    assert_eq!(browser.submit(form.set("code", &dev.code(&app))).await.status, 303);
}

#[tokio::test]
async fn turning_the_app_on_takes_a_right_code_of_the_secret_that_was_shown() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let mut admin = app.sign_in_portal("admin@portico.test").await;
    let page = browser.get("/account/security/app").await;
    let shown = page.select(".copyable code");
    let mut form = page.form("/account/security/app");
    let page = browser.submit(form.set("code", "000000")).await;
    assert_eq!((page.status, page.select("#code-error").len()), (422, 1));
    assert_eq!(page.select(".copyable code"), shown, "the same secret, which the app knows by now");
    // Nobody plants a secret of theirs in another account.
    let code = code_of(&app, &base32(&shown[0]));
    let mut planted = admin.get("/account/security/app").await.form("/account/security/app");
    planted.set("setup", form.get("setup").unwrap()).set("code", &code);
    assert_eq!(admin.submit(&planted).await.status, 422);
    assert!(browser.get("/account/security").await.form("/signout").get("csrf").is_some());
    assert_eq!(browser.submit(form.set("code", &code)).await.status, 200);
    assert_eq!(subjects(&app).await, ["An authenticator app was added"]);
    assert_eq!(browser.get("/account/security/app").await.location().as_deref(), Some("/account/security"));
    assert_eq!(browser.submit(&form).await.status, 303, "sent again, it changes nothing");
}

#[tokio::test]
async fn what_is_stored_of_a_factor_opens_nothing() {
    let app = App::demo().await;
    let dev = WithApp::new(&app, DEV).await;
    let mut stored = app.texts("totp_factors", "secret_sealed").await;
    stored.extend(app.texts("recovery_codes", "code_hash").await);
    let stored = stored.join(" ");
    assert!(!stored.contains(&dev.codes[0]));
    assert!(!stored.contains(&dev.codes[0].replace('-', "")));
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    assert!(!stored.contains(&URL_SAFE_NO_PAD.encode(&dev.secret)));
}

#[tokio::test]
async fn changing_how_one_signs_in_takes_a_sign_in_of_the_last_ten_minutes() {
    let app = App::demo().await;
    let mut dev = WithApp::new(&app, DEV).await;
    let csrf = dev.browser.get("/account/security").await.csrf();
    app.clock.advance(minutes(10));
    for (path, back) in [
        ("/account/security/passkeys", "%2Faccount%2Fsecurity%2Fpasskeys"),
        ("/account/security/app", "%2Faccount%2Fsecurity%2Fapp"),
        ("/account/security/codes", "%2Faccount%2Fsecurity%2Fcodes"),
    ] {
        let page = dev.browser.get(path).await;
        assert_eq!(page.location(), Some(format!("/signin?again=1&return_to={back}")), "{path}");
    }
    for path in [
        "/account/security/passkeys",
        "/account/security/passkeys/remove",
        "/account/security/app",
        "/account/security/app/remove",
        "/account/security/codes",
        "/account/security/password/remove",
    ] {
        let page = dev.browser.post_form(path, &[("csrf", &csrf)]).await;
        let again = "/signin?again=1&return_to=%2Faccount%2Fsecurity";
        assert_eq!(page.location().as_deref(), Some(again), "{path}");
    }
    assert!(dev.browser.get("/account/security").await.text().contains("10 of 10 are left"));

    // The password is only the first step of this sign-in too.
    let page = dev.browser.get("/signin?again=1&return_to=%2Faccount%2Fsecurity").await;
    let page = dev.browser.submit(page.form("/signin").set("password", model::demo::PASSWORD)).await;
    assert_eq!(page.location().as_deref(), Some("/signin/second?return_to=%2Faccount%2Fsecurity"));
    assert_eq!(dev.browser.get("/account/security/codes").await.status, 303, "not yet");
    let page = dev.browser.follow_on(page).await;
    let code = dev.code(&app);
    let page = dev.browser.submit(page.form("/signin/second").set("code", &code)).await;
    assert_eq!(page.location().as_deref(), Some("/account/security"));
    let page = dev.browser.get("/account/security/app/remove").await;
    assert!(page.text().contains("Your recovery codes go with it"), "{}", page.text());
    let page = dev.browser.submit(&page.form("/account/security/app/remove")).await;
    assert_eq!(page.status, 303);
    assert_eq!(subjects(&app).await[0], "The authenticator app was removed");
    app.sign_in_portal(DEV).await.get("/account").await;
}

#[tokio::test]
async fn sessions_from_before_the_columns_count_from_their_beginning() {
    let app = App::demo().await;
    let browser = app.sign_in_portal(DEV).await;
    app.execute("UPDATE sessions SET auth_time = NULL, amr = NULL").await;
    let person = person(&app, &browser).await.expect("signed in");
    assert_eq!((person.auth_time, person.amr.clone()), (Timestamp(1_800_000_000_000), vec!["pwd".to_owned()]));
    app.clock.advance(days(1));
    assert!(!person.is_fresh(model::Clock::now(&app.clock)));
}
