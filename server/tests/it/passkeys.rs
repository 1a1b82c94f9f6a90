//! Passkeys: adding them, signing in with one, and what a false one cannot do.

use model::factor;

use crate::{
    authenticator::{Authenticator, asked},
    harness::{App, Browser, Page},
    second_factor::{DEV, password, person},
};

/// A user with one passkey.
async fn with_passkey(app: &App, email: &str) -> (Browser, Authenticator, Vec<String>) {
    let mut browser = app.sign_in_portal(email).await;
    let mut key = Authenticator::new(email);
    let page = key.join(&mut browser, "Laptop").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let codes = page.select(".recovery-codes code");
    assert_eq!(codes.len(), 10, "they come with the first factor");
    (browser, key, codes)
}

async fn passkeys(app: &App, email: &str) -> Vec<model::entity::passkey::Model> {
    let user = app.user_id(email).await;
    factor::of(&app.ctx, user).await.unwrap().passkeys
}

fn refused(page: &Page) {
    assert_eq!(page.status, 422, "{:?}", page.location());
}

#[tokio::test]
async fn a_passkey_alone_signs_in() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    let mut browser = app.browser();
    let page = browser.get("/signin?return_to=%2Faccount%2Fsecurity").await;
    let options = asked(&page);
    assert_eq!((options["rpId"].as_str(), options["userVerification"].as_str()), (Some("localhost"), Some("required")));
    let answer = key.sign(&options);
    let page = browser.submit(page.form("/signin/passkey").set("answer", &answer)).await;
    assert_eq!(page.location().as_deref(), Some("/account/security"), "{}", page.text());
    let person = person(&app, &browser).await.expect("signed in");
    assert_eq!((person.user.email.as_str(), person.amr.join(" ")), (DEV, "hwk mfa".to_owned()));
    let page = browser.get("/account/security").await;
    assert!(page.text().contains("Laptop"), "{}", page.text());
    let row = &passkeys(&app, DEV).await[0];
    assert!(row.last_used_at.is_some() && row.credential.contains("\"counter\":1"), "{}", row.credential);
}

#[tokio::test]
async fn what_a_device_says_of_copies_is_kept() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let mut key = Authenticator::new("phone");
    key.shared = true;
    assert_eq!(key.join(&mut browser, "Phone").await.status, 200);
    let row = &passkeys(&app, DEV).await[0];
    assert!(row.backup_eligible && row.backed_up);
    let mut browser = app.browser();
    assert_eq!(key.sign_in(&mut browser).await.status, 303);
    assert_eq!(person(&app, &browser).await.unwrap().amr, ["swk", "mfa"]);
    // It cannot become one that was never copied.
    key.shared = false;
    refused(&key.sign_in(&mut app.browser()).await);
}

#[tokio::test]
async fn j9_a_password_alone_does_not_sign_in_where_there_is_a_passkey() {
    let app = App::demo().await;
    let (_, mut key, codes) = with_passkey(&app, DEV).await;
    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    assert!(person(&app, &browser).await.is_none());
    let options = asked(&page);
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    // Somebody else's passkey is not theirs.
    let (_, mut other, _) = with_passkey(&app, "admin@portico.test").await;
    let mut form = page.form("/signin/second/passkey");
    refused(&browser.submit(form.set("answer", &other.sign(&options))).await);
    assert!(person(&app, &browser).await.is_none());
    let page = browser.submit(form.set("answer", &key.sign(&options))).await;
    assert_eq!(page.location().as_deref(), Some("/account/sessions"), "{}", page.text());
    assert_eq!(person(&app, &browser).await.unwrap().amr, ["pwd", "hwk", "mfa"]);

    let (mut browser, page) = password(&app, DEV, model::demo::PASSWORD).await;
    browser.submit(page.form("/signin/second").set("code", &codes[0])).await;
    assert!(person(&app, &browser).await.is_some(), "a recovery code stands in for it");
}

