//! `make bench`: starts the release binary on one core, loads it from another, and prints what it
//! did beside what it should do. A figure below its budget is marked; the exit status stays 0.
//!
//! Timings depend on the machine, so they are never tests, and a bare server is measured beside them:
//! the column *here* compares with what it makes of a budget.

mod browser;
mod fill;
mod floor;
mod html;
mod http;
mod load;
mod people;
mod server;
mod signed;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::browser::{Browser, authority};
use crate::load::{CONNECTIONS, Measured, Work};
use crate::people::{REDIRECT_URI, REPORTS, WEB};
use crate::server::Server;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Milliseconds at the 99th percentile: of what commits nothing, and of what commits once.
const P99: f64 = 5.0;
const P99_COMMIT: f64 = 20.0;

/// The first subscribers of the operator that has enabled the product.
const NUMBERS: [&str; 4] = ["+46701740605", "+46701740606", "+46701740607", "+46701740608"];

const TOKENS: usize = 1_000_000;

struct Bench {
    server: Server,
    host: String,
    warm_up: Duration,
    duration: Duration,
    only: Option<String>,
    /// Tokens issued since the server was started.
    issued: usize,
    /// How fast a bare server is here, in parts of what it is on the machine of the budgets.
    machine: Option<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    match arguments.peek().and_then(|argument| argument.to_str()) {
        Some(floor::SERVE) => return floor::serve().await,
        Some(floor::SIGN) => return floor::sign(),
        _ => {}
    }
    let (Some(binary), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bench PORTICO FOLDER [SCENARIO]".into());
    };
    let core = std::env::var("PORTICO_BENCH_CORE").ok().filter(|core| !core.is_empty());
    let seconds: f64 = std::env::var("PORTICO_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let data = Path::new(&folder).join("data");
    std::fs::create_dir_all(&data)?;
    let server = Server::new(std::fs::canonicalize(binary)?, core, std::fs::canonicalize(data)?)?;
    let mut bench = Bench {
        host: authority(&server.url),
        server,
        warm_up: Duration::from_secs_f64(seconds / 5.0),
        duration: Duration::from_secs_f64(seconds),
        only: arguments.next().map(|text| text.to_string_lossy().into_owned()),
        issued: 0,
        machine: None,
    };
    let result = bench.run().await;
    bench.server.stop().await?;
    result
}

impl Bench {
    async fn run(&mut self) -> Result<()> {
        println!(
            "{CONNECTIONS} keep-alive connections, {} s each after {} s of warming up; server {}, log level warn",
            self.duration.as_secs_f64(),
            self.warm_up.as_secs_f64(),
            if std::env::var("PORTICO_BENCH_CORE").is_ok_and(|core| !core.is_empty()) {
                "alone on one core, generator on another"
            } else {
                "and generator share all cores"
            }
        );
        self.server.start().await?;
        let (developer, clients_tab) = people::developer(&self.server).await?;
        let mut subscribers = Vec::new();
        for number in NUMBERS {
            subscribers.push(people::subscriber(&self.server, number, "openid phone offline_access").await?);
        }
        self.server.stop().await?;
        if std::env::var("PORTICO_BENCH_FILLED").is_ok_and(|filled| filled == "1") {
            fill::fill(&self.server).await?;
        }

        let starts = self.cold_starts().await?;
        let idle = self.server.memory();
        self.issued = 0;

        println!(
            "\n  {:<44} {:>9} {:>9} {:>6} {:>6}   {:>7} {:>7} {:>6}",
            "", "per s", "budget", "", "here", "p50 ms", "p99 ms", "limit"
        );
        self.floor().await?;
        self.same("health", "GET", "/health/live", None, None).await?;
        self.same("discovery", "GET", "/.well-known/openid-configuration", None, Some(60_000)).await?;
        self.same("keys", "GET", "/.well-known/jwks.json", None, Some(60_000)).await?;
        self.client_credentials("client credentials, opaque", 40_000).await?;

        let first = subscribers.first().ok_or("nobody signed in")?;
        let mut tokens = people::tokens(&self.server, first, "openid phone offline_access", &self.host).await?;
        let access_token = load::field(tokens.body(), "access_token")?;
        let algorithm = algorithm(&load::field(tokens.body(), "id_token")?)?;
        tokens.exchange(&http::request("GET", &self.host, "/health/live", &[], None)).await?;

        let fields = http::form(&[("token", &access_token)]);
        let headers = [("authorization", &*WEB.basic())];
        let request = http::request("POST", &self.host, "/oauth2/introspect", &headers, Some(&fields));
        self.measure("introspection", Work::Same { request, status: 200 }, Some(40_000), P99).await?;
        let bearer = format!("Bearer {access_token}");
        let request = http::request("GET", &self.host, "/userinfo", &[("authorization", &bearer)], None);
        self.measure("userinfo", Work::Same { request, status: 200 }, Some(40_000), P99).await?;

        let signer = Rc::new(self.server.signer()?);
        let signed = |path, fields: &[(&'static str, &'static str)], proof| Work::Signed {
            signer: Rc::clone(&signer),
            host: self.host.clone(),
            path,
            fields: fields.to_vec(),
            proof,
        };
        let cc = signed("/oauth2/token", &[("grant_type", "client_credentials")], true);
        let introspection = signed("/oauth2/introspect", &[("token", "nothing")], false);
        self.measure("introspection, private_key_jwt", introspection, None, P99_COMMIT).await?;
        self.measure("client credentials, private_key_jwt and DPoP", cc, None, P99_COMMIT).await?;

        let mut tokens = Vec::new();
        for index in 0..CONNECTIONS {
            let browser = subscribers.get(index % subscribers.len()).ok_or("nobody signed in")?;
            tokens.push(people::refresh_token(&self.server, browser).await?);
        }
        let work = Work::Refresh { tokens, client: WEB, host: self.host.clone() };
        self.measure("refresh with rotation", work, Some(6_000), P99_COMMIT).await?;

        self.flow("code flow without ID token", "phone offline_access", &subscribers, Some(4_000)).await?;
        let budget = if algorithm == "RS256" { 1_500 } else { 4_000 };
        self.flow(&format!("code flow, {algorithm} ID token"), "openid phone", &subscribers, Some(budget)).await?;

        let mut visitor = Browser::new(&self.server.url, self.server.address);
        let page = visitor.open(people::authorize(&self.server, "openid phone")?.as_str()).await?;
        self.page("login page", &visitor, &page.url, 12_000).await?;
        // The optional scope was never allowed: asking for it leads to the page again.
        let mut asked = people::subscriber(&self.server, "+46701740609", "phone").await?;
        let page = asked.open(people::authorize(&self.server, "phone voicemail.get")?.as_str()).await?;
        if !page.body.contains("allow") {
            return Err(format!("no consent page, but {} with status {}", page.url, page.status).into());
        }
        self.page("consent page", &asked, &page.url, 12_000).await?;
        self.page("portal page: a product's clients", &developer, &clients_tab, 2_500).await?;

        let issued_opaque = self.issued;
        if self.only.is_none() && issued_opaque < TOKENS {
            self.issue(TOKENS - issued_opaque).await?;
        }
        let after = self.server.memory();

        self.clients("token_format = 'opaque', id_token_alg = 'ES256'").await?;
        self.flow("code flow, ES256 ID token", "openid phone", &subscribers, Some(4_000)).await?;
        self.clients("token_format = 'jwt', id_token_alg = 'ES256'").await?;
        self.client_credentials("client credentials, JWT ES256", 20_000).await?;
        // No budget speaks of this one: it signs twice and verifies once.
        self.flow("code flow, ES256 ID token, JWT access token", "openid phone", &subscribers, None).await?;

        println!();
        line("cold start on an existing database, ms", starts, 150.0);
        if let (Some(idle), Some(after)) = (idle, after) {
            line("resident memory idle, MB", idle, 60.0);
            line("resident memory after a million tokens, MB", after, 120.0);
        }
        Ok(())
    }

