//! The one way out to addresses that somebody else has chosen; [`model::outgoing`] says why.
//!
//! A name is resolved once, what is not public is dropped, and the connection is made to what is
//! left: there is no second resolution that could say something else. Exceptions for development
//! name a host and a port, and go through a client of their own.

use std::{fmt, io, net::IpAddr, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderMap, header};
use model::outgoing::{BODY_LIMIT, Fetch, FetchError, Fetched, Reason, Request, is_public, looks_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What may be reached, and how long it may take.
#[derive(Clone, Debug)]
pub struct OutgoingSettings {
    /// A PEM file with authorities to trust beside those of the system.
    pub extra_ca: Option<PathBuf>,
    /// What is reached whatever its address, also by http. For development.
    pub allow: Vec<Exception>,
    /// The ports that are connected to.
    pub ports: Vec<u16>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long everything may take.
    pub timeout: Duration,
    /// The largest answer that is read unless the caller says otherwise, in bytes.
    pub body_limit: usize,
}

impl Default for OutgoingSettings {
    fn default() -> Self {
        Self {
            extra_ca: None,
            allow: Vec::new(),
            ports: vec![443],
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            body_limit: BODY_LIMIT,
        }
    }
}

/// A host and a port that are reached in spite of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    host: Host,
    port: u16,
}

impl FromStr for Exception {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "is not a host with a port such as 127.0.0.1:8765";
        let (host, port) = text.rsplit_once(':').ok_or(WANTED)?;
        Ok(Self { host: Host::parse(host).map_err(|_| WANTED)?, port: port.parse().map_err(|_| WANTED)? })
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Says which addresses a name has. The system's resolver, or a test's.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Resolves names to their public addresses.
struct PublicOnly(Arc<dyn Lookup>);

/// A name has addresses, and none is public.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.0);
        Box::pin(async move {
            let all = lookup.addresses(name.as_str()).await?;
            let known = !all.is_empty();
            let public: Vec<_> =
                all.into_iter().filter(|address| is_public(*address)).map(|address| (address, 0_u16).into()).collect();
            if known && public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Goes out. Cheap to share; keeps no connection open, since addresses are checked when one is made.
pub struct Outgoing {
    settings: OutgoingSettings,
    outside: reqwest::Client,
    excepted: reqwest::Client,
}

impl Outgoing {
    /// As configured.
    ///
    /// # Errors
    ///
    /// In words, when the extra authorities cannot be read or TLS cannot be set up.
    pub fn new(settings: &OutgoingSettings) -> Result<Self, String> {
        Self::with_lookup(settings, Arc::new(SystemLookup))
    }

    /// As configured, with another resolver.
    ///
    /// # Errors
    ///
    /// In words, when the extra authorities cannot be read or TLS cannot be set up.
    pub fn with_lookup(settings: &OutgoingSettings, lookup: Arc<dyn Lookup>) -> Result<Self, String> {
        let words = |error: reqwest::Error| format!("outgoing requests: {error}");
        let outside = client(settings)?.https_only(true).dns_resolver(PublicOnly(lookup)).build().map_err(words)?;
        let excepted = client(settings)?.build().map_err(words)?;
        Ok(Self { settings: settings.clone(), outside, excepted })
    }

    /// The client for a URL, if it may be reached at all.
    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, Reason> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Reason::Form);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return Err(Reason::Form) };
        let web = matches!(url.scheme(), "http" | "https");
        if web
            && self.settings.allow.iter().any(|exception| exception.host == host.to_owned() && exception.port == port)
        {
            return Ok(&self.excepted);
        }
        if url.scheme() != "https" || !self.settings.ports.contains(&port) {
            return Err(Reason::Form);
        }
        // Literals never meet the resolver. The URL's parser has understood the decimal, octal
        // and hexadecimal forms of IPv4 already.
        if looks_public(url) { Ok(&self.outside) } else { Err(Reason::Address) }
    }

    async fn exchange(&self, request: Request) -> Result<Fetched, Reason> {
        let limit = request.body_limit.unwrap_or(self.settings.body_limit);
        let client = self.client_for(&request.url)?;
        let mut builder = match request.body {
            None => client.get(request.url),
            Some((kind, body)) => client.post(request.url).header(header::CONTENT_TYPE, kind).body(body),
        };
        builder = builder.header(header::ACCEPT, request.accept).header(header::ACCEPT_ENCODING, "identity");
        if let Some(authorization) = request.authorization {
            builder = builder.header(header::AUTHORIZATION, authorization);
        }
        let mut response = builder.send().await.map_err(|error| reason(&error))?;
        let headers = response.headers();
        // What is not unpacked cannot be larger than what was counted.
        if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(Reason::Answer);
        }
        let mut fetched = Fetched {
            status: response.status().as_u16(),
            content_type: content_type(headers),
            max_age: max_age(headers),
            body: Vec::new(),
        };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Reason::Size);
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
            if fetched.body.len() + chunk.len() > limit {
                return Err(Reason::Size);
            }
            fetched.body.extend_from_slice(&chunk);
        }
        Ok(fetched)
    }
}

