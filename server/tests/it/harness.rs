//! How tests drive Portico.
//!
//! ```text
//! #[tokio::test]
//! async fn a_subscriber_signs_in() {
//!     let app = App::demo().await;                    // the demo world, on a database of its own
//!     let mut browser = app.browser();                // a cookie jar; follows nothing by itself
//!     let page = browser.get("/signin").await;        // status, headers, body
//!     let form = page.form("/signin");                // its hidden and other fields, by name
//!     let page = browser.submit(form.set("email", "dev@portico.test")).await;
//!     assert_eq!(page.status, 303);
//!     app.clock.advance(minutes(11));                 // time moves only when told to
//!     let mails = app.outbox("dev@portico.test").await;
//!     let cost = app.work_of(async { … }).await;      // statements and commits
//! }
//! ```
//!
//! - `App::demo()` has the demo world, `App::empty()` only the tables, `App::with(…)` changes the
//!   settings first. Each is a whole application in this process: `app.ctx` for the model's verbs,
//!   `app.browser()` for pages, `app.post(…)` and `app.get(…)` for programs without cookies.
//! - `PORTICO_TEST_DATABASE` is `sqlite` (the default) or `postgres`; the latter needs
//!   `PORTICO_TEST_POSTGRES_URL`, a server where databases may be created (`scripts/postgres`
//!   starts one). A server that is missing fails the test: nothing is skipped.
//! - The first test of a run prepares a template with tables, keys and demo world; each test
//!   copies it, and drops its copy at the end.

mod browser;
mod database;
pub mod jwt;
mod outside;
mod page;

use std::{
    collections::BTreeMap,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use axum::{Router, body::Body, http::Method};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Clock, Context, Settings, Timestamp, db::Work, entity::user, message::Kept};

use self::{
    browser::Door,
    database::{Copy, Kind, open},
};
pub use self::{
    browser::{Browser, send},
    database::postgres,
    jwt::{claims, header},
    outside::{Outside, Process},
    page::{Form, Page},
};

/// Where tests pretend that Portico is reached.
pub const URL: &str = "http://127.0.0.1:3000";

/// When every test begins: 15 January 2027, 08:00 UTC.
pub const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);

/// A clock that moves only when told to.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>, Arc<AtomicI64>);

impl TestClock {
    /// Lets it run from now on: each look at it is a millisecond after the one before.
    pub fn run(&self) {
        self.1.store(1, Ordering::SeqCst);
    }

    /// Moves the clock.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(self.1.load(Ordering::SeqCst), Ordering::SeqCst))
    }
}

/// A whole application on a database of its own.
pub struct App {
    pub ctx: Context,
    pub clock: TestClock,
    pub router: Router,
    /// The URL of its database, for tests that open it a second time.
    pub database: String,
    _copy: Copy,
}

impl App {
    /// With the demo world.
    pub async fn demo() -> Self {
        Self::with(|_| {}).await
    }

    /// With tables and keys, and nothing else.
    pub async fn empty() -> Self {
        Self::start(Kind::Empty, |_| {}).await
    }

