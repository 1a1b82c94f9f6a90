//! Flaws that were published of other providers, tried on this one as a whole. Most have their
//! test where the code's other tests are; docs/abuse-cases.md says which is where.

mod requests;
mod tokens;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::{body::Body, http::Method};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::demo;
use serde_json::{Value, json};

use crate::{
    fapi::{ASSERTION_TYPE, Key, jti, sign_with},
    harness::{App, CHALLENGE, Page, URL, authorize_url, basic, claims, encode, header, send},
};

const CLIENT: &str = "demo-fapi";
const CALLBACK: &str = "https://example.com/callback";
const DEV: &str = "dev@portico.test";

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The demo client's key, without the care that [`Key`] takes of the header.
fn demo_pair() -> EcdsaKeyPair {
    let jwk: Value = serde_json::from_str(demo::FAPI_KEY).unwrap();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [&[4], part("x").as_slice(), &part("y")].concat();
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &part("d"), &point).unwrap()
}

/// A token with this header, signed on P-256 whatever the header says.
fn signed(header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signature = demo_pair().sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", b64(signature))
}

/// Everything that a header can say so that a careless verifier believes it: no algorithm, none,
/// one of another kind, one that nobody knows, and the public key as a shared secret.
fn forgeries(header: &Value, claims: &Value, public: &[String]) -> Vec<(String, String)> {
    let with = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = alg.into();
        header
    };
    let mut all = Vec::new();
    for alg in ["RS256", "PS256", "EdDSA", "Ed25519", "ES384", "HS999", "es256", "ES256 ", ""] {
        all.push((format!("alg {alg:?}"), signed(&with(alg), claims)));
    }
    let mut without = header.clone();
    without.as_object_mut().unwrap().remove("alg");
    all.push(("no alg".to_owned(), signed(&without, claims)));
    for alg in ["none", "None", "NONE", "nOnE"] {
        let text = format!("{}.{}", b64(with(alg).to_string()), b64(claims.to_string()));
        all.push((format!("{alg} without a signature"), format!("{text}.")));
        all.push((format!("{alg} with a signature"), signed(&with(alg), claims)));
    }
    for secret in public {
        let text = format!("{}.{}", b64(with("HS256").to_string()), b64(claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes());
        all.push(("HS256 with the public key".to_owned(), format!("{text}.{}", b64(tag))));
    }
    all
}

/// The demo client's requests, each with one token that may be forged.
struct Bank<'a> {
    app: &'a App,
    key: Key,
}

impl Bank<'_> {
    fn claims(&self) -> Value {
        let now = self.app.ctx.now().seconds();
        json!({"iss": CLIENT, "sub": CLIENT, "aud": URL, "exp": now + 60, "jti": jti()})
    }

    async fn push(&self, assertion: &str, proof: Option<&str>, more: &[(&str, &str)]) -> Page {
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ];
        form.extend_from_slice(more);
        let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
        self.app.post("/oauth2/par", &headers, &form).await
    }

    fn assertion(&self) -> String {
        self.key.sign(json!({}), &self.claims())
    }

    fn object(&self) -> Value {
        let now = self.app.ctx.now().seconds();
        json!({
            "iss": CLIENT, "aud": URL, "exp": now + 60, "nbf": now, "client_id": CLIENT, "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        })
    }

    fn proof(&self) -> Value {
        json!({"htm": "POST", "htu": format!("{URL}/oauth2/par"), "iat": self.app.ctx.now().seconds(), "jti": jti()})
    }
}

#[tokio::test]
async fn keycloak_cve_2026_11800_no_token_chooses_how_it_is_verified() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    let public = [bank.key.public["x"].as_str().unwrap().to_owned(), bank.key.public.to_string()];
    let plain = json!({"alg": "ES256", "kid": bank.key.kid});
    let refused = |page: &Page, error: &str, what: &str| {
        assert!(page.status == 400 || page.status == 401, "{what}: {} {}", page.status, page.body);
        assert_eq!(page.json()["error"], error, "{what}");
    };

    assert_eq!(bank.push(&signed(&plain, &bank.claims()), None, &[]).await.status, 201, "the honest one");
    for (what, forged) in forgeries(&plain, &bank.claims(), &public) {
        refused(&bank.push(&forged, None, &[]).await, "invalid_client", &format!("assertion, {what}"));
    }

    let honest = signed(&plain, &bank.object());
    assert_eq!(bank.push(&bank.assertion(), None, &[("request", &honest)]).await.status, 201);
    for (what, forged) in forgeries(&plain, &bank.object(), &public) {
        let page = bank.push(&bank.assertion(), None, &[("request", &forged)]).await;
        refused(&page, "invalid_request_object", &format!("request object, {what}"));
    }

    let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": bank.key.public});
    assert_eq!(bank.push(&bank.assertion(), Some(&signed(&header, &bank.proof())), &[]).await.status, 201);
    for (what, forged) in forgeries(&header, &bank.proof(), &public) {
        let page = bank.push(&bank.assertion(), Some(&forged), &[]).await;
        refused(&page, "invalid_dpop_proof", &format!("proof, {what}"));
    }
}

