//! What a provider, another user of it, or a page that sends browsers about must not achieve.

use model::minutes;
use serde_json::json;

use super::{
    Corp, DEV, IDENTITIES, NIA, WithApp, back, nia, press,
    provider::{Signs, callback},
    unlink, who,
};
use crate::harness::authorize_url;

async fn users(app: &crate::harness::App) -> usize {
    app.texts("users", "email_key").await.len()
}

#[tokio::test]
async fn j1_unverified_email_never_links() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let before = users(&app).await;
    corp.is("mallory", DEV, false);
    let (mut browser, page) = back(&app, &corp).await;
    // Whether the address has an account is told to its owner alone.
    assert_eq!(page.form("/signin/new").get("email"), Some(DEV));
    assert!(!page.text().contains("You have an account here"), "{}", page.text());
    let page = browser.submit_following(&page.form("/signin/new")).await;
    assert!(page.text().contains("Look into your mail"), "{}", page.text());
    assert_eq!(app.outbox(DEV).await[0].subject, "You already have an account");
    assert_eq!((who(&app, &browser).await, users(&app).await), (None, before));
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
}

/// A provider that vouches for an address that is somebody else's: it takes the account's own proof.
#[tokio::test]
async fn j1_verified_email_alone_opens_nothing() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("mallory", DEV, true);
    let (mut browser, page) = back(&app, &corp).await;
    assert!(page.text().contains("You have an account here"), "{}", page.text());
    let page = browser.get("/signin/link").await;
    assert!(page.location().is_some_and(|location| location.starts_with("/signin?")), "{:?}", page.location());
    let csrf = browser.get("/signin").await.csrf();
    browser.post_form("/signin/link", &[("csrf", &csrf)]).await;
    // Nor does the form for a new account, although no page shows it.
    let page = browser.post_form("/signin/new", &[("csrf", &csrf), ("name", "M"), ("email", DEV)]).await;
    assert_eq!(page.location().as_deref(), Some("/signin/new"));
    assert_eq!(who(&app, &browser).await, None);
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
}

/// The word of the provider is for its own address, not for one that was typed over it.
#[tokio::test]
async fn j1_another_address_than_the_verified_one_is_confirmed_by_mail() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let (mut browser, page) = back(&app, &corp).await;
    let page = browser.submit_following(page.form("/signin/new").set("email", "ceo@corp.example")).await;
    assert!(page.text().contains("Look into your mail"), "{}", page.text());
    assert_eq!(who(&app, &browser).await, None);
}

/// An account that somebody opened beforehand, for an address that is not theirs.
#[tokio::test]
async fn j1_whoever_opened_an_account_before_its_owner_is_not_in_it() {
    let corp = Corp::start().await;
    let app =
        corp.app_with(|settings| settings.limits.mail_recipient = model::limit::Rule::new(100, minutes(60))).await;
    corp.is("mallory", "victim@corp.example", false);
    let open = async || {
        let (mut browser, page) = back(&app, &corp).await;
        browser.submit(&page.form("/signin/new")).await;
        assert_eq!(app.texts(IDENTITIES, "subject").await, ["mallory"]);
        browser
    };
    // The owner signs up with a password.
    open().await;
    let mut owner = app.browser();
    let page = owner.get("/signup").await;
    let mut form = page.form("/signup");
    form.set("name", "Vic").set("email", "victim@corp.example").set("password", "four lonely green walruses");
    owner.submit(&form).await;
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
    app.execute("DELETE FROM users WHERE email_key = 'victim@corp.example'").await;
    // The owner sets a password with the link of a mail.
    open().await;
    let page = owner.get("/forgot").await;
    owner.submit(page.form("/forgot").set("email", "victim@corp.example")).await;
    let page = owner.get(&app.mailed_link("victim@corp.example").await).await;
    owner.submit(page.form("/reset").set("password", "four lonely green walruses")).await;
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
    app.sign_in_portal_with("victim@corp.example", "four lonely green walruses").await;
    app.execute("DELETE FROM users WHERE email_key = 'victim@corp.example'").await;
    // The owner signs up with a provider: Mallory's mail does not confirm the owner's, nor the other way.
    let mut mallory = open().await;
    let first = app.mailed_link("victim@corp.example").await;
    corp.is("victim", "victim@corp.example", false);
    let (mut owner, page) = back(&app, &corp).await;
    owner.submit(&page.form("/signin/new")).await;
    assert_eq!(app.texts(IDENTITIES, "subject").await, ["victim"]);
    let second = app.mailed_link("victim@corp.example").await;
    assert!(mallory.get(&first).await.text().contains("does not work any more"));
    assert!(mallory.get(&second).await.text().contains("show first that it is you"));
    let page = owner.get(&second).await;
    let page = owner.submit(&page.form("/verify")).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
}

