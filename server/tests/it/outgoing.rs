//! Requests to addresses that somebody else has chosen. Attack F: they reach nothing of ours.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse as _,
    routing::{get, post},
};
use model::outgoing::{self, Fetch as _, FetchError, Fetched, Reason, Request};
use server::outgoing::{Lookup, Outgoing, OutgoingSettings};
use tokio::net::TcpListener;
use url::Url;

use crate::harness::App;

/// A server on the loopback address, and how often it was asked.
struct Inside {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Inside {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&asked);
        let router =
            Router::new()
                .route("/ok", get(|| async { ([(header::CACHE_CONTROL, "max-age=60")], "fine") }))
                .route("/echo", post(echo))
                .route("/large", get(|| async { vec![b'x'; 10 * 1024 * 1024] }))
                .route("/endless", get(|| async { Body::from_stream(endless()) }))
                .route("/slow", get(|| async { Body::from_stream(slow()) }))
                .route("/mute", get(std::future::pending::<()>))
                .route("/bomb", get(|| async { ([(header::CONTENT_ENCODING, "gzip")], vec![0_u8; 10]) }))
                .route(
                    "/away",
                    get(move || async move {
                        (StatusCode::FOUND, [(header::LOCATION, format!("http://127.0.0.1:{port}/ok"))])
                    }),
                )
                .layer(axum::middleware::from_fn(
                    move |request: axum::extract::Request, next: axum::middleware::Next| {
                        counter.fetch_add(1, Ordering::SeqCst);
                        next.run(request)
                    },
                ));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, asked }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Reaches it by exception, and waits for as long as a busy machine needs.
    fn excepted(&self) -> Outgoing {
        self.excepted_for(Duration::from_secs(30))
    }

    /// Reaches it by exception, and waits for so long.
    fn excepted_for(&self, timeout: Duration) -> Outgoing {
        let allow = vec![format!("127.0.0.1:{}", self.port).parse().unwrap()];
        Outgoing::new(&OutgoingSettings { allow, timeout, ..OutgoingSettings::default() }).unwrap()
    }
}

async fn echo(headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let told = [text(header::CONTENT_TYPE), text(header::AUTHORIZATION), text(header::ACCEPT_ENCODING)];
    format!("{} {}", told.join(" "), String::from_utf8_lossy(&body)).into_response()
}

fn endless() -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    futures::stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1024])))
}

/// A byte, and then nothing.
fn slow() -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    use futures::StreamExt as _;
    futures::stream::once(async { Ok(Bytes::from_static(b"x")) }).chain(futures::stream::pending())
}

/// Answers with these addresses, one after the other, the last one for ever.
struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl Lookup for Names {
    async fn addresses(&self, _name: &str) -> std::io::Result<Vec<IpAddr>> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[n.min(self.answers.len() - 1)].clone())
    }
}

fn reason(answer: Result<Fetched, FetchError>) -> Reason {
    answer.expect_err("no answer").reason()
}

#[tokio::test]
async fn an_exception_is_reached() {
    let inside = Inside::start().await;
    let outgoing = inside.excepted();
    let answer = outgoing.fetch(Request::get(inside.url("/ok")).accept("application/json")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.max_age), (200, b"fine".as_slice(), Some(60_000)));
    assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
    let request = Request::post(inside.url("/echo"), "application/x-www-form-urlencoded", b"a=b".to_vec()).bearer("t");
    let answer = outgoing.fetch(request).await.unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), "application/x-www-form-urlencoded Bearer t identity a=b");
}

#[tokio::test]
async fn f_nothing_goes_out_unless_it_is_set_up() {
    let app = App::empty().await;
    let url = Url::parse("https://example.com/").unwrap();
    assert_eq!(reason(outgoing::send(&app.ctx, Request::get(url)).await), Reason::Off);
}

#[tokio::test]
async fn f_redirects_are_not_followed() {
    let inside = Inside::start().await;
    let answer = inside.excepted().fetch(Request::get(inside.url("/away"))).await.unwrap();
    assert_eq!((answer.status, inside.asked()), (302, 1));
}

#[tokio::test]
async fn f_large_and_endless_bodies_are_cut_off() {
    let inside = Inside::start().await;
    let outgoing = inside.excepted();
    assert_eq!(reason(outgoing.fetch(Request::get(inside.url("/large"))).await), Reason::Size);
    assert_eq!(reason(outgoing.fetch(Request::get(inside.url("/endless"))).await), Reason::Size);
    assert_eq!(reason(outgoing.fetch(Request::get(inside.url("/ok")).at_most(3)).await), Reason::Size);
    assert!(outgoing.fetch(Request::get(inside.url("/ok")).at_most(4)).await.is_ok());
}

#[tokio::test]
async fn f_compressed_bodies_are_refused() {
    let inside = Inside::start().await;
    assert_eq!(reason(inside.excepted().fetch(Request::get(inside.url("/bomb"))).await), Reason::Answer);
}

#[tokio::test]
async fn f_slow_servers_are_given_up() {
    let inside = Inside::start().await;
    let outgoing = inside.excepted_for(Duration::from_millis(300));
    assert_eq!(reason(outgoing.fetch(Request::get(inside.url("/slow"))).await), Reason::Time);
    assert_eq!(reason(outgoing.fetch(Request::get(inside.url("/mute"))).await), Reason::Time);
}

/// A name that is public when somebody looks, and private when the connection is made.
#[tokio::test]
async fn f_a_name_that_resolves_to_us_is_not_connected_to() {
    let inside = Inside::start().await;
    let [public, private] = ["192.0.0.8", "127.0.0.1"].map(|text| text.parse::<IpAddr>().unwrap());
    let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
    for answers in
        [vec![vec![private]], vec![vec![mapped]], vec![vec![public, private]], vec![vec![private], vec![private]]]
    {
        let names = Arc::new(Names { answers, asked: AtomicUsize::new(0) });
        let settings = OutgoingSettings { ports: vec![inside.port], ..OutgoingSettings::default() };
        let outgoing = Outgoing::with_lookup(&settings, Arc::clone(&names) as Arc<dyn Lookup>).unwrap();
        let url = Url::parse(&format!("https://rebind.example:{}/ok", inside.port)).unwrap();
        assert_eq!(reason(outgoing.fetch(Request::get(url)).await), Reason::Address);
        assert_eq!(names.asked.load(Ordering::SeqCst), 1, "what was checked is what is connected to");
    }
    assert_eq!(inside.asked(), 0);
}

/// The words are the same whatever the reason, so that they are no map of the network.
#[tokio::test]
async fn f_the_error_does_not_say_which() {
    let inside = Inside::start().await;
    let outgoing = inside.excepted();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut words = Vec::new();
    for url in [
        "https://127.0.0.1/".to_owned(),
        format!("https://127.0.0.1:{closed}/"),
        "http://example.com/".to_owned(),
        "https://nowhere.invalid/".to_owned(),
        inside.url("/large").into(),
        inside.url("/bomb").into(),
    ] {
        let error = outgoing.fetch(Request::get(Url::parse(&url).unwrap())).await.expect_err("no answer");
        words.push(error.to_string());
    }
    words.dedup();
    assert_eq!(words, ["the address cannot be fetched"]);
}
