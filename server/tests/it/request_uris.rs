//! Signed requests that Portico fetches where the client publishes them (OpenID Connect Core,
//! section 6.2; RFC 9101, section 5.2).

use std::{collections::BTreeMap, sync::Arc};

use axum::{body::Body, http::Method};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{authorization::sha256, limit::Rule, minutes, seconds};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};

use crate::{
    elsewhere::{Elsewhere, Served, resolve_to_us},
    fapi::Key,
    harness::{App, Page, URL, encode, send},
};

const CALLBACK: &str = "https://example.com/callback";
const DEV: &str = "dev@portico.test";
const TYPE: &str = "application/oauth-authz-req+jwt";

/// The demo world, a client that has registered where its requests are, and that place.
struct World {
    app: App,
    elsewhere: Elsewhere,
    client_id: String,
    key: Key,
}

impl World {
    async fn new() -> Self {
        Self::with(App::demo().await, json!({})).await
    }

    async fn with(app: App, more: Value) -> Self {
        let elsewhere = Elsewhere::reached_by(&app).await;
        let key = Key::new();
        let mut asked = json!({
            "client_name": "Pocket", "redirect_uris": [CALLBACK], "jwks": {"keys": [key.public]},
            "request_uris": [elsewhere.url("/request.jwt"), elsewhere.url("/other.jwt#old")],
        });
        for (name, value) in more.as_object().unwrap() {
            asked[name] = value.clone();
        }
        let client = register(&app, &asked).await;
        assert_eq!(client["request_uris"], asked["request_uris"], "{client}");
        Self { app, elsewhere, client_id: client["client_id"].as_str().unwrap().to_owned(), key }
    }

    fn claims(&self) -> Value {
        let now = self.app.ctx.now().seconds();
        json!({
            "iss": self.client_id, "aud": URL, "exp": now + 300, "client_id": self.client_id, "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid profile", "state": "inside", "nonce": "n",
        })
    }

    fn signed(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &claims)
    }

    fn publish(&self, object: &str) {
        self.elsewhere.serve("/request.jwt", Served::new(TYPE, object));
    }

    /// What a browser of somebody who is signed in gets.
    async fn open_with(&self, request_uri: &str, more: &[(&str, &str)]) -> Page {
        let mut browser = self.app.sign_in_portal(DEV).await;
        let mut query = vec![("client_id", self.client_id.as_str()), ("request_uri", request_uri)];
        query.extend(more);
        browser.get(&format!("/oauth2/auth?{}", encode(&query))).await
    }

    async fn open(&self) -> Page {
        self.open_with(&self.elsewhere.url("/request.jwt"), &[]).await
    }

    /// The error that goes back to the client, and its words.
    async fn refused(&self, request_uri: &str) -> (String, String) {
        let page = self.open_with(request_uri, &[("redirect_uri", CALLBACK), ("state", "outside")]).await;
        let answer = page.redirect_parameters();
        assert!(!answer.contains_key("code"), "{answer:?}");
        (answer["error"].clone(), answer["error_description"].clone())
    }

    async fn object_refused(&self, why: &str) {
        self.app.clock.advance(minutes(5));
        let (error, words) = self.refused(&self.elsewhere.url("/request.jwt")).await;
        assert_eq!(error, "invalid_request_object", "{why}: {words}");
    }
}

async fn register(app: &App, asked: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    let page = send(&app.router, Method::POST, "/oauth2/register", &headers, Body::from(asked.to_string())).await;
    assert_eq!(page.status, 201, "{asked} {}", page.body);
    page.json()
}

fn digest(object: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(object))
}

/// What a client is answered whose request was fetched, and one whose address is not registered.
pub async fn answers() -> [BTreeMap<String, String>; 2] {
    let world = World::new().await;
    world.publish(&world.signed(|claims| claims["prompt"] = "none".into()));
    let fetched = world.open().await.redirect_parameters();
    let (error, _) = world.refused(&world.elsewhere.url("/unknown.jwt")).await;
    [fetched, BTreeMap::from([("error".to_owned(), error)])]
}

