//! Clients that sign: `private_key_jwt`, pushed and signed requests, DPoP. The client is the demo
//! world's `demo-fapi`, whose profile demands all of it.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{authorization::Code, demo, hours, minutes, seconds};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Browser, CHALLENGE, Page, URL, VERIFIER, authorize_url, claims, encode, header};

const CLIENT: &str = "demo-fapi";
const CALLBACK: &str = "https://example.com/callback";
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key pair on P-256.
pub struct Key {
    pair: EcdsaKeyPair,
    pub public: Value,
    pub kid: Option<String>,
}

impl Key {
    /// The demo client's.
    pub fn demo() -> Self {
        let jwk: Value = serde_json::from_str(demo::FAPI_KEY).unwrap();
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let point = [&[4], part("x").as_slice(), &part("y")].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &part("d"), &point);
        Self::of(pair.unwrap(), jwk["kid"].as_str().map(str::to_owned))
    }

    pub fn new() -> Self {
        Self::of(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(), None)
    }

    fn of(pair: EcdsaKeyPair, kid: Option<String>) -> Self {
        let point = pair.public_key().as_ref().to_vec();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])});
        Self { pair, public, kid }
    }

    pub fn sign(&self, mut header: Value, claims: &Value) -> String {
        header["alg"] = "ES256".into();
        if let Some(kid) = &self.kid {
            header["kid"] = kid.clone().into();
        }
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// RFC 7638.
    pub fn thumbprint(&self) -> String {
        model::client::keys::public_key(&self.public).unwrap().thumbprint
    }
}

pub fn jti() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("jti-{}-{}", NEXT.fetch_add(1, Ordering::Relaxed), Uuid::from_u128(7))
}

pub struct Client<'a> {
    app: &'a App,
    pub key: Key,
    pub dpop: Key,
}

impl<'a> Client<'a> {
    pub fn new(app: &'a App) -> Self {
        Self { app, key: Key::demo(), dpop: Key::new() }
    }

    fn now(&self) -> i64 {
        self.app.ctx.now().seconds()
    }

    pub fn assertion_claims(&self) -> Value {
        let now = self.now();
        json!({"iss": CLIENT, "sub": CLIENT, "aud": URL, "exp": now + 60, "iat": now, "nbf": now, "jti": jti()})
    }

    pub fn assertion(&self) -> String {
        self.key.sign(json!({"typ": "JWT"}), &self.assertion_claims())
    }

    pub fn proof_claims(&self, method: &str, path: &str, token: Option<&str>) -> Value {
        let mut claims = json!({"htm": method, "htu": format!("{URL}{path}"), "iat": self.now(), "jti": jti()});
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(model::authorization::sha256(token)).into();
        }
        claims
    }

    pub fn prove(&self, claims: &Value) -> String {
        self.dpop.sign(json!({"typ": "dpop+jwt", "jwk": self.dpop.public}), claims)
    }

    pub fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        self.prove(&self.proof_claims(method, path, token))
    }

    /// Posts a form with a client assertion and, if given, a proof.
    pub async fn post_with(&self, path: &str, assertion: &str, proof: Option<&str>, form: &[(&str, &str)]) -> Page {
        let mut form = form.to_vec();
        form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]);
        let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
        self.app.post(path, &headers, &form).await
    }

    pub async fn push(&self, more: &[(&str, &str)]) -> Page {
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile offline_access"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in more {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        self.post_with("/oauth2/par", &self.assertion(), None, &form).await
    }

    pub async fn pushed(&self, more: &[(&str, &str)]) -> String {
        let page = self.push(more).await;
        assert_eq!(page.status, 201, "{}", page.body);
        let uri = page.json()["request_uri"].as_str().unwrap().to_owned();
        format!("/oauth2/auth?{}", encode(&[("client_id", CLIENT), ("request_uri", &uri)]))
    }

    pub async fn redeem(&self, code: &str, proof: Option<&str>) -> Page {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.post_with("/oauth2/token", &self.assertion(), proof, &form).await
    }

    pub async fn code(&self, browser: &mut Browser, more: &[(&str, &str)]) -> String {
        let url = self.pushed(more).await;
        let page = browser.follow(&url).await;
        let page = if page.status == 200 { browser.allow(page).await } else { page };
        page.redirect_parameters()["code"].clone()
    }

    pub async fn tokens(&self, browser: &mut Browser) -> Value {
        let code = self.code(browser, &[]).await;
        let page = self.redeem(&code, Some(&self.proof("POST", "/oauth2/token", None))).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }

    pub async fn userinfo(&self, scheme: &str, token: &str, proof: Option<&str>) -> Page {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        self.app.get("/userinfo", &headers).await
    }
}