    /// With the demo world, and settings that `change` changes.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(Kind::Demo, change).await
    }

    async fn start(kind: Kind, change: impl FnOnce(&mut Settings)) -> Self {
        let copy = Copy::of(kind).await;
        let clock = TestClock(Arc::new(AtomicI64::new(BEGINNING.0)), Arc::default());
        let mut settings = Settings::at(URL);
        change(&mut settings);
        let ctx = open(&copy.url, clock.clone(), settings).await;
        let router = server::router(ctx.clone(), &web());
        Self { ctx, clock, router, database: copy.url.clone(), _copy: copy }
    }

    /// Another node on the same database, with the same clock.
    pub async fn second_node(&self) -> (Context, Router) {
        self.node_with(self.ctx.settings().clone()).await
    }

    /// Another node on the same database, with the same clock and other settings.
    pub async fn node_with(&self, settings: Settings) -> (Context, Router) {
        let ctx = open(&self.database, self.clock.clone(), settings).await;
        let router = server::router(ctx.clone(), &web());
        (ctx, router)
    }

    /// A browser without cookies, at an address of its own.
    pub fn browser(&self) -> Browser {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let [.., a, b] = n.to_be_bytes();
        let origin = self.ctx.settings().public_url.clone();
        Browser {
            door: Door::Router(self.router.clone()),
            origin,
            address: IpAddr::V4(Ipv4Addr::new(198, 18, a, b)),
            languages: None,
            cookies: BTreeMap::new(),
        }
    }

    /// What a program gets.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        send(&self.router, Method::GET, path, headers, Body::empty()).await
    }

    /// A form that a program posts: no cookies, no origin.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Page {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        send(&self.router, Method::POST, path, &headers, Body::from(encode(form))).await
    }

    /// `POST /oauth2/token`, authenticated with Basic if there is a secret, else by `client_id`.
    pub async fn token(&self, client_id: &str, secret: Option<&str>, form: &[(&str, &str)]) -> Page {
        match secret {
            Some(secret) => {
                let authorization = basic(client_id, secret);
                self.post("/oauth2/token", &[("authorization", &authorization)], form).await
            }
            None => {
                let mut form = form.to_vec();
                form.push(("client_id", client_id));
                self.post("/oauth2/token", &[], &form).await
            }
        }
    }

    /// The messages to somebody, newest first.
    pub async fn outbox(&self, to: &str) -> Vec<Kept> {
        model::message::outbox(&self.ctx, Some(to), 50).await.expect("the outbox is readable")
    }

    /// The path and query of the first link in the newest message to somebody.
    pub async fn mailed_link(&self, to: &str) -> String {
        let mail = self.outbox(to).await.into_iter().next().unwrap_or_else(|| panic!("no message to {to}"));
        let base = &self.ctx.settings().public_url;
        let start = mail.body.find(base.as_str()).unwrap_or_else(|| panic!("no link in {:?}", mail.body)) + base.len();
        mail.body[start..].split_whitespace().next().expect("a link has a path").to_owned()
    }

    /// The PIN in the newest text message to a number.
    pub async fn pin(&self, number: &str) -> String {
        let sms = self.outbox(number).await.into_iter().next().unwrap_or_else(|| panic!("no message to {number}"));
        digits(&sms.body, 6).unwrap_or_else(|| panic!("no PIN in {:?}", sms.body))
    }

    /// The id of a user of the portal.
    pub async fn user_id(&self, email: &str) -> uuid::Uuid {
        use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
        let found = self.ctx.db().write(email.to_owned(), |tx, email| {
            Box::pin(async move {
                Ok::<_, model::Fault>(
                    user::Entity::find().filter(user::Column::EmailKey.eq(email.as_str())).one(tx).await?,
                )
            })
        });
        found.await.expect("users are readable").unwrap_or_else(|| panic!("no user {email}")).id
    }

    /// The path of a client's page in the portal.
    pub async fn client_path(&self, client_id: &str) -> String {
        let client = model::cache::client(&self.ctx, client_id).await.expect("clients are readable");
        let client = client.unwrap_or_else(|| panic!("no client {client_id}"));
        let product = model::id::show(model::id::PRODUCT, client.product_id);
        format!("/products/{product}/clients/{}", model::id::show(model::id::CLIENT, client.id))
    }

    /// Runs a statement on the database, for what no page does.
    pub async fn execute(&self, sql: &str) {
        let executed = self.ctx.db().write(sql.to_owned(), |tx, sql| {
            Box::pin(async move {
                use sea_orm::ConnectionTrait as _;
                tx.execute_unprepared(sql).await?;
                Ok::<_, model::Fault>(())
            })
        });
        executed.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The texts of a column.
    pub async fn texts(&self, table: &str, column: &str) -> Vec<String> {
        let sql = format!("SELECT {column} AS text FROM {table}");
        let read = self.ctx.db().write(sql, |tx, sql| {
            Box::pin(async move {
                use sea_orm::{ConnectionTrait as _, Statement};
                let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql.as_str())).await?;
                let texts: Result<_, _> = rows.iter().map(|row| row.try_get("", "text")).collect();
                Ok::<Vec<String>, model::Fault>(texts?)
            })
        });
        read.await.unwrap_or_else(|error| panic!("{table}.{column}: {error}"))
    }

    /// The database's work so far; see also [`Self::work_of`].
    pub fn work(&self) -> Work {
        self.ctx.db().work()
    }

    /// What the database did for `what`, and what came out of it.
    pub async fn work_of<T>(&self, what: impl Future<Output = T>) -> (Work, T) {
        let before = self.work();
        let result = what.await;
        let after = self.work();
        let work = Work { statements: after.statements - before.statements, commits: after.commits - before.commits };
        (work, result)
    }

    /// What the database did for `what`, and what came out of it. PostgreSQL tells a node of its own changes
    /// too, a moment later, and what it held of them is read once more: there the least of three times.
    pub async fn least_work_of<T>(&self, mut what: impl AsyncFnMut() -> T) -> (Work, T) {
        let mut done = self.work_of(what()).await;
        let again = if self.ctx.db().kind() == "postgres" { 2 } else { 0 };
        for _ in 0..again {
            let (work, result) = self.work_of(what()).await;
            let least =
                Work { statements: work.statements.min(done.0.statements), commits: work.commits.max(done.0.commits) };
            done = (least, result);
        }
        done
    }

    /// A browser in which a user of the portal is signed in with the demo world's password.
    pub async fn sign_in_portal(&self, email: &str) -> Browser {
        self.sign_in_portal_with(email, model::demo::PASSWORD).await
    }

    /// A browser in which a user of the portal is signed in.
    pub async fn sign_in_portal_with(&self, email: &str, password: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.get("/signin").await;
        let page = browser.submit(page.form("/signin").set("email", email).set("password", password)).await;
        assert_eq!(page.status, 303, "signing in as {email}: {}", page.text());
        browser
    }

    /// A browser in which a subscriber is signed in with a PIN, and has not consented to anything.
    pub async fn sign_in_subscriber(&self, number: &str) -> Browser {
        let mut browser = self.browser();
        self.log_in(&mut browser, &authorize_url("demo-web", &[]), number).await;
        browser
    }

    /// Goes from an authorization request through the PIN login; returns the page after it.
    pub async fn log_in(&self, browser: &mut Browser, url: &str, number: &str) -> Page {
        let page = browser.follow(url).await;
        let page = browser.submit_following(page.form("/login").set("number", number)).await;
        let pin = self.pin(number).await;
        browser.submit_following(page.form("/login/pin").set("pin", &pin)).await
    }

    /// A whole authorization of a new browser by a subscriber who allows everything; the
    /// parameters of the redirect back.
    pub async fn authorize(&self, url: &str, number: &str) -> BTreeMap<String, String> {
        let mut browser = self.browser();
        let page = self.log_in(&mut browser, url, number).await;
        let page = browser.allow(page).await;
        page.redirect_parameters()
    }

    /// An authorization code of `demo-web` for a subscriber who allows everything.
    pub async fn code(&self, scope: &str, number: &str) -> String {
        let answer = self.authorize(&authorize_url("demo-web", &[("scope", scope)]), number).await;
        answer.get("code").unwrap_or_else(|| panic!("no code in {answer:?}")).clone()
    }

    /// The token response of `demo-web` for a subscriber who allows everything.
    pub async fn tokens(&self, scope: &str, number: &str) -> serde_json::Value {
        let code = self.code(scope, number).await;
        let page = self.redeem(&code).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }

    /// The token response of `demo-app` for a portal user who is signed in and allows everything.
    pub async fn tokens_of_user(&self, browser: &mut Browser, more: &[(&str, &str)]) -> serde_json::Value {
        let page = browser.follow(&authorize_url("demo-app", more)).await;
        let code = browser.allow(page).await.redirect_parameters()["code"].clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "https://example.com/callback"),
        ];
        let page = self.token("demo-app", Some("demo-app-secret"), &form).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }

    /// Redeems a code of `demo-web` that [`Self::code`] got.
    pub async fn redeem(&self, code: &str) -> Page {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://example.com/callback")];
        self.token("demo-web", Some("demo-web-secret"), &form).await
    }

    /// Refreshes a token of `demo-web`.
    pub async fn refresh(&self, token: &str) -> Page {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token("demo-web", Some("demo-web-secret"), &form).await
    }
}

