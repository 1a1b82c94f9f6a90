//! `client_secret_jwt`, where it is turned on: clients that sign with their secret.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::KeySize,
    signature::{KeyPair as _, RsaKeyPair},
};
use axum::{Router, http::Method};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use model::{
    Settings,
    client::{
        Grace, add_secret,
        method::{SetMethodError, set_method},
    },
    entity::AuthMethod,
    hours, seconds,
};
use serde_json::{Value, json};

use crate::{
    fapi::{ASSERTION_TYPE, Key, jti},
    harness::{App, Browser, Page, URL, basic, encode, send},
    logout::row,
    metadata::signer::shared,
    registration::{manage, register, registered},
};

const DEV: &str = "dev@portico.test";
const CLIENT: &str = "demo-reports";

fn on(settings: &mut Settings) {
    settings.client_secret_jwt = true;
}

/// What a good assertion says.
fn claims(app: &App, client_id: &str) -> Value {
    let now = app.ctx.now().seconds();
    json!({"iss": client_id, "sub": client_id, "aud": URL, "exp": now + 60, "iat": now, "jti": jti()})
}

async fn send_assertion(app: &App, assertion: &str) -> Page {
    let form = [("token", "nothing"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    app.post("/oauth2/introspect", &[], &form).await
}

/// The status of an answer to a client that signs with this.
async fn signed(app: &App, client_id: &str, secret: &str) -> u16 {
    send_assertion(app, &shared(secret.as_bytes(), "HS256", &claims(app, client_id))).await.status
}

/// The same on another node.
async fn signed_at(router: &Router, app: &App, client_id: &str, secret: &str) -> u16 {
    let assertion = shared(secret.as_bytes(), "HS256", &claims(app, client_id));
    let form =
        [("token", "nothing"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(router, Method::POST, "/oauth2/introspect", &headers, encode(&form).into()).await.status
}

/// Lets the demo client sign; its new secret.
async fn signs(app: &App) -> String {
    let secret = set_method(&app.ctx, None, &row(app, CLIENT).await, AuthMethod::SecretJwt).await.unwrap();
    secret.expect("a new secret").reveal().to_owned()
}

/// A client that registers for a method.
async fn client(app: &App, method: &str, more: &Value) -> Value {
    let mut body = json!({"redirect_uris": ["https://example.com/callback"], "token_endpoint_auth_method": method});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    registered(app, &body).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test]
async fn it_is_off_unless_it_is_turned_on() {
    let app = App::demo().await;
    let document = app.get("/.well-known/openid-configuration", &[]).await.body;
    assert!(!document.contains("client_secret_jwt") && !document.contains("HS256"));
    let body = json!({
        "redirect_uris": ["https://example.com/callback"], "token_endpoint_auth_method": "client_secret_jwt",
    });
    assert_eq!(register(&app, &body).await.json()["error"], "invalid_client_metadata");
    let tried = set_method(&app.ctx, None, &row(&app, CLIENT).await, AuthMethod::SecretJwt).await;
    assert!(matches!(tried, Err(SetMethodError::Unfit)), "{tried:?}");
    let mut dev = app.sign_in_portal(DEV).await;
    let page = dev.get(&format!("{}/keys", app.client_path(CLIENT).await)).await;
    assert!(!page.body.contains("client_secret_jwt"));

    // A client that had it before it was turned off gets nothing more.
    let app = App::with(on).await;
    let secret = signs(&app).await;
    assert_eq!(signed(&app, CLIENT, &secret).await, 200);
    let settings = Settings { client_secret_jwt: false, ..app.ctx.settings().clone() };
    let (_, router) = app.node_with(settings).await;
    assert_eq!(signed_at(&router, &app, CLIENT, &secret).await, 401);
}

#[tokio::test]
async fn a_client_signs_with_its_secret_and_an_assertion_says_who_to_whom_when_and_once() {
    let app = App::with(on).await;
    let client = client(&app, "client_secret_jwt", &json!({})).await;
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_jwt");
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let assertion = shared(secret.as_bytes(), "HS256", &claims(&app, id));
    assert_eq!(send_assertion(&app, &assertion).await.json(), json!({"active": false}));
    assert_eq!(send_assertion(&app, &assertion).await.status, 401, "once");
    let now = app.ctx.now().seconds();
    for (name, value) in [
        ("iss", json!("demo-web")),
        ("sub", json!("demo-web")),
        ("aud", json!("https://other.example")),
        ("aud", Value::Null),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 7200)),
        ("exp", Value::Null),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("jti", Value::Null),
        ("jti", json!("")),
    ] {
        let mut wrong = claims(&app, id);
        wrong[name] = value.clone();
        if value.is_null() {
            wrong.as_object_mut().unwrap().remove(name);
        }
        let page = send_assertion(&app, &shared(secret.as_bytes(), "HS256", &wrong)).await;
        assert_eq!((page.status, &page.json()["error"]), (401, &json!("invalid_client")), "{name} {value}");
    }
    assert_eq!(signed(&app, id, secret).await, 200, "a failure locks nobody out");

    // The secret rests sealed, and as a hash; and it shows when it was used.
    for column in ["secret_hash", "coalesce(secret_sealed, '')"] {
        assert!(!app.texts("client_secrets", column).await.concat().contains(secret), "{column}");
    }
    model::cache::flush_credentials_used(&app.ctx).await.unwrap();
    let used = app.texts("client_secrets", "CASE WHEN last_used_at IS NULL THEN 'never' ELSE 'used' END").await;
    assert!(used.contains(&"used".to_owned()), "{used:?}");
}

#[tokio::test]
async fn e1_no_public_key_is_taken_for_a_secret() {
    let app = App::with(on).await;
    let ec = Key::new();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = rsa.public_key();
    let n = encode(public.modulus().big_endian_without_leading_zero());
    let rsa_jwk = json!({"kty": "RSA", "n": n, "e": encode(public.exponent().big_endian_without_leading_zero())});
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(public).unwrap().as_ref().to_vec();
    for jwk in [&ec.public, &rsa_jwk] {
        let by_key = client(&app, "private_key_jwt", &json!({"jwks": {"keys": [jwk]}})).await;
        let by_secret = client(&app, "client_secret_jwt", &json!({"jwks": {"keys": [jwk]}})).await;
        let part =
            |name: &str| jwk[name].as_str().map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap_or_default();
        let point = [&[4], part("x").as_slice(), &part("y")].concat();
        let guesses = [
            jwk.to_string().into_bytes(),
            jwk["x"].as_str().or(jwk["n"].as_str()).unwrap().as_bytes().to_vec(),
            part("n"),
            point,
            der.clone(),
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der)).into_bytes(),
            Vec::new(),
        ];
        for client in [&by_key, &by_secret] {
            let id = text(client, "client_id");
            for guess in &guesses {
                let page = send_assertion(&app, &shared(guess, "HS256", &claims(&app, id))).await;
                assert_eq!((page.status, &page.json()["error"]), (401, &json!("invalid_client")));
            }
        }
    }
}