/// The answer of the attacker's own sign-in, in the victim's browser.
#[tokio::test]
async fn j4_login_csrf() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let mut attacker = app.browser();
    let page = press(&mut attacker, "/signin", "corp").await;
    let answer = corp.approve(&page);
    let mut victim = app.browser();
    victim.get("/signin").await;
    let page = victim.follow(&answer).await;
    assert_eq!(page.status, 400);
    assert!(page.text().contains("begun in another browser"), "{}", page.text());
    assert_eq!((who(&app, &victim).await, corp.asked("/token")), (None, 1), "the code was not even redeemed");
    // It has not used it up for whom it is for.
    attacker.follow(&answer).await;
    assert_eq!(who(&app, &attacker).await.as_deref(), Some(NIA));
    // Nor can another site's form begin one.
    let page = victim.post_form_with("/signin/with/corp", &[], &[("origin", "https://evil.example")]).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn an_answer_counts_once_and_not_for_ever() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let mut browser = app.browser();
    let page = press(&mut browser, "/signin", "corp").await;
    let answer = corp.approve(&page);
    let mut same = browser.clone();
    assert_eq!(browser.follow(&answer).await.path, "/organizations");
    assert_eq!((same.follow(&answer).await.status, who(&app, &same).await), (400, None));
    let page = press(&mut same, "/signin", "corp").await;
    let answer = corp.approve(&page);
    app.clock.advance(minutes(15));
    assert_eq!((same.follow(&answer).await.status, who(&app, &same).await), (400, None));
    assert_eq!(corp.asked("/token"), 2);
    app.clock.advance(minutes(1));
    server::jobs::sweep(app.ctx.clone()).await;
    assert_eq!(app.texts("upstream_requests", "provider").await.len(), 0);
}

/// A code that was used, and one that was stolen from somebody else's sign-in.
#[tokio::test]
async fn a_code_is_worth_nothing_in_another_sign_in() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let mut victim = app.browser();
    let page = press(&mut victim, "/signin", "corp").await;
    let stolen = corp.code(&page);
    let mut attacker = app.browser();
    for code in [stolen.as_str(), "code-0"] {
        let page = press(&mut attacker, "/signin", "corp").await;
        let asked = page.redirect_parameters();
        let answer = [("code", code), ("state", asked["state"].as_str()), ("iss", corp.issuer.as_str())];
        let page = attacker.follow(&callback(&asked["redirect_uri"], &answer)).await;
        assert_eq!((page.status, who(&app, &attacker).await), (502, None), "{code}: {}", page.text());
    }
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = app.browser();
    for iss in [Some("https://evil.example"), Some(&*format!("{}/", corp.issuer)), Some(""), None] {
        let page = press(&mut browser, "/signin", "corp").await;
        let asked = page.redirect_parameters();
        let mut answer = vec![("code", "code-0"), ("state", asked["state"].as_str())];
        answer.extend(iss.map(|iss| ("iss", iss)));
        let page = browser.follow(&callback(&asked["redirect_uri"], &answer)).await;
        assert_eq!(page.status, 502, "{iss:?}: {}", page.text());
    }
    // One provider's answer at another one's address.
    let page = press(&mut browser, "/signin", "corp").await;
    let answer = corp.approve(&page).replace("/with/corp/", "/with/github/");
    assert_eq!(browser.follow(&answer).await.status, 400);
    assert_eq!((corp.asked("/token"), who(&app, &browser).await), (0, None));
}