#[tokio::test]
async fn keycloak_cve_2026_11800_no_hint_chooses_how_it_is_verified() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
    let tokens = app.token("demo-app", Some("demo-app-secret"), &form).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();
    let keys = app.get("/.well-known/jwks.json", &[]).await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header(id_token)["kid"]).unwrap();
    let public = [key["n"].as_str().unwrap().to_owned(), key.to_string()];
    for (what, forged) in forgeries(&header(id_token), &claims(id_token), &public) {
        let page = browser.get(&format!("/oauth2/sessions/logout?{}", encode(&[("id_token_hint", &forged)]))).await;
        assert_eq!(page.forms().len(), 1, "it asks: {what}");
        let asking = [("scope", "openid"), ("prompt", "none"), ("id_token_hint", forged.as_str())];
        let page = browser.get(&authorize_url("demo-app", &asking)).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{what}");
    }
    let honest = [("scope", "openid"), ("prompt", "none"), ("id_token_hint", id_token)];
    assert!(browser.get(&authorize_url("demo-app", &honest)).await.redirect_parameters().contains_key("code"));
}

#[tokio::test]
async fn keycloak_cve_2026_9793_an_encrypted_request_object_is_refused() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    // The plain claims where a careless reader looks for the plaintext, and a JWE around a signed one.
    let plain = b64(bank.object().to_string());
    let header = |value: Value| b64(value.to_string());
    let dir = header(json!({"alg": "dir", "enc": "A256GCM"}));
    let nested = header(json!({"alg": "dir", "enc": "A256GCM", "cty": "JWT"}));
    let inside = b64(signed(&json!({"alg": "ES256"}), &bank.object()));
    for object in [
        format!("{dir}..{}.{plain}.{}", b64([0; 12]), b64([0; 16])),
        format!("{nested}..{}.{inside}.{}", b64([0; 12]), b64([0; 16])),
        format!("{dir}.{plain}."),
        bank.object().to_string(),
        plain,
    ] {
        let page = bank.push(&bank.assertion(), None, &[("request", &object)]).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request_object")), "{object}");
    }
}

#[tokio::test]
async fn hydra_ghsa_3p3g_an_assertion_is_used_up_on_every_node_and_after_a_restart() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    let (assertion, header) = (bank.assertion(), json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": bank.key.public}));
    let proof = signed(&header, &bank.proof());
    assert_eq!(bank.push(&assertion, Some(&proof), &[]).await.status, 201);
    // A node that has never seen them, as after a restart.
    let (_, other) = app.second_node().await;
    let ask = async |assertion: &str, proof: &str| {
        let form = [
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ];
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("dpop", proof)];
        send(&other, Method::POST, "/oauth2/par", &headers, Body::from(encode(&form))).await
    };
    let fresh = signed(&header, &bank.proof());
    assert_eq!(ask(&assertion, &fresh).await.json()["error"], "invalid_client", "the assertion");
    assert_eq!(ask(&bank.assertion(), &proof).await.status, 401, "the proof");
    assert_eq!(ask(&bank.assertion(), &signed(&header, &bank.proof())).await.status, 201, "others are good");
}

