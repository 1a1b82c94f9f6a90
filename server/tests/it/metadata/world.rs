//! The demo world, and clients that register themselves in it.

use std::collections::BTreeMap;

use axum::{body::Body, http::Method};
use model::{limit::Rule, minutes};
use serde_json::{Value, json};

use super::signer::{Signer, shared, verified};
use crate::{
    fapi::{ASSERTION_TYPE, jti},
    harness::{App, Browser, CHALLENGE, Page, URL, VERIFIER, authorize_url, basic, send},
};

pub const DEV: &str = "dev@portico.test";
pub const NUMBER: &str = "+46701740605";
pub const CALLBACK: &str = "https://example.com/callback";

pub struct World {
    pub app: App,
}

impl World {
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// In which clients can sign with their secret, or not.
    pub async fn with(client_secret_jwt: bool) -> Self {
        let app = App::with(|settings| {
            settings.limits.registration_address = Rule::new(10_000, minutes(1));
            settings.client_secret_jwt = client_secret_jwt;
        });
        Self { app: app.await }
    }

    /// A client that registers this and a redirect URI. What it signs, it signs with `ES256`.
    pub async fn client(&self, more: Value) -> Client<'_> {
        self.client_signing("ES256", more).await
    }

    pub async fn client_signing(&self, alg: &str, more: Value) -> Client<'_> {
        self.client_with(Signer::new(alg), more).await
    }

    pub async fn client_with(&self, signer: Signer, more: Value) -> Client<'_> {
        let mut body = json!({
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "jwks": {"keys": [signer.jwk]},
        });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let headers = [("content-type", "application/json")];
        let body = Body::from(body.to_string());
        let page = send(&self.app.router, Method::POST, "/oauth2/register", &headers, body).await;
        assert_eq!(page.status, 201, "{more}: {}", page.body);
        Client { app: &self.app, signer, told: page.json() }
    }

    pub async fn keys(&self) -> Value {
        self.app.get("/.well-known/jwks.json", &[]).await.json()
    }

    /// Header and claims of a JWT of ours.
    pub async fn verified(&self, jwt: &str) -> (Value, Value) {
        verified(&self.keys().await, jwt)
    }

    pub async fn userinfo(&self, tokens: &Value) -> Page {
        let bearer = format!("Bearer {}", text(tokens, "access_token"));
        self.app.get("/userinfo", &[("authorization", &bearer)]).await
    }
}

/// A client that has registered itself.
pub struct Client<'a> {
    app: &'a App,
    pub signer: Signer,
    /// What its registration was answered with.
    pub told: Value,
}

impl Client<'_> {
    pub fn id(&self) -> &str {
        self.told["client_id"].as_str().expect("a client_id")
    }

    pub fn url(&self, more: &[(&str, &str)]) -> String {
        let mut parameters =
            vec![("scope", "openid profile"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
        parameters.extend_from_slice(more);
        authorize_url(self.id(), &parameters)
    }

    /// Where an authorization request leads when everything is allowed.
    pub async fn page(&self, browser: &mut Browser, more: &[(&str, &str)]) -> Page {
        let page = browser.follow(&self.url(more)).await;
        let asks = page.status == 200 && page.forms().iter().any(|form| form.action == "/consent");
        if !asks {
            return page;
        }
        // Also what may be left out.
        let mut form = page.form("/consent");
        form.remove("scope").press("decision", "allow");
        for scope in page.attributes("input[name=scope]", "value") {
            form.add("scope", &scope);
        }
        browser.submit_following(&form).await
    }

    pub async fn answer(&self, browser: &mut Browser, more: &[(&str, &str)]) -> BTreeMap<String, String> {
        self.page(browser, more).await.redirect_parameters()
    }

    /// A client assertion, signed with the client's key or with this secret.
    fn assertion(&self, secret: Option<&str>) -> String {
        let now = self.app.ctx.now().seconds();
        let claims = json!({"iss": self.id(), "sub": self.id(), "aud": URL, "exp": now + 60, "jti": jti()});
        match secret {
            Some(secret) => shared(secret.as_bytes(), "HS256", &claims),
            None => self.signer.sign(json!({}), &claims),
        }
    }

    /// Posts a form as the client authenticates by its registration.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Page {
        let method = self.told["token_endpoint_auth_method"].as_str().expect("a method");
        self.post_by(method, path, headers, form).await
    }

    /// Posts a form as a client authenticates by this method.
    pub async fn post_by(&self, method: &str, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Page {
        let secret = self.told["client_secret"].as_str().unwrap_or("no-secret");
        let (mut headers, mut form) = (headers.to_vec(), form.to_vec());
        let authorization = basic(self.id(), secret);
        let assertion = self.assertion((method == "client_secret_jwt").then_some(secret));
        match method {
            "client_secret_basic" => headers.push(("authorization", &authorization)),
            "client_secret_post" => form.extend([("client_id", self.id()), ("client_secret", secret)]),
            "private_key_jwt" | "client_secret_jwt" => {
                form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]);
            }
            "none" => form.push(("client_id", self.id())),
            _ => panic!("no client of the tests authenticates by {method}"),
        }
        self.app.post(path, &headers, &form).await
    }

    pub async fn redeem_with(&self, headers: &[(&str, &str)], code: &str) -> Page {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.post("/oauth2/token", headers, &form).await
    }

    /// The tokens for somebody who is signed in in a browser and allows everything.
    pub async fn tokens(&self, browser: &mut Browser, more: &[(&str, &str)]) -> Value {
        let answer = self.answer(browser, more).await;
        let code = answer.get("code").unwrap_or_else(|| panic!("no code in {answer:?}"));
        let page = self.redeem_with(&[], code).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