#[async_trait]
impl Fetch for Outgoing {
    fn admits(&self, url: &Url) -> bool {
        self.client_for(url).is_ok()
    }

    async fn fetch(&self, request: Request) -> Result<Fetched, FetchError> {
        // Resolution counts as well, which the client's own limit may leave out.
        let answer = tokio::time::timeout(self.settings.timeout, self.exchange(request)).await;
        answer.unwrap_or(Err(Reason::Time)).map_err(FetchError::new)
    }
}

fn client(settings: &OutgoingSettings) -> Result<reqwest::ClientBuilder, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent("portico")
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .pool_max_idle_per_host(0);
    if let Some(file) = &settings.extra_ca {
        let failed = |what: String| format!("outgoing.extra_ca {}: {what}", file.display());
        let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
        if authorities.is_empty() {
            return Err(failed("there is no certificate in it".to_owned()));
        }
        builder = builder.tls_certs_merge(authorities);
    }
    Ok(builder)
}

fn reason(error: &reqwest::Error) -> Reason {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return Reason::Address;
        }
        cause = error.source();
    }
    if error.is_timeout() {
        Reason::Time
    } else if error.is_dns() {
        Reason::Name
    } else if error.is_connect() {
        Reason::Connect
    } else {
        Reason::Answer
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// RFC 9111, section 5.2.2, as far as it concerns a private cache.
fn max_age(headers: &HeaderMap) -> Option<i64> {
    let lines = headers.get_all(header::CACHE_CONTROL);
    let mut found = None;
    for directive in lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        if matches!(directive.as_str(), "no-store" | "no-cache") {
            return Some(0);
        }
        let seconds = directive.strip_prefix("max-age=").map(|seconds| seconds.trim_matches('"'));
        found = seconds.and_then(|seconds| seconds.parse::<u32>().ok()).or(found);
    }
    found.map(|seconds| i64::from(seconds) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(allow: &[&str]) -> Outgoing {
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        Outgoing::new(&OutgoingSettings { allow, ..OutgoingSettings::default() }).unwrap()
    }

    fn refused(outgoing: &Outgoing, url: &str) -> Option<Reason> {
        outgoing.client_for(&Url::parse(url).unwrap()).err()
    }

    #[test]
    fn f_literals_are_refused_in_every_form() {
        let outgoing = outgoing(&[]);
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.0.1.",
            "2130706433",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "017700000001",
            "0",
            "0.0.0.0",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "10.1",
            "192.168.257",
            "%31%32%37.0.0.1",
            "127。0。0。1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[fd00::1]",
            "[fe80::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[ff02::1]",
        ] {
            assert_eq!(refused(&outgoing, &format!("https://{host}/x")), Some(Reason::Address), "{host}");
        }
        assert_eq!(refused(&outgoing, "https://1.1.1.1/x"), None);
    }

    #[test]
    fn f_only_https_on_known_ports() {
        let outgoing = outgoing(&[]);
        for url in [
            "http://example.com/",
            "gopher://example.com/",
            "file:///etc/passwd",
            "ftp://example.com/",
            "data:,x",
            "https://example.com:8443/",
            "https://example.com:22/",
            "https://user@example.com/",
            "https://:x@example.com/",
        ] {
            assert_eq!(refused(&outgoing, url), Some(Reason::Form), "{url}");
        }
        assert_eq!(refused(&outgoing, "https://example.com:443/"), None);
    }

    #[test]
    fn an_exception_is_one_host_with_one_port() {
        let outgoing = outgoing(&["127.0.0.1:8765", "[::1]:8765", "Dev.Example:80"]);
        for url in ["http://127.0.0.1:8765/a", "https://127.0.0.1:8765/", "http://[::1]:8765", "http://dev.example/"] {
            assert_eq!(refused(&outgoing, url), None, "{url}");
        }
        assert_eq!(refused(&outgoing, "http://127.0.0.1:8766/"), Some(Reason::Form));
        assert_eq!(refused(&outgoing, "https://127.0.0.1/"), Some(Reason::Address));
        assert_eq!(refused(&outgoing, "http://localhost:8765/"), Some(Reason::Form));
        assert_eq!(refused(&outgoing, "gopher://127.0.0.1:8765/"), Some(Reason::Form));
        for text in ["127.0.0.1", "a b:80", ":80", "host:", "host:99999"] {
            assert!(text.parse::<Exception>().is_err(), "{text}");
        }
    }

    #[test]
    fn how_long_an_answer_may_be_kept() {
        let age = |value: &'static str| {
            max_age(&HeaderMap::from_iter([(header::CACHE_CONTROL, http::HeaderValue::from_static(value))]))
        };
        assert_eq!(age("public, max-age=300"), Some(300_000));
        assert_eq!(age("max-age=300, no-store"), Some(0));
        assert_eq!(age("private"), None);
        assert_eq!(age("max-age=-1"), None);
    }
}
