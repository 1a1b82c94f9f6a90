//! What every request passes first and every response last: the request's id and origin, bounds on
//! size and time, protection against forged requests, security headers, the access log.
//!
//! One function does it all, since it lies on the hot paths too; each step is a small function
//! below it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, ORIGIN, REFERER,
            REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::{FutureExt as _, StreamExt as _};
use idp::paths;
use model::{ClientAddress, ClientCertificate, Context, RequestId, profile::picture};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;
use tracing::Instrument as _;

use crate::{compose::Web, proxy::Proxies, tls::Authorities};

/// The largest body that is read.
const BODY: usize = 64 * 1024;
/// The longest query that is read.
const QUERY: usize = 16 * 1024;
/// The most parameters in a query or a form.
const PARAMETERS: usize = 200;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Whether other sites and programs may post to a path: these do not act on a cookie, or ask again.
fn open_to_others(path: &str) -> bool {
    machine(path) || path == paths::AUTHORIZE || path == paths::LOGOUT
}

/// Whether the callers of a path are programs, which want errors as JSON.
fn machine(path: &str) -> bool {
    let below = |rest: &str| rest.starts_with('/');
    paths::MACHINES.contains(&path) || path.strip_prefix(paths::REGISTER).is_some_and(below)
}

pub(crate) struct Edge {
    ctx: Context,
    proxies: Proxies,
    client_ca: Option<Authorities>,
    timeout: Duration,
    access_log: bool,
    origins: Vec<String>,
    secure: bool,
    /// `pkg/` with scripts and styles, and what lies in `public`.
    files: ServeDir,
}

impl Edge {
    pub(crate) fn new(ctx: Context, web: &Web) -> Self {
        let settings = ctx.settings();
        Self {
            proxies: web.proxies.clone(),
            client_ca: web.client_ca.clone(),
            timeout: web.request_timeout,
            access_log: web.access_log,
            // The sign-in pages are at the issuer's address, which may be another one.
            origins: [own_origins(&settings.public_url), own_origins(&settings.issuer)].concat(),
            secure: settings.secure(),
            files: ServeDir::new(&web.site_root)
                .append_index_html_on_directories(false)
                .precompressed_br()
                .precompressed_gzip(),
            ctx,
        }
    }
}

/// Handles one request from the edge of the program to the edge of the program.
pub(crate) async fn handle(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let began = edge.ctx.now();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let id = request_id(&edge, request.headers(), edge.proxies.trusts(peer));
    let address = edge.proxies.client_address(peer, request.headers());
    request.extensions_mut().insert(ClientAddress(address));
    // One of the connection's own, that of a proxy, says nothing about the client behind it.
    let passed_on = edge.proxies.client_certificate(peer, request.headers_mut(), edge.client_ca.as_ref(), began);
    if edge.proxies.trusts(peer) {
        request.extensions_mut().remove::<ClientCertificate>();
    }
    if let Some(certificate) = passed_on {
        request.extensions_mut().insert(certificate);
    }
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();

    // Whatever is logged on the way names the request; error pages show the same id.
    let handling = checked(&edge, request, next).instrument(tracing::error_span!("request", id));
    let handling = RequestId(id.clone()).scope(handling);
    let answer = AssertUnwindSafe(tokio::time::timeout(edge.timeout, handling)).catch_unwind();
    let mut response = match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(_elapsed)) => {
            tracing::error!(request = id, path, "a request took too long and was given up");
            refusal(&path, StatusCode::SERVICE_UNAVAILABLE, "This took too long. Please try again.")
        }
        Err(_panic) => {
            tracing::error!(request = id, path, "a request has panicked");
            refusal(&path, StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side.")
        }
    };

    secure_headers(&edge, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if edge.access_log {
        let milliseconds = edge.ctx.now().since(began);
        let path = path.get(..200).unwrap_or(&path);
        tracing::info!(target: "access", request = id, %method, path, status = response.status().as_u16(), milliseconds);
    }
    response
}

async fn checked(edge: &Edge, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if too_much_query(request.uri()) {
        return refusal(path, StatusCode::URI_TOO_LONG, "This address is too long.");
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return match static_file(&edge.files, file_lookup(&request)).await {
            Some(file) => file,
            None => next.run(request).await,
        };
    }
    if !open_to_others(path) && !from_own_page(&edge.origins, request.headers()) {
        return refusal(path, StatusCode::FORBIDDEN, "This form was sent from another site, so nothing was done.");
    }
    match bounded(request).await {
        Ok(request) => next.run(request).await,
        Err(response) => response,
    }
}

fn request_id(edge: &Edge, headers: &HeaderMap, trusted: bool) -> String {
    let given = headers.get(REQUEST_ID).filter(|_| trusted).and_then(|value| value.to_str().ok());
    let fit = |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match given.filter(fit) {
        Some(id) => id.to_owned(),
        None => edge.ctx.new_id().map(|id| id.simple().to_string()).unwrap_or_default(),
    }
}

/// Our own origin; on a loopback address all of its names.
fn own_origins(public_url: &str) -> Vec<String> {
    let Ok(url) = url::Url::parse(public_url) else { return Vec::new() };
    let mut origins = vec![url.origin().ascii_serialization()];
    if is_loopback(&url) {
        for name in ["127.0.0.1", "localhost", "[::1]"] {
            let mut alias = url.clone();
            if alias.set_host(Some(name)).is_ok() {
                origins.push(alias.origin().ascii_serialization());
            }
        }
    }
    origins
}