#[tokio::test]
async fn e1_the_algorithm_is_hs256_for_those_who_sign_with_a_secret_and_for_nobody_else() {
    let app = App::with(on).await;
    let key = Key::new();
    let keys = json!({"jwks": {"keys": [key.public]}});
    let by_secret = client(&app, "client_secret_jwt", &keys).await;
    let (id, secret) = (text(&by_secret, "client_id"), text(&by_secret, "client_secret"));
    for alg in ["none", "HS384", "HS512", "hs256", "ES256", "RS256", ""] {
        let page = send_assertion(&app, &shared(secret.as_bytes(), alg, &claims(&app, id))).await;
        assert_eq!(page.status, 401, "{alg}");
    }
    let page = send_assertion(&app, &key.sign(json!({}), &claims(&app, id))).await;
    assert_eq!(page.status, 401, "its key is for requests that it signs");
    for sent in [Some(secret), None] {
        let page = app.token(id, sent, &[("grant_type", "refresh_token"), ("refresh_token", "nothing")]).await;
        assert_eq!(page.json()["error"], "invalid_client", "its secret is not sent");
    }

    // A secret that is sent signs nothing, and a client with a key has none.
    let by_sending = client(&app, "client_secret_basic", &keys).await;
    assert_eq!(signed(&app, text(&by_sending, "client_id"), text(&by_sending, "client_secret")).await, 401);
    assert_eq!(signed(&app, CLIENT, "demo-reports-secret").await, 401);
    let by_key = client(&app, "private_key_jwt", &keys).await;
    assert_eq!(signed(&app, text(&by_key, "client_id"), secret).await, 401);
    assert_eq!(signed(&app, text(&by_key, "client_id"), "").await, 401);

    // What is pinned fits the method.
    for (method, alg, fits) in [
        ("client_secret_jwt", "HS256", true),
        ("client_secret_jwt", "RS256", false),
        ("client_secret_jwt", "HS512", false),
        ("private_key_jwt", "HS256", false),
    ] {
        let body = json!({
            "redirect_uris": ["https://example.com/callback"], "token_endpoint_auth_method": method,
            "token_endpoint_auth_signing_alg": alg, "jwks": {"keys": [key.public]},
        });
        assert_eq!(register(&app, &body).await.status, if fits { 201 } else { 400 }, "{method} {alg}");
    }
    let body = json!({"redirect_uris": ["https://example.com/callback"], "request_object_signing_alg": "HS256"});
    assert_eq!(register(&app, &body).await.status, 400, "for assertions alone");
}

