//! Sixteen connections that each ask again as soon as they have an answer.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::task::LocalSet;

use crate::Result;
use crate::http::{self, Answer, Connection};
use crate::signed::Signer;

pub const CONNECTIONS: usize = 16;

/// What each connection does over and over.
#[derive(Clone)]
pub enum Work {
    /// The same request; any other status than this one is a failure.
    Same { request: Vec<u8>, status: u16 },
    /// A request of a client that signs each one anew.
    Signed {
        signer: Rc<Signer>,
        host: String,
        path: &'static str,
        fields: Vec<(&'static str, &'static str)>,
        proof: bool,
    },
    /// A refresh token for its successor. One chain per connection.
    Refresh { tokens: Vec<String>, client: Client, host: String },
    /// Authorize with a remembered consent, redeem the code, ask for userinfo: counted as one.
    Flow { authorize: Vec<Vec<u8>>, client: Client, host: String, redirect_uri: String },
}

#[derive(Clone)]
pub struct Client {
    pub id: &'static str,
    pub secret: &'static str,
}

impl Client {
    pub fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret)))
    }
}

pub struct Measured {
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    /// How often the work was done, warm-up included.
    pub done: usize,
}

pub async fn run(address: SocketAddr, work: Work, warm_up: Duration, duration: Duration) -> Result<Measured> {
    let work = Rc::new(work);
    let begin = Instant::now() + warm_up;
    let end = begin + duration;
    let local = LocalSet::new();
    // Never asleep: waking the generator's core would be work of the server's core.
    let awake = local.spawn_local(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let tasks: Vec<_> =
        (0..CONNECTIONS).map(|index| local.spawn_local(one(address, Rc::clone(&work), index, begin, end))).collect();
    local
        .run_until(async {
            let mut latencies: Vec<u32> = Vec::new();
            let mut done = 0;
            for task in tasks {
                let (measured, all) = task.await??;
                latencies.extend(measured);
                done += all;
            }
            awake.abort();
            latencies.sort_unstable();
            let percentile = |share: usize| {
                let at = (latencies.len() * share / 100).min(latencies.len().saturating_sub(1));
                f64::from(latencies.get(at).copied().unwrap_or_default()) / 1000.0
            };
            Ok(Measured {
                per_second: f64::from(u32::try_from(latencies.len())?) / duration.as_secs_f64(),
                p50: percentile(50),
                p99: percentile(99),
                done,
            })
        })
        .await
}

/// One connection's loop: the latencies in microseconds of what ended within the measured time.
async fn one(
    address: SocketAddr,
    work: Rc<Work>,
    index: usize,
    begin: Instant,
    end: Instant,
) -> Result<(Vec<u32>, usize)> {
    let mut connection = Connection::new(address);
    let mut latencies = Vec::with_capacity(1 << 16);
    let mut done = 0;
    let mut token = match &*work {
        Work::Refresh { tokens, .. } => tokens.get(index).cloned().ok_or("there are too few refresh tokens")?,
        _ => String::new(),
    };
    loop {
        let started = Instant::now();
        if started >= end {
            return Ok((latencies, done));
        }
        match &*work {
            Work::Same { request, status } => {
                let answer = connection.exchange(request).await?;
                expect(&connection, &answer, *status)?;
            }
            Work::Signed { signer, host, path, fields, proof } => {
                let answer = connection.exchange(&signer.request(host, path, fields, *proof)?).await?;
                expect(&connection, &answer, 200)?;
            }
            Work::Refresh { client, host, .. } => {
                let fields = http::form(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
                let answer = connection.exchange(&token_request(client, host, &fields)).await?;
                expect(&connection, &answer, 200)?;
                token = field(connection.body(), "refresh_token")?;
            }
            Work::Flow { authorize, client, host, redirect_uri } => {
                let request = authorize.get(index % authorize.len().max(1)).ok_or("nobody is signed in")?;
                let answer = connection.exchange(request).await?;
                let code = code(answer.location.as_deref().unwrap_or_default())
                    .ok_or_else(|| format!("no code, but status {} and {:?}", answer.status, answer.location))?;
                redeem(&mut connection, client, host, redirect_uri, &code).await?;
                let access_token = field(connection.body(), "access_token")?;
                let bearer = format!("Bearer {access_token}");
                let userinfo = http::request("GET", host, "/userinfo", &[("authorization", &bearer)], None);
                let answer = connection.exchange(&userinfo).await?;
                expect(&connection, &answer, 200)?;
            }
        }
        done += 1;
        let now = Instant::now();
        if started >= begin && now <= end {
            latencies.push(u32::try_from(now.duration_since(started).as_micros()).unwrap_or(u32::MAX));
        }
    }
}

pub fn token_request(client: &Client, host: &str, fields: &str) -> Vec<u8> {
    http::request("POST", host, "/oauth2/token", &[("authorization", &client.basic())], Some(fields))
}

pub async fn redeem(
    connection: &mut Connection,
    client: &Client,
    host: &str,
    redirect_uri: &str,
    code: &str,
) -> Result<()> {
    let fields = http::form(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)]);
    let answer = connection.exchange(&token_request(client, host, &fields)).await?;
    expect(connection, &answer, 200)
}

/// The code in the address that a client is sent back to.
pub fn code(location: &str) -> Option<String> {
    let (_, query) = location.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").map(|(_, code)| code.into_owned())
}

/// A text field of a JSON answer.
pub fn field(body: &[u8], name: &str) -> Result<String> {
    let answer: serde_json::Value = serde_json::from_slice(body)?;
    let text = answer.get(name).and_then(serde_json::Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("the answer has no {name}: {answer}").into())
}

fn expect(connection: &Connection, answer: &Answer, status: u16) -> Result<()> {
    if answer.status == status {
        return Ok(());
    }
    let start: String = connection.text().chars().take(300).collect();
    Err(format!("status {} instead of {status}: {start}", answer.status).into())
}
