//! What a link leaves behind when it is taken away, and an account whose address was mistyped.

use super::{Corp, DEV, IDENTITIES, back, unlink, who};
use crate::harness::{App, Browser};

const MISTYPED: &str = "nia@cropp.example";
const NIA: &str = "nia@corp.example";

/// Links the account that signs in at Corp.
async fn link(browser: &mut Browser, corp: &Corp) {
    let page = browser.get("/account/security").await;
    let page = browser.submit(&page.form("/account/security/providers/link")).await;
    let page = browser.follow(&corp.approve(&page)).await;
    assert!(page.text().contains("Corp signs you in from now on"), "{}", page.text());
}

#[tokio::test]
async fn unlinking_ends_the_sessions_that_the_provider_has_opened() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut with_password = app.sign_in_portal(DEV).await;
    link(&mut with_password, &corp).await;
    let (mut here, _) = back(&app, &corp).await;
    let (mut there, _) = back(&app, &corp).await;
    corp.is("nora-at-corp", "nora@corp.example", true);
    let mut nora = app.sign_in_portal("staff@nordtel.test").await;
    link(&mut nora, &corp).await;
    let (noras, _) = back(&app, &corp).await;
    assert_eq!(there.get("/account").await.status, 200);

    let page = unlink(&mut here).await;
    assert!(page.text().contains("Other browsers that it had signed in are signed out."), "{}", page.text());
    assert_eq!(there.get("/account").await.status, 303);
    assert_eq!(who(&app, &there).await, None);
    assert_eq!(who(&app, &here).await.as_deref(), Some(DEV), "where it was done, they have just shown who they are");
    assert_eq!(who(&app, &with_password).await.as_deref(), Some(DEV));
    assert_eq!(who(&app, &noras).await.as_deref(), Some("staff@nordtel.test"), "somebody else's");
    let details = app.texts("audit_events", "detail").await;
    assert!(details.iter().any(|detail| detail == "Unlinked Corp, which ended 1 session"), "{details:?}");
    assert!(app.outbox(DEV).await[0].body.contains("Another browser that it had signed in is signed out."));
}

/// Opens an account with an address that is not theirs; the mailed link.
async fn mistype(app: &App, corp: &Corp) -> String {
    let (mut browser, page) = back(app, corp).await;
    let page = browser.submit_following(page.form("/signin/new").set("email", MISTYPED)).await;
    assert!(page.text().contains("Look into your mail"), "{}", page.text());
    app.mailed_link(MISTYPED).await
}

/// Signs in at Corp again, up to the form that starts over.
async fn again(app: &App, corp: &Corp) -> (Browser, crate::harness::Page) {
    let (mut browser, page) = back(app, corp).await;
    assert_eq!(page.path, "/verify");
    assert!(page.attributes("main a, a", "href").contains(&"/signin/new".to_owned()), "{}", page.body);
    let page = browser.get("/signin/new").await;
    assert_eq!(page.status, 200, "{}", page.text());
    (browser, page)
}

async fn emails(app: &App) -> Vec<String> {
    let known = ["admin@portico.test", DEV, "staff@nordtel.test", "staff@fjordmobil.test"];
    app.texts("users", "email_key").await.into_iter().filter(|email| !known.contains(&email.as_str())).collect()
}

#[tokio::test]
async fn whoever_has_mistyped_the_address_starts_over_with_another() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("7", NIA, false);
    let wrong = mistype(&app, &corp).await;
    let (mut browser, page) = again(&app, &corp).await;
    let page = browser.submit_following(&page.form("/signin/new")).await;
    assert!(page.text().contains("Look into your mail"), "{}", page.text());
    assert_eq!(
        (emails(&app).await, app.texts(IDENTITIES, "subject").await),
        (vec![NIA.to_owned()], vec!["7".to_owned()])
    );
    // The first mail, which somebody else has, is worth nothing.
    assert!(browser.get(&wrong).await.text().contains("does not work any more"));
    let page = browser.get(&app.mailed_link(NIA).await).await;
    let page = browser.submit(&page.form("/verify")).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
    assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA));
}

#[tokio::test]
async fn whoever_has_mistyped_the_address_can_link_an_account_instead() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("7", DEV, true);
    // The verified address has an account, so another one was typed over it.
    let (mut browser, _) = back(&app, &corp).await;
    let csrf = browser.get("/signin").await.csrf();
    let page = browser.post_form("/signin/new", &[("csrf", &csrf), ("name", "Dev"), ("email", MISTYPED)]).await;
    assert_eq!(page.location().as_deref(), Some("/verify"), "{}", page.text());
    let (mut browser, _) = back(&app, &corp).await;
    let page = browser.get("/signin/link").await;
    let page = browser.follow(&page.location().unwrap()).await;
    let page =
        browser.submit_following(page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD)).await;
    let page = browser.submit(&page.form("/signin/link")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!((emails(&app).await, app.texts(IDENTITIES, "subject").await), (Vec::new(), vec!["7".to_owned()]));
    let (browser, _) = back(&app, &corp).await;
    assert_eq!(who(&app, &browser).await.as_deref(), Some(DEV));
}

#[tokio::test]
async fn only_an_account_that_nobody_has_confirmed_is_given_up() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("7", NIA, false);
    mistype(&app, &corp).await;
    // Confirmed, or closed by an administrator, while somebody stands at the form.
    for (then, undone) in [
        ("email_verified_at = 1800000000000", "email_verified_at = NULL"),
        ("suspended_at = 1800000000000", "suspended_at = NULL"),
    ] {
        let (mut browser, page) = again(&app, &corp).await;
        app.execute(&format!("UPDATE users SET {then} WHERE email_key = '{MISTYPED}'")).await;
        let page = browser.submit(&page.form("/signin/new")).await;
        assert_eq!(page.location().as_deref(), Some("/signin"), "{}", page.text());
        assert_eq!(emails(&app).await, [MISTYPED], "{then}");
        app.execute(&format!("UPDATE users SET {undone} WHERE email_key = '{MISTYPED}'")).await;
    }
    // Another account at the provider gives up nothing of this one's.
    corp.is("8", NIA, false);
    let (mut browser, page) = back(&app, &corp).await;
    browser.submit(&page.form("/signin/new")).await;
    let mut all = emails(&app).await;
    all.sort();
    assert_eq!(all, [NIA, MISTYPED]);
}