#[tokio::test]
async fn d5_a_secret_of_one_client_signs_nothing_for_another() {
    let app = App::with(on).await;
    let one = client(&app, "client_secret_jwt", &json!({})).await;
    let two = client(&app, "client_secret_jwt", &json!({})).await;
    assert_eq!(signed(&app, text(&two, "client_id"), text(&one, "client_secret")).await, 401);
    // A sealed secret is the one of its row, whoever moves it.
    app.execute(
        "UPDATE client_secrets SET secret_sealed = (SELECT max(secret_sealed) FROM client_secrets) \
         WHERE secret_sealed IS NOT NULL",
    )
    .await;
    let (_, router) = app.second_node().await;
    let mut answers = Vec::new();
    for client in [&one, &two] {
        for secret in [&one, &two] {
            let (id, secret) = (text(client, "client_id"), text(secret, "client_secret"));
            answers.push(signed_at(&router, &app, id, secret).await);
        }
    }
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers[1] != 200 && answers[2] != 200, "{answers:?}");
}

#[tokio::test]
async fn while_secrets_change_over_both_sign() {
    let app = App::with(on).await;
    let old = signs(&app).await;
    let client = row(&app, CLIENT).await;
    let new_id = app.ctx.new_id().unwrap();
    let new = add_secret(&app.ctx, None, &client, new_id, "", Grace::Hour).await.unwrap().secret.reveal().to_owned();
    assert_eq!((signed(&app, CLIENT, &old).await, signed(&app, CLIENT, &new).await), (200, 200));
    app.clock.advance(hours(1));
    assert_eq!((signed(&app, CLIENT, &old).await, signed(&app, CLIENT, &new).await), (401, 200));
    let new_id = app.ctx.new_id().unwrap();
    let last = add_secret(&app.ctx, None, &client, new_id, "", Grace::Now).await.unwrap().secret.reveal().to_owned();
    app.clock.advance(seconds(1));
    assert_eq!((signed(&app, CLIENT, &new).await, signed(&app, CLIENT, &last).await), (401, 200));
}

#[tokio::test]
async fn the_method_is_chosen_on_the_clients_page_with_a_new_secret_and_forgotten_with_it() {
    let app = App::with(on).await;
    let mut dev = app.sign_in_portal(DEV).await;
    let path = app.client_path(CLIENT).await;
    let choose = async |dev: &mut Browser, method: &str| {
        let page = dev.get(&format!("{path}/keys")).await;
        dev.submit(page.form(&format!("{path}/method")).set("method", method)).await
    };
    let page = choose(&mut dev, "client_secret_jwt").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Portico keeps it sealed"), "{}", page.text());
    let secret = page.select(".secret__values dd code").remove(1);
    assert_eq!(signed(&app, CLIENT, &secret).await, 200);
    assert_eq!(signed(&app, CLIENT, "demo-reports-secret").await, 401, "the older one has ended");
    let form = [("grant_type", "client_credentials")];
    for sent in ["demo-reports-secret", secret.as_str()] {
        assert_eq!(app.token(CLIENT, Some(sent), &form).await.status, 401, "no secret is sent any more");
    }
    let page = dev.get(&path).await;
    assert!(!page.body.contains(&secret) && page.text().contains("(client_secret_jwt)"), "{}", page.text());
    assert!(page.text().contains("For signing"), "its secrets are listed: {}", page.text());
    assert_eq!(choose(&mut dev, "client_secret_jwt").await.status, 303, "chosen again, it makes no other one");
    assert_eq!(signed(&app, CLIENT, &secret).await, 200);
    let sealed = async || app.texts("client_secrets", "coalesce(secret_sealed, '')").await.concat();
    assert!(!sealed().await.is_empty());

    assert_eq!(choose(&mut dev, "secret").await.status, 303);
    assert_eq!(sealed().await, "", "what is not needed is forgotten");
    assert_eq!(signed(&app, CLIENT, &secret).await, 401);
    assert_eq!(app.token(CLIENT, Some(&secret), &form).await.status, 200, "it is known by its hash still");
    let log = app.texts("audit_events", "detail").await.join("\n");
    assert!(log.contains("client_secret_jwt") && !log.contains(&secret), "{log}");
}