#[tokio::test]
async fn e_an_id_token_that_does_not_hold_signs_nobody_in() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let now = app.ctx.now().seconds();
    let cases = [
        (Signs::Not, json!({})),
        (Signs::WithAnotherKey, json!({})),
        (Signs::WithTheSecret, json!({})),
        (Signs::Otherwise, json!({})),
        (Signs::Otherwise, json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})),
        (Signs::Well, json!({"nonce": "another"})),
        (Signs::Well, json!({"nonce": null})),
        (Signs::Well, json!({"iss": "https://evil.example"})),
        (Signs::Well, json!({"aud": "another-client"})),
        (Signs::Well, json!({"aud": ["portico-at-corp", "another-client"]})),
        (Signs::Well, json!({"azp": "another-client"})),
        (Signs::Well, json!({"exp": now})),
        (Signs::Well, json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})),
        (Signs::Well, json!({"sub": ""})),
        (Signs::Well, json!({"sub": "line\nfeed"})),
        (Signs::Well, json!({"sub": null})),
    ];
    for (signs, otherwise) in cases {
        corp.change(|says| (says.signs, says.otherwise) = (signs, otherwise.clone()));
        let (browser, page) = back(&app, &corp).await;
        assert_eq!(page.status, 502, "{signs:?} {otherwise}: {}", page.text());
        assert_eq!(who(&app, &browser).await, None, "{signs:?} {otherwise}");
        assert!(!browser.cookies.contains_key("portico-provider"), "{signs:?} {otherwise}");
    }
    corp.change(|says| (says.signs, says.otherwise) = (Signs::Well, json!({"azp": "portico-at-corp"})));
    let (browser, _) = back(&app, &corp).await;
    assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA), "the right one does");
}

/// OpenID Connect Core, section 5.3.2.
#[tokio::test]
async fn user_info_about_somebody_else_is_refused() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.change(|says| {
        says.otherwise = json!({"email": null, "email_verified": null});
        says.userinfo = Some(json!({"sub": "somebody-else", "email": DEV, "email_verified": true}));
    });
    let (browser, page) = back(&app, &corp).await;
    assert_eq!((page.status, who(&app, &browser).await), (502, None), "{}", page.text());
}

#[tokio::test]
async fn a_redirect_target_that_is_not_ours_is_forgotten() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    for target in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"] {
        let mut browser = app.browser();
        let page = browser.get("/signin").await;
        let page = browser.submit(page.form("/signin/with/corp").set("return_to", target)).await;
        let page = browser.get(&corp.approve(&page)).await;
        assert_eq!(page.location().as_deref(), Some("/organizations#"), "{target}");
    }
}

/// Keycloak CVE-2026-9087, Zitadel CVE-2025-46815: what was begun in one session is worth nothing
/// in another, even in the same browser.
#[tokio::test]
async fn zitadel_cve_2025_46815_a_link_belongs_to_the_session_that_asked_for_it() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = app.sign_in_portal(DEV).await;
    for other in [None, Some("staff@nordtel.test"), Some(DEV)] {
        let page = browser.get("/account/security").await;
        let page = browser.submit(&page.form("/account/security/providers/link")).await;
        let answer = corp.approve(&page);
        let page = browser.get("/account").await;
        browser.submit(&page.form("/signout")).await;
        if let Some(other) = other {
            let page = browser.get("/signin").await;
            let mut form = page.form("/signin");
            browser.submit(form.set("email", other).set("password", model::demo::PASSWORD)).await;
        }
        let page = browser.get(&answer).await;
        assert_eq!(page.location().as_deref(), Some("/account/security#"), "{other:?}");
        assert!(app.texts(IDENTITIES, "subject").await.is_empty(), "{other:?}");
        assert_eq!(corp.asked("/token"), 0, "{other:?}");
        if other != Some(DEV) {
            browser = app.sign_in_portal(DEV).await;
        }
    }
}

