//! *Authorized applications*: what somebody has allowed, and taking it back.

use model::{minutes, seconds};
use serde_json::Value;

use crate::harness::{App, Browser, authorize_url};

const DEV: &str = "dev@portico.test";
const HERE: &str = "/account/applications";

async fn allow(app: &App, browser: &mut Browser) -> Value {
    app.tokens_of_user(browser, &[("scope", "openid email offline_access")]).await
}

async fn refresh(app: &App, tokens: &Value) -> u16 {
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    app.token("demo-app", Some("demo-app-secret"), &form).await.status
}

#[tokio::test]
async fn what_was_allowed_is_listed_in_words() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    assert!(browser.get(HERE).await.text().contains("No applications yet"));
    allow(&app, &mut browser).await;
    app.clock.advance(minutes(5));
    let page = browser.get(HERE).await;
    assert_eq!(page.select("main .card h2"), ["Workbench"]);
    let text = page.text();
    for words in
        ["Know your e-mail address", "Keep this access while you are not using it", "demo-app", "5 minutes ago"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Workbench web server"), "a client's description is for its team");
    assert!(!text.contains("See your profile"), "it was not asked for");
}

#[tokio::test]
async fn removing_one_ends_everything_that_hangs_from_it() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = allow(&app, &mut browser).await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let bearer = [("authorization", bearer.as_str())];
    let userinfo = || app.get("/userinfo", &bearer);
    assert_eq!(userinfo().await.status, 200);
    let page = browser.get(HERE).await;
    let ask = page.attributes(".card__foot a.button--danger", "href").remove(0);

    // Somebody else's is nothing to them, to see or to end.
    let mut other = app.sign_in_portal("staff@fjordmobil.test").await;
    assert_eq!(other.get(&ask).await.status, 404);
    let csrf = other.get(HERE).await.csrf();
    assert_eq!(other.post_form(&ask, &[("csrf", &csrf)]).await.status, 404);
    assert_eq!(userinfo().await.status, 200);

    let page = browser.get(&ask).await;
    assert!(page.text().contains("Remove Workbench?"), "{}", page.text());
    assert_eq!(userinfo().await.status, 200, "asking ends nothing");
    app.clock.advance(seconds(1));
    let (work, page) = app.work_of(browser.submit(&page.form("/account/applications/remove"))).await;
    assert_eq!((page.status, work.commits), (303, 1));
    assert_eq!(userinfo().await.status, 401);
    assert_eq!(refresh(&app, &tokens).await, 400);
    assert!(browser.get(HERE).await.text().contains("No applications yet"));
    assert!(app.texts("audit_events", "action").await.contains(&"consent.revoked".to_owned()));
    assert_eq!(browser.get(&ask).await.status, 404, "it is gone");

    // The next sign-in there asks again.
    let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid email offline_access")])).await;
    assert!(page.text().contains("Workbench would like to"), "{}", page.text());
}