/// Gives `demo-app` these keys in the place of its secret, at its page in the portal.
pub async fn sign_with(app: &App, pairs: &[&Key]) {
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let keys = format!("{}/keys", app.client_path("demo-app").await);
    for pair in pairs {
        let page = browser.get(&keys).await;
        let added = browser.submit(page.form(&keys).set("jwk", &pair.public.to_string()).set("label", "mine")).await;
        assert_eq!(added.status, 303, "{}", added.text());
    }
    let method = keys.replace("/keys", "/method");
    let page = browser.get(&keys).await;
    let changed = browser.submit(page.form(&method).set("method", "private_key_jwt")).await;
    assert_eq!(changed.status, 303, "{}", changed.text());
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

#[tokio::test]
async fn a_whole_flow_of_fapi_2() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = client.tokens(&mut browser).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let access = text(&tokens, "access_token");

    let page = client.userinfo("dPoP", &access, Some(&client.proof("GET", "/userinfo", Some(&access)))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json()["name"], "Dev Eloper");
    for (scheme, proof) in [("Bearer", None), ("DPoP", None)] {
        let page = client.userinfo(scheme, &access, proof).await;
        assert_eq!(page.status, 401, "a stolen token opens nothing");
        assert!(page.header("www-authenticate").unwrap().starts_with("DPoP "), "{scheme}");
    }

    let form = [("token", access.as_str())];
    let page = client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await;
    let answer = page.json();
    assert_eq!((answer["active"].as_bool(), answer["token_type"].as_str()), (Some(true), Some("DPoP")));
    assert_eq!(answer["cnf"]["jkt"], client.dpop.thumbprint());

    // The refresh token stays as it is, and works again.
    let refresh = text(&tokens, "refresh_token");
    for _ in 0..2 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let proof = client.proof("POST", "/oauth2/token", None);
        let page = client.post_with("/oauth2/token", &client.assertion(), Some(&proof), &form).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(text(&page.json(), "refresh_token"), refresh);
    }
}

#[tokio::test]
async fn a_refresh_token_that_stays_lives_as_long_as_it_is_used() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = client.tokens(&mut browser).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let use_it = async || {
        let proof = client.proof("POST", "/oauth2/token", None);
        client.post_with("/oauth2/token", &client.assertion(), Some(&proof), &form).await.status
    };
    for _ in 0..2 {
        app.clock.advance(hours(24 * 80));
        assert_eq!(use_it().await, 200);
    }
    app.clock.advance(hours(24 * 19));
    assert_eq!(use_it().await, 200, "not yet half a year");
    app.clock.advance(hours(24 * 2));
    assert_eq!(use_it().await, 400, "but now");

    let tokens = client.tokens(&mut app.sign_in_portal("dev@portico.test").await).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    app.clock.advance(hours(24 * 91));
    let proof = client.proof("POST", "/oauth2/token", None);
    let page = client.post_with("/oauth2/token", &client.assertion(), Some(&proof), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")), "left unused");
}

#[tokio::test]
async fn only_pushed_requests_with_pkce_are_taken() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let url = crate::harness::authorize_url(
        CLIENT,
        &[("scope", "openid"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")],
    );
    let page = app.get(&url, &[]).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");
    for (more, error) in [
        (&[("code_challenge", ""), ("code_challenge_method", "")][..], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "nothing.like.this")], "invalid_scope"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request"),
        (&[("redirect_uri", "https://example.com/callback/")], "invalid_request"),
        (&[("resource", "https://api.example.com/")], "invalid_target"),
    ] {
        let page = client.push(more).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some(error)), "{more:?}");
    }
    let page = app.get("/oauth2/par", &[]).await;
    assert_eq!(page.status, 405);
}

