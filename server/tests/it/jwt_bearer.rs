//! Assertions of issuers that a client's owner trusts, as grants (RFC 7523, section 2.1). A
//! service is `demo-reports`, people are those of `demo-app` and `demo-call`.

mod attacks;

use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    outgoing::{Fetch, FetchError, Fetched, Request},
    seconds,
};
use serde_json::{Value, json};

use crate::{
    fapi::{Key, jti},
    harness::{App, Page, URL, authorize_url, basic},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ISSUER: &str = "https://ci.example.com";
pub const SUBJECT: &str = "repo:acme/reports:nightly";
const REPORTS: (&str, &str) = ("demo-reports", "demo-reports-secret");
const PEOPLE: (&str, &str) = ("demo-app", "demo-app-secret");
const CALL: (&str, &str) = ("demo-call", "demo-call-secret");
const NUMBER: &str = "+46701740605";

/// Switches the grant on at the client's page, and trusts an issuer there.
async fn trust(app: &App, client: &str, fields: &[(&str, &str)]) -> Page {
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let path = app.client_path(client).await;
    let grants = format!("{path}/grants");
    let page = browser.get(&grants).await;
    let page = browser.submit(page.form(&grants).add("grants", GRANT)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let issuers = format!("{path}/issuers");
    let page = browser.get(&issuers).await;
    let mut form = page.form(&issuers);
    for (name, value) in fields {
        if *name == "scopes" {
            form.add(name, value);
        } else {
            form.set(name, value);
        }
    }
    browser.submit_following(&form).await
}

/// The demo world in which `demo-reports` trusts an issuer.
pub async fn service() -> (App, Key) {
    let app = App::demo().await;
    let key = Key::new();
    let jwk = key.public.to_string();
    let fields = [("issuer", ISSUER), ("jwks", jwk.as_str()), ("subject", SUBJECT), ("scopes", "metrics.read")];
    let page = trust(&app, REPORTS.0, &fields).await;
    assert!(page.text().contains("Trusted."), "{}", page.text());
    assert!(page.text().contains(ISSUER) && page.text().contains("1 key"), "{}", page.text());
    (app, key)
}

pub fn claims(app: &App, sub: &str) -> Value {
    let now = app.ctx.now().seconds();
    json!({"iss": ISSUER, "sub": sub, "aud": URL, "exp": now + 300, "iat": now, "jti": jti()})
}

pub async fn redeem_as(app: &App, (id, secret): (&str, &str), assertion: &str, more: &[(&str, &str)]) -> Page {
    let form = [&[("grant_type", GRANT), ("assertion", assertion)], more].concat();
    app.token(id, Some(secret), &form).await
}

async fn redeem(app: &App, assertion: &str) -> Page {
    redeem_as(app, REPORTS, assertion, &[]).await
}

fn error(page: &Page) -> String {
    assert!(page.status >= 400, "{}", page.body);
    page.json()["error"].as_str().unwrap().to_owned()
}

async fn introspect(app: &App, token: &Value) -> Value {
    let form = [("token", token.as_str().unwrap())];
    app.post("/oauth2/introspect", &[("authorization", &basic(REPORTS.0, REPORTS.1))], &form).await.json()
}

/// What a service is given for a statement of the issuer that it trusts.
pub async fn given() -> Value {
    let (app, key) = service().await;
    redeem(&app, &key.sign(json!({"typ": "JWT"}), &claims(&app, SUBJECT))).await.json()
}

#[tokio::test]
async fn a_service_gets_a_token_for_what_its_issuer_says() {
    let (app, key) = service().await;
    let page = redeem(&app, &key.sign(json!({"typ": "JWT"}), &claims(&app, SUBJECT))).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{}", page.body);
    let tokens = page.json();
    assert_eq!((&tokens["scope"], &tokens["token_type"]), (&json!("metrics.read"), &json!("bearer")));
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let said = introspect(&app, &tokens["access_token"]).await;
    assert_eq!((&said["sub"], &said["client_id"]), (&json!(REPORTS.0), &json!(REPORTS.0)));

    // The token endpoint is an audience, too; no type, and the one made for this, are types.
    for (header, aud) in
        [(json!({}), format!("{URL}/oauth2/token")), (json!({"typ": "authorization-grant+jwt"}), URL.to_owned())]
    {
        let mut claims = claims(&app, SUBJECT);
        claims["aud"] = aud.into();
        assert_eq!(redeem(&app, &key.sign(header, &claims)).await.status, 200);
    }
}

#[tokio::test]
async fn an_assertion_comes_once() {
    let (app, key) = service().await;
    let assertion = key.sign(json!({}), &claims(&app, SUBJECT));
    let (one, two) = tokio::join!(redeem(&app, &assertion), redeem(&app, &assertion));
    assert_eq!(u32::from(one.status == 200) + u32::from(two.status == 200), 1);
    app.clock.advance(seconds(200));
    let page = redeem(&app, &assertion).await;
    assert_eq!(error(&page), "invalid_grant");
    assert!(page.body.contains("used before"), "{}", page.body);
    // Another one with the same id, for another subject, is used up as well.
    let first = claims(&app, "somebody else");
    assert_eq!(error(&redeem(&app, &key.sign(json!({}), &first)).await), "invalid_grant");
    let mut second = claims(&app, SUBJECT);
    second["jti"] = first["jti"].clone();
    assert_eq!(error(&redeem(&app, &key.sign(json!({}), &second)).await), "invalid_grant");
}

#[tokio::test]
async fn each_claim_is_checked() {
    let (app, key) = service().await;
    let now = app.ctx.now().seconds();
    for (name, value) in [
        ("iss", json!("https://other.example.com")),
        ("iss", json!(null)),
        ("sub", json!("repo:acme/reports:other")),
        ("sub", json!(null)),
        ("sub", json!("")),
        ("aud", json!("https://other.example.com")),
        ("aud", json!(format!("{URL}/oauth2/tokens"))),
        ("aud", json!([URL, "https://other.example.com"])),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("exp", json!(now - 11)),
        ("exp", json!(now + 3601)),
        ("exp", json!("soon")),
        ("exp", json!(null)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("jti", json!("")),
        ("jti", json!(null)),
    ] {
        let mut claims = claims(&app, SUBJECT);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = redeem(&app, &key.sign(json!({}), &claims)).await;
        assert_eq!((page.status, error(&page).as_str()), (400, "invalid_grant"), "{name} {value}");
    }
}

#[tokio::test]
async fn keycloak_cve_2026_11800_e1_the_algorithm_does_not_choose_the_key() {
    let (app, key) = service().await;
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let body = encode(&claims(&app, SUBJECT));
    // The public key as a shared secret, no signature at all, and a foreign key in the header.
    let text = format!("{}.{body}", encode(&json!({"alg": "HS256"})));
    let shared = hmac::Key::new(hmac::HMAC_SHA256, key.public["x"].as_str().unwrap().as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&shared, text.as_bytes()));
    let mut forged = vec![format!("{text}.{tag}")];
    for alg in ["none", "None", "nOnE", "RS256", "es256", ""] {
        let signed = key.sign(json!({}), &claims(&app, SUBJECT));
        let signature = signed.rsplit_once('.').unwrap().1;
        let head = encode(&json!({"alg": alg}));
        forged.extend([format!("{head}.{body}."), format!("{head}.{body}.{signature}")]);
    }
    let mallory = Key::new();
    forged.push(mallory.sign(json!({}), &claims(&app, SUBJECT)));
    forged.push(mallory.sign(json!({"jwk": mallory.public}), &claims(&app, SUBJECT)));
    forged.push(mallory.sign(json!({"jku": "https://evil.example/jwks"}), &claims(&app, SUBJECT)));
    forged.push(key.sign(json!({"crit": ["b64"]}), &claims(&app, SUBJECT)));
    for assertion in forged {
        assert_eq!(error(&redeem(&app, &assertion).await), "invalid_grant", "{assertion}");
    }
    assert!(app.texts("spent", "id_hash").await.is_empty(), "what is not believed uses nothing up");
}

#[tokio::test]
async fn e5_tokens_of_other_kinds_are_no_assertions() {
    let (app, key) = service().await;
    for typ in ["dpop+jwt", "logout+jwt", "at+jwt", "client-authentication+jwt", "oauth-authz-req+jwt"] {
        let page = redeem(&app, &key.sign(json!({"typ": typ}), &claims(&app, SUBJECT))).await;
        assert_eq!(error(&page), "invalid_grant", "{typ}");
    }
    // An ID token of ours, and an assertion with which a client signs in: neither can be trusted.
    let id_token = app.tokens("openid", NUMBER).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!(error(&redeem(&app, &id_token).await), "invalid_grant");
    let jwk = key.public.to_string();
    for own in [URL, "http://127.0.0.1:3000/", REPORTS.0] {
        let fields = [("issuer", own), ("jwks", jwk.as_str()), ("subject", "x"), ("scopes", "metrics.read")];
        let page = trust(&app, REPORTS.0, &fields).await;
        assert_eq!(page.status, 422, "{own}");
        assert!(page.text().contains("This is Portico or the client itself."), "{}", page.text());
    }
    // And an assertion is nobody's client assertion.
    let assertion = key.sign(json!({}), &claims(&app, SUBJECT));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    assert_eq!(error(&app.post("/oauth2/token", &[], &form).await), "invalid_client");
}

#[tokio::test]
async fn an_issuer_is_trusted_by_one_client_and_until_it_is_removed() {
    let (app, key) = service().await;
    let everything = format!("{{\"grant_types\":[\"{GRANT}\",\"authorization_code\"]}}");
    app.execute(&format!("UPDATE clients SET metadata = '{everything}' WHERE client_id = 'demo-app'")).await;
    let page = redeem_as(&app, PEOPLE, &key.sign(json!({}), &claims(&app, SUBJECT)), &[]).await;
    assert_eq!(error(&page), "invalid_grant", "d5: trusted by another client");
    // Who has not the grant, and who cannot keep a secret.
    let assertion = key.sign(json!({}), &claims(&app, SUBJECT));
    assert_eq!(error(&redeem_as(&app, CALL, &assertion, &[]).await), "unauthorized_client");
    let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
    assert_eq!(error(&app.token("demo-spa", None, &form).await), "unauthorized_client");
    assert_eq!(error(&app.token(REPORTS.0, Some(REPORTS.1), &form[..1]).await), "invalid_request");
    assert_eq!(error(&redeem_as(&app, (REPORTS.0, "wrong"), &assertion, &[]).await), "invalid_client");

    let path = format!("{}/issuers", app.client_path(REPORTS.0).await);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get(&path).await;
    let remove = page.attributes("td.actions a", "href").remove(0);
    let page = browser.get(&remove).await;
    let page = browser.submit_following(&page.form(&remove)).await;
    assert!(page.text().contains("The issuer is trusted no longer."), "{}", page.text());
    assert_eq!(error(&redeem(&app, &key.sign(json!({}), &claims(&app, SUBJECT))).await), "invalid_grant");
    let actions = app.texts("audit_events", "action").await;
    for action in ["client.issuer_added", "client.issuer_removed"] {
        assert!(actions.iter().any(|one| one == action), "{action}");
    }
    assert_eq!(app.sign_in_portal("staff@nordtel.test").await.get(&path).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_trusted_is_said_beside_the_field() {
    let app = App::demo().await;
    let private = model::demo::FAPI_KEY;
    let jwk = Key::new().public.to_string();
    let good = [("issuer", ISSUER), ("jwks", jwk.as_str()), ("subject", SUBJECT), ("scopes", "metrics.read")];
    for (change, words) in [
        (("issuer", ""), "Write the iss of its assertions to the letter"),
        (("issuer", "two words"), "Write the iss of its assertions to the letter"),
        (("subject", ""), "Write the sub of the one service that may use this client."),
        (("jwks", ""), "Say where the issuer publishes its keys, or paste them."),
        (("jwks", "{}"), "This is not a JSON Web Key."),
        (("jwks", private), "This key contains its private part"),
        (("jwks_uri", "https://ci.example.com/keys"), "One of the two."),
    ] {
        let fields = [&good[..], &[change]].concat();
        let page = trust(&app, REPORTS.0, &fields).await;
        assert_eq!(page.status, 422, "{change:?}");
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert_eq!(page.form(&format!("{}/issuers", app.client_path(REPORTS.0).await)).get(change.0), Some(change.1));
    }
    let page = trust(&app, REPORTS.0, &good[..3]).await;
    assert!(page.text().contains("Choose what an assertion can give at most."), "{}", page.text());
    let wider = [&good[..3], &[("scopes", "products.tenant:read")]].concat();
    assert_eq!(trust(&app, REPORTS.0, &wider).await.status, 422, "what the product has not");
    let inside = [good[0], good[2], good[3], ("jwks_uri", "https://169.254.169.254/keys")];
    assert!(trust(&app, REPORTS.0, &inside).await.text().contains("that we can reach from the internet"));
    assert!(app.texts("client_issuers", "issuer").await.is_empty());
    assert_eq!(trust(&app, REPORTS.0, &good).await.status, 200);
    assert!(trust(&app, REPORTS.0, &good).await.text().contains("This issuer is trusted already."));
}

/// An issuer that publishes its keys.
struct Publishes(Value);

#[async_trait::async_trait]
impl Fetch for Publishes {
    async fn fetch(&self, request: Request) -> Result<Fetched, FetchError> {
        assert_eq!(request.url.as_str(), "https://ci.example.com/keys");
        let body = json!({"keys": [self.0]}).to_string().into_bytes();
        Ok(Fetched { status: 200, content_type: None, max_age: None, body })
    }
}

#[tokio::test]
async fn an_issuer_can_publish_its_keys() {
    let app = App::demo().await;
    let key = Key::new();
    app.ctx.go_out_with(Arc::new(Publishes(key.public.clone())));
    let fields = [
        ("issuer", ISSUER),
        ("jwks_uri", "https://ci.example.com/keys"),
        ("subject", SUBJECT),
        ("scopes", "metrics.read"),
    ];
    assert_eq!(trust(&app, REPORTS.0, &fields).await.status, 200);
    assert_eq!(redeem(&app, &key.sign(json!({}), &claims(&app, SUBJECT))).await.status, 200);
    assert_eq!(error(&redeem(&app, &Key::new().sign(json!({}), &claims(&app, SUBJECT))).await), "invalid_grant");
}

/// `demo-call` trusts an issuer that names subscribers by number.
async fn people(app: &App, scopes: &[&str]) -> Key {
    let key = Key::new();
    let jwk = key.public.to_string();
    let mut fields = vec![("issuer", ISSUER), ("jwks", jwk.as_str())];
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    let page = trust(app, CALL.0, &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    key
}

async fn userinfo(app: &App, tokens: &Value) -> Page {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    app.get("/userinfo", &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn h5_a_person_gives_no_more_than_was_consented_to() {
    let app = App::demo().await;
    let key = people(&app, &["openid", "phone", "voicemail.get"]).await;
    let assertion = || key.sign(json!({}), &claims(&app, NUMBER));
    // Nobody has consented: the answer is that for somebody who does not exist.
    let unknown = redeem_as(&app, CALL, &key.sign(json!({}), &claims(&app, "+46701740690")), &[]).await;
    let page = redeem_as(&app, CALL, &assertion(), &[]).await;
    assert_eq!((error(&page).as_str(), &page.body), ("invalid_grant", &unknown.body));

    // Nor has anybody who did not show their number, or let it go on without them.
    for too_little in ["openid", "openid phone"] {
        app.tokens(too_little, NUMBER).await;
        let page = redeem_as(&app, CALL, &assertion(), &[]).await;
        assert_eq!((error(&page).as_str(), &page.body), ("invalid_grant", &unknown.body), "{too_little}");
    }
    let first = app.tokens("openid phone offline_access", NUMBER).await;
    let sub = userinfo(&app, &first).await.json()["sub"].clone();
    let page = redeem_as(&app, CALL, &assertion(), &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    assert_eq!(tokens["scope"], "openid phone", "what nobody has allowed, and what refreshes, is not in it");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let info = userinfo(&app, &tokens).await.json();
    assert_eq!((&info["sub"], &info["phone_number"]), (&sub, &json!(NUMBER)));
    let said = introspect(&app, &tokens["access_token"]).await;
    assert_eq!(said["acr"], "urn:portico:acr:asserted", "nobody has signed in");
    assert_eq!(said["auth_time"], app.ctx.now().seconds());
    for wider in ["openid voicemail.get", "offline_access", "openid metrics.read"] {
        let page = redeem_as(&app, CALL, &assertion(), &[("scope", wider)]).await;
        assert_eq!(error(&page), "invalid_scope", "{wider}");
    }
    let page = redeem_as(&app, CALL, &assertion(), &[("scope", "openid")]).await;
    assert_eq!(page.json()["scope"], "openid");
    let page = redeem_as(&app, CALL, &assertion(), &[("resource", "https://api.example/")]).await;
    assert_eq!(error(&page), "invalid_target");

    // The consent ends, and with it what hangs from it.
    app.execute("UPDATE consents SET revoked_at = 1").await;
    let page = redeem_as(&app, CALL, &assertion(), &[]).await;
    assert_eq!(error(&page), "invalid_grant");
}

#[tokio::test]
async fn g4_an_operator_that_has_not_enabled_the_product_gives_nothing() {
    let app = App::demo().await;
    let key = people(&app, &["openid"]).await;
    app.tokens("openid phone offline_access", NUMBER).await;
    let page = redeem_as(&app, CALL, &key.sign(json!({}), &claims(&app, NUMBER)), &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.execute("UPDATE distributions SET state = 'offered'").await;
    let (_, router) = app.second_node().await;
    let assertion = key.sign(json!({}), &claims(&app, NUMBER));
    let body = crate::harness::encode(&[("grant_type", GRANT), ("assertion", &assertion)]);
    let authorization = basic(CALL.0, CALL.1);
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let page = crate::harness::send(&router, Method::POST, "/oauth2/token", &headers, body.into()).await;
    assert_eq!(error(&page), "invalid_grant");
}

#[tokio::test]
async fn a_number_has_one_spelling_and_a_portal_user_the_name_of_the_id_token() {
    let app = App::demo().await;
    let key = people(&app, &["openid"]).await;
    app.tokens("openid phone offline_access", NUMBER).await;
    for sub in ["tel:+46701740605", "0046701740605", "+46 70 174 06 05", "46701740605", " +46701740605"] {
        let page = redeem_as(&app, CALL, &key.sign(json!({}), &claims(&app, sub)), &[]).await;
        assert_eq!(error(&page), "invalid_grant", "{sub}");
    }

    let key = Key::new();
    let jwk = key.public.to_string();
    let fields = [("issuer", ISSUER), ("jwks", jwk.as_str()), ("scopes", "email"), ("scopes", "openid")];
    assert_eq!(trust(&app, PEOPLE.0, &fields).await.status, 200);
    let dev = format!("usr_{}", app.user_id("dev@portico.test").await.simple());
    let page = redeem_as(&app, PEOPLE, &key.sign(json!({}), &claims(&app, &dev)), &[]).await;
    assert_eq!(error(&page), "invalid_grant", "nothing allowed yet");
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow(&authorize_url(PEOPLE.0, &[("scope", "openid email profile offline_access")])).await;
    browser.allow(page).await;
    let page = redeem_as(&app, PEOPLE, &key.sign(json!({}), &claims(&app, &dev)), &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json()["scope"], "openid email");
    let info = userinfo(&app, &page.json()).await.json();
    assert_eq!((&info["sub"], &info["email"]), (&json!(dev), &json!("dev@portico.test")));
    for sub in ["dev@portico.test", "usr_", &dev.to_uppercase(), &dev.replace("usr_", "")] {
        let page = redeem_as(&app, PEOPLE, &key.sign(json!({}), &claims(&app, sub)), &[]).await;
        assert_eq!(error(&page), "invalid_grant", "{sub}");
    }
}
