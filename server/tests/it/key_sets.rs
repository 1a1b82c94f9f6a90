//! Keys that clients publish at their `jwks_uri`.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, header},
    response::IntoResponse as _,
    routing::get,
};
use model::{hours, minutes, seconds};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};
use tokio::net::TcpListener;

use crate::{
    fapi::{ASSERTION_TYPE, Key, jti},
    harness::{App, Page, URL},
};

const CLIENT: &str = "demo-reports";

/// Where a client publishes its keys.
pub struct Publisher {
    pub uri: String,
    asked: Arc<AtomicUsize>,
    /// What is served, and for how long it may be kept; nothing is a server in trouble.
    serves: Arc<Mutex<Option<(String, &'static str)>>>,
}

impl Publisher {
    /// A publisher that the application can reach.
    pub async fn of(app: &App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let asked = Arc::<AtomicUsize>::default();
        let serves = Arc::<Mutex<Option<(String, &'static str)>>>::default();
        let (counter, served) = (Arc::clone(&asked), Arc::clone(&serves));
        let answer = move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let served = served.lock().unwrap().clone();
            async move {
                match served {
                    Some((body, cache)) => ([(header::CACHE_CONTROL, cache)], body).into_response(),
                    None => (StatusCode::SERVICE_UNAVAILABLE, "{\"keys\":[]}").into_response(),
                }
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/keys", get(answer))).await });
        let allow = vec![place.parse().unwrap()];
        let timeout = Duration::from_secs(10);
        let outgoing = Outgoing::new(&OutgoingSettings { allow, timeout, ..OutgoingSettings::default() }).unwrap();
        app.ctx.go_out_with(Arc::new(outgoing));
        Self { uri: format!("http://{place}/keys"), asked, serves }
    }

    fn publish_for(&self, cache: &'static str, keys: &[&Key]) {
        let keys: Vec<Value> = keys
            .iter()
            .map(|key| {
                let mut jwk = key.public.clone();
                jwk["kid"] = key.kid.clone().into();
                jwk
            })
            .collect();
        *self.serves.lock().unwrap() = Some((json!({ "keys": keys }).to_string(), cache));
    }

    /// Serves these keys, whatever they are.
    pub fn publish_json(&self, keys: &[Value]) {
        *self.serves.lock().unwrap() = Some((json!({ "keys": keys }).to_string(), "max-age=600"));
    }

    pub fn publish(&self, keys: &[&Key]) {
        self.publish_for("max-age=600", keys);
    }

    /// Is in trouble.
    pub fn fail(&self) {
        *self.serves.lock().unwrap() = None;
    }

    /// How often somebody has asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A key that is called `kid`.
pub fn key(kid: &str) -> Key {
    let mut key = Key::new();
    key.kid = Some(kid.to_owned());
    key
}

/// The demo world with a client that has no key here, but publishes some.
async fn world() -> (App, Publisher) {
    let app = App::demo().await;
    let publisher = Publisher::of(&app).await;
    publishes(&app, CLIENT, &publisher.uri).await;
    (app, publisher)
}

async fn publishes(app: &App, client: &str, uri: &str) {
    let metadata = json!({ "jwks_uri": uri });
    app.execute(&format!(
        "UPDATE clients SET auth_method = 'private_key_jwt', metadata = '{metadata}' WHERE client_id = '{client}'"
    ))
    .await;
}

async fn sign_in_with(app: &App, client: &str, key: &Key, header: Value) -> Page {
    let now = app.ctx.now().seconds();
    let claims = json!({"iss": client, "sub": client, "aud": URL, "exp": now + 60, "iat": now, "jti": jti()});
    let assertion = key.sign(header, &claims);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion.as_str()),
    ];
    app.post("/oauth2/token", &[], &form).await
}

/// The status of an answer to `demo-reports`, which signs with `key`.
pub async fn sign_in(app: &App, key: &Key) -> u16 {
    sign_in_with(app, CLIENT, key, json!({"typ": "JWT"})).await.status
}

#[tokio::test]
async fn a_key_rotated_at_the_client_without_notice_works_at_the_next_request() {
    let (app, publisher) = world().await;
    let (old, new) = (key("old"), key("new"));
    publisher.publish(&[&old]);
    assert_eq!(sign_in(&app, &old).await, 200);
    assert_eq!(sign_in(&app, &old).await, 200);
    assert_eq!(publisher.asked(), 1, "the set is kept");
    publisher.publish(&[&new]);
    assert_eq!(sign_in(&app, &new).await, 200);
    assert_eq!(publisher.asked(), 2);
    assert_eq!(sign_in(&app, &old).await, 401, "what is not published any more signs nothing");
}

#[tokio::test]
async fn a_key_that_is_changed_under_its_old_name_works_too() {
    let (app, publisher) = world().await;
    let (old, new) = (key("one"), key("one"));
    publisher.publish(&[&old]);
    assert_eq!(sign_in(&app, &old).await, 200);
    publisher.publish(&[&new]);
    assert_eq!(sign_in(&app, &new).await, 200);
}

#[tokio::test]
async fn a_set_is_kept_as_long_as_it_says_within_bounds() {
    for (cache, kept) in [("no-store", minutes(5)), ("max-age=600", minutes(10)), ("max-age=999999", hours(1))] {
        let (app, publisher) = world().await;
        let key = key("one");
        publisher.publish_for(cache, &[&key]);
        assert_eq!(sign_in(&app, &key).await, 200);
        app.clock.advance(kept - 1);
        assert_eq!((sign_in(&app, &key).await, publisher.asked()), (200, 1), "{cache}");
        app.clock.advance(1);
        assert_eq!((sign_in(&app, &key).await, publisher.asked()), (200, 2), "{cache}");
    }
}

#[tokio::test]
async fn d5_keys_of_another_client_sign_nothing() {
    let (app, publisher) = world().await;
    let others = key("theirs");
    publisher.publish(&[&others]);
    let own = Publisher::of(&app).await;
    let mine = key("theirs");
    own.publish(&[&mine]);
    publishes(&app, "demo-app", &own.uri).await;
    app.ctx.go_out_with(Arc::new(
        Outgoing::new(&OutgoingSettings {
            allow: [&publisher, &own].map(|p| p.uri[7..p.uri.len() - 5].parse().unwrap()).to_vec(),
            ..OutgoingSettings::default()
        })
        .unwrap(),
    ));
    assert_eq!(sign_in(&app, &others).await, 200);
    // The same kid, another client; the key of a client that is registered here; and a token that
    // says where its key is to be found.
    for (client, key) in [("demo-app", &others), (CLIENT, &mine), (CLIENT, &Key::demo())] {
        let header = json!({"typ": "JWT", "jku": own.uri, "jwk": key.public});
        let page = sign_in_with(&app, client, key, header).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{client}");
    }
}

#[tokio::test]
async fn d6_a_flood_of_unknown_keys_makes_one_request() {
    let (app, publisher) = world().await;
    let good = key("good");
    publisher.publish(&[&good]);
    let first = futures::future::join_all((0..20).map(|_| sign_in(&app, &good))).await;
    assert!(first.iter().all(|status| *status == 200), "{first:?}");
    assert_eq!(publisher.asked(), 1, "whoever needs the set at once waits for one fetch");
    let strangers: Vec<Key> = (0..40).map(|n| key(&format!("unknown-{n}"))).collect();
    let flood = futures::future::join_all(strangers.iter().map(|key| sign_in(&app, key))).await;
    assert!(flood.iter().all(|status| *status == 401), "{flood:?}");
    assert_eq!(publisher.asked(), 2);
    app.clock.advance(minutes(1));
    for stranger in strangers.iter().take(3) {
        assert_eq!(sign_in(&app, stranger).await, 401);
    }
    assert_eq!(publisher.asked(), 3, "once a minute");
    assert_eq!(sign_in(&app, &good).await, 200, "and the client is not locked out");
}

#[tokio::test]
async fn d6_a_server_in_trouble_takes_no_keys_away_for_an_hour() {
    let (app, publisher) = world().await;
    let key = key("one");
    assert_eq!(sign_in(&app, &key).await, 401);
    publisher.publish(&[&key]);
    app.clock.advance(seconds(10));
    assert_eq!(sign_in(&app, &key).await, 200, "a failure is not kept as an empty set");
    publisher.fail();
    app.clock.advance(minutes(10));
    assert_eq!(sign_in(&app, &key).await, 200);
    app.clock.advance(minutes(59));
    assert_eq!(sign_in(&app, &key).await, 200);
    app.clock.advance(minutes(1));
    assert_eq!(sign_in(&app, &key).await, 401);
    publisher.publish(&[&key]);
    app.clock.advance(seconds(10));
    assert_eq!(sign_in(&app, &key).await, 200);
}

#[tokio::test]
async fn f_a_set_that_is_too_large_or_not_public_is_none() {
    let (app, publisher) = world().await;
    let good = key("good");
    publisher.publish(&[&good]);
    let padded = format!("{}{}", publisher.serves.lock().unwrap().clone().unwrap().0, " ".repeat(64 * 1024));
    *publisher.serves.lock().unwrap() = Some((padded, "max-age=600"));
    assert_eq!(sign_in(&app, &good).await, 401);
    publisher.publish(&[&good]);
    for inside in ["http://127.0.0.1:1/keys", "https://169.254.169.254/keys", "https://[::1]/keys", "file:///keys"] {
        let app = App::demo().await;
        app.ctx.go_out_with(Arc::new(Outgoing::new(&OutgoingSettings::default()).unwrap()));
        publishes(&app, CLIENT, inside).await;
        let page = sign_in_with(&app, CLIENT, &good, json!({})).await;
        let words = page.json()["error_description"].as_str().unwrap().to_owned();
        assert_eq!((page.status, words.contains("not of a known key")), (401, true), "{words}");
    }
}