/// `GET /oauth2/auth` of a client of the demo world with `scope=openid phone offline_access`,
/// state and nonce, its first redirect URI, and PKCE for `demo-spa` (the verifier is
/// [`VERIFIER`]). What is in `more` replaces these, or takes them away if it is empty.
pub fn authorize_url(client_id: &str, more: &[(&str, &str)]) -> String {
    let mut parameters = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", "https://example.com/callback"),
        ("scope", "openid phone offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
    ]);
    if client_id == "demo-spa" {
        parameters.insert("redirect_uri", "http://127.0.0.1:8766/callback");
        parameters.insert("code_challenge", CHALLENGE);
        parameters.insert("code_challenge_method", "S256");
    }
    for (name, value) in more {
        if value.is_empty() {
            parameters.remove(name);
        } else {
            parameters.insert(name, value);
        }
    }
    let pairs: Vec<(&str, &str)> = parameters.into_iter().collect();
    format!("/oauth2/auth?{}", encode(&pairs))
}

/// A PKCE verifier (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its S256 challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An `Authorization` header (RFC 7617).
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A form, encoded.
pub fn encode(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// The first run of exactly `length` digits.
pub fn digits(text: &str, length: usize) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == length).map(str::to_owned)
}

fn web() -> server::Web {
    let site_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    server::Web { site_root, access_log: false, ..server::Web::default() }
}