#[tokio::test]
async fn a_request_uri_survives_a_reload_and_is_answered_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let url = client.pushed(&[]).await;
    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200);
    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200, "a reload before the answer");
    let page = browser.allow(page).await;
    assert!(page.redirect_parameters().contains_key("code"));
    let page = browser.get(&url).await;
    assert_eq!(page.status, 400, "an answer was given");

    let url = client.pushed(&[]).await;
    app.clock.advance(seconds(91));
    assert_eq!(browser.get(&url).await.status, 400, "too late");

    let url = client.pushed(&[]).await.replace("client_id=demo-fapi", "client_id=demo-app");
    assert_eq!(browser.get(&url).await.status, 400, "another client's");
}

#[tokio::test]
async fn a_pushed_request_can_be_answered_long_after_it_was_opened() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow(&client.pushed(&[]).await).await;
    app.clock.advance(minutes(29));
    server::jobs::sweep(app.ctx.clone()).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert!(answer.contains_key("code"), "{answer:?}");
    app.clock.advance(minutes(3));
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(app.texts("pushed_requests", "parameters_sealed").await.is_empty(), "nothing is kept for longer");
}

#[tokio::test]
async fn spring_cve_2026_22751_of_two_answers_to_a_pushed_request_one_has_a_code() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    client.code(&mut browser, &[]).await;
    let url = client.pushed(&[]).await;
    let (mut one, mut two) = (browser.clone(), browser);
    let (one, two) = tokio::join!(one.get(&url), two.get(&url));
    let codes =
        [one, two].iter().filter(|page| page.status == 303 && page.redirect_parameters().contains_key("code")).count();
    assert_eq!(codes, 1);
}

#[tokio::test]
async fn d4_an_assertion_says_who_to_whom_when_and_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let form = [("token", "x")];
    let good = client.assertion();
    assert_eq!(client.post_with("/oauth2/introspect", &good, None, &form).await.status, 200);
    let page = client.post_with("/oauth2/introspect", &good, None, &form).await;
    assert_eq!(page.json()["error"], "invalid_client", "hydra_ghsa_3p3g: a jti works once");

    let now = client.now();
    for (name, value) in [
        ("iss", json!("demo-app")),
        ("sub", json!("demo-app")),
        ("aud", json!("https://evil.example")),
        ("aud", json!(format!("{URL}/oauth2/token"))),
        ("aud", json!([URL])),
        ("aud", json!([URL, "https://evil.example"])),
        ("exp", json!(now - 11)),
        ("exp", json!(now + 7200)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("iat", json!(now + 60)),
        ("jti", json!("")),
        ("jti", Value::Null),
    ] {
        let mut claims = client.assertion_claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &form).await;
        let error = page.json()["error"].clone();
        assert!(page.status == 401 && error == "invalid_client", "{name} {value}: {} {error}", page.status);
    }
    for ahead in [0, 10] {
        let mut claims = client.assertion_claims();
        claims["iat"] = json!(now + ahead);
        claims["nbf"] = json!(now + ahead);
        let page = client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &form).await;
        assert_eq!(page.status, 200, "a clock {ahead} s ahead");
    }
}

#[tokio::test]
async fn e1_an_assertion_of_another_key_or_kind_is_refused() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let form = [("token", "x")];
    let mut other = Key::new();
    other.kid = Some("demo-fapi-1".to_owned());
    let claims = client.assertion_claims();
    let header = json!({"alg": "none", "typ": "JWT"});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", encode(&header), encode(&claims));
    for (what, assertion) in [
        ("another key", other.sign(json!({}), &claims)),
        ("a key in the header", other.sign(json!({"jwk": other.public}), &claims)),
        ("none", unsigned),
        ("a DPoP proof", client.key.sign(json!({"typ": "dpop+jwt"}), &claims)),
        ("a request object", client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &claims)),
        ("nothing", "x.y.z".to_owned()),
    ] {
        let page = client.post_with("/oauth2/introspect", &assertion, None, &form).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{what}");
    }
    // A client that has no keys cannot use them, and this one no secret.
    let page = app.token(CLIENT, Some("demo-app-secret"), &[("grant_type", "client_credentials")]).await;
    assert_eq!(page.status, 401);
    let good = client.assertion();
    let two = [("client_secret", "x"), ("token", "x")];
    let page = client.post_with("/oauth2/introspect", &good, None, &two).await;
    assert_eq!(page.json()["error"], "invalid_request", "d1: two methods");
}