/// Whether a URL names this very machine.
pub(crate) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a page of ours has sent this: browsers say so in a header that no other site can
/// forge. Whoever says nothing at all is not a browser on a page of ours.
fn from_own_page(origins: &[String], headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match text(ORIGIN) {
        // Pages that send no referrer send this in place of their origin.
        None | Some("null") => {}
        Some(origin) => return origins.iter().any(|own| own == origin),
    }
    if let Some(site) = text(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let referer = text(REFERER).and_then(|referer| url::Url::parse(referer).ok());
    referer.is_some_and(|url| origins.contains(&url.origin().ascii_serialization()))
}

fn too_much_query(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.len() > QUERY || parameters(query.as_bytes()) > PARAMETERS)
}

fn parameters(encoded: &[u8]) -> usize {
    encoded.iter().filter(|byte| **byte == b'&').count() + 1
}

/// Where people send pictures.
const PICTURE: &str = "/account/profile/picture";

/// How much a request to a path may bring: forms are small, a picture is not.
fn most(path: &str) -> usize {
    match path {
        PICTURE => picture::LARGEST + BODY,
        _ => BODY,
    }
}

/// As much as a camera makes of a picture, in bytes: it is read to its end, and not kept.
const CAMERA: u64 = 16 << 20;

/// Reads the body, within bounds.
async fn bounded(request: Request) -> Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path();
    let most = most(path);
    let too_large = || refusal(path, StatusCode::PAYLOAD_TOO_LARGE, "This is more than can be sent at once.");
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced.filter(|length| *length > most as u64) {
        if path != PICTURE || length > CAMERA {
            return Err(too_large());
        }
        // A browser that is cut off shows no answer, so that nobody would learn what was wrong.
        let mut rest = body.into_data_stream();
        while let Some(Ok(_)) = rest.next().await {}
        parts.extensions.insert(picture::Overlong);
        return Ok(Request::from_parts(parts, Body::empty()));
    }
    let bytes = to_bytes(body, most).await.map_err(|_| too_large())?;
    let form = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if form && parameters(&bytes) > PARAMETERS {
        return Err(refusal(path, StatusCode::BAD_REQUEST, "These are too many fields."));
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// A refusal that no door has worded.
fn refusal(path: &str, status: StatusCode, text: &'static str) -> Response {
    let mut response = if machine(path) {
        let error = if status.is_server_error() { "server_error" } else { "invalid_request" };
        let body = format!(r#"{{"error":"{error}","error_description":"{text}"}}"#);
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
    } else {
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{text}</title>\
             <h1>{text}</h1><p><a href=\"/\">Go to the start page</a></p></html>"
        );
        (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What protects a page that does not say anything more precise about itself.
fn secure_headers(edge: &Edge, headers: &mut HeaderMap) {
    // These, the id, and what the server adds: once, not by doubling.
    headers.reserve(10);
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: browsers then hide the origin of our own forms from us.
    default(REFERRER_POLICY, "same-origin");
    default(X_FRAME_OPTIONS, "DENY");
    default(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if edge.secure {
        default(STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
}

/// A request for a static file, if the path can name one.
fn file_lookup(request: &Request) -> Option<Request> {
    if !names_file(request.uri().path()) {
        return None;
    }
    let mut lookup = Request::new(Body::empty());
    *lookup.method_mut() = request.method().clone();
    *lookup.uri_mut() = request.uri().clone();
    *lookup.headers_mut() = request.headers().clone();
    Some(lookup)
}

/// A static file, if there is one. They share first segments with pages
/// (`/products/voicebox.svg`, `/products/{product}`), so a router could not tell them apart.
async fn static_file(files: &ServeDir, lookup: Option<Request>) -> Option<Response> {
    let lookup = lookup?;
    let path = lookup.uri().path();
    let immutable = path.starts_with("/pkg/") && path.bytes().filter(|byte| *byte == b'.').count() >= 2;
    let found = match files.clone().oneshot(lookup).await {
        Ok(found) => found,
        Err(never) => match never {},
    };
    if found.status() == StatusCode::NOT_FOUND {
        return None;
    }
    let mut response = found.map(Body::new);
    let policy = if immutable { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(policy));
    Some(response)
}

/// Whether the path can be that of a file: only these endings are ever served as such.
fn names_file(path: &str) -> bool {
    const ENDINGS: [&str; 10] = ["css", "js", "wasm", "svg", "png", "ico", "webp", "woff2", "txt", "json"];
    !path.starts_with("/.well-known/")
        && path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).is_some_and(|(_, end)| ENDINGS.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        let own = own_origins("https://portico.example");
        let ok = |pairs: &[(HeaderName, &str)]| from_own_page(&own, &headers(pairs));
        assert!(ok(&[(ORIGIN, "https://portico.example")]));
        assert!(ok(&[(ORIGIN, "null"), (SEC_FETCH_SITE, "same-origin")]));
        assert!(ok(&[(REFERER, "https://portico.example/login")]));
        assert!(!ok(&[(ORIGIN, "https://evil.example")]));
        assert!(!ok(&[(ORIGIN, "https://portico.example.evil.example")]));
        assert!(!ok(&[(ORIGIN, "http://portico.example")]));
        assert!(!ok(&[(ORIGIN, "null")]));
        assert!(!ok(&[(ORIGIN, "https://evil.example"), (SEC_FETCH_SITE, "same-origin")]));
        assert!(!ok(&[(SEC_FETCH_SITE, "same-site")]));
        assert!(!ok(&[(SEC_FETCH_SITE, "cross-site"), (REFERER, "https://portico.example/")]));
        assert!(!ok(&[]));
    }

    #[test]
    fn the_loopback_address_has_several_names() {
        let own = own_origins("http://127.0.0.1:3000");
        assert!(own.iter().any(|origin| origin == "http://localhost:3000"));
        assert!(!own.iter().any(|origin| origin == "http://localhost:3001"));
    }
}
