//! Requests to addresses that somebody else has chosen: key sets, request objects, logos, metadata
//! documents, logout and ping deliveries.
//!
//! Whoever can register a client chooses where we connect to, and we stand inside of a network
//! that they do not. So there is one way out, [`send`], and one program that goes it, [`Fetch`],
//! which keeps the rules: https, public addresses after resolution, no redirects, limits on time
//! and size. What went wrong is told to nobody but the log, since "refused", "no such host" and
//! "nobody listens" are a map of the network for whoever asks often enough.

mod address;

use std::sync::Arc;

use async_trait::async_trait;
use url::{Host, Url};

pub use self::address::is_public;
use crate::Context;

/// The largest answer that is read unless a [`Request`] says otherwise, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// What is asked of another server.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// What is posted, as content type and body; a `GET` if absent.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// What kind of answer is wanted, as a value of `Accept`.
    pub accept: &'static str,
    /// A value of `Authorization`.
    pub authorization: Option<String>,
    /// The largest answer that is read, in bytes, if it is not the configured one.
    pub body_limit: Option<usize>,
}

impl Request {
    /// A `GET`.
    #[must_use]
    pub const fn get(url: Url) -> Self {
        Self { url, body: None, accept: "*/*", authorization: None, body_limit: None }
    }

    /// A `POST`.
    #[must_use]
    pub fn post(url: Url, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { body: Some((content_type, body)), ..Self::get(url) }
    }

    /// The kind of answer that is wanted, such as `application/json`.
    #[must_use]
    pub const fn accept(mut self, kind: &'static str) -> Self {
        self.accept = kind;
        self
    }

    /// A bearer token (RFC 6750, section 2.1).
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// The largest answer that is read, in bytes.
    #[must_use]
    pub const fn at_most(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }
}

/// The answer of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its status. A redirect is an answer like any other: it is not followed.
    pub status: u16,
    /// The media type, in lower case and without parameters.
    pub content_type: Option<String>,
    /// How long it may be kept, in milliseconds; 0 when it must not be. As the server says
    /// (`Cache-Control`), if it does.
    pub max_age: Option<i64>,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// Whether the status is one of success.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// Why there is no answer. Its words are the same whatever the reason: they may be shown to
/// whoever chose the address. The [reason](Self::reason) is for the log alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address cannot be fetched")]
pub struct FetchError {
    reason: Reason,
}

/// Why there is no answer, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Outgoing requests are not set up.
    Off,
    /// Not https, a port that is not allowed, or a URL with a user name.
    Form,
    /// An address that is not public, as a literal or after resolution.
    Address,
    /// The name has no address.
    Name,
    /// Nobody listens, or the certificate is not good.
    Connect,
    /// It took too long.
    Time,
    /// The answer is larger than may be read.
    Size,
    /// The answer is compressed, although we did not ask for that, or is not HTTP.
    Answer,
}

impl FetchError {
    /// No answer, because of this.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason }
    }

    /// For the log. Do not show it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

/// Goes out. The real one lives in `server`; tests bring their own.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Sends a request, by the rules of this module.
    ///
    /// # Errors
    ///
    /// When there is no whole answer.
    async fn fetch(&self, request: Request) -> Result<Fetched, FetchError>;

    /// Whether a URL may be reached as far as can be told without resolving its host: https, and
    /// no address that is not public. What may not is refused when it is registered.
    fn admits(&self, url: &Url) -> bool {
        looks_public(url)
    }
}

/// Whether a URL is https and its host, as it is written, can be on the public Internet.
#[must_use]
pub fn looks_public(url: &Url) -> bool {
    let public = match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.contains('.') && !name.ends_with(".localhost")
        }
        None => false,
    };
    public && url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
}

/// Goes nowhere: what a [`Context`] has until it is given something else.
pub(crate) struct Nowhere;

#[async_trait]
impl Fetch for Nowhere {
    async fn fetch(&self, _request: Request) -> Result<Fetched, FetchError> {
        Err(FetchError::new(Reason::Off))
    }
}

/// An address that somebody else has chosen, if it could be reached by its form; see
/// [`Fetch::admits`].
#[must_use]
pub fn admitted(ctx: &Context, text: &str) -> Option<Url> {
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    Url::parse(text).ok().filter(|url| plain && ctx.fetch().admits(url))
}

/// Whether an address that somebody else has chosen, and that only browsers open, is one that
/// could be reached: on any port, but on no host that is not public.
#[must_use]
pub fn openable(ctx: &Context, text: &str) -> bool {
    admitted(ctx, text).is_some() || Url::parse(text).is_ok_and(|url| looks_public(&url))
}

/// Sends a request to an address that somebody else has chosen. Never inside of a write.
///
/// # Errors
///
/// When there is no whole answer.
pub async fn send(ctx: &Context, request: Request) -> Result<Fetched, FetchError> {
    let host = request.url.host_str().unwrap_or_default().to_owned();
    let fetch: Arc<dyn Fetch> = ctx.fetch();
    let answer = fetch.fetch(request).await;
    if let Err(error) = &answer {
        tracing::info!(host, reason = ?error.reason(), "an outgoing request has no answer");
    }
    answer
}
