//! Subscribers: signing in with a PIN, consent, and the pages of both.

mod budgets;
mod consent;
mod pages;
mod pin;

use sea_orm::{ConnectionTrait as _, Statement};

use crate::harness::{App, Browser, Page, authorize_url};

/// The first subscribers of Nordtel, which has enabled Voicebox, and of Fjordmobil, which has not.
const NUMBER: &str = "+46701740605";
const SECOND: &str = "+46701740606";
const FJORDMOBIL: &str = "+4790000000";
/// In Nordtel's range, and nobody's.
const NOBODY: &str = "+46701740690";

/// A browser that waits on the page for a number.
async fn at_login(app: &App) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = browser.get(&authorize_url("demo-web", &[])).await;
    assert_eq!(page.status, 200, "{}", page.text());
    (browser, page)
}

/// A browser that waits on the page for the PIN that was sent to a number.
async fn at_pin(app: &App, number: &str) -> (Browser, Page) {
    let (mut browser, page) = at_login(app).await;
    let page = browser.submit_following(page.form("/login").set("number", number)).await;
    assert_eq!((page.status, page.select("h1")), (200, vec!["Enter the PIN".to_owned()]), "{}", page.text());
    (browser, page)
}

/// A browser that waits on the consent page.
async fn at_consent(app: &App, more: &[(&str, &str)]) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", more), NUMBER).await;
    assert_eq!(page.status, 200, "{}", page.text());
    (browser, page)
}

/// Another PIN than this one.
fn other(pin: &str) -> String {
    let last = if pin.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &pin[..5])
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies.contains_key("portico-subscriber")
}

async fn rows(app: &App, sql: &str) -> Vec<sea_orm::QueryResult> {
    let db = sea_orm::Database::connect(&app.database).await.expect("a second connection");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("rows");
    db.close().await.expect("closed");
    rows
}

async fn execute(app: &App, sql: &str) {
    let db = sea_orm::Database::connect(&app.database).await.expect("a second connection");
    db.execute_unprepared(sql).await.expect("executed");
    db.close().await.expect("closed");
}

async fn count(app: &App, sql: &str) -> i64 {
    rows(app, sql).await[0].try_get_by_index(0).expect("a number")
}