#[tokio::test]
async fn d5_a_key_of_one_client_is_no_key_of_another() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut claims = client.assertion_claims();
    claims["iss"] = "demo-app".into();
    claims["sub"] = "demo-app".into();
    let page =
        client.post_with("/oauth2/introspect", &client.key.sign(json!({}), &claims), None, &[("token", "x")]).await;
    assert_eq!(page.status, 401);
}

#[tokio::test]
async fn a_proof_is_for_one_request_and_comes_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let access = text(&client.tokens(&mut browser).await, "access_token");
    let good = client.proof("GET", "/userinfo", Some(&access));
    assert_eq!(client.userinfo("DPoP", &access, Some(&good)).await.status, 200);
    let page = client.userinfo("DPoP", &access, Some(&good)).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_dpop_proof")), "a replay");
    // Another node on the same database knows it too.
    let now = client.now();
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!(format!("{URL}/oauth2/token"))),
        ("htu", json!("https://evil.example/userinfo")),
        ("ath", json!("wrong")),
        ("ath", Value::Null),
        ("jti", Value::Null),
        ("iat", Value::Null),
        ("iat", json!(now - 61)),
        ("iat", json!(now + 11)),
        ("exp", json!(now - 60)),
        ("nbf", json!(now + 60)),
    ] {
        let mut claims = client.proof_claims("GET", "/userinfo", Some(&access));
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = client.userinfo("DPoP", &access, Some(&client.prove(&claims))).await;
        assert_eq!(page.status, 401, "{name} {value}");
    }
    let claims = client.proof_claims("GET", "/userinfo", Some(&access));
    let other = Key::new();
    let mut private = client.dpop.public.clone();
    private["d"] = "AAAA".into();
    for (what, proof) in [
        ("another key", other.sign(json!({"typ": "dpop+jwt", "jwk": other.public}), &claims)),
        ("another type", client.dpop.sign(json!({"typ": "JWT", "jwk": client.dpop.public}), &claims)),
        ("a private key", client.dpop.sign(json!({"typ": "dpop+jwt", "jwk": private}), &claims)),
        ("no key", client.dpop.sign(json!({"typ": "dpop+jwt"}), &claims)),
        ("a foreign signature", other.sign(json!({"typ": "dpop+jwt", "jwk": client.dpop.public}), &claims)),
    ] {
        assert_eq!(client.userinfo("DPoP", &access, Some(&proof)).await.status, 401, "{what}");
    }
    let mut tolerated = client.proof_claims("GET", "/userinfo", Some(&access));
    tolerated["htu"] = format!("{URL}/userinfo?x=1#y").into();
    tolerated["iat"] = (now + 10).into();
    assert_eq!(client.userinfo("DPoP", &access, Some(&client.prove(&tolerated))).await.status, 200);
    // As Spring Security and others make it: the key has a name in the header, or only there.
    for jwk in [json!({"kid": "mine"}), json!({"kid": "another"}), json!({})] {
        let mut header = json!({"typ": "dpop+jwt", "kid": "mine", "tx_id": 1, "jwk": client.dpop.public});
        header["jwk"].as_object_mut().unwrap().extend(jwk.as_object().unwrap().clone());
        tolerated["jti"] = jti().into();
        let proof = client.dpop.sign(header, &tolerated);
        assert_eq!(client.userinfo("DPoP", &access, Some(&proof)).await.status, 200, "{jwk}");
    }
}

#[tokio::test]
async fn a_code_is_bound_to_the_key_of_its_request() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let jkt = client.dpop.thumbprint();
    let code = client.code(&mut browser, &[("dpop_jkt", &jkt)]).await;
    let thief = Client { app: &app, key: Key::demo(), dpop: Key::new() };
    let page = thief.redeem(&code, Some(&thief.proof("POST", "/oauth2/token", None))).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")));
    let page = client.redeem(&code, None).await;
    assert_eq!(page.json()["error"], "invalid_request", "the profile demands a proof");
    let page = client.redeem(&code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "a refused try has not used the code up: {}", page.body);

    // A proof with the pushed request binds the code just as well, and they must agree.
    let form = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("dpop_jkt", &Key::new().thumbprint()),
    ];
    let proof = client.proof("POST", "/oauth2/par", None);
    let page = client.post_with("/oauth2/par", &client.assertion(), Some(&proof), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")));
}