/// What was said to one browser, in another one.
#[tokio::test]
async fn keycloak_cve_2026_9087_what_was_said_is_bound_to_the_browser_and_counts_once() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let (mut browser, page) = back(&app, &corp).await;
    let said = browser.cookies["portico-provider"].clone();
    let mut thief = app.sign_in_portal("staff@nordtel.test").await;
    thief.cookies.insert("portico-provider".to_owned(), said.clone());
    assert_eq!(thief.get("/signin/new").await.location().as_deref(), Some("/signin"));
    let csrf = thief.get("/account").await.csrf();
    thief.cookies.insert("portico-provider".to_owned(), said.clone());
    thief.post_form("/signin/link", &[("csrf", &csrf)]).await;
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());

    let form = page.form("/signin/new");
    let mut same = browser.clone();
    browser.submit(&form).await;
    assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA));
    app.execute(&format!("DELETE FROM {IDENTITIES}")).await;
    same.submit(form.clone().set("email", "second@corp.example")).await;
    assert_eq!((who(&app, &same).await, app.texts(IDENTITIES, "subject").await.len()), (None, 0));
}

/// J9: another provider's word stands in for the password, not for what comes after it.
#[tokio::test]
async fn j9_the_second_step_is_not_left_out() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut with_app = WithApp::new(&app, DEV).await;
    let page = with_app.browser.get("/account/security").await;
    let page = with_app.browser.submit(&page.form("/account/security/providers/link")).await;
    with_app.browser.follow(&corp.approve(&page)).await;
    assert_eq!(app.texts(IDENTITIES, "subject").await.len(), 1);

    let (mut browser, page) = back(&app, &corp).await;
    assert_eq!(page.path, "/signin/second");
    assert!(page.text().contains("Corp knows you"), "{}", page.text());
    assert_eq!(who(&app, &browser).await, None);
    let mut without = browser.clone();
    let page = browser.submit(page.form("/signin/second").set("code", &with_app.codes[0])).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let me = super::person(&app, &browser).await.expect("signed in");
    assert_eq!(me.amr, ["fed", "otp", "mfa"]);
    assert!(browser.get("/account/sessions").await.text().contains("Corp and code"));

    // Unlinking ends what the link has begun.
    unlink(&mut browser).await;
    let page = without.get("/signin/second").await;
    assert_eq!(page.location().as_deref(), Some("/signin"));
}

#[tokio::test]
async fn a_suspended_account_stays_closed() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    app.execute("UPDATE users SET suspended_at = 1 WHERE email_key = 'nia@corp.example'").await;
    let (browser, page) = back(&app, &corp).await;
    assert_eq!((page.status, who(&app, &browser).await), (403, None), "{}", page.text());
}

#[tokio::test]
async fn beginning_is_limited() {
    let corp = Corp::start().await;
    let app = corp.app_with(|settings| settings.limits.sign_in_address = model::limit::Rule::new(2, minutes(15))).await;
    let mut browser = app.browser();
    for _ in 0..2 {
        press(&mut browser, "/signin", "corp").await;
    }
    let page = browser.get("/signin").await;
    let page = browser.submit(&page.form("/signin/with/corp")).await;
    assert_eq!(page.status, 429);
    assert_eq!(app.texts("upstream_requests", "provider").await.len(), 2);
}

/// A browser takes a fragment along over redirects that name none, through to the client.
#[tokio::test]
async fn mas_2026_04_a_fragment_of_the_provider_goes_no_further() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = app.browser();
    let page = press(&mut browser, "/signin", "corp").await;
    let page = browser.get(&corp.approve(&page)).await;
    assert_eq!(page.location().as_deref(), Some("/signin/new#"), "the first redirect after the answer ends it");
    let page = browser.follow("/signin/new").await;
    browser.submit(&page.form("/signin/new")).await;
    let mut browser = app.browser();
    let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid email")])).await;
    let page = browser.submit(&page.form("/signin/with/corp")).await;
    let page = browser.get(&corp.approve(&page)).await;
    let back = page.location().unwrap();
    assert!(back.starts_with("/consent?i=") && back.ends_with('#') && back.matches('#').count() == 1, "{back}");
    // To the client it goes as registered, with a query and nothing else.
    let page = browser.follow(&back).await;
    let to = browser.allow(page).await.location().unwrap();
    assert!(to.starts_with("https://example.com/callback?code=") && !to.contains('#'), "{to}");
}
