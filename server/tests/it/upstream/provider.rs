//! A provider for tests, which can be made to lie: an OpenID provider and a plain OAuth server that
//! answers as GitHub does, on the loopback address.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{digest, hmac};
use axum::{
    Router,
    extract::{RawForm, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Clock as _, Settings,
    secret::Plain,
    upstream::{Endpoints, Fields, Kind, Provider},
};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};
use tokio::net::TcpListener;

use crate::{
    fapi::Key,
    harness::{App, Browser, Page, TestClock, URL},
};

pub const CLIENT: &str = "portico-at-corp";
pub const SECRET: &str = "corp-secret";

/// How ID tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    Well,
    /// Not at all (`alg: none`).
    Not,
    /// With a key that is not published, under the name of one that is.
    WithAnotherKey,
    /// With our own secret (`HS256`).
    WithTheSecret,
    /// As nobody else does.
    Otherwise,
}

pub struct Says {
    /// The claims of ID token and user info; GitHub's object too.
    pub user: Value,
    /// What the ID token says otherwise; null takes a claim away.
    pub otherwise: Value,
    pub signs: Signs,
    pub key: Key,
    /// What GitHub's list of addresses holds.
    pub emails: Value,
    /// What the user info says, if not the same.
    pub userinfo: Option<Value>,
    /// Whether answers name the issuer, as the metadata says.
    pub names_issuer: bool,
    /// By code: nonce and challenge.
    codes: BTreeMap<String, (Option<String>, String)>,
    clock: Option<TestClock>,
    /// What was asked: path and body.
    pub asked: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct Corp {
    pub issuer: String,
    pub says: Arc<Mutex<Says>>,
}

impl Corp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mut key = Key::new();
        key.kid = Some("one".to_owned());
        let user = json!({
            "sub": "248289761001", "name": "Nia New", "email": "nia@corp.example", "email_verified": true,
            "preferred_username": "nia", "id": 248_289_761, "login": "nia",
        });
        let says = Says {
            user,
            otherwise: json!({}),
            signs: Signs::Well,
            key,
            emails: json!([]),
            userinfo: None,
            names_issuer: true,
            codes: BTreeMap::new(),
            clock: None,
            asked: Vec::new(),
        };
        let corp = Self { issuer, says: Arc::new(Mutex::new(says)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/user/emails", get(emails))
            .with_state(corp.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        corp
    }

    pub fn place(&self) -> String {
        self.issuer.strip_prefix("http://").unwrap().to_owned()
    }

    /// As an OpenID provider.
    pub fn provider(&self) -> Provider {
        Provider {
            id: "corp".to_owned(),
            name: "Corp".to_owned(),
            kind: Kind::OpenId { issuer: self.issuer.clone() },
            client_id: CLIENT.to_owned(),
            client_secret: Plain::chosen(SECRET),
            client_auth: None,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
        }
    }

    /// As GitHub.
    pub fn github(&self) -> Provider {
        let at = |path: &str| format!("{}{path}", self.issuer).parse().unwrap();
        let text = str::to_owned;
        let fields = Fields {
            subject: text("id"),
            email: text("email"),
            email_verified: None,
            name: text("name"),
            login: text("login"),
        };
        let endpoints = Endpoints {
            authorization: at("/authorize"),
            token: at("/token"),
            user: at("/userinfo"),
            emails: Some(at("/user/emails")),
            fields,
        };
        Provider {
            id: text("github"),
            name: text("GitHub"),
            kind: Kind::OAuth(Box::new(endpoints)),
            scopes: vec![text("read:user"), text("user:email")],
            ..self.provider()
        }
    }

    /// The demo world with this provider.
    pub async fn app(&self) -> App {
        self.app_with(|_| {}).await
    }

    pub async fn app_with(&self, change: impl FnOnce(&mut Settings)) -> App {
        let providers = vec![self.provider(), self.github()];
        let app = App::with(|settings| {
            settings.providers = providers;
            change(settings);
        })
        .await;
        go_out(&app, &[&self.place()]);
        self.says.lock().unwrap().clock = Some(app.clock.clone());
        app
    }

    pub fn change(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    /// Somebody else signs in there.
    pub fn is(&self, sub: &str, email: &str, verified: bool) {
        self.change(|says| {
            says.user["sub"] = sub.into();
            says.user["email"] = email.into();
            says.user["email_verified"] = verified.into();
        });
    }

    /// How often a path was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.says.lock().unwrap().asked.iter().filter(|(asked, _)| asked == path).count()
    }

    pub fn last_body(&self) -> String {
        let says = self.says.lock().unwrap();
        says.asked.iter().rev().find(|(path, _)| path == "/token").expect("a token request").1.clone()
    }

    /// A code for an authorization request.
    pub fn code(&self, page: &Page) -> String {
        let asked = page.redirect_parameters();
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut says = self.says.lock().unwrap();
        let code = format!("code-{}", says.codes.len());
        says.codes.insert(code.clone(), (asked.get("nonce").cloned(), asked["code_challenge"].clone()));
        code
    }

    /// The person signs in there: the address that the browser is sent back to.
    pub fn approve(&self, page: &Page) -> String {
        let asked = page.redirect_parameters();
        let code = self.code(page);
        callback(&asked["redirect_uri"], &[("code", &code), ("state", &asked["state"]), ("iss", &self.issuer)])
    }
}

/// An address that a provider sends a browser back to.
pub fn callback(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    format!("{redirect_uri}?{}", crate::harness::encode(parameters))
}

/// Lets an application reach these places.
pub fn go_out(app: &App, places: &[&str]) {
    let allow = places.iter().map(|place| place.parse().unwrap()).collect();
    let outgoing = Outgoing::new(&OutgoingSettings { allow, ..OutgoingSettings::default() }).unwrap();
    app.ctx.go_out_with(Arc::new(outgoing));
}

/// Presses the button of a provider; what sends the browser there.
pub async fn press(browser: &mut Browser, from: &str, provider: &str) -> Page {
    let page = browser.get(from).await;
    let page = browser.submit(&page.form(&format!("/signin/with/{provider}"))).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert!(page.location().is_some_and(|location| !location.starts_with(URL)), "{:?}", page.location());
    page
}

async fn metadata(State(corp): State<Corp>) -> Response {
    let mut says = corp.says.lock().unwrap();
    says.asked.push(("/metadata".to_owned(), String::new()));
    let at = |path: &str| format!("{}{path}", corp.issuer);
    axum::Json(json!({
        "issuer": corp.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        "authorization_response_iss_parameter_supported": says.names_issuer,
    }))
    .into_response()
}

async fn keys(State(corp): State<Corp>) -> Response {
    let mut says = corp.says.lock().unwrap();
    says.asked.push(("/keys".to_owned(), String::new()));
    let mut key = says.key.public.clone();
    key["kid"] = says.key.kid.clone().into();
    key["use"] = "sig".into();
    axum::Json(json!({ "keys": [key] })).into_response()
}

async fn token(State(corp): State<Corp>, headers: HeaderMap, RawForm(body): RawForm) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let mut says = corp.says.lock().unwrap();
    says.asked.push(("/token".to_owned(), String::from_utf8_lossy(&body).into_owned()));
    let in_header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
        == Some(crate::harness::basic(CLIENT, SECRET).as_str());
    let in_body = form.get("client_secret").is_some_and(|secret| secret == SECRET);
    let refused = |error: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response();
    if !in_header && !in_body {
        return refused("invalid_client");
    }
    // Each code once, and only with the verifier that its request has announced.
    let Some((nonce, challenge)) = says.codes.remove(&form["code"]) else { return refused("invalid_grant") };
    let hash = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
    if URL_SAFE_NO_PAD.encode(hash) != challenge {
        return refused("invalid_grant");
    }
    let mut tokens = json!({ "access_token": "at-1", "token_type": "bearer", "expires_in": 60 });
    if let Some(nonce) = nonce {
        tokens["id_token"] = id_token(&corp, &says, &nonce).into();
    }
    axum::Json(tokens).into_response()
}

fn id_token(corp: &Corp, says: &Says, nonce: &str) -> String {
    let now = says.clock.as_ref().unwrap().now().seconds();
    let mut claims = says.user.clone();
    let standard = json!({
        "iss": corp.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "auth_time": now, "nonce": nonce,
    });
    for (name, value) in standard.as_object().unwrap().iter().chain(says.otherwise.as_object().unwrap()) {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    match says.signs {
        Signs::Well => says.key.sign(json!({}), &claims),
        Signs::Not => format!("{}.{}.", encode(&json!({"alg": "none"})), encode(&claims)),
        Signs::Otherwise => {
            let header = json!({"alg": "XX256", "kid": says.key.kid, "typ": "JWT"});
            format!("{}.{}.AAAA", encode(&header), encode(&claims))
        }
        Signs::WithAnotherKey => {
            let mut other = Key::new();
            other.kid.clone_from(&says.key.kid);
            other.sign(json!({}), &claims)
        }
        Signs::WithTheSecret => {
            let text = format!("{}.{}", encode(&json!({"alg": "HS256"})), encode(&claims));
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
        }
    }
}

async fn userinfo(State(corp): State<Corp>, headers: HeaderMap) -> Response {
    answer(&corp, &headers, "/userinfo", |says| says.userinfo.clone().unwrap_or_else(|| says.user.clone()))
}

async fn emails(State(corp): State<Corp>, headers: HeaderMap) -> Response {
    answer(&corp, &headers, "/user/emails", |says| says.emails.clone())
}

fn answer(corp: &Corp, headers: &HeaderMap, path: &str, what: impl Fn(&Says) -> Value) -> Response {
    let mut says = corp.says.lock().unwrap();
    says.asked.push((path.to_owned(), String::new()));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some("Bearer at-1") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    axum::Json(what(&says)).into_response()
}