#[tokio::test]
async fn a_signed_request_counts_and_nothing_beside_it() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "state": "signed", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", "max_age": 3600,
    });
    let header = json!({"typ": "oauth-authz-req+jwt"});
    let signed = client.key.sign(header.clone(), &object);
    let url = client.pushed(&[("request", &signed), ("state", "outside"), ("scope", "openid email")]).await;
    let page = browser.follow(&url).await;
    let page = browser.allow(page).await;
    let answer = page.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("signed", "openid"));

    for (name, value) in [
        ("iss", json!("demo-app")),
        ("aud", json!("https://evil.example")),
        ("exp", json!(now - 60)),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("nbf", json!(now - 7200)),
        ("sub", json!(CLIENT)),
        ("request_uri", json!("urn:ietf:params:oauth:request_uri:x")),
        ("client_id", json!("demo-app")),
    ] {
        let mut changed = object.clone();
        if value.is_null() {
            changed.as_object_mut().unwrap().remove(name);
        } else {
            changed[name] = value.clone();
        }
        let page = client.push(&[("request", &client.key.sign(header.clone(), &changed))]).await;
        assert_eq!(page.json()["error"], "invalid_request_object", "{name} {value}");
    }
    let page = client.push(&[("request", &Key::new().sign(header, &object))]).await;
    assert_eq!(page.json()["error"], "invalid_request_object", "keycloak_cve_2026_11800");
}

#[tokio::test]
async fn a_signed_dpop_jkt_is_the_key_of_the_proof() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let now = client.now();
    let push = async |jkt: &str| {
        let object = json!({
            "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "dpop_jkt": jkt,
        });
        let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
        let proof = client.proof("POST", "/oauth2/par", None);
        client.post_with("/oauth2/par", &client.assertion(), Some(&proof), &[("request", &signed)]).await
    };
    let page = push(&Key::new().thumbprint()).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{}", page.body);
    assert!(app.texts("pushed_requests", "parameters_sealed").await.is_empty(), "nothing is kept");
    assert_eq!(push(&client.dpop.thumbprint()).await.status, 201);
}

/// What has been verified is kept; the browser may take its time, and the client change its keys.
#[tokio::test]
async fn a_signed_request_that_was_pushed_is_verified_once() {
    let app = App::demo().await;
    let only_signed = json!({"require_signed_request_object": true});
    app.execute(&format!("UPDATE clients SET metadata = '{only_signed}' WHERE client_id = '{CLIENT}'")).await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    assert_eq!(client.push(&[]).await.json()["error"], "invalid_request", "this client must sign its requests");

    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 20, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "state": "signed", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", "max_age": 3600, "claims": {"userinfo": {"name": null}},
    });
    let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
    let jkt = client.dpop.thumbprint();
    let url = client.pushed(&[("request", &signed), ("state", "outside"), ("dpop_jkt", &jkt)]).await;
    let keys = format!("{}/keys", app.client_path(CLIENT).await);
    let page = browser.get(&keys).await;
    let remove = page.attributes("a", "href").into_iter().find(|link| link.ends_with("/remove")).expect("a link");
    let page = browser.get(&remove).await;
    assert_eq!(browser.submit(&page.form(&remove)).await.status, 303);
    app.clock.advance(seconds(60));

    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer["scope"].as_str()), ("signed", "openid"));
    let code = Code::open(&app.ctx, &answer["code"]).expect("a code");
    assert_eq!(code.dpop_jkt, Some(jkt), "what stays outside of the object is kept too");
    assert_eq!(code.claims.userinfo, ["name"]);
}