#[tokio::test]
async fn keycloak_cve_2026_9689_a_repeated_parameter_is_refused_wherever_it_stands() {
    let app = App::demo().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    // One in the query, one in the body.
    let url = authorize_url("demo-web", &[]);
    for (name, value) in [("client_id", "demo-web"), ("redirect_uri", CALLBACK), ("scope", "openid"), ("state", "x")] {
        let page = send(&app.router, Method::POST, &url, &form, Body::from(encode(&[(name, value)]))).await;
        assert_eq!((page.status, page.location()), (400, None), "{name} in query and body");
    }
    // Empty ones, and ones that nobody knows, count too.
    for twice in ["scope=&scope=openid", "unheard=1&unheard=2", "prompt=&prompt="] {
        let base = authorize_url("demo-web", &[("scope", "")]);
        let page = app.get(&format!("{base}&{twice}"), &[]).await;
        assert_eq!((page.status, page.location()), (400, None), "{twice}");
    }
    let authorization = basic("demo-web", "demo-web-secret");
    for (path, twice) in [
        ("/oauth2/token", "grant_type=client_credentials&grant_type=refresh_token"),
        ("/oauth2/token", "grant_type=authorization_code&code=a&code=b"),
        ("/oauth2/par", "response_type=code&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback&state=a&state=b"),
        ("/oauth2/introspect", "token=a&token=b"),
        ("/oauth2/revoke", "token=a&token=b"),
        ("/oauth2/device/auth", "scope=openid&scope=phone"),
    ] {
        let headers = [form[0], ("authorization", authorization.as_str())];
        let page = send(&app.router, Method::POST, path, &headers, Body::from(twice)).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request")), "{path} {twice}");
    }
    // Inside of a signed request: JSON that is read differently by different readers.
    let bank = Bank { app: &app, key: Key::demo() };
    let mut twice = bank.object().to_string();
    twice.insert_str(1, r#""redirect_uri":"https://evil.example/","#);
    let text = format!("{}.{}", b64(r#"{"alg":"ES256"}"#), b64(twice));
    let signature = demo_pair().sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    let object = format!("{text}.{}", b64(signature));
    let page = bank.push(&bank.assertion(), None, &[("request", &object)]).await;
    assert_eq!(page.json()["error"], "invalid_request_object");
}

#[tokio::test]
async fn keycloak_cve_2026_0976_no_other_spelling_of_a_path_leads_anywhere() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("admin@portico.test").await;
    assert_eq!(browser.get("/admin/keys").await.status, 200);
    for path in [
        "/admin;x=1/keys",
        "/admin/keys;x=1",
        "/admin/keys/",
        "//admin/keys",
        "/admin//keys",
        "/x/../admin/keys",
        "/x/%2e%2e/admin/keys",
        "/admin/%2e/keys",
        "/admin%2fkeys",
        "/admin/keys%00",
        "/Admin/Keys",
        "/admin\\keys",
    ] {
        let mut url = path.to_owned();
        if path.contains('\\') {
            url = path.replace('\\', "%5c");
        }
        let page = browser.get(&url).await;
        assert_eq!(page.status, 404, "{path}: {:?} {}", page.location(), page.text());
    }
    for path in ["/oauth2/token;x=1", "/oauth2/token/", "/oauth2//token", "/oauth2/%74oken/", "/OAUTH2/token"] {
        let page = app.post(path, &[], &[("grant_type", "client_credentials")]).await;
        // As a form of somebody's page it would have to prove where it is from.
        assert!(matches!(page.status, 403 | 404), "{path}: {} {}", page.status, page.body);
    }
}

/// Pages that anybody may see, or whose forms carry their own proof.
const PUBLIC: &[&str] = &[
    "/",
    "/signup",
    "/verify",
    "/verify/resend",
    "/signin",
    "/signin/passkey",
    "/signin/second",
    "/signin/second/passkey",
    // To another provider and back; who is not asked to leads on to "/signin".
    "/signin/with/{provider}",
    "/signin/with/{provider}/callback",
    "/signout",
    "/forgot",
    "/reset",
    "/preferences/theme",
    "/help/redirect-uris",
    // In the sandbox alone.
    "/sandbox/outbox",
    // What people show of themselves, at an address that nobody can guess.
    "/pictures/{picture}",
    // Empty for whoever has not signed in.
    "/palette",
];

/// The paths of the portal's routes, from its sources.
fn routes() -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let routes = source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
                found.extend(routes.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../app/src"), &mut found);
    assert!(found.len() > 60, "{}", found.len());
    found
}

#[tokio::test]
async fn authentik_cve_2026_55106_no_page_is_without_its_guard() {
    let app = App::demo().await;
    let client = app.client_path("demo-web").await;
    let mut parts = client.split('/').skip(2);
    let (product, client) = (parts.next().unwrap(), parts.nth(1).unwrap());
    let mut developer = app.sign_in_portal(DEV).await;
    let page = developer.get("/organizations").await;
    let links = page.attributes("main a[href^='/organizations/']", "href");
    let organization = links.iter().filter_map(|href| href.split('/').nth(2)).find(|id| *id != "new").unwrap();
    let other = "0198c0de-0000-7000-8000-000000000001";

    let mut stranger = app.browser();
    let mut outsider = app.sign_in_portal("staff@fjordmobil.test").await;
    let csrf = outsider.get("/account/profile").await.csrf();
    for route in routes() {
        let path = route.replace("{product}", product).replace("{client}", client).replace("{org}", organization);
        let path: String = path.split('/').map(|part| if part.starts_with('{') { other } else { part }).fold(
            String::new(),
            |mut path, part| {
                if !part.is_empty() {
                    path.push('/');
                    path.push_str(part);
                }
                path
            },
        );
        let path = if path.is_empty() { "/".to_owned() } else { path };
        if !PUBLIC.contains(&route.as_str()) {
            // Some lead back to the page that their form is on, which asks in its turn.
            let got = stranger.follow(&path).await;
            let asked = got.path.starts_with("/signin") || matches!(got.status, 404 | 405);
            assert!(asked, "{route}: {} {}", got.status, got.path);
            let sent = stranger.post_form(&path, &[("csrf", "x")]).await;
            let to_sign_in = sent.location().is_some_and(|to| to.starts_with("/signin"));
            assert!(to_sign_in || matches!(sent.status, 403..=405), "{route}: {}", sent.status);
        }
        if route.contains('{') && !PUBLIC.contains(&route.as_str()) || route.starts_with("/admin") {
            let got = outsider.follow(&path).await;
            let sent = outsider.post_form(&path, &[("csrf", &csrf), ("name", "Mine"), ("confirm", "x")]).await;
            for page in [got, sent] {
                assert!(matches!(page.status, 404 | 405), "{route}: {} {:?}", page.status, page.location());
            }
        }
    }
}

#[tokio::test]
async fn a10_the_answer_does_not_come_another_way_than_was_signed() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    let mut browser = app.sign_in_portal(DEV).await;
    let mut object = bank.object();
    object["response_mode"] = "form_post.jwt".into();
    let object = signed(&json!({"alg": "ES256"}), &object);
    let more = [("request", object.as_str()), ("response_mode", "query")];
    let pushed = bank.push(&bank.assertion(), None, &more).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let pushed = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let query = encode(&[("client_id", CLIENT), ("request_uri", &pushed), ("response_mode", "query")]);
    let page = browser.follow(&format!("/oauth2/auth?{query}")).await;
    let mut form = page.form("/consent");
    let page = browser.submit(form.set("response_mode", "query").press("decision", "cancel")).await;
    assert_eq!((page.status, page.location()), (200, None), "{}", page.text());
    let form = page.form(CALLBACK);
    assert!(form.get("response").is_some() && form.get("error").is_none());
}

#[tokio::test]
async fn a11_no_code_leaves_in_a_referrer_and_pages_load_nothing_from_elsewhere() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let login = browser.follow(&authorize_url("demo-web", &[])).await;
    let pin = browser.submit_following(login.form("/login").set("number", demo::SUBSCRIBER)).await;
    let typed = app.pin(demo::SUBSCRIBER).await;
    let consent = browser.submit_following(pin.form("/login/pin").set("pin", &typed)).await;
    for page in [&login, &pin, &consent] {
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{}", page.path);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        // Forms lead to the client in the end; nothing is loaded from there, or from anybody.
        for part in policy.split("; ").filter(|part| !part.starts_with("form-action ")) {
            assert!(!part.contains("http") && !part.contains('*'), "{policy}");
        }
        for (css, name) in [("img", "src"), ("link", "href"), ("script", "src"), ("iframe", "src")] {
            for from in page.attributes(css, name) {
                assert!(from.starts_with('/') && !from.starts_with("//"), "{css} from {from} on {}", page.path);
            }
        }
    }
    let back = browser.allow(consent).await;
    assert!(back.redirect_parameters().contains_key("code"));
    assert_eq!(back.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(back.header("cache-control"), Some("no-store"));
    let posted = browser.follow(&authorize_url("demo-web", &[("response_mode", "form_post")])).await;
    assert!(posted.form(CALLBACK).get("code").is_some());
    assert_eq!(posted.header("cache-control"), Some("no-store"));
    assert!(posted.header("referrer-policy").is_some_and(|policy| policy == "no-referrer" || policy == "same-origin"));
}

#[tokio::test]
async fn d3_a_client_authenticates_by_its_own_method_alone() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    let form = [("token", "x")];
    let introspect = async |headers: &[(&str, &str)], more: &[(&str, &str)]| {
        app.post("/oauth2/introspect", headers, &[&form[..], more].concat()).await
    };
    let assertion = bank.assertion();
    let by_key = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    assert_eq!(introspect(&[], &by_key).await.status, 200);
    let mut for_web = bank.claims();
    for_web["iss"] = "demo-web".into();
    for_web["sub"] = "demo-web".into();
    let foreign = bank.key.sign(json!({}), &for_web);
    for (what, headers, more) in [
        ("a secret for a key", vec![("authorization", basic(CLIENT, "demo-web-secret"))], vec![]),
        ("nothing for a key", vec![], vec![("client_id", CLIENT)]),
        ("nothing for a secret", vec![], vec![("client_id", "demo-web")]),
        ("a secret for nothing", vec![("authorization", basic("demo-spa", "demo-web-secret"))], vec![]),
        ("a key for a secret", vec![], vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &foreign)]),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = introspect(&headers, &more).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{what}");
    }
}