#[tokio::test]
async fn a_registration_changes_to_it_and_away_from_it() {
    let app = App::with(on).await;
    let client = client(&app, "client_secret_basic", &json!({})).await;
    let id = text(&client, "client_id");
    let change = |method: &str| {
        json!({
            "client_id": id, "redirect_uris": ["https://example.com/callback"], "token_endpoint_auth_method": method,
        })
    };
    let changed = manage(&app, Method::PUT, &client, &change("client_secret_jwt")).await.json();
    let secret = text(&changed, "client_secret");
    assert_ne!(secret, text(&client, "client_secret"), "one that signs is another one");
    assert_eq!(signed(&app, id, secret).await, 200);
    assert_eq!(signed(&app, id, text(&client, "client_secret")).await, 401);
    let same = manage(&app, Method::PUT, &client, &change("client_secret_jwt")).await.json();
    assert!(same.get("client_secret").is_none(), "it stays as long as it is needed: {same}");
    assert_eq!(signed(&app, id, secret).await, 200);
    let back = manage(&app, Method::PUT, &client, &change("client_secret_post")).await.json();
    assert!(back.get("client_secret").is_none(), "{back}");
    assert_eq!(app.texts("client_secrets", "coalesce(secret_sealed, '')").await.concat(), "");
    let authorization = basic(id, secret);
    let page = app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", "nothing")]).await;
    assert_eq!(page.status, 200);
    assert_eq!(signed(&app, id, secret).await, 401);
}

/// Whoever asks for the registration is told what was chosen in the portal since.
#[tokio::test]
async fn a_registration_says_how_the_client_signs_in_now() {
    let app = App::with(on).await;
    let keys = json!({"jwks": {"keys": [Key::new().public]}, "token_endpoint_auth_signing_alg": "ES256"});
    let client = client(&app, "private_key_jwt", &keys).await;
    let id = text(&client, "client_id");
    for (method, told) in [(AuthMethod::SecretJwt, "client_secret_jwt"), (AuthMethod::Secret, "client_secret_basic")] {
        set_method(&app.ctx, None, &row(&app, id).await, method).await.unwrap();
        let now = manage(&app, Method::GET, &client, &json!({})).await.json();
        assert_eq!(now["token_endpoint_auth_method"], told);
        assert_eq!(now.get("token_endpoint_auth_signing_alg"), None, "it was for another method");
    }
}

#[tokio::test]
async fn only_the_profile_standard_has_it() {
    let app = App::with(on).await;
    for client in [row(&app, "demo-web").await, row(&app, "demo-fapi").await] {
        let tried = set_method(&app.ctx, None, &client, AuthMethod::SecretJwt).await;
        assert!(matches!(tried, Err(SetMethodError::Unfit)), "{} {tried:?}", client.client_id);
    }
    // A client that gets one of those signs in as that one demands, and its secret is forgotten.
    let app_row = row(&app, "demo-app").await;
    let secret = set_method(&app.ctx, None, &app_row, AuthMethod::SecretJwt).await.unwrap().unwrap();
    assert_eq!(signed(&app, "demo-app", secret.reveal()).await, 200);
    let mut dev = app.sign_in_portal(DEV).await;
    let path = app.client_path("demo-app").await;
    for profile in ["fapi2", "standard"] {
        let page = dev.get(&path).await;
        let mut form = page.form(&path);
        form.set("profile", profile).press("action", "save");
        assert_eq!(dev.submit(&form).await.status, 303, "{profile}");
        assert_eq!(signed(&app, "demo-app", secret.reveal()).await, 401, "{profile}");
        assert_eq!(app.texts("client_secrets", "coalesce(secret_sealed, '')").await.concat(), "");
    }
}
