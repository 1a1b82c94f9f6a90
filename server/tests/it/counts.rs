//! How many statements and commits each endpoint costs.

use model::db::Work;

use crate::{
    clients::product,
    harness::{App, authorize_url, basic},
};

const NUMBER: &str = "+46701740605";
const NOTHING: Work = Work { statements: 0, commits: 0 };

#[tokio::test]
async fn machine_endpoints_touch_no_disk_once_their_rows_are_in_memory() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone", NUMBER).await;
    let access = tokens["access_token"].as_str().expect("a token").to_owned();
    let credentials =
        || app.token("demo-reports", Some("demo-reports-secret"), &[("grant_type", "client_credentials")]);
    let authorization = basic("demo-web", "demo-web-secret");
    let headers = [("authorization", authorization.as_str())];
    let form = [("token", access.as_str())];
    let introspection = || app.post("/oauth2/introspect", &headers, &form);
    let bearer = format!("Bearer {access}");
    let bearer = [("authorization", bearer.as_str())];
    let userinfo = || app.get("/userinfo", &bearer);

    // First use: read, never written.
    let (work, page) = app.work_of(credentials()).await;
    assert_eq!((page.status, work.commits), (200, 0));
    introspection().await;
    userinfo().await;

    let (work, page) = app.least_work_of(async || credentials().await).await;
    assert_eq!((page.status, work), (200, NOTHING), "client credentials");
    let (work, page) = app.least_work_of(async || introspection().await).await;
    assert_eq!((page.status, work), (200, NOTHING), "introspection");
    let (work, page) = app.least_work_of(async || userinfo().await).await;
    assert_eq!((page.status, work), (200, NOTHING), "userinfo");
    for path in ["/.well-known/openid-configuration", "/.well-known/jwks.json", &authorize_url("demo-web", &[])] {
        let (work, page) = app.least_work_of(async || app.get(path, &[]).await).await;
        assert_eq!((page.status, work), (200, NOTHING), "{path}");
    }
}

#[tokio::test]
async fn a_code_flow_with_remembered_consent_commits_once() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let url = authorize_url("demo-web", &[]);
    let page = app.log_in(&mut browser, &url, NUMBER).await;
    let page = browser.allow(page).await;
    app.redeem(&page.redirect_parameters()["code"]).await;

    let (work, _) = app.work_of(browser.get(&url)).await;
    assert_eq!(work, Work { statements: 1, commits: 0 }, "the consent is read");
    let (work, page) = app.least_work_of(async || browser.get(&url).await).await;
    assert_eq!((page.status, work), (303, NOTHING), "the consent is remembered");
    let code = page.redirect_parameters()["code"].clone();
    let (work, page) = app.work_of(app.redeem(&code)).await;
    assert_eq!(page.status, 200);
    assert_eq!(work, Work { statements: 1, commits: 1 }, "the grant is inserted if its consent lives");

    let refresh = page.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
    let (work, page) = app.work_of(app.refresh(&refresh)).await;
    assert_eq!((page.status, work), (200, Work { statements: 1, commits: 1 }), "rotate");
}

#[tokio::test]
async fn a_sign_in_and_a_consent_commit_once_a_step() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let (work, page) = app.work_of(browser.get(&authorize_url("demo-web", &[]))).await;
    assert_eq!((page.status, work.commits), (200, 0), "who only looks costs nothing");
    let (work, page) = app.work_of(browser.submit(page.form("/login").set("number", NUMBER))).await;
    assert_eq!((page.status, work.commits), (303, 1), "the PIN and its message");
    let page = browser.follow_on(page).await;
    let pin = app.pin(NUMBER).await;
    let (work, page) = app.work_of(browser.submit(page.form("/login/pin").set("pin", &pin))).await;
    assert_eq!((page.status, work.commits), (303, 1), "the PIN is used up");
    let (work, page) = app.work_of(browser.follow_on(page)).await;
    assert_eq!((page.status, work.commits), (200, 0), "the consent page");
    let (work, _) = app.work_of(browser.allow(page)).await;
    assert_eq!(work.commits, 1, "the consent");
}

#[tokio::test]
async fn a_page_of_the_portal_reads_each_thing_once_and_then_from_memory() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let path = product(&mut browser, "Voicebox").await;
    let clients = format!("{path}/clients");
    // A change of this session, which PostgreSQL may tell of once more: then one is read again.
    app.clock.advance(model::minutes(2));
    browser.get("/account").await;
    let (work, page) = app.work_of(browser.get(&clients)).await;
    assert_eq!((page.status, work.commits), (200, 0));
    assert!((1..=3).contains(&work.statements), "{work:?}: who asks and where they belong, the product, its clients");
    let (work, page) = app.least_work_of(async || browser.get(&clients).await).await;
    assert_eq!((page.status, work), (200, NOTHING), "all of it is remembered");
    let (work, page) = app.least_work_of(async || browser.get(&format!("{clients}/new")).await).await;
    assert_eq!((page.status, work), (200, NOTHING), "and shown behind the dialog that adds a client");

    // Whoever acts is asked for in the database, and so is what they act on.
    let page = browser.get(&format!("{path}/information")).await;
    let mut form = page.form(&format!("{path}/information"));
    form.set("name", "");
    let (work, page) = app.work_of(browser.submit(&form)).await;
    assert_eq!((page.status, work), (422, Work { statements: 3, commits: 0 }), "who asks, the product, its reach");

    // Once a minute it is noted that they were seen.
    app.clock.advance(model::minutes(2));
    let (work, _) = app.work_of(browser.get(&clients)).await;
    assert_eq!(work.commits, 1);
}