#[tokio::test]
async fn j8_a_challenge_works_once_in_its_browser_for_a_quarter_of_an_hour() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    let mut browser = app.browser();
    let form = key.sign_in_form(&mut browser).await;

    let mut thief = app.browser();
    let mut stolen = thief.get("/signin").await.form("/signin/passkey");
    stolen.set("challenge", form.get("challenge").unwrap()).set("answer", form.get("answer").unwrap());
    refused(&thief.submit(&stolen).await);
    assert!(person(&app, &thief).await.is_none(), "in another browser");

    assert_eq!(browser.submit(&form).await.status, 303);
    let page = browser.get("/account").await;
    browser.submit(&page.form("/signout")).await;
    refused(&browser.submit(&form).await);
    assert!(person(&app, &browser).await.is_none(), "a second time");

    let form = key.sign_in_form(&mut browser).await;
    app.clock.advance(model::minutes(15));
    refused(&browser.submit(&form).await);
    assert!(person(&app, &browser).await.is_none(), "too late");

    // An answer to another challenge than the one that comes back.
    let (first, mut second) = (key.sign_in_form(&mut browser).await, key.sign_in_form(&mut browser).await);
    refused(&browser.submit(second.set("challenge", first.get("challenge").unwrap())).await);
    // A challenge of another kind.
    let mut signed_in = app.sign_in_portal("admin@portico.test").await;
    let page = signed_in.get("/account/security/passkeys").await;
    let mut form = signed_in.get("/signin?again=1").await.form("/signin/passkey");
    let answer = key.sign(&asked(&page));
    form.set("challenge", page.form("/account/security/passkeys").get("challenge").unwrap()).set("answer", &answer);
    refused(&signed_in.submit(&form).await);
}

#[tokio::test]
async fn j8_of_many_who_send_the_same_answer_at_once_one_gets_in() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    // One without a counter, which would tell by itself.
    key.counter = 0;
    let mut browser = app.browser();
    let page = browser.get("/signin").await;
    let mut form = page.form("/signin/passkey");
    form.set("answer", &key.sign_again(&asked(&page)));
    let tries = (0..8).map(|_| {
        let (mut browser, form) = (browser.clone(), form.clone());
        async move { browser.submit(&form).await.status }
    });
    let won = futures::future::join_all(tries).await.into_iter().filter(|status| *status == 303).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn j8_origin_host_and_owner_are_checked() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    type Lie = fn(&mut Authenticator);
    let lies: [(&str, Lie); 5] = [
        ("origin", |key| key.origin = "http://localhost:3001".to_owned()),
        ("phishing origin", |key| key.origin = "https://localhost.evil.example".to_owned()),
        ("host", |key| key.rp_id = "evil.example".to_owned()),
        ("owner not verified", |key| key.verified = false),
        ("unknown id", |key| key.id = vec![7; 32]),
    ];
    for (name, lie) in lies {
        let (origin, rp_id, id) = (key.origin.clone(), key.rp_id.clone(), key.id.clone());
        lie(&mut key);
        let mut browser = app.browser();
        refused(&key.sign_in(&mut browser).await);
        assert!(person(&app, &browser).await.is_none(), "{name}");
        // Nor is such a one added.
        let mut admin = app.sign_in_portal("admin@portico.test").await;
        if name != "unknown id" {
            let mut fresh = Authenticator::new(name);
            lie(&mut fresh);
            refused(&fresh.join(&mut admin, "False").await);
            assert!(passkeys(&app, "admin@portico.test").await.is_empty(), "{name}");
        }
        (key.origin, key.rp_id, key.id, key.verified) = (origin, rp_id, id, true);
    }
    assert_eq!(key.sign_in(&mut app.browser()).await.status, 303);
}

#[tokio::test]
async fn j8_a_copied_device_is_noticed_by_its_counter() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    key.counter = 7;
    assert_eq!(key.sign_in(&mut app.browser()).await.status, 303);
    key.counter = 3;
    let mut browser = app.browser();
    refused(&key.sign_in(&mut browser).await);
    assert!(person(&app, &browser).await.is_none());
}

#[tokio::test]
async fn j8_no_two_accounts_have_the_same_passkey() {
    let app = App::demo().await;
    let (mut dev, mut key, _) = with_passkey(&app, DEV).await;
    let mut admin = app.sign_in_portal("admin@portico.test").await;
    let page = key.join(&mut admin, "Taken").await;
    refused(&page);
    assert!(page.text().contains("known already"), "{}", page.text());
    assert!(passkeys(&app, "admin@portico.test").await.is_empty());
    refused(&key.join(&mut dev, "Again").await);
    assert_eq!(passkeys(&app, DEV).await.len(), 1);
}