/// A secret from before has its row for as long as it would have lived, and no say.
#[tokio::test]
async fn d3_a_secret_from_before_the_client_had_a_key_is_worth_nothing() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = app.tokens_of_user(&mut browser, &[("scope", "openid offline_access")]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let key = Key::new();
    sign_with(&app, &[&key]).await;

    let pushed = [("response_type", "code"), ("redirect_uri", CALLBACK), ("scope", "openid")];
    let refreshed = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let basic = basic("demo-app", "demo-app-secret");
    for (path, form) in [
        ("/oauth2/token", &refreshed[..]),
        ("/oauth2/token", &[("grant_type", "client_credentials")]),
        ("/oauth2/par", &pushed),
        ("/oauth2/introspect", &[("token", refresh)]),
        ("/oauth2/revoke", &[("token", refresh)]),
        ("/oauth2/device/auth", &[("scope", "openid")]),
    ] {
        let in_body = [form, &[("client_id", "demo-app"), ("client_secret", "demo-app-secret")]].concat();
        for page in [app.post(path, &[("authorization", &basic)], form).await, app.post(path, &[], &in_body).await] {
            assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{path}");
        }
    }
    let now = app.ctx.now().seconds();
    let claims = json!({"iss": "demo-app", "sub": "demo-app", "aud": URL, "exp": now + 60, "jti": jti()});
    let assertion = key.sign(json!({}), &claims);
    let signed = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    let page = app.post("/oauth2/token", &[], &[&refreshed[..], &signed].concat()).await;
    assert_eq!(page.status, 200, "nothing was used up, and the key counts: {}", page.body);
}