#[tokio::test]
async fn a_request_is_fetched_where_the_client_has_registered_and_nothing_beside_it_counts() {
    let world = World::new().await;
    world.publish(&world.signed(|_| {}));
    let beside = [("scope", "openid email address"), ("state", "beside"), ("redirect_uri", "https://evil.example/")];
    let page = world.open_with(&world.elsewhere.url("/request.jwt"), &beside).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let mut browser = world.app.sign_in_portal(DEV).await;
    let url = encode(&[("client_id", world.client_id.as_str()), ("request_uri", &world.elsewhere.url("/request.jwt"))]);
    let page = browser.follow(&format!("/oauth2/auth?{url}")).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("inside", "openid profile"), "{answer:?}");
    assert!(answer.contains_key("code"));
    let metadata = world.app.get("/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(metadata["request_uri_parameter_supported"], true);
    assert_eq!(metadata["require_request_uri_registration"], true);
}

#[tokio::test]
async fn only_registered_addresses_are_fetched() {
    let world = World::new().await;
    world.publish(&world.signed(|_| {}));
    for path in ["/request.jwt?x=1", "/request.jw", "/request.jwt/", "/", "/REQUEST.jwt", "//request.jwt"] {
        assert_eq!(world.refused(&world.elsewhere.url(path)).await.0, "invalid_request_uri", "{path}");
    }
    for uri in ["https://example.com/request.jwt", "file:///etc/passwd", "x", "urn:ietf:params:oauth:request:x"] {
        assert_eq!(world.refused(uri).await.0, "invalid_request_uri", "{uri}");
    }
    // Somebody else's registration is not this client's.
    let others = register(&world.app, &json!({"redirect_uris": [CALLBACK]})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let query = [
        ("client_id", others["client_id"].as_str().unwrap()),
        ("request_uri", &world.elsewhere.url("/request.jwt")),
        ("redirect_uri", CALLBACK),
    ];
    let page = browser.get(&format!("/oauth2/auth?{}", encode(&query))).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request_uri");
    assert_eq!(world.elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_fragment_that_is_a_hash_is_the_hash_of_what_is_there() {
    let world = World::new().await;
    let first = world.signed(|_| {});
    world.elsewhere.serve("/other.jwt", Served { cache: "max-age=600", ..Served::new(TYPE, first.as_str()) });
    let at = |fragment: &str| world.elsewhere.url(&format!("/other.jwt#{fragment}"));
    // Registered with another fragment: the address is compared without it.
    assert_eq!(world.open_with(&at(&digest(&first)), &[]).await.status, 200);
    assert_eq!(world.open_with(&at(&digest(&first)), &[]).await.status, 200);
    assert_eq!(world.elsewhere.asked(), 1, "it is kept");
    assert_eq!(world.refused(&at(&digest("something else"))).await.0, "invalid_request_uri");
    world.app.clock.advance(seconds(5));
    let second = world.signed(|claims| claims["state"] = "second".into());
    world.elsewhere.serve("/other.jwt", Served::new(TYPE, second.as_str()));
    assert_eq!(world.open_with(&at(&digest(&second)), &[]).await.status, 200, "a new hash says that it has changed");
}

#[tokio::test]
async fn an_object_is_kept_as_long_as_it_says_for_five_minutes_at_most() {
    for (cache, kept) in [("", minutes(1)), ("max-age=120", minutes(2)), ("max-age=99999", minutes(5))] {
        let world = World::new().await;
        let object = world.signed(|claims| claims["exp"] = 4_000_000_000_i64.into());
        world.elsewhere.serve("/request.jwt", Served { cache, ..Served::new(TYPE, object) });
        assert_eq!(world.open().await.status, 200);
        world.app.clock.advance(kept - 1);
        assert_eq!((world.open().await.status, world.elsewhere.asked()), (200, 1), "{cache}");
        world.app.clock.advance(1);
        assert_eq!((world.open().await.status, world.elsewhere.asked()), (200, 2), "{cache}");
    }
}

#[tokio::test]
async fn e2_an_object_that_the_client_has_not_signed_is_refused() {
    let world = World::new().await;
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "None", "NONE", ""] {
        world.publish(&format!("{}.{}.", encode(&json!({"alg": alg})), encode(&world.claims())));
        world.object_refused(alg).await;
    }
    world.publish(&world.claims().to_string());
    world.object_refused("not even a JWT").await;
    world.publish(&Key::new().sign(json!({}), &world.claims()));
    world.object_refused("another key").await;
    let stranger = Key::new();
    world.publish(&stranger.sign(json!({"jwk": stranger.public}), &world.claims()));
    world.object_refused("e3: a key that it brings along").await;
    for (name, value) in [
        ("iss", json!("demo-web")),
        ("client_id", json!("demo-web")),
        ("aud", json!("https://other.example")),
        ("exp", json!(1)),
        ("request", json!("x")),
        ("request_uri", json!(world.elsewhere.url("/request.jwt"))),
        ("sub", json!(world.client_id)),
    ] {
        world.publish(&world.signed(|claims| claims[name] = value));
        world.object_refused(name).await;
    }
}

#[tokio::test]
async fn e1_the_algorithm_is_the_registered_one() {
    let world = World::with(App::demo().await, json!({"request_object_signing_alg": "PS256"})).await;
    world.publish(&world.signed(|_| {}));
    world.object_refused("signed with ES256").await;
    let world = World::with(App::demo().await, json!({"request_object_signing_alg": "ES256"})).await;
    world.publish(&world.signed(|_| {}));
    assert_eq!(world.open().await.status, 200);
}

#[tokio::test]
async fn by_value_and_by_reference_exclude_each_other() {
    let world = World::new().await;
    let object = world.signed(|_| {});
    world.publish(&object);
    let more = [("request", object.as_str()), ("redirect_uri", CALLBACK)];
    let page = world.open_with(&world.elsewhere.url("/request.jwt"), &more).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");
    assert_eq!(world.elsewhere.asked(), 0);
}

/// Whatever is wrong over there, the words are the same.
#[tokio::test]
async fn f_a_request_uri_that_leads_elsewhere_or_nowhere_says_nothing_about_it() {
    let app = App::with(|settings| settings.limits.registration_address = Rule::new(1000, minutes(1))).await;
    let world = World::with(app, json!({})).await;
    let good = world.signed(|claims| claims["exp"] = 4_000_000_000_i64.into());
    world.elsewhere.serve("/good", Served::new(TYPE, good.as_str()));
    let moved = Served { status: 302, location: Some(world.elsewhere.url("/good")), ..Served::new(TYPE, "") };
    let large = |claims: &mut Value| {
        claims["exp"] = 4_000_000_000_i64.into();
        claims["more"] = "x".repeat(model::client::request_uris::LARGEST).into();
    };
    let mut told = Vec::new();
    for served in [
        moved,
        Served::new(TYPE, vec![b'x'; 10 * 1024 * 1024]),
        Served::new(TYPE, world.signed(large)),
        Served::new("text/html", good.as_str()),
        Served { status: 500, ..Served::new(TYPE, good.as_str()) },
        Served { status: 404, ..Served::new(TYPE, "") },
        Served::new(TYPE, vec![0xff, 0xfe]),
    ] {
        world.elsewhere.serve("/request.jwt", served);
        let asked = world.elsewhere.asked();
        told.push(world.refused(&world.elsewhere.url("/request.jwt")).await);
        assert_eq!(world.elsewhere.asked(), asked + 1, "no redirect is followed");
        assert_eq!(world.refused(&world.elsewhere.url("/request.jwt")).await.0, "invalid_request_uri");
        assert_eq!(world.elsewhere.asked(), asked + 1, "and a failure is not tried again at once");
        world.app.clock.advance(minutes(1));
    }
    // Registered when it was an exception, which it is no more; and a name that leads to us.
    world.app.ctx.go_out_with(Arc::new(Outgoing::new(&OutgoingSettings::default()).unwrap()));
    told.push(world.refused(&world.elsewhere.url("/request.jwt")).await);
    resolve_to_us(&world.app);
    let named = World { client_id: register_named(&world.app, &world.key).await, ..world };
    told.push(named.refused("https://rebind.example/request.jwt").await);
    told.dedup();
    let words = "No request object can be fetched from request_uri.".to_owned();
    assert_eq!(told, [("invalid_request_uri".to_owned(), words)]);
}

async fn register_named(app: &App, key: &Key) -> String {
    let asked = json!({
        "redirect_uris": [CALLBACK], "jwks": {"keys": [key.public]}, "request_uris": ["https://rebind.example/request.jwt"],
    });
    register(app, &asked).await["client_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn m1_what_one_address_makes_us_fetch_is_limited() {
    let app = App::with(|settings| settings.limits.fetch_client = Rule::new(2, minutes(30))).await;
    let world = World::with(app, json!({})).await;
    let object = world.signed(|claims| claims["exp"] = 4_000_000_000_i64.into());
    world.elsewhere.serve("/request.jwt", Served { cache: "no-store", ..Served::new(TYPE, object) });
    for _ in 0..2 {
        assert_eq!(world.open().await.status, 200);
        world.app.clock.advance(seconds(1));
    }
    let (error, _) = world.refused(&world.elsewhere.url("/request.jwt")).await;
    assert_eq!((error.as_str(), world.elsewhere.asked()), ("temporarily_unavailable", 2));
    world.app.clock.advance(minutes(15));
    assert_eq!(world.open().await.status, 200);
}

#[tokio::test]
async fn m1_made_up_fragments_spend_nothing_of_the_clients() {
    let app = App::with(|settings| settings.limits.fetch_client = Rule::new(2, minutes(30))).await;
    let world = World::with(app, json!({})).await;
    let object = world.signed(|claims| claims["exp"] = 4_000_000_000_i64.into());
    world.elsewhere.serve("/request.jwt", Served { cache: "max-age=300", ..Served::new(TYPE, object.as_str()) });
    let at = |content: &str| world.elsewhere.url(&format!("/request.jwt#{}", digest(content)));
    assert_eq!(world.open().await.status, 200);
    for round in 1..=4 {
        for n in 0..5 {
            let (error, words) = world.refused(&at(&format!("{round} {n}"))).await;
            assert_eq!(error, "invalid_request_uri", "{words}");
        }
        assert_eq!(world.elsewhere.asked(), 1 + round, "one of them makes us look, until the pause is over");
        assert_eq!(world.open_with(&at(&object), &[]).await.status, 200, "the right one is not held up");
        world.app.clock.advance(seconds(5));
    }
    // What the client publishes now is fetched with what is left of its own.
    let other = world.signed(|claims| claims["exp"] = 4_000_000_001_i64.into());
    world.publish(&other);
    assert_eq!(world.open_with(&at(&other), &[]).await.status, 200);
    world.app.clock.advance(minutes(5));
    assert_eq!(world.open().await.status, 200);
    assert_eq!(world.elsewhere.asked(), 7);
}

#[tokio::test]
async fn m1_made_up_fragments_hold_nobody_up_where_nothing_is_kept() {
    let world = World::new().await;
    let object = world.signed(|claims| claims["exp"] = 4_000_000_000_i64.into());
    world.elsewhere.serve("/request.jwt", Served { cache: "no-store", ..Served::new(TYPE, object.as_str()) });
    let at = |content: &str| world.elsewhere.url(&format!("/request.jwt#{}", digest(content)));
    assert_eq!(world.refused(&at("made up")).await.0, "invalid_request_uri");
    assert_eq!(world.open_with(&at(&object), &[]).await.status, 200);
}

#[tokio::test]
async fn a_profile_that_has_no_references_says_so() {
    let app = App::demo().await;
    for (client, redirect_uri) in [("demo-fapi", CALLBACK)] {
        let query = encode(&[
            ("client_id", client),
            ("request_uri", "https://example.com/request.jwt"),
            ("redirect_uri", redirect_uri),
        ]);
        let page = app.browser().get(&format!("/oauth2/auth?{query}")).await;
        assert_eq!(page.redirect_parameters()["error"], "request_uri_not_supported", "{client}");
    }
    // One of ours is what was pushed, and nothing that is fetched.
    let query = encode(&[("client_id", "demo-web"), ("request_uri", "urn:ietf:params:oauth:request_uri:x")]);
    let page = app.browser().get(&format!("/oauth2/auth?{query}")).await;
    assert_eq!(page.status, 400);
    assert!(page.text().contains("unknown, has expired, or was used"), "{}", page.text());
}