    /// What the server's core does without Portico, beside what the machine of the budgets does.
    async fn floor(&mut self) -> Result<()> {
        if self.only.is_some() {
            return Ok(());
        }
        let core = self.server.core.as_deref();
        let signatures = floor::signatures(core)?;
        let bare = floor::Bare::start(core)?;
        let request = http::request("GET", &bare.address.to_string(), "/", &[], None);
        let work = Work::Same { request, status: 200 };
        let measured = load::run(bare.address, work, self.warm_up, self.duration).await?;
        row("the machine: a bare server", &measured, Some(floor::ANSWERS), f64::INFINITY, None);
        self.machine = Some(measured.per_second / f64::from(floor::ANSWERS));
        let share = signatures / f64::from(floor::SIGNATURES);
        println!(
            "  {:<44} {signatures:>9.0} {:>9} {share:>5.1}×\n",
            "the machine: ES256 signatures",
            floor::SIGNATURES
        );
        Ok(())
    }

    /// Changes every client, and starts the server anew: it remembers clients.
    async fn clients(&mut self, set: &str) -> Result<()> {
        self.server.stop().await?;
        self.server.sql(&format!("UPDATE clients SET {set}")).await?;
        self.server.start().await?;
        Ok(())
    }

    /// The median of five, in milliseconds. The server runs afterwards.
    async fn cold_starts(&mut self) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..5 {
            self.server.stop().await?;
            times.push(self.server.start().await?);
        }
        times.sort();
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(times.get(2).map(|time| time.as_secs_f64() * 1000.0).unwrap_or_default())
    }

