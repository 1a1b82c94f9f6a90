//! The page *Tokens and requests* of a client, and that what it says is what happens.

use model::{hours, seconds};
use serde_json::Value;

use crate::harness::{App, Browser, Page, authorize_url, basic, claims, header};

const DEV: &str = "dev@portico.test";
const NUMBER: &str = "+46701740605";
const API: &str = "https://api.example/v1";

async fn open(app: &App, browser: &mut Browser, client_id: &str) -> (String, Page) {
    let path = format!("{}/tokens", app.client_path(client_id).await);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200);
    (path, page)
}

/// Sets these fields and saves.
async fn save(app: &App, browser: &mut Browser, client_id: &str, fields: &[(&str, &str)]) -> Page {
    let (path, page) = open(app, browser, client_id).await;
    let mut form = page.form(&path);
    for (name, value) in fields {
        form.set(name, value);
    }
    browser.submit(&form).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test]
async fn tokens_live_as_long_as_the_page_says() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let before = app.tokens("phone offline_access", NUMBER).await;
    assert_eq!(before["expires_in"], 3600);
    assert_eq!(save(&app, &mut dev, "demo-web", &[("access_minutes", "5"), ("refresh_hours", "2")]).await.status, 303);
    let (path, page) = open(&app, &mut dev, "demo-web").await;
    assert_eq!((page.form(&path).get("access_minutes"), page.form(&path).get("refresh_hours")), (Some("5"), Some("2")));
    let client = dev.get(&app.client_path("demo-web").await).await;
    assert!(client.text().contains("Access tokens live 5 min, refresh tokens live 2 h"), "{}", client.text());

    let tokens = app.tokens("phone offline_access", NUMBER).await;
    assert_eq!(tokens["expires_in"], 300);
    app.clock.advance(seconds(299));
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 200);
    app.clock.advance(seconds(2));
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
    let old = format!("Bearer {}", text(&before, "access_token"));
    assert_eq!(app.get("/userinfo", &[("authorization", &old)]).await.status, 200, "what was out stays as it was");

    app.clock.advance(hours(2));
    let late = app.refresh(text(&tokens, "refresh_token")).await;
    assert_eq!(late.json()["error"], "invalid_grant");
    assert_eq!(app.refresh(text(&before, "refresh_token")).await.status, 200, "what was out stays as it was");

    assert_eq!(save(&app, &mut dev, "demo-web", &[("access_minutes", ""), ("refresh_hours", "")]).await.status, 303);
    assert_eq!(app.tokens("phone offline_access", NUMBER).await["expires_in"], 3600);
}

#[tokio::test]
async fn what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let many = (0..21).map(|n| format!("urn:api:{n}")).collect::<Vec<_>>().join("\n");
    for (field, typed, said) in [
        ("access_minutes", "4", "from 5 to 60"),
        ("access_minutes", "61", "from 5 to 60"),
        ("access_minutes", "-5", "from 5 to 60"),
        ("access_minutes", "9223372036854775807", "from 5 to 60"),
        ("access_minutes", "an hour", "a whole number"),
        ("refresh_hours", "0", "from 1 to 4320"),
        ("refresh_hours", "4321", "from 1 to 4320"),
        ("resources", "api.example", "api.example is not an absolute URI"),
        ("resources", "https://api.example/#here", "is not an absolute URI"),
        ("resources", &many, "Write 20 at most"),
        ("signed", "on", "no key to sign with"),
    ] {
        let page = save(&app, &mut dev, "demo-web", &[(field, typed)]).await;
        assert_eq!(page.status, 422, "{field} {typed}");
        let error = page.select(&format!("#{field}-error")).join("");
        assert!(error.contains(said), "{field} {typed}: {error}");
        let (path, saved) = open(&app, &mut dev, "demo-web").await;
        assert_eq!(page.form(&path).get(field).map(str::trim), Some(typed), "as it was typed");
        assert_ne!(saved.form(&path).get(field).map(str::trim), Some(typed), "not saved");
    }
}

#[tokio::test]
async fn an_audience_must_be_on_the_list() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let form = [("grant_type", "client_credentials"), ("scope", "metrics.read"), ("resource", API)];
    let ask = async || app.token("demo-reports", Some("demo-reports-secret"), &form).await;
    assert_eq!(ask().await.json()["error"], "invalid_target");
    let resources = format!("urn:other\n{API}\n");
    assert_eq!(save(&app, &mut dev, "demo-reports", &[("resources", &resources)]).await.status, 303);
    let page = ask().await;
    assert_eq!(page.status, 200, "{}", page.body);
    let token = text(&page.json(), "access_token").to_owned();
    let authorization = basic("demo-reports", "demo-reports-secret");
    let page = app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", &token)]).await;
    assert_eq!(page.json()["aud"], API);
    assert_eq!(save(&app, &mut dev, "demo-reports", &[("resources", "")]).await.status, 303);
    assert_eq!(ask().await.json()["error"], "invalid_target");
}

