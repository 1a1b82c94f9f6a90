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

use std::{
    collections::BTreeMap,
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{
    Clock, Context, Settings, SystemRng, Timestamp,
    db::{Db, Work},
    entity::user,
    message::Kept,
    seal::MasterKey,
};
use scraper::{Html, Selector};
use tower::ServiceExt as _;

/// Where tests pretend that Portico is reached.
pub const URL: &str = "http://127.0.0.1:3000";

/// When every test begins: 15 January 2027, 08:00 UTC.
pub const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);

/// A clock that moves only when told to.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Moves the clock.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
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
        let clock = TestClock(Arc::new(AtomicI64::new(BEGINNING.0)));
        let mut settings = Settings::at(URL);
        change(&mut settings);
        let ctx = open(&copy.url, clock.clone(), settings).await;
        let router = server::router(ctx.clone(), &web());
        Self { ctx, clock, router, database: copy.url.clone(), _copy: copy }
    }

    /// Another node on the same database, with the same clock.
    pub async fn second_node(&self) -> (Context, Router) {
        let ctx = open(&self.database, self.clock.clone(), self.ctx.settings().clone()).await;
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

/// How requests reach Portico.
#[derive(Clone)]
enum Door {
    /// In this process.
    Router(Router),
    /// Another process, at this URL.
    Http(String),
}

/// A browser: keeps cookies, sends the origin of our pages with forms, follows nothing by itself.
#[derive(Clone)]
pub struct Browser {
    door: Door,
    /// What it sends as `Origin`.
    pub origin: String,
    /// Where it connects from.
    pub address: IpAddr,
    /// What it sends as `Accept-Language`.
    pub languages: Option<&'static str>,
    /// By name; set and read by tests at will.
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies, for a program that runs outside of this process.
    pub fn at(url: &str) -> Self {
        Self {
            door: Door::Http(url.to_owned()),
            origin: url.to_owned(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            languages: None,
            cookies: BTreeMap::new(),
        }
    }

    /// Goes on with another node.
    pub fn move_to(&mut self, router: Router) {
        self.door = Door::Router(router);
    }

    /// Fetches a page. The path may also be a whole URL of ours.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    /// Fetches a page with additional headers.
    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.send(Method::GET, path, headers, Body::empty()).await
    }

    /// Posts a form as a page of ours would.
    pub async fn post_form(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let origin = self.origin.clone();
        self.post_form_with(path, form, &[("origin", origin.as_str())]).await
    }

    /// Posts a form with these headers, and no `Origin` unless it is among them.
    pub async fn post_form_with(&mut self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send(Method::POST, path, &headers, Body::from(encode(form))).await
    }

    /// Posts a form with a file as a page of ours would.
    pub async fn post_file(&mut self, path: &str, csrf: &str, name: &str, file: &[u8]) -> Page {
        let head = |field: &str| format!("--xyz\r\ncontent-disposition: form-data; name=\"{field}\"");
        let body = [
            format!("{}\r\n\r\n{csrf}\r\n", head("csrf")).as_bytes(),
            format!("{}; filename=\"{name}\"\r\ncontent-type: text/html\r\n\r\n", head("picture")).as_bytes(),
            file,
            b"\r\n--xyz--\r\n",
        ]
        .concat();
        let origin = self.origin.clone();
        let headers = [("origin", origin.as_str()), ("content-type", "multipart/form-data; boundary=xyz")];
        self.send(Method::POST, path, &headers, Body::from(body)).await
    }

    /// Submits a form of a page.
    pub async fn submit(&mut self, form: &Form) -> Page {
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if form.method == Method::GET {
            let path = format!("{}?{}", form.action, encode(&fields));
            return self.get(&path).await;
        }
        self.post_form(&form.action, &fields).await
    }

    /// Submits a form, then follows redirects within our pages.
    pub async fn submit_following(&mut self, form: &Form) -> Page {
        let page = self.submit(form).await;
        self.follow_on(page).await
    }

    /// Fetches a page, then follows redirects within our pages.
    pub async fn follow(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        self.follow_on(page).await
    }

    /// Follows redirects within our pages.
    pub async fn follow_on(&mut self, mut page: Page) -> Page {
        for _ in 0..10 {
            let Some(location) = page.location() else { return page };
            let Some(path) = self.local(&location) else { return page };
            page = self.get(&path).await;
        }
        panic!("too many redirects, the last to {:?}", page.location());
    }

    /// Allows everything on the consent page, if this is one; the page that leads back.
    pub async fn allow(&mut self, page: Page) -> Page {
        if page.location().is_some() {
            return page;
        }
        let mut form = page.form("/consent");
        form.press("decision", "allow");
        let page = self.submit(&form).await;
        self.follow_on(page).await
    }

    fn local(&self, location: &str) -> Option<String> {
        if location.starts_with('/') {
            return Some(location.to_owned());
        }
        let rest = location.strip_prefix(&self.origin)?;
        rest.starts_with('/').then(|| rest.to_owned())
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Page {
        let path = self.local(path).unwrap_or_else(|| panic!("{path} is not a page of ours"));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        headers.extend(self.languages.map(|languages| ("accept-language", languages)));
        let mut request = request(method, &path, &headers, body);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        let mut page = match &self.door {
            Door::Router(router) => answer(router, request).await,
            Door::Http(url) => answer_of(url, request).await,
        };
        page.path = path;
        for line in page.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().expect("cookies are ASCII"));
        }
        page
    }

    fn keep(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie is name=value");
        let gone = value.is_empty() || parts.any(|part| part.to_ascii_lowercase().starts_with("max-age=0"));
        if gone {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A response.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// What a browser had asked for.
    pub path: String,
}

impl Page {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where it redirects to.
    pub fn location(&self) -> Option<String> {
        self.header("location").map(str::to_owned)
    }

    /// The parameters of the URL that it redirects to.
    pub fn redirect_parameters(&self) -> BTreeMap<String, String> {
        let location = self.location().unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.text()));
        let url = url::Url::options().base_url(url::Url::parse(URL).ok().as_ref()).parse(&location).expect("a URL");
        url.query_pairs().into_owned().collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The text that a person reads, white space folded.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.body);
        let body = selector("body");
        let skipped = ["script", "style", "template"];
        let mut words = Vec::new();
        for root in html.select(&body) {
            for node in root.descendants() {
                let Some(text) = node.value().as_text() else { continue };
                let hidden = node
                    .parent()
                    .and_then(|parent| parent.value().as_element().map(|element| skipped.contains(&element.name())))
                    .unwrap_or_default();
                if !hidden {
                    words.extend(text.split_whitespace().map(str::to_owned));
                }
            }
        }
        words.join(" ")
    }

    /// The texts of the elements that match a CSS selector.
    pub fn select(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css))
            .map(|element| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of each element that matches a CSS selector and has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The anti-forgery token of the page's forms.
    pub fn csrf(&self) -> String {
        self.attributes("input[name=csrf]", "value").into_iter().next().expect("the page has a csrf field")
    }

    /// The first form that posts to this path, with the fields and values that it has. A form
    /// without action posts to the page itself.
    pub fn form(&self, action: &str) -> Form {
        self.forms()
            .into_iter()
            .find(|form| form.action.split('?').next() == Some(action))
            .unwrap_or_else(|| panic!("no form for {action} on {} ({}): {}", self.path, self.status, self.text()))
    }

    /// All forms of the page.
    pub fn forms(&self) -> Vec<Form> {
        let html = Html::parse_document(&self.body);
        // A form with the method `dialog` is sent nowhere.
        html.select(&selector("form:not([method=dialog])"))
            .map(|form| {
                let action = form.attr("action").filter(|action| !action.is_empty()).unwrap_or(&self.path).to_owned();
                let post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                let mut fields = Vec::new();
                for field in form.select(&selector("input, textarea, select")) {
                    let Some(name) = field.attr("name") else { continue };
                    if field.attr("disabled").is_some() {
                        continue;
                    }
                    match (field.value().name(), field.attr("type").unwrap_or("text")) {
                        ("input", "checkbox" | "radio") => {
                            if field.attr("checked").is_some() {
                                fields.push((name.to_owned(), field.attr("value").unwrap_or("on").to_owned()));
                            }
                        }
                        ("input", "submit" | "button" | "image" | "reset") => {}
                        ("input", _) => fields.push((name.to_owned(), field.attr("value").unwrap_or("").to_owned())),
                        ("textarea", _) => {
                            let text: String = field.text().collect();
                            fields.push((name.to_owned(), text.strip_prefix('\n').unwrap_or(&text).to_owned()));
                        }
                        _ => {
                            let options: Vec<_> = field.select(&selector("option")).collect();
                            let chosen = options.iter().find(|option| option.attr("selected").is_some());
                            if let Some(option) = chosen.or(options.first()) {
                                let text: String = option.text().collect();
                                fields.push((name.to_owned(), option.attr("value").map_or(text, str::to_owned)));
                            }
                        }
                    }
                }
                let method = if post { Method::POST } else { Method::GET };
                Form { action, method, fields }
            })
            .collect()
    }
}

