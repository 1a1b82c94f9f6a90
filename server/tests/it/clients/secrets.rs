//! Secrets of clients: shown once, rotated, ended.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use model::{hours, minutes};
use sea_orm::{ConnectionTrait as _, Statement};

use super::{client, displayed, link, product, proves_itself, register};
use crate::harness::{App, basic};

/// Everything that is in the database, as text.
async fn everything(app: &App) -> String {
    let url = app.database.replacen("sqlite:", "sqlite://", 1);
    let db = sea_orm::Database::connect(url).await.expect("the test's database");
    let backend = db.get_database_backend();
    let rows = async |sql: String, column: &str| -> Vec<String> {
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.expect("a query");
        rows.iter().map(|row| row.try_get::<String>("", column).unwrap_or_default()).collect()
    };
    let mut text = String::new();
    if let Some(path) = app.database.strip_prefix("sqlite:") {
        for suffix in ["", "-wal"] {
            let bytes = std::fs::read(format!("{path}{suffix}")).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    } else {
        let tables = "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'";
        for table in rows(tables.to_owned(), "name").await {
            let all = rows(format!("SELECT t::text AS row FROM \"{table}\" t"), "row").await;
            text.push_str(&all.join("\n"));
        }
    }
    assert!(text.contains("client.created"), "nothing was read");
    text
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn authentik_cve_2026_40166_d7_neither_page_nor_log_nor_database_holds_a_secret_afterwards() {
    let app = App::demo().await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);

    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let page = register(&mut browser, &voicebox, "kept secret", &["https://example.com/callback"]).await;
    let (id, first) = displayed(&page);
    assert!(proves_itself(&app, &id, &first).await);
    let path = client(&mut browser, &voicebox, "kept secret").await;
    let page = browser.get(&path).await;
    let page = browser.submit(page.form(&format!("{path}/secrets")).set("grace", "1h")).await;
    let (_, second) = displayed(&page);
    assert_ne!(first, second);
    assert!(page.header("cache-control").unwrap().contains("no-store"));

    let organization = browser.get("/organizations").await;
    let organization = link(&organization, "Acme Voice");
    for path in [
        path.clone(),
        format!("{path}/delete"),
        format!("{voicebox}/clients"),
        format!("{organization}/history"),
        "/palette".to_owned(),
    ] {
        let page = browser.follow(&path).await;
        assert_eq!(page.status, 200, "{path}");
        for secret in [&first, &second] {
            assert!(!page.body.contains(secret.as_str()), "{path}");
        }
    }
    drop(logging);
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let stored = everything(&app).await;
    for secret in [&first, &second] {
        assert!(!log.contains(secret.as_str()), "the log holds a secret");
        assert!(!stored.contains(secret.as_str()), "the database holds a secret");
        assert!(stored.contains(&model::secret::hash(secret)), "the database holds the hash");
        assert!(!log.contains(&model::secret::hash(secret)), "the log holds a hash");
    }
}

#[tokio::test]
async fn a_rotated_secret_leaves_the_older_one_as_long_as_was_said() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let page = register(&mut browser, &voicebox, "rotated", &["https://example.com/callback"]).await;
    let (id, first) = displayed(&page);
    let path = client(&mut browser, &voicebox, "rotated").await;
    let page = browser.get(&path).await;
    let mut rotate = page.form(&format!("{path}/secrets"));
    rotate.set("label", "vault").set("grace", "24h");
    let (_, second) = displayed(&browser.submit(&rotate).await);
    assert!(proves_itself(&app, &id, &first).await);
    assert!(proves_itself(&app, &id, &second).await);

    // Sent again by a reload it rotates nothing.
    let again = browser.submit(&rotate).await;
    assert_eq!(again.location().as_deref(), Some(path.as_str()));
    assert!(proves_itself(&app, &id, &second).await);

    // A third one is refused as long as two are living, and nothing typed is lost.
    let page = browser.get(&path).await;
    assert!(page.text().contains("vault"));
    assert!(page.text().contains("Ends in 24 hours"), "{}", page.text());
    let mut third = page.form(&format!("{path}/secrets"));
    let page = browser.submit(third.set("label", "third").set("grace", "1h")).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.attributes("#label", "value"), ["third"]);

    app.clock.advance(hours(24) - minutes(1));
    assert!(proves_itself(&app, &id, &first).await);
    app.clock.advance(minutes(2));
    assert!(!proves_itself(&app, &id, &first).await);
    assert!(proves_itself(&app, &id, &second).await);

    let page = browser.get(&path).await;
    let mut third = page.form(&format!("{path}/secrets"));
    let (_, third) = displayed(&browser.submit(third.set("grace", "7d")).await);
    let page = browser.get(&path).await;
    let end = page.attributes("td.actions a", "href").into_iter().last().unwrap();
    let page = browser.get(&end).await;
    let page = browser.submit(&page.form(&end)).await;
    assert_eq!(page.location().as_deref(), Some(path.as_str()));
    assert!(!proves_itself(&app, &id, &second).await);
    assert!(proves_itself(&app, &id, &third).await);
}

#[tokio::test]
async fn b10_after_a_leak_secret_and_access_tokens_stop_at_once() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let reports = product(&mut browser, "Traffic Reports").await;
    let path = client(&mut browser, &reports, "Report collector").await;
    let token = app.token("demo-reports", Some("demo-reports-secret"), &[("grant_type", "client_credentials")]).await;
    let token = token.json()["access_token"].as_str().unwrap().to_owned();
    app.clock.advance(1);

    let page = browser.get(&path).await;
    let page = browser.submit(page.form(&format!("{path}/secrets")).set("grace", "now")).await;
    let (id, secret) = displayed(&page);
    assert_eq!(id, "demo-reports");
    assert!(!proves_itself_by_credentials(&app, "demo-reports-secret").await);
    assert!(proves_itself_by_credentials(&app, &secret).await);
    let authorization = basic("demo-reports", &secret);
    let page = app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", &token)]).await;
    assert_eq!(page.json()["active"], false);
}

async fn proves_itself_by_credentials(app: &App, secret: &str) -> bool {
    app.token("demo-reports", Some(secret), &[("grant_type", "client_credentials")]).await.status == 200
}

#[tokio::test]
async fn two_rotations_at_once_leave_at_most_two_secrets() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = client(&mut browser, &voicebox, "Voicebox web server").await;
    let pages = futures::future::join_all((0..8).map(|_| {
        let (mut browser, path) = (browser.clone(), path.clone());
        async move {
            let page = browser.get(&path).await;
            browser.submit(page.form(&format!("{path}/secrets")).set("grace", "1h")).await.status
        }
    }))
    .await;
    assert_eq!(pages.iter().filter(|status| **status == 200).count(), 1, "{pages:?}");
    let page = browser.get(&path).await;
    assert_eq!(page.select("#secrets ~ .table-box tbody tr, .section tbody tr").len(), 2);
}