#[tokio::test]
async fn what_is_signed_and_with_what() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let fields = [("id_token_alg", "ES256"), ("userinfo_alg", "EdDSA"), ("introspection_alg", "RS256")];
    assert_eq!(save(&app, &mut dev, "demo-app", &fields).await.status, 303);
    let tokens = app.tokens_of_user(&mut dev, &[]).await;
    assert_eq!(header(text(&tokens, "id_token"))["alg"], "ES256");
    let token = text(&tokens, "access_token");
    let page = app.get("/userinfo", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(header(&page.body)["alg"], "EdDSA");
    let authorization = basic("demo-app", "demo-app-secret");
    let page = app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", token)]).await;
    assert_eq!(header(&page.body)["alg"], "RS256");

    let public = text(&claims(text(&tokens, "id_token")), "sub").to_owned();
    let plain = [("userinfo_alg", ""), ("introspection_alg", ""), ("subject_type", "pairwise")];
    assert_eq!(save(&app, &mut dev, "demo-app", &plain).await.status, 303);
    let tokens = app.tokens_of_user(&mut dev, &[]).await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let answer = app.get("/userinfo", &[("authorization", &bearer)]).await.json();
    assert_ne!(text(&answer, "sub"), public, "another one for this product");
}

#[tokio::test]
async fn requests_that_the_client_does_not_want_are_refused() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    assert_eq!(save(&app, &mut dev, "demo-web", &[("pushed", "on"), ("dpop", "on")]).await.status, 303);
    let page = app.browser().follow(&authorize_url("demo-web", &[])).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");
    assert!(page.redirect_parameters()["error_description"].contains("push"), "{:?}", page.location());
    let form = [("grant_type", "client_credentials")];
    let page = app.token("demo-web", Some("demo-web-secret"), &form).await;
    assert_eq!(page.json()["error"], "invalid_request", "{}", page.body);
    assert!(page.json()["error_description"].as_str().unwrap().contains("DPoP proof"), "{}", page.body);

    // Of a client with a key the signature can be demanded.
    let (path, page) = open(&app, &mut dev, "demo-fapi").await;
    assert!(
        page.form(&path).get("pushed").is_none() && page.form(&path).get("dpop").is_none(),
        "the profile demands it"
    );
    assert!(page.text().contains("The profile refuses"), "{}", page.text());
    assert_eq!(save(&app, &mut dev, "demo-fapi", &[("signed", "on")]).await.status, 303);
    let page = crate::fapi::Client::new(&app).push(&[]).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request")), "{}", page.body);
}

/// What a member may only look at, or not even that.
#[tokio::test]
async fn only_who_manages_clients_changes_their_tokens() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let (path, page) = open(&app, &mut dev, "demo-web").await;
    let form = page.form(&path);
    app.execute("UPDATE memberships SET role = 'viewer'").await;
    let mut viewer = app.sign_in_portal(DEV).await;
    let seen = viewer.get(&path).await;
    assert_eq!(seen.status, 200);
    assert!(!seen.body.contains(">Save</button>"), "nothing to save");
    let mut forged = form.clone();
    forged.set("access_minutes", "5").set("csrf", &viewer.get("/account").await.csrf());
    assert_eq!(viewer.submit(&forged).await.status, 403);
    let mut stranger = crate::accounts::join(&app, "stranger@example.test").await;
    assert_eq!(stranger.get(&path).await.status, 404);
    let mut forged = form.clone();
    forged.set("csrf", &stranger.get("/account").await.csrf());
    assert_eq!(stranger.submit(&forged).await.status, 404);
    assert_eq!(app.tokens("phone offline_access", NUMBER).await["expires_in"], 3600, "nothing has changed");
}

/// A client without a secret is not asked whether its requests must be signed, but can have registered it.
#[tokio::test]
async fn what_the_page_does_not_ask_stays_as_it_was_registered() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let registered = r#"{"require_signed_request_object":true,"introspection_signed_response_alg":"ES256"}"#;
    app.execute(&format!("UPDATE clients SET metadata = '{registered}' WHERE client_id = 'demo-spa'")).await;
    let sector = r#"{"sector_identifier_uri":"https://example.com/sector","subject_type":"pairwise"}"#;
    app.execute(&format!("UPDATE clients SET metadata = '{sector}' WHERE client_id = 'demo-app'")).await;
    app.execute("UPDATE clients SET id_token_alg = 'ES256' WHERE client_id = 'demo-reports'").await;
    for (client, unasked) in [
        ("demo-spa", &["signed", "introspection_alg"][..]),
        ("demo-app", &["subject_type"]),
        ("demo-reports", &["signed", "pushed", "id_token_alg", "userinfo_alg", "refresh_hours", "subject_type"]),
    ] {
        let (path, page) = open(&app, &mut dev, client).await;
        for name in unasked {
            assert!(page.select(&format!("#{name}")).is_empty(), "{client} is asked for {name}");
        }
        let mut form = page.form(&path);
        form.set("access_minutes", "5");
        // What nobody was asked is not to be said either.
        for name in unasked {
            form.set(name, if *name == "subject_type" { "public" } else { "" });
        }
        assert_eq!(dev.submit(&form).await.status, 303, "{client}");
        let client = model::cache::client(&app.ctx, client).await.unwrap().unwrap();
        let told = client.metadata.to_text();
        for kept in match client.client_id.as_str() {
            "demo-spa" => [r#""require_signed_request_object":true"#, r#""introspection_signed_response_alg":"ES256""#],
            "demo-app" => [r#""sector_identifier_uri":"https://example.com/sector""#, r#""subject_type":"pairwise""#],
            _ => [r#""access_token_lifetime":300"#; 2],
        } {
            assert!(told.contains(kept) && told.contains("300"), "{}: {told}", client.client_id);
        }
        if client.client_id == "demo-reports" {
            assert_eq!(client.id_token_alg.as_str(), "ES256");
        }
    }
    let page = app.browser().follow(&authorize_url("demo-spa", &[])).await;
    let refused = page.redirect_parameters();
    assert!(refused["error_description"].contains("sign"), "{refused:?}");
}
