//! Signing in, and what comes of it.

use model::{days, minutes, user};

use super::{PASSWORD, is_signed_in, try_sign_in};
use crate::harness::App;

#[tokio::test]
async fn j4_nobody_is_signed_in_by_a_form_of_another_site() {
    let app = App::demo().await;
    let fields = |token: &str| {
        vec![
            ("csrf".to_owned(), token.to_owned()),
            ("email".to_owned(), "dev@portico.test".to_owned()),
            ("password".to_owned(), model::demo::PASSWORD.to_owned()),
        ]
    };
    let mut attacker = app.browser();
    let stolen = attacker.get("/signin").await.csrf();

    let mut victim = app.browser();
    let own = victim.get("/signin").await.csrf();
    assert_ne!(own, stolen);
    for (token, origin) in [
        (stolen.as_str(), Some("http://127.0.0.1:3000")),
        ("", Some("http://127.0.0.1:3000")),
        (own.as_str(), Some("https://evil.example")),
        (own.as_str(), None),
    ] {
        let form = fields(token);
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let headers: Vec<(&str, &str)> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        let page = victim.post_form_with("/signin", &form, &headers).await;
        assert_eq!(page.status, 403, "{token} {origin:?}");
        assert!(!is_signed_in(&mut victim).await);
    }
    // A browser without the cookie, for which no token can be right.
    let mut blank = app.browser();
    let form = fields(&own);
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(blank.post_form("/signin", &form).await.status, 403);
}

#[tokio::test]
async fn tries_are_limited_for_each_account_and_come_back_with_time() {
    let app = App::demo().await;
    for n in 0..10 {
        let mut browser = app.browser();
        let page = try_sign_in(&mut browser, "DEV@portico.test", &format!("guess number {n}")).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("do not go together"), "{}", page.text());
    }
    let mut browser = app.browser();
    let page = try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await;
    assert_eq!(page.status, 422, "even the right one");
    assert!(page.text().contains("Too many tries"), "{}", page.text());
    assert_eq!(try_sign_in(&mut app.browser(), "admin@portico.test", model::demo::PASSWORD).await.status, 303);
    app.clock.advance(minutes(2));
    assert_eq!(try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await.status, 303);
}