#[tokio::test]
async fn a_signed_answer_says_all_of_it() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let url = client.pushed(&[("response_mode", "jwt"), ("scope", "openid")]).await;
    let page = browser.follow(&url).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["response"], "{answer:?}");
    let (header, claims) = (header(&answer["response"]), claims(&answer["response"]));
    assert_eq!(header["alg"], "ES256", "FAPI has no RS256");
    assert_eq!(
        (text(&claims, "aud"), text(&claims, "iss"), text(&claims, "state")),
        (CLIENT.to_owned(), URL.to_owned(), "the-state".to_owned())
    );
    assert!(claims["exp"].as_i64().unwrap() > client.now());
    let proof = client.proof("POST", "/oauth2/token", None);
    assert_eq!(client.redeem(&text(&claims, "code"), Some(&proof)).await.status, 200);
}

#[tokio::test]
async fn a_signed_introspection_answer() {
    let app = App::demo().await;
    let authorization = crate::harness::basic("demo-app", "demo-app-secret");
    let headers = [("authorization", authorization.as_str()), ("accept", "application/token-introspection+jwt")];
    let page = app.post("/oauth2/introspect", &headers, &[("token", "nothing")]).await;
    assert_eq!(page.header("content-type"), Some("application/token-introspection+jwt"));
    let (header, claims) = (header(page.body.trim()), claims(page.body.trim()));
    assert_eq!(header["typ"], "token-introspection+jwt");
    assert_eq!((text(&claims, "aud"), text(&claims, "iss")), ("demo-app".to_owned(), URL.to_owned()));
    assert_eq!(claims["token_introspection"], json!({"active": false}));
}

#[tokio::test]
async fn keys_change_over_on_the_clients_page() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let client = Client::new(&app);
    let keys = format!("{}/keys", app.client_path(CLIENT).await);
    let page = browser.get(&keys).await;
    assert!(page.text().contains("demo-fapi-1"), "{}", page.text());

    app.clock.advance(seconds(1));
    let next = Key::new();
    let mut private = next.public.clone();
    private["d"] = "AAAA".into();
    let refused = browser.submit(page.form(&keys).set("jwk", &private.to_string()).set("label", "next")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("private part"), "{}", refused.text());
    assert!(refused.body.contains("value=\"next\""), "nothing typed is lost");
    let page = browser.submit(page.form(&keys).set("jwk", &next.public.to_string()).set("label", "next")).await;
    assert_eq!(page.status, 303);

    let mut client = client;
    let form = [("token", "x")];
    client.key = next;
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 200, "both work");
    client.key = Key::demo();
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 200);
    let page = browser.get(&keys).await;
    let old =
        page.attributes("a", "href").into_iter().find(|link| link.ends_with("/remove")).expect("a link that removes");
    let page = browser.get(&old).await;
    let page = browser.submit(&page.form(&old)).await;
    assert_eq!(page.status, 303);
    assert_eq!(client.post_with("/oauth2/introspect", &client.assertion(), None, &form).await.status, 401, "removed");
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_nothing_without_its_key() {
    let app = App::demo().await;
    let (own, other) = (Client::new(&app), Client::new(&app));
    let answer = app.authorize(&authorize_url("demo-spa", &[]), "+46701740605").await;
    let post = async |proof: Option<String>, form: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        app.post("/oauth2/token", &headers, form).await
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
    assert_eq!((page.status, &page.json()["token_type"]), (200, &"DPoP".into()), "{}", page.body);
    let refresh = text(&page.json(), "refresh_token");
    let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh.as_str())];
    for proof in [None, Some(other.proof("POST", "/oauth2/token", None))] {
        let page = post(proof, &form).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()));
    }
    let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
    assert_eq!(page.status, 200, "whoever tried has not ended it: {}", page.body);
}

