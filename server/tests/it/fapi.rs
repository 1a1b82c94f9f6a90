//! Clients that sign: `private_key_jwt`, pushed and signed requests, DPoP. The client is the demo
//! world's `demo-fapi`, whose profile demands all of it.

mod assertions;
mod proofs;
mod pushed;
mod signed;

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{demo, hours};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{App, Browser, CHALLENGE, Page, URL, VERIFIER, encode};

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