#[tokio::test]
async fn tries_are_limited_for_each_address_and_good_ones_do_not_count() {
    let app = App::with(|settings| settings.limits.sign_in_address = model::limit::Rule::new(5, minutes(15))).await;
    let mut browser = app.browser();
    for _ in 0..8 {
        assert_eq!(try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await.status, 303);
        let page = browser.get("/account").await;
        browser.submit(&page.form("/signout")).await;
    }
    for n in 0..5 {
        try_sign_in(&mut browser, &format!("spray{n}@portico.test"), "spring 2027").await;
    }
    let page = try_sign_in(&mut browser, "admin@portico.test", model::demo::PASSWORD).await;
    assert!(page.text().contains("Too many tries"), "{}", page.text());
    assert_eq!(try_sign_in(&mut app.browser(), "admin@portico.test", model::demo::PASSWORD).await.status, 303);
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_like_many_in_a_row() {
    let app = App::demo().await;
    let tries = (0..30).map(|n| {
        let ctx = app.ctx.clone();
        tokio::spawn(async move {
            let refused = user::sign_in(&ctx, "dev@portico.test", &format!("guess {n}"), "198.18.9.9").await;
            matches!(refused, Err(user::SignInError::Wrong))
        })
    });
    let checked = futures::future::join_all(tries).await.into_iter().filter(|wrong| *wrong.as_ref().unwrap()).count();
    assert_eq!(checked, 10);
}

#[tokio::test]
async fn a_session_from_before_signing_in_is_worth_nothing() {
    let app = App::demo().await;
    let mut browser = app.browser();
    browser.cookies.insert("portico-session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    try_sign_in(&mut browser, "dev@portico.test", model::demo::PASSWORD).await;
    let mine = browser.cookies["portico-session"].clone();
    assert_ne!(mine, "AAAAAAAAAAAAAAAAAAAAAA");
    let mut planted = app.browser();
    planted.cookies.insert("portico-session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert!(!is_signed_in(&mut planted).await);
    // Signing in again ends the session that was, rather than carrying it on.
    let page = browser.get("/account").await;
    browser.submit(&page.form("/signout")).await;
    let mut former = app.browser();
    former.cookies.insert("portico-session".to_owned(), mine);
    assert!(!is_signed_in(&mut former).await);
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let app = App::demo().await;
    let mut here = app.sign_in_portal("dev@portico.test").await;
    let mut there = app.sign_in_portal("dev@portico.test").await;
    let mut third = app.sign_in_portal("dev@portico.test").await;
    let mut stranger = app.sign_in_portal("admin@portico.test").await;

    let page = here.get("/account/sessions").await;
    assert_eq!(page.select("tbody tr").len(), 3);
    assert_eq!(page.select(".state--active"), ["This one"]);
    let form = page.form("/account/sessions");
    // Somebody else's session is not theirs to end.
    let mut forged = stranger.get("/account/sessions/end").await.form("/account/sessions/end");
    forged.action = "/account/sessions".to_owned();
    forged.set("session", form.get("session").unwrap());
    stranger.submit(&forged).await;
    assert!(is_signed_in(&mut there).await && is_signed_in(&mut third).await);

    assert_eq!(here.submit(&form).await.status, 303);
    assert!(is_signed_in(&mut there).await != is_signed_in(&mut third).await);
    assert!(is_signed_in(&mut here).await);

    let page = here.get("/account/sessions").await;
    assert_eq!(page.select("tbody tr").len(), 2);
    assert!(page.attributes("main a", "href").contains(&"/account/sessions/end".to_owned()));
    let page = here.get("/account/sessions/end").await;
    assert!(page.text().contains("and in one other browser"), "{}", page.text());
    here.submit(&page.form("/account/sessions/end")).await;
    for browser in [&mut here, &mut there, &mut third] {
        assert!(!is_signed_in(browser).await);
    }
    assert!(is_signed_in(&mut stranger).await);
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_of_silence() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    for _ in 0..3 {
        app.clock.advance(days(10));
        assert!(is_signed_in(&mut browser).await, "it was seen meanwhile");
    }
    app.clock.advance(days(14));
    let page = browser.get("/account").await;
    assert_eq!(page.location().as_deref(), Some("/signin?return_to=%2Faccount"));
}

#[tokio::test]
async fn changing_the_password_asks_for_the_present_one_and_ends_the_other_sessions() {
    let app = App::demo().await;
    let mut here = app.sign_in_portal("dev@portico.test").await;
    let mut there = app.sign_in_portal("dev@portico.test").await;
    let page = here.get("/account").await;
    let mut form = page.form("/account/password");
    let refused = here.submit(form.set("present", "not the one").set("new", PASSWORD)).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.select("#present-error").len(), 1, "{}", refused.body);
    let refused = here.submit(form.set("present", model::demo::PASSWORD).set("new", "short")).await;
    assert_eq!(refused.select("#new-error").len(), 1);
    assert_eq!(here.submit(form.set("new", PASSWORD)).await.status, 303);
    assert!(is_signed_in(&mut here).await);
    assert!(!is_signed_in(&mut there).await);
    assert_eq!(app.outbox("dev@portico.test").await[0].subject, "Your password was changed");
}

#[tokio::test]
async fn after_signing_in_one_returns_to_a_page_of_this_site_only() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let page = browser.follow("/account/sessions").await;
    assert_eq!(page.path, "/signin?return_to=%2Faccount%2Fsessions");
    let mut form = page.form("/signin");
    form.set("email", "dev@portico.test").set("password", model::demo::PASSWORD);
    for (target, lands) in [
        ("/account/sessions", "/account/sessions"),
        ("//evil.example", "/organizations"),
        ("/\\evil.example", "/organizations"),
        ("https://evil.example/", "/organizations"),
        ("/\t/evil.example", "/organizations"),
        ("javascript:alert(1)", "/organizations"),
    ] {
        let page = browser.submit(form.set("return_to", target)).await;
        assert_eq!(page.location().as_deref(), Some(lands), "{target}");
    }
}
