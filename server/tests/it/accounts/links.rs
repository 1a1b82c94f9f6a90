//! Mailed links: what they prove, how often and how long.

use model::{days, hours, user};

use super::{PASSWORD, is_signed_in, join, sign_up, try_sign_in};
use crate::harness::App;

#[tokio::test]
async fn opening_the_link_does_not_use_it_up_and_the_button_does_once() {
    let app = App::empty().await;
    let mut browser = sign_up(&app, "nia@new.test").await;
    let link = app.mailed_link("nia@new.test").await;
    for _ in 0..3 {
        assert_eq!(app.get(&link, &[]).await.status, 200, "a mail scanner");
    }
    let form = browser.get(&link).await.form("/verify");
    assert_eq!(browser.submit(&form).await.location().as_deref(), Some("/organizations"));
    // A second click, and a second look, both lead on.
    let again = browser.submit(&form).await;
    assert_eq!((again.status, again.location().as_deref()), (303, Some("/signin")));
    assert_eq!(app.browser().get(&link).await.location().as_deref(), Some("/signin"));
}

#[tokio::test]
async fn a_link_works_for_two_days_and_a_newer_one_replaces_it() {
    let app = App::empty().await;
    let mut browser = sign_up(&app, "nia@new.test").await;
    let first = app.mailed_link("nia@new.test").await;
    let page = browser.get("/verify").await;
    assert!(page.text().contains("nia@new.test"));
    let page = browser.submit(&page.form("/verify/resend")).await;
    assert_eq!(page.location().as_deref(), Some("/verify"));
    let second = app.mailed_link("nia@new.test").await;
    assert_ne!(first, second);
    let page = browser.get(&first).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("does not work any more"));
    app.clock.advance(days(2));
    assert_eq!(browser.get(&second).await.status, 422);
}

#[tokio::test]
async fn j1_an_unverified_address_does_not_sign_in_and_is_sent_the_link_again() {
    let app = App::empty().await;
    sign_up(&app, "nia@new.test").await;
    let mut browser = app.browser();
    let page = try_sign_in(&mut browser, "nia@new.test", PASSWORD).await;
    assert_eq!(page.location().as_deref(), Some("/verify"));
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(app.outbox("nia@new.test").await.len(), 2);
    assert_eq!(try_sign_in(&mut browser, "nia@new.test", "wrong password").await.status, 422);

    // A browser in which nobody has shown the password yet asks for it.
    let link = app.mailed_link("nia@new.test").await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert!(page.text().contains("This browser is another one"), "{}", page.text());
    let mut form = page.form("/verify");
    assert_eq!(browser.submit(form.set("password", "wrong password")).await.status, 422);
    assert_eq!(browser.submit(form.set("password", PASSWORD)).await.location().as_deref(), Some("/organizations"));
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn j1_a_link_does_not_confirm_a_password_that_somebody_else_chose() {
    let app = App::empty().await;
    let mut victim = sign_up(&app, "nia@new.test").await;
    // Meanwhile somebody else signs up with the same address, and the victim opens the newest mail.
    let mut attacker = app.browser();
    let page = attacker.get("/signup").await;
    let mut form = page.form("/signup");
    form.set("name", "Mal").set("email", "nia@new.test").set("password", "attackers own phrase");
    assert_eq!(attacker.submit(&form).await.status, 303);
    let link = app.mailed_link("nia@new.test").await;
    let page = victim.get(&link).await;
    let mut form = page.form("/verify");
    assert_eq!(form.get("password"), Some(""), "the proof of the victim's browser is of another password");
    assert_eq!(victim.submit(form.set("password", PASSWORD)).await.status, 422);
    form.remove("password");
    assert_eq!(victim.submit(&form).await.status, 422);
    assert!(!is_signed_in(&mut victim).await);
    let page = try_sign_in(&mut attacker, "nia@new.test", "attackers own phrase").await;
    assert_eq!(page.location().as_deref(), Some("/verify"), "still not confirmed");
}

#[tokio::test]
async fn j2_links_start_from_the_configured_address_alone() {
    let app = App::demo().await;
    let lies = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-host", "evil.example"),
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let mut browser = app.browser();
        let email = format!("nia{n}@new.test");
        let token = browser.get("/signup").await.csrf();
        let origin = browser.origin.clone();
        let headers = [("origin", origin.as_str()), lie];
        let form = [("csrf", token.as_str()), ("name", "Nia"), ("email", &email), ("password", PASSWORD)];
        let page = browser.post_form_with("/signup", &form, &headers).await;
        if page.status == 303 {
            assert!(page.location().unwrap().starts_with('/'), "{lie:?}");
            let mail = &app.outbox(&email).await[0];
            assert!(mail.body.contains("http://127.0.0.1:3000/verify?token="), "{lie:?}: {}", mail.body);
            assert!(!mail.body.contains("evil.example"), "{lie:?}");
        } else {
            assert!(app.outbox(&email).await.is_empty(), "{lie:?}");
        }
        let form = [("csrf", token.as_str()), ("email", "dev@portico.test")];
        browser.post_form_with("/forgot", &form, &headers).await;
        for mail in app.outbox("dev@portico.test").await {
            assert!(!mail.body.contains("evil.example"), "{lie:?}");
        }
    }
}