/// A form as a browser would submit it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub method: Method,
    /// In the order of the page.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Fills a field in, also one that the page does not have.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        let mut fields = self.fields.iter_mut().filter(|(field, _)| field == name);
        match fields.next() {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Adds a field beside those of the same name.
    pub fn add(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes all fields of a name away.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Presses the button with this name and value.
    pub fn press(&mut self, name: &str, value: &str) -> &mut Self {
        self.remove(name).add(name, value)
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(body).expect("a request");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    request
}

/// Sends a request to a router, as a program would.
pub async fn send(router: &Router, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Page {
    let mut page = answer(router, request(method, path, headers, body)).await;
    path.clone_into(&mut page.path);
    page
}

async fn answer(router: &Router, request: Request<Body>) -> Page {
    let response = router.clone().oneshot(request).await.expect("a router cannot fail");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    Page {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        path: String::new(),
    }
}

/// The answer of a program that runs outside of this process.
async fn answer_of(url: &str, request: Request<Body>) -> Page {
    static HTTP: OnceLock<reqwest::Client> = OnceLock::new();
    let http = HTTP.get_or_init(|| {
        // A connection must not outlive the runtime of the test that opened it.
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
        builder.build().expect("a client")
    });
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let response = http
        .request(parts.method, format!("{url}{}", parts.uri))
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    Page {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.expect("a whole body"),
        path: String::new(),
    }
}

fn web() -> server::Web {
    let site_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    server::Web { site_root, access_log: false, ..server::Web::default() }
}

async fn open(url: &str, clock: TestClock, settings: Settings) -> Context {
    let db = Db::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    Context::open(db, Arc::new(clock), Arc::new(SystemRng), MasterKey::new([7; 32]), settings)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Demo,
}

/// A database of a test's own.
struct Copy {
    url: String,
    drop: Option<(String, String)>,
    _folder: Option<tempfile::TempDir>,
}

impl Copy {
    async fn of(kind: Kind) -> Self {
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
    let clock = TestClock(Arc::new(AtomicI64::new(BEGINNING.0)));
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

fn database_url(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).expect("PORTICO_TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    url.into()
}

async fn execute(admin: &str, sql: &str) {
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

/// An empty database and an empty folder, for a program that runs outside of this process.
pub struct Outside {
    pub folder: PathBuf,
    pub url: String,
    _copy: Copy,
    _folder: tempfile::TempDir,
}

impl Outside {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = match postgres() {
            None => {
                let url = format!("sqlite:{}", folder.path().join("portico.db").display());
                Copy { url, drop: None, _folder: None }
            }
            Some(admin) => {
                static NEXT: AtomicU64 = AtomicU64::new(1);
                let name = format!("portico_outside_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                execute(&admin, &format!("CREATE DATABASE {name}")).await;
                Copy { url: database_url(&admin, &name), drop: Some((admin, name)), _folder: None }
            }
        };
        Self { folder: folder.path().to_owned(), url: copy.url.clone(), _copy: copy, _folder: folder }
    }
}

/// The program `portico`, serving the demo world on a port of its own. Killed when dropped.
pub struct Process {
    child: std::process::Child,
    /// Where it is.
    pub url: String,
    /// What it logs, as JSON.
    pub log: PathBuf,
}

impl Process {
    /// Starts it on a database, and waits until it serves.
    pub fn start(outside: &Outside) -> Self {
        Self::start_with(outside, &[])
    }

    /// Starts it with further arguments of `serve`.
    pub fn start_with(outside: &Outside, arguments: &[&str]) -> Self {
        use std::io::BufRead as _;
        let log = outside.folder.join("log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("a file for the log");
        let mut command = Self::command(outside);
        command.env("PORTICO_LOG_LEVEL", "info").env("PORTICO_LOG_FORMAT", "json").stderr(file);
        command
            .args(["serve", "--demo-if-empty", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(std::process::Stdio::piped());
        let child = command.spawn().expect("the program starts");
        let mut process = Self { child, url: String::new(), log };
        let mut out = std::io::BufReader::new(process.child.stdout.take().expect("its output"));
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).expect("text"), 0, "the program has ended before it served");
            if let Some(url) = line.trim().strip_prefix("Portico is at ") {
                // The rest is read too: a full pipe would stop the program.
                url.clone_into(&mut process.url);
                std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
                return process;
            }
        }
    }

    /// The program on a database, with no argument yet.
    pub fn command(outside: &Outside) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PORTICO_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&outside.folder)
            .env("PORTICO_DATABASE_URL", &outside.url)
            .env("PORTICO_DATA_DIR", &outside.folder)
            .env("PORTICO_LOG_LEVEL", "warn");
        command
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
    }

    /// `kill -TERM`; how it ended.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal("-TERM");
        self.child.wait().expect("it has ended")
    }

    /// `kill` with a signal such as `-HUP`.
    pub fn signal(&self, signal: &str) {
        let killed = std::process::Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(killed.expect("there is kill").success());
    }

    /// Goes from an authorization request through PIN and consent; the parameters of the redirect
    /// back to the client.
    pub async fn authorize(&self, url: &str, number: &str) -> BTreeMap<String, String> {
        let mut browser = Browser::at(&self.url);
        let page = browser.follow(url).await;
        let page = browser.submit_following(page.form("/login").set("number", number)).await;
        let outbox = format!("/sandbox/outbox?{}", encode(&[("format", "json"), ("to", number)]));
        let messages = browser.get(&outbox).await.json();
        let text = messages[0]["body"].as_str().unwrap_or_else(|| panic!("no message to {number}"));
        let pin = digits(text, 6).expect("a PIN");
        let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
        browser.allow(page).await.redirect_parameters()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            log.lines().filter(|line| !line.contains("\"INFO\"")).for_each(|line| eprintln!("{line}"));
        }
    }
}