/// The binding goes on with the family: what came from a refresh is bound as what it came from.
#[tokio::test]
async fn the_next_refresh_token_of_a_public_client_is_nothing_without_its_key_either() {
    let app = App::demo().await;
    let (own, other) = (Client::new(&app), Client::new(&app));
    let answer = app.authorize(&authorize_url("demo-spa", &[]), "+46701740605").await;
    let post = async |proof: Option<String>, form: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        app.post("/oauth2/token", &headers, form).await
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let mut tokens = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await.json();
    for n in 1..4 {
        let before = text(&tokens, "refresh_token");
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", before.as_str())];
        let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
        assert_eq!((page.status, &page.json()["token_type"]), (200, &"DPoP".into()), "{n}: {}", page.body);
        tokens = page.json();
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        assert_ne!(refresh, before);
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh.as_str())];
        for proof in [None, Some(other.proof("POST", "/oauth2/token", None))] {
            let page = post(proof, &form).await;
            assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()), "{n}");
        }
        // And the access token beside it.
        let proof = |client: &Client<'_>| client.proof("GET", "/userinfo", Some(&access));
        assert_eq!(own.userinfo("Bearer", &access, None).await.status, 401, "{n}");
        assert_eq!(own.userinfo("DPoP", &access, Some(&proof(&other))).await.status, 401, "{n}");
        assert_eq!(own.userinfo("DPoP", &access, Some(&proof(&own))).await.status, 200, "{n}");
    }
}

/// RFC 9449, section 4.3: there is not more than one.
#[tokio::test]
async fn two_proofs_with_one_request_are_none() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let access = text(&client.tokens(&mut browser).await, "access_token");
    let code = client.code(&mut browser, &[]).await;
    let pushed = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let redeemed = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    for (path, form) in [("/oauth2/par", &pushed[..]), ("/oauth2/token", &redeemed)] {
        let (one, two) = (client.proof("POST", path, None), client.proof("POST", path, None));
        let joined = format!("{one}, {two}");
        for proofs in [&[("dpop", one.as_str()), ("dpop", two.as_str())][..], &[("dpop", joined.as_str())]] {
            let assertion = client.assertion();
            let signed = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
            let page = app.post(path, proofs, &[form, &signed[..]].concat()).await;
            assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{path}");
        }
    }
    let proof = || client.proof("GET", "/userinfo", Some(&access));
    let (one, two, authorization) = (proof(), proof(), format!("DPoP {access}"));
    let headers = [("authorization", authorization.as_str()), ("dpop", one.as_str()), ("dpop", two.as_str())];
    let page = app.get("/userinfo", &headers).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_dpop_proof")));
    let page = client.redeem(&code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "nothing was used up: {}", page.body);
}

/// RFC 9101, section 6.3, for each parameter that an attacker could hope for.
#[tokio::test]
async fn no_parameter_beside_a_signed_request_is_read() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    client.code(&mut browser, &[("scope", "openid")]).await;
    let now = client.now();
    let object = json!({
        "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    });
    let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://127.0.0.1:8765/callback"),
        ("response_type", "token"),
        ("response_mode", "form_post"),
        ("scope", "openid email"),
        ("state", "outside"),
        ("nonce", "outside"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
        ("acr_values", "urn:portico:acr:mfa"),
        ("id_token_hint", "nonsense"),
        ("resource", "https://api.example.com/"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code_challenge_method", "plain"),
    ] {
        let form = [("request", signed.as_str()), (name, value)];
        let pushed = client.post_with("/oauth2/par", &client.assertion(), None, &form).await;
        assert_eq!(pushed.status, 201, "{name}: {}", pushed.body);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        // And once more beside the reference.
        let query = encode(&[("client_id", CLIENT), ("request_uri", &uri), (name, value)]);
        let page = browser.get(&format!("/oauth2/auth?{query}")).await;
        assert!(page.location().is_some_and(|to| to.starts_with(CALLBACK)), "{name}: {:?}", page.location());
        let answer = page.redirect_parameters();
        assert_eq!(answer.keys().collect::<Vec<_>>(), ["code", "iss", "scope"], "{name}");
        let code = Code::open(&app.ctx, &answer["code"]).expect("a code");
        assert_eq!((code.nonce.as_deref(), code.claims.userinfo.len()), (None, 0), "{name}");
        let page = client.redeem(&answer["code"], Some(&client.proof("POST", "/oauth2/token", None))).await;
        assert_eq!((page.status, &page.json()["scope"]), (200, &"openid".into()), "{name}: {}", page.body);
        assert!(claims(&page.json()["id_token"]).get("nonce").is_none(), "{name}");
    }
    // One that is for another client is nobody's.
    let query = encode(&[("client_id", "demo-app"), ("request", &signed)]);
    let page = browser.get(&format!("/oauth2/auth?{query}")).await;
    assert_eq!((page.status, page.location()), (400, None), "{}", page.text());
}