    async fn client_credentials(&mut self, name: &str, budget: u32) -> Result<()> {
        let fields = http::form(&[("grant_type", "client_credentials"), ("scope", "metrics.read")]);
        let request = load::token_request(&REPORTS, &self.host, &fields);
        self.measure(name, Work::Same { request, status: 200 }, Some(budget), P99).await
    }

    async fn flow(&mut self, name: &str, scope: &str, subscribers: &[Browser], budget: Option<u32>) -> Result<()> {
        let url = people::authorize(&self.server, scope)?;
        let work = Work::Flow {
            authorize: subscribers.iter().map(|browser| browser.prepared(&url)).collect(),
            client: WEB,
            host: self.host.clone(),
            redirect_uri: REDIRECT_URI.to_owned(),
        };
        self.measure(name, work, budget, P99_COMMIT).await
    }

    async fn page(&mut self, name: &str, browser: &Browser, url: &Url, budget: u32) -> Result<()> {
        let request = browser.prepared(url);
        self.measure(name, Work::Same { request, status: 200 }, Some(budget), P99).await
    }

    async fn same(
        &mut self,
        name: &str,
        method: &str,
        target: &str,
        body: Option<&str>,
        budget: Option<u32>,
    ) -> Result<()> {
        let request = http::request(method, &self.host, target, &[], body);
        self.measure(name, Work::Same { request, status: 200 }, budget, P99).await
    }

    async fn measure(&mut self, name: &str, work: Work, budget: Option<u32>, limit: f64) -> Result<()> {
        if self.only.as_ref().is_some_and(|only| !name.contains(only)) {
            return Ok(());
        }
        match load::run(self.server.address, work, self.warm_up, self.duration).await {
            Ok(measured) => {
                if name.starts_with("client") || name.starts_with("code") || name.starts_with("refresh") {
                    self.issued += measured.done;
                }
                row(name, &measured, budget, limit, self.machine);
            }
            Err(error) => println!("  {name:<44} failed: {error}"),
        }
        Ok(())
    }

    async fn issue(&mut self, count: usize) -> Result<()> {
        let fields = http::form(&[("grant_type", "client_credentials"), ("scope", "metrics.read")]);
        let request = load::token_request(&REPORTS, &self.host, &fields);
        let mut left = count;
        while left > 0 {
            let work = Work::Same { request: request.clone(), status: 200 };
            let measured = load::run(self.server.address, work, Duration::ZERO, Duration::from_secs(5)).await?;
            if measured.done == 0 {
                return Err("no token within five seconds".into());
            }
            left = left.saturating_sub(measured.done);
        }
        Ok(())
    }
}

/// What is measured as parts of the budget, and of as much of it as this machine makes of a bare
/// server.
fn row(name: &str, measured: &Measured, budget: Option<u32>, limit: f64, machine: Option<f64>) {
    let share = budget.map(|budget| measured.per_second / f64::from(budget));
    let times = |share: Option<f64>| share.map(|share| format!("{share:.2}×")).unwrap_or_default();
    let here = share.zip(machine).map(|(share, machine)| share / machine);
    let slow = share.is_some_and(|share| share < 1.0);
    let late = budget.is_some() && measured.p99 > limit;
    println!(
        "{} {name:<44} {:>9.0} {:>9} {:>6} {:>6}   {:>7.2} {:>7.2} {:>6}",
        if (slow || late) && limit.is_finite() { "!" } else { " " },
        measured.per_second,
        budget.map(|budget| budget.to_string()).unwrap_or_default(),
        times(share),
        times(here),
        measured.p50,
        measured.p99,
        budget.filter(|_| limit.is_finite()).map(|_| format!("{limit:.0}")).unwrap_or_default(),
    );
}

fn line(name: &str, value: f64, budget: f64) {
    println!("{} {name:<44} {value:>9.0} {budget:>9.0}", if value > budget { "!" } else { " " });
}

/// The `alg` of a signed token.
fn algorithm(token: &str) -> Result<String> {
    let header = token.split('.').next().unwrap_or_default();
    load::field(&URL_SAFE_NO_PAD.decode(header)?, "alg")
}