#[tokio::test]
async fn passkeys_are_named_and_removed_by_their_owner_alone() {
    let app = App::demo().await;
    let (mut dev, mut key, _) = with_passkey(&app, DEV).await;
    let id = passkeys(&app, DEV).await[0].id.to_string();
    let mut admin = app.sign_in_portal("admin@portico.test").await;
    let csrf = admin.get("/account/security").await.csrf();
    for (path, fields) in [
        ("/account/security/passkeys/remove", vec![("id", id.as_str())]),
        ("/account/security/passkeys/rename", vec![("id", id.as_str()), ("name", "Mine")]),
    ] {
        let form: Vec<_> = fields.into_iter().chain([("csrf", csrf.as_str())]).collect();
        assert_eq!(admin.post_form(&format!("{path}?id={id}"), &form).await.status, 404, "{path}");
    }
    for what in ["rename", "remove"] {
        assert_eq!(admin.get(&format!("/account/security/passkeys/{what}?id={id}")).await.status, 404, "{what}");
    }

    let page = dev.get(&format!("/account/security/passkeys/rename?id={id}")).await;
    let mut form = page.form("/account/security/passkeys/rename");
    let wrong = dev.submit(form.set("name", " ")).await;
    assert_eq!((wrong.status, wrong.select("#name-error").len()), (422, 1));
    assert_eq!(dev.submit(form.set("name", "Old laptop")).await.status, 303);
    assert_eq!(passkeys(&app, DEV).await[0].name, "Old laptop");

    // It is asked for before it goes.
    let remove = format!("/account/security/passkeys/remove?id={id}");
    assert!(dev.get("/account/security").await.attributes("main a", "href").contains(&remove));
    let page = dev.get(&remove).await;
    assert!(page.text().contains("Remove the passkey Old laptop?"), "{}", page.text());
    assert!(page.text().contains("You sign in with your password from then on."), "{}", page.text());
    assert_eq!(passkeys(&app, DEV).await.len(), 1);
    assert_eq!(dev.submit(&page.form("/account/security/passkeys/remove")).await.status, 303);
    assert_eq!(app.outbox(DEV).await[0].subject, "A passkey was removed");
    refused(&key.sign_in(&mut app.browser()).await);
    app.sign_in_portal(DEV).await;
}

#[tokio::test]
async fn the_last_way_of_signing_in_stays() {
    let app = App::demo().await;
    let mut plain = app.sign_in_portal("admin@portico.test").await;
    let csrf = plain.get("/account/security").await.csrf();
    plain.post_form("/account/security/password/remove", &[("csrf", &csrf)]).await;
    app.sign_in_portal("admin@portico.test").await;

    let (mut dev, mut key, codes) = with_passkey(&app, DEV).await;
    let page = dev.get("/account/security/password/remove").await;
    assert!(page.text().contains("You sign in with your passkey from then on."), "{}", page.text());
    assert_eq!(dev.submit(&page.form("/account/security/password/remove")).await.status, 303);
    assert_eq!(app.outbox(DEV).await[0].subject, "Your password was removed");
    assert!(dev.get("/account").await.text().contains("You have no password"));
    for guess in ["", model::demo::PASSWORD] {
        let mut browser = app.browser();
        let page = browser.get("/signin").await;
        refused(&browser.submit(page.form("/signin").set("email", DEV).set("password", guess)).await);
    }
    // Neither the page that asks nor the form itself.
    let remove = format!("/account/security/passkeys/remove?id={}", passkeys(&app, DEV).await[0].id);
    let page = dev.follow(&remove).await;
    assert!(page.text().contains("your last way of signing in"), "{}", page.text());
    let page = dev.post_form(&remove, &[("csrf", &page.csrf())]).await;
    let page = dev.follow_on(page).await;
    assert!(page.text().contains("your last way of signing in"), "{}", page.text());
    let mut browser = app.browser();
    assert_eq!(key.sign_in(&mut browser).await.status, 303);

    // A mailed link sets a password, which then asks for the passkey or a recovery code.
    model::user::forgot_password(&app.ctx, DEV, "198.18.9.9").await.unwrap();
    let link = app.mailed_link(DEV).await;
    let page = browser.get(&link).await;
    browser.submit(page.form("/reset").set("password", "seven unlikely herons")).await;
    let (mut browser, page) = password(&app, DEV, "seven unlikely herons").await;
    assert!(person(&app, &browser).await.is_none());
    browser.submit(page.form("/signin/second").set("code", &codes[0])).await;
    assert!(person(&app, &browser).await.is_some());
}

#[tokio::test]
async fn a_suspended_account_opens_with_no_passkey() {
    let app = App::demo().await;
    let (_, mut key, _) = with_passkey(&app, DEV).await;
    app.execute("UPDATE users SET suspended_at = 1").await;
    let mut browser = app.browser();
    let page = key.sign_in(&mut browser).await;
    refused(&page);
    assert!(page.text().contains("suspended"), "{}", page.text());
    assert!(person(&app, &browser).await.is_none());
}
