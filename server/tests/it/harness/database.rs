//! A database of each test's own, copied from a template that the first test of a run makes.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use model::{Context, Settings, SystemRng, db::Db, seal::MasterKey};

use super::{BEGINNING, TestClock, URL};

pub(super) async fn open(url: &str, clock: TestClock, settings: Settings) -> Context {
    let db = Db::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    Context::open(db, Arc::new(clock), Arc::new(SystemRng), MasterKey::new([7; 32]), settings)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    Demo,
}

/// A database of a test's own.
pub(super) struct Copy {
    pub(super) url: String,
    /// The server and the name of a database that is dropped in the end.
    pub(super) drop: Option<(String, String)>,
    pub(super) _folder: Option<tempfile::TempDir>,
}

impl Copy {
    pub(super) async fn of(kind: Kind) -> Self {
        let template = template(kind);
        let Some(admin) = postgres() else {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("portico.db");
            std::fs::copy(&template.url, &file).expect("a copy of the template");
            return Self { url: format!("sqlite:{}", file.display()), drop: None, _folder: Some(folder) };
        };
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("portico_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {}", template.url)).await;
        Self { url: database_url(&admin, &name), drop: Some((admin, name)), _folder: None }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let Some((admin, name)) = self.drop.take() else { return };
        // A runtime of its own: the test's is about to end.
        let dropped = std::thread::spawn(move || {
            runtime().block_on(execute(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        let _failed_after_the_test = dropped.join();
    }
}

struct Template {
    /// The path of a file, or the name of a database.
    url: String,
    _folder: Option<tempfile::TempDir>,
}

/// Made by the first test that wants it.
fn template(kind: Kind) -> &'static Template {
    static EMPTY: OnceLock<Template> = OnceLock::new();
    static DEMO: OnceLock<Template> = OnceLock::new();
    let cell = match kind {
        Kind::Empty => &EMPTY,
        Kind::Demo => &DEMO,
    };
    cell.get_or_init(|| {
        std::thread::spawn(move || runtime().block_on(make_template(kind))).join().expect("the template is made")
    })
}

async fn make_template(kind: Kind) -> Template {
    let (url, template) = match postgres() {
        None => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("template.db");
            let url = format!("sqlite:{}", file.display());
            (url, Template { url: file.display().to_string(), _folder: Some(folder) })
        }
        Some(admin) => {
            let suffix = if kind == Kind::Demo { "demo" } else { "empty" };
            let name = format!("portico_template_{}_{suffix}", std::process::id());
            execute(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
            (database_url(&admin, &name), Template { url: name, _folder: None })
        }
    };
    let db = Db::connect(&url).await.expect("the template's database opens");
    db.migrate().await.expect("the migrations run");
    db.close().await;
    let clock = TestClock(Arc::new(AtomicI64::new(BEGINNING.0)), Arc::default());
    let ctx = open(&url, clock, Settings::at(URL)).await;
    if kind == Kind::Demo {
        model::demo::create(&ctx).await.expect("the demo world is made");
    }
    ctx.db().close().await;
    if let Some(admin) = postgres() {
        // A template with a connection cannot be copied; the listener's ends a moment later.
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", template.url);
        execute(&admin, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", template.url)).await;
        execute(&admin, &end).await;
        drop(ctx);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    template
}

/// The server to create databases on, if the tests are to run on PostgreSQL.
pub fn postgres() -> Option<String> {
    match std::env::var("PORTICO_TEST_DATABASE").as_deref() {
        Err(_) | Ok("" | "sqlite") => None,
        Ok("postgres") => Some(std::env::var("PORTICO_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("PORTICO_TEST_POSTGRES_URL is not set: run the tests with `scripts/postgres cargo test`")
        })),
        Ok(other) => panic!("PORTICO_TEST_DATABASE is {other:?}: it can be sqlite or postgres"),
    }
}

pub(super) fn database_url(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).expect("PORTICO_TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    url.into()
}

pub(super) async fn execute(admin: &str, sql: &str) {
    use sea_orm::ConnectionTrait as _;
    let mut options = sea_orm::ConnectOptions::new(admin);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options)
        .await
        .unwrap_or_else(|error| panic!("no PostgreSQL at PORTICO_TEST_POSTGRES_URL: {error}"));
    db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let _closed = db.close().await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