#[tokio::test]
async fn e5_no_kind_of_token_stands_in_for_another() {
    let app = App::demo().await;
    let bank = Bank { app: &app, key: Key::demo() };
    let tokens = app.tokens("openid phone offline_access", demo::SUBSCRIBER).await;
    let text = |name: &str| tokens[name].as_str().unwrap();
    let (access, refresh, id_token) = (text("access_token"), text("refresh_token"), text("id_token"));
    let code = app.code("openid phone", "+46701740606").await;
    for bearer in [refresh, id_token, code.as_str()] {
        let page = app.get("/userinfo", &[("authorization", &format!("Bearer {bearer}"))]).await;
        assert_eq!(page.status, 401, "{bearer} is no access token");
        let headers = [("authorization", &*basic("demo-web", "demo-web-secret"))];
        let page = app.post("/oauth2/introspect", &headers, &[("token", bearer)]).await;
        assert_eq!(page.json(), json!({"active": false}), "{bearer}");
    }
    for other in [access, id_token, code.as_str()] {
        assert_eq!(app.refresh(other).await.json()["error"], "invalid_grant", "{other} is no refresh token");
    }
    for other in [access, refresh, id_token] {
        assert_eq!(app.redeem(other).await.json()["error"], "invalid_grant", "{other} is no code");
    }
    for other in [access, refresh, code.as_str()] {
        let page = app.get(&authorize_url("demo-web", &[("id_token_hint", other)]), &[]).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{other} is no ID token");
    }
    assert_eq!(app.redeem(&code).await.status, 200, "nothing of it has used the code up");
    // What a client signs for one purpose.
    let object = bank.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &bank.object());
    assert_eq!(bank.push(&object, None, &[]).await.json()["error"], "invalid_client");
    let page = bank.push(&bank.assertion(), None, &[("request", &bank.assertion())]).await;
    assert_eq!(page.json()["error"], "invalid_request_object");
    let proof = signed(&json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": bank.key.public}), &bank.claims());
    assert_eq!(bank.push(&proof, None, &[]).await.json()["error"], "invalid_client");
    let page = bank.push(&bank.assertion(), Some(&bank.assertion()), &[]).await;
    assert_eq!(page.json()["error"], "invalid_dpop_proof");
}
