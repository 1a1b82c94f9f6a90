//! A visitor with a cookie jar, who follows redirects and submits forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use url::Url;

use crate::Result;
use crate::html::{self, Form};
use crate::http::{self, Connection};

pub struct Browser {
    pub base: Url,
    connection: Connection,
    cookies: BTreeMap<String, String>,
}

/// Where the visitor ended up: a page of ours, or somewhere else that a redirect points to.
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub body: String,
}

impl Page {
    pub fn form_with(&self, field: &str) -> Result<Form> {
        html::forms(&self.body).into_iter().find(|form| form.has(field)).ok_or_else(|| {
            format!("{} (status {}) has no form with a field '{field}'", self.url.path(), self.status).into()
        })
    }
}

impl Browser {
    pub fn new(base: &Url, address: SocketAddr) -> Self {
        Self { base: base.clone(), connection: Connection::new(address), cookies: BTreeMap::new() }
    }

    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The request for a page, with this visitor's cookies, to be sent many times.
    pub fn prepared(&self, url: &Url) -> Vec<u8> {
        let cookies = self.cookie_header();
        let mut headers = vec![("accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        http::request("GET", &authority(&self.base), &target(url), &headers, None)
    }

    pub async fn open(&mut self, url: &str) -> Result<Page> {
        let url = self.base.join(url)?;
        self.go("GET", url, None).await
    }

    pub async fn submit(&mut self, page: &Page, form: &Form, answers: &[(&str, &str)]) -> Result<Page> {
        let url = if form.action.is_empty() { page.url.clone() } else { page.url.join(&form.action)? };
        let fields = http::form(&form.fill(answers));
        if form.method == "post" {
            self.go("POST", url, Some(fields)).await
        } else {
            let mut url = url;
            url.set_query(Some(&fields));
            self.go("GET", url, None).await
        }
    }

    async fn go(&mut self, method: &str, url: Url, body: Option<String>) -> Result<Page> {
        let (mut method, mut url, mut body) = (method.to_owned(), url, body);
        let origin = self.base.origin().ascii_serialization();
        for _ in 0..10 {
            if url.origin() != self.base.origin() {
                return Ok(Page { url, status: 0, body: String::new() });
            }
            let cookies = self.cookie_header();
            let mut headers =
                vec![("accept", "text/html"), ("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
            if !cookies.is_empty() {
                headers.push(("cookie", &cookies));
            }
            let bytes = http::request(&method, &authority(&self.base), &target(&url), &headers, body.as_deref());
            let answer = self.connection.exchange(&bytes).await?;
            for cookie in &answer.cookies {
                let pair = cookie.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    if value.is_empty() || cookie.to_lowercase().contains("max-age=0") {
                        self.cookies.remove(name);
                    } else {
                        self.cookies.insert(name.to_owned(), value.to_owned());
                    }
                }
            }
            match answer.location {
                Some(location) if (300..400).contains(&answer.status) => {
                    url = url.join(&location)?;
                    method = "GET".to_owned();
                    body = None;
                }
                _ => return Ok(Page { url, status: answer.status, body: self.connection.text() }),
            }
        }
        Err(format!("{} redirects for ever", url.path()).into())
    }
}

pub fn authority(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

pub fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
