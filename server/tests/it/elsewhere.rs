//! Somebody else's web server, for what Portico fetches there.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use server::outgoing::{Lookup, Outgoing, OutgoingSettings};
use tokio::net::TcpListener;

use crate::harness::App;

/// What is served at a path.
#[derive(Clone)]
pub struct Served {
    pub status: u16,
    pub kind: &'static str,
    pub cache: &'static str,
    pub location: Option<String>,
    pub body: Vec<u8>,
}

impl Served {
    pub fn new(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, kind, cache: "", location: None, body: body.into() }
    }
}

/// A server on the loopback address, and how often it was asked.
pub struct Elsewhere {
    pub place: String,
    asked: Arc<AtomicUsize>,
    served: Arc<Mutex<HashMap<String, Served>>>,
}

impl Elsewhere {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let asked = Arc::<AtomicUsize>::default();
        let served = Arc::<Mutex<HashMap<String, Served>>>::default();
        let (counter, table) = (Arc::clone(&asked), Arc::clone(&served));
        let answer = move |uri: Uri| {
            counter.fetch_add(1, Ordering::SeqCst);
            let found = table.lock().unwrap().get(uri.path()).cloned();
            std::future::ready(found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), response))
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(get(answer))).await });
        Self { place, asked, served }
    }

    /// One that the application reaches, as an exception for development.
    pub async fn reached_by(app: &App) -> Self {
        let elsewhere = Self::start().await;
        app.ctx.go_out_with(Arc::new(elsewhere.excepted()));
        elsewhere
    }

    pub fn excepted(&self) -> Outgoing {
        let allow = vec![self.place.parse().unwrap()];
        let timeout = Duration::from_secs(10);
        Outgoing::new(&OutgoingSettings { allow, timeout, ..OutgoingSettings::default() }).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.place)
    }

    pub fn serve(&self, path: &str, served: Served) {
        self.served.lock().unwrap().insert(path.to_owned(), served);
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn response(served: Served) -> Response {
    let mut headers = vec![(header::CONTENT_TYPE, served.kind.to_owned())];
    if !served.cache.is_empty() {
        headers.push((header::CACHE_CONTROL, served.cache.to_owned()));
    }
    headers.extend(served.location.map(|location| (header::LOCATION, location)));
    let mut response = served.body.into_response();
    *response.status_mut() = StatusCode::from_u16(served.status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// Every name is the loopback address.
pub struct Loopback;

#[async_trait::async_trait]
impl Lookup for Loopback {
    async fn addresses(&self, _name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

/// The application goes out with the rules as they are, and every name leads to this machine.
pub fn resolve_to_us(app: &App) {
    let outgoing = Outgoing::with_lookup(&OutgoingSettings::default(), Arc::new(Loopback)).unwrap();
    app.ctx.go_out_with(Arc::new(outgoing));
}
