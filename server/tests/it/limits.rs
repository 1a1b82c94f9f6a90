//! Limits are the installation's to set.

use model::seconds;
use server::config::{Config, Sources};

use crate::harness::{App, Browser, Page, authorize_url, basic};

/// The settings of a configuration file.
fn limits(text: &str) -> model::Limits {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portico.toml");
    std::fs::write(&file, text).unwrap();
    Config::read(&Sources { file: Some(file), ..Sources::default() }).unwrap().settings().limits
}

/// A new browser at the address of `like` asks for a PIN for the n-th number; the page after that.
async fn ask_for_pin(app: &App, like: &Browser, n: u64) -> (Browser, Page) {
    let mut browser = app.browser();
    browser.address = like.address;
    let page = browser.follow(&authorize_url("demo-web", &[])).await;
    let page = browser.submit_following(page.form("/login").set("number", &number(n))).await;
    (browser, page)
}

fn number(n: u64) -> String {
    format!("+{}", 46_701_740_605 + n % 10)
}

fn asks_for_pin(page: &Page) -> bool {
    page.forms().iter().any(|form| form.action.starts_with("/login/pin") && form.get("pin").is_some())
}

/// A test bench: hundreds of sign-ins in an hour, all from one address.
#[tokio::test]
async fn a_test_bench_can_be_allowed_and_is_refused_by_default() {
    let raised = limits("[limits]\npin_address = \"400 in 1h\"\npin_number = \"40 in 1h\"\n");
    let app = App::with(|settings| settings.limits = raised).await;
    let bench = app.browser();
    for n in 0..240 {
        let (mut browser, page) = ask_for_pin(&app, &bench, n).await;
        assert!(asks_for_pin(&page), "sign-in {n}: {} {}", page.status, page.text());
        let pin = app.pin(&number(n)).await;
        let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
        assert!(page.forms().iter().any(|form| form.action.starts_with("/consent")), "sign-in {n}: {}", page.text());
    }

    let app = App::demo().await;
    let bench = app.browser();
    let mut allowed = 0;
    while asks_for_pin(&ask_for_pin(&app, &bench, allowed).await.1) {
        allowed += 1;
        assert!(allowed < 60, "the default does not refuse");
    }
    assert_eq!(allowed, 30);
    // Somebody else is not concerned.
    assert!(asks_for_pin(&ask_for_pin(&app, &app.browser(), 39).await.1));
}

/// Nothing of it reaches the database.
#[tokio::test]
async fn m1_a_client_in_a_loop_is_slowed_down_and_nobody_else_is() {
    let lowered = limits("[limits]\nclient_requests = \"5 in 10s\"\n");
    let app = App::with(|settings| settings.limits = lowered).await;
    let form = [("grant_type", "client_credentials")];
    let ask = async |client: &str| app.token(client, Some(&format!("{client}-secret")), &form).await;
    for _ in 0..5 {
        assert_eq!(ask("demo-reports").await.status, 200);
    }
    let (work, page) = app.work_of(ask("demo-reports")).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (429, Some("slow_down")), "{}", page.body);
    assert_eq!((page.header("retry-after"), work.commits, work.statements), (Some("2"), 0, 0));
    for path in ["/oauth2/introspect", "/oauth2/revoke", "/oauth2/par", "/oauth2/device/auth", "/oauth2/bc-authorize"] {
        let authorization = basic("demo-reports", "demo-reports-secret");
        let page = app.post(path, &[("authorization", &authorization)], &[("token", "x")]).await;
        assert_eq!(page.status, 429, "{path}: {}", page.body);
    }
    assert_eq!(ask("demo-web").await.status, 200);
    app.clock.advance(seconds(2));
    assert_eq!(ask("demo-reports").await.status, 200, "what was refused has cost nothing");
    assert_eq!(ask("demo-reports").await.status, 429);
    assert_eq!(App::demo().await.ctx.settings().limits.client_requests.burst, 3_000_000);
}

#[tokio::test]
async fn d8_who_fails_with_a_clients_id_does_not_lock_it_out() {
    let lowered = limits("[limits]\nclient_auth_address = \"3 in 1m\"\nclient_requests = \"2 in 1h\"\n");
    let app = App::with(|settings| settings.limits = lowered).await;
    let form = [("grant_type", "client_credentials")];
    for status in [401, 401, 401, 429, 429] {
        let page = app.token("demo-reports", Some("wrong"), &form).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (status, Some("invalid_client")));
        assert_eq!(page.header("retry-after"), (status == 429).then_some("20"));
    }
    // From the same address, and with nothing of its own budget spent.
    for status in [200, 200, 429] {
        assert_eq!(app.token("demo-reports", Some("demo-reports-secret"), &form).await.status, status);
    }
}

#[tokio::test]
async fn d8_who_says_to_be_a_public_client_uses_up_their_own_budget_alone() {
    let lowered = limits("[limits]\nclient_requests = \"2 in 1h\"\n");
    let app = App::with(|settings| settings.limits = lowered).await;
    let (mut stranger, mut person) = (app.browser(), app.browser());
    let form = [("grant_type", "refresh_token"), ("refresh_token", "prt_x"), ("client_id", "demo-spa")];
    for status in [400, 400, 429] {
        assert_eq!(stranger.post_form_with("/oauth2/token", &form, &[]).await.status, status);
    }
    assert_eq!(person.post_form_with("/oauth2/token", &form, &[]).await.status, 400);
}