/// What an address is sent at the wish of others, and what lets its owner in again, are counted apart.
#[tokio::test]
async fn nobody_uses_up_the_mails_that_reset_a_password() {
    let app = App::demo().await;
    for _ in 0..6 {
        let mut stranger = app.browser();
        let page = stranger.get("/signup").await;
        let mut form = page.form("/signup");
        stranger.submit(form.set("name", "Nobody").set("email", "dev@portico.test").set("password", PASSWORD)).await;
    }
    assert_eq!(app.outbox("dev@portico.test").await.len(), 5);
    let mut dev = app.browser();
    let page = dev.get("/forgot").await;
    let page = dev.submit_following(page.form("/forgot").set("email", "dev@portico.test")).await;
    assert!(!page.text().contains("Too many"), "{}", page.text());
    assert_eq!(app.outbox("dev@portico.test").await.len(), 6);
    let link = app.mailed_link("dev@portico.test").await;
    let page = dev.get(&link).await;
    assert_eq!(dev.submit(page.form("/reset").set("password", PASSWORD)).await.status, 303);
}

#[tokio::test]
async fn j3_a_reset_link_works_once_and_ends_every_session() {
    let app = App::demo().await;
    let mut old = app.sign_in_portal("dev@portico.test").await;
    assert!(is_signed_in(&mut old).await);
    let mut browser = app.browser();
    let page = browser.get("/forgot").await;
    browser.submit(page.form("/forgot").set("email", "Dev@Portico.Test")).await;
    let link = app.mailed_link("dev@portico.test").await;

    let page = browser.get(&link).await;
    let mut form = page.form("/reset");
    let weak = browser.submit(form.set("password", "password")).await;
    assert_eq!(weak.status, 422, "a weak password does not use the link up");
    let mut form = weak.form("/reset");
    assert_eq!(browser.submit(form.set("password", PASSWORD)).await.location().as_deref(), Some("/signin"));
    assert!(!is_signed_in(&mut old).await, "sessions are ended");
    assert!(!is_signed_in(&mut browser).await, "the link signs nobody in");

    let again = browser.submit(form.set("password", "yet another phrase 9")).await;
    assert_eq!(again.status, 422);
    assert_eq!(browser.get(&link).await.status, 422);
    assert_eq!(try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await.status, 422);
    assert_eq!(try_sign_in(&mut browser, "dev@portico.test", PASSWORD).await.status, 303);
    assert_eq!(app.outbox("dev@portico.test").await[0].subject, "Your password was changed");
}

