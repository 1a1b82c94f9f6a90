//! Signing in, and what comes of it.

use model::{days, minutes, session, user};
use serde_json::json;
use uuid::Uuid;

use super::{PASSWORD, is_signed_in, try_sign_in};
use crate::{
    harness::App,
    second_factor::{DEV, person},
};

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

/// Both have shown who they are before the password was replaced, and begin afterwards.
#[tokio::test]
async fn j3_a_sign_in_that_is_under_way_does_not_outlive_a_reset() {
    let app = App::demo().await;
    let dev = signed_in(&app, model::demo::PASSWORD).await;
    let before = data(&dev, None);
    let mut known = app.browser();
    let page = known.get("/forgot").await;
    known.submit(page.form("/forgot").set("email", DEV)).await;
    let link = app.mailed_link(DEV).await;
    let page = known.get(&link).await;
    assert_eq!(known.submit(page.form("/reset").set("password", PASSWORD)).await.status, 303);

    assert!(session::create(&app.ctx, "late", &before).await.unwrap());
    assert!(session::peek(&app.ctx, "late").await.unwrap().is_none(), "it has ended before it began");
    assert_eq!(session::count(&app.ctx, dev.id).await.unwrap(), 0);
    let now = signed_in(&app, PASSWORD).await;
    assert!(session::create(&app.ctx, "new", &data(&now, None)).await.unwrap());
    assert!(session::peek(&app.ctx, "new").await.unwrap().is_some());

    // The same of a change that was under way: it replaces nothing any more.
    let changed = user::change_password(&app.ctx, &dev, dev.id, model::demo::PASSWORD, "another nine herons").await;
    assert!(matches!(changed, Err(user::AccountError::WrongPassword)), "{changed:?}");
    assert_eq!(try_sign_in(&mut app.browser(), DEV, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn of_two_sign_ins_at_once_in_one_session_the_later_one_is_it() {
    let app = App::demo().await;
    let dev = signed_in(&app, model::demo::PASSWORD).await;
    session::end_others(&app.ctx, dev.id, None).await.unwrap();
    let sid = app.ctx.new_id().unwrap();
    for id in ["first", "second"] {
        assert!(session::create(&app.ctx, id, &data(&dev, Some(sid))).await.unwrap());
    }
    assert!(session::peek(&app.ctx, "first").await.unwrap().is_none());
    assert!(session::peek(&app.ctx, "second").await.unwrap().is_some());
    assert_eq!(app.texts("sessions", "address").await.len(), 1);
    assert!(session::end(&app.ctx, dev.id, sid).await.unwrap());
    assert_eq!(app.texts("sessions", "address").await.len(), 0);
}

async fn signed_in(app: &App, password: &str) -> user::User {
    let browser = app.sign_in_portal_with(DEV, password).await;
    person(app, &browser).await.expect("signed in").user
}

/// What a session remembers of somebody who has just signed in with a password.
fn data(user: &user::User, sid: Option<Uuid>) -> session::Data {
    let mut data = session::Data::from([
        (session::USER.to_owned(), json!(user.id)),
        (session::PASSWORD.to_owned(), json!(session::mark(user))),
        (session::AUTH_TIME.to_owned(), json!(0)),
    ]);
    data.extend(sid.map(|sid| (session::PUBLIC_ID.to_owned(), json!(sid))));
    data
}

/// PostgreSQL has no text with it in.
#[tokio::test]
async fn a_zero_byte_in_an_address_is_somebody_unknown() {
    let app = App::demo().await;
    for email in ["\0", "dev\0@portico.test"] {
        assert_eq!(try_sign_in(&mut app.browser(), email, PASSWORD).await.status, 422, "{email:?}");
    }
}
