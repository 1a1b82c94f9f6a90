//! Limits are the installation's to set.

use server::config::{Config, Sources};

use crate::harness::{App, Browser, Page, authorize_url};

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