#[tokio::test]
async fn j3_of_many_who_use_a_reset_link_at_once_one_succeeds() {
    let app = App::demo().await;
    user::forgot_password(&app.ctx, "dev@portico.test", "198.18.9.9").await.unwrap();
    let link = app.mailed_link("dev@portico.test").await;
    let token = link.split('=').nth(1).unwrap().to_owned();
    let tries = (0..12).map(|n| {
        let (ctx, token) = (app.ctx.clone(), token.clone());
        tokio::spawn(
            async move { user::reset_password(&ctx, &token, &format!("racing phrase {n} zebra")).await.is_ok() },
        )
    });
    let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn j3_a_reset_link_ends_after_an_hour_and_with_the_password_that_it_was_for() {
    let app = App::demo().await;
    user::forgot_password(&app.ctx, "dev@portico.test", "198.18.9.9").await.unwrap();
    let link = app.mailed_link("dev@portico.test").await;
    app.clock.advance(hours(1));
    assert_eq!(app.browser().get(&link).await.status, 422);

    user::forgot_password(&app.ctx, "dev@portico.test", "198.18.9.9").await.unwrap();
    let link = app.mailed_link("dev@portico.test").await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get("/account").await;
    let mut form = page.form("/account/password");
    form.set("present", model::demo::PASSWORD).set("new", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 303);
    assert_eq!(app.browser().get(&link).await.status, 422, "the account is safe again");
}

#[tokio::test]
async fn an_address_changes_when_the_link_to_the_new_one_is_used_and_the_old_one_hears_of_it() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get("/account").await;
    let mut form = page.form("/account/email");
    let refused = browser.submit(form.set("email", "dev@new.test").set("password", "not the one")).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.form("/account/email").get("email"), Some("dev@new.test"));
    assert_eq!(browser.submit(form.set("password", model::demo::PASSWORD)).await.status, 303);
    assert_eq!(app.outbox("dev@portico.test").await[0].subject, "Your e-mail address is about to change");
    user::forgot_password(&app.ctx, "dev@portico.test", "198.18.9.9").await.unwrap();
    let reset = app.mailed_link("dev@portico.test").await;

    let link = app.mailed_link("dev@new.test").await;
    let mut stranger = app.sign_in_portal("admin@portico.test").await;
    assert_eq!(stranger.get(&link).await.location().as_deref(), Some("/account"), "it is another account's");
    assert!(app.browser().get(&link).await.location().unwrap().starts_with("/signin?return_to="));

    let page = browser.get(&link).await;
    assert_eq!(try_sign_in(&mut app.browser(), "dev@new.test", model::demo::PASSWORD).await.status, 422, "not yet");
    assert_eq!(browser.submit(&page.form("/account/email")).await.status, 303);
    assert_eq!(try_sign_in(&mut app.browser(), "dev@new.test", model::demo::PASSWORD).await.status, 303);
    assert_eq!(try_sign_in(&mut app.browser(), "dev@portico.test", model::demo::PASSWORD).await.status, 422);
    assert_eq!(app.browser().get(&reset).await.status, 422, "a link in the old mailbox opens nothing");
    assert_eq!(browser.get(&link).await.location().as_deref(), Some("/account"), "it works once");
}

#[tokio::test]
async fn an_address_that_has_an_account_is_not_taken_over_and_not_given_away() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let mut answers = Vec::new();
    for email in ["admin@portico.test", "free@portico.test"] {
        let page = browser.get("/account").await;
        let mut form = page.form("/account/email");
        let page = browser.submit(form.set("email", email).set("password", model::demo::PASSWORD)).await;
        answers.push((page.status, page.location()));
        browser.get("/account").await;
    }
    assert_eq!(answers[0], answers[1]);
    let mail = &app.outbox("admin@portico.test").await[0];
    assert!(!mail.body.contains("token="), "{}", mail.body);
    // Somebody takes the free one meanwhile.
    let link = app.mailed_link("free@portico.test").await;
    join(&app, "free@portico.test").await;
    let page = browser.get(&link).await;
    let page = browser.submit(&page.form("/account/email")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("belongs to another account"), "{}", page.text());
}

#[tokio::test]
async fn accounts_that_nobody_confirms_are_forgotten() {
    let app = App::empty().await;
    sign_up(&app, "late@new.test").await;
    join(&app, "nia@new.test").await;
    app.clock.advance(days(8));
    assert_eq!(user::sweep(&app.ctx).await.unwrap(), 1);
    assert_eq!(try_sign_in(&mut app.browser(), "late@new.test", PASSWORD).await.status, 422);
    assert_eq!(try_sign_in(&mut app.browser(), "nia@new.test", PASSWORD).await.status, 303);
}
