//! A browser, and how a request reaches Portico: in this process, or over the network.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::OnceLock,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, header},
};
use tower::ServiceExt as _;

use super::{Form, Page, encode};

/// How requests reach Portico.
#[derive(Clone)]
pub(super) enum Door {
    /// In this process.
    Router(Router),
    /// Another process, at this URL.
    Http(String),
}

/// A browser: keeps cookies, sends the origin of our pages with forms, follows nothing by itself.
#[derive(Clone)]
pub struct Browser {
    pub(super) door: Door,
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
        let (kind, length) = ("multipart/form-data; boundary=xyz", body.len().to_string());
        let headers = [("origin", origin.as_str()), ("content-type", kind), ("content-length", length.as_str())];
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
        let mut path = self.local(path).unwrap_or_else(|| panic!("{path} is not a page of ours"));
        // A fragment stays in the browser.
        path.truncate(path.find('#').unwrap_or(path.len()));
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
