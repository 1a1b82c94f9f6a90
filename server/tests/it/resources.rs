//! Audience and scope go in pairs (RFC 8707): a permission of an API is in tokens for that API.
//! There are two: the portal's own, and a ledger.

use serde_json::{Value, json};

use crate::harness::{App, Page, URL, authorize_url, basic};

const DEV: &str = "dev@portico.test";
const NUMBER: &str = "+46701740605";
const APP: (&str, &str) = ("demo-app", "demo-app-secret");
const REPORTS: (&str, &str) = ("demo-reports", "demo-reports-secret");
const CALL: (&str, &str) = ("demo-call", "demo-call-secret");
const LEDGER: &str = "https://ledger.example/";
const OTHER: &str = "https://other.example/";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const CIBA: &str = "urn:openid:params:grant-type:ciba";

fn api() -> String {
    format!("{URL}/api/v1")
}

/// The demo world with permissions of both APIs: `demo-app` may ask for `portal:read` and
/// `ledger:write`; `metrics.read` and `voicemail.get` are the ledger's, too.
async fn world() -> App {
    let app = App::demo().await;
    app.execute(&format!(
        "INSERT INTO scopes (name, category, description, consent_text, audience, position, refreshable, resource) \
         VALUES ('ledger:write', 'Ledger', 'Write the ledger', 'Write your ledger', 'users', 90, TRUE, '{LEDGER}')"
    ))
    .await;
    app.execute(&format!("UPDATE scopes SET resource = '{LEDGER}' WHERE name IN ('metrics.read', 'voicemail.get')"))
        .await;
    for scope in ["portal:read", "ledger:write"] {
        app.execute(&format!(
            "INSERT INTO product_scopes (product_id, scope, optional) \
             SELECT product_id, '{scope}', FALSE FROM clients WHERE client_id = 'demo-app'"
        ))
        .await;
    }
    let basic = ["authorization_code", "refresh_token", "client_credentials", DEVICE, EXCHANGE, CIBA];
    let metadata = json!({"grant_types": basic, "resources": [api(), LEDGER, OTHER]});
    for (client, _) in [APP, REPORTS, CALL] {
        app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = '{client}'")).await;
    }
    app
}

fn error(page: &Page) -> (u16, String) {
    (page.status, page.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

/// An authorization request of `demo-app`, with each of these resources.
fn url(scope: &str, resources: &[&str]) -> String {
    let url = authorize_url(APP.0, &[("scope", scope)]);
    resources.iter().fold(url, |url, resource| format!("{url}&{}", crate::harness::encode(&[("resource", *resource)])))
}

async fn code(app: &App, url: &str) -> String {
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(url).await;
    browser.allow(page).await.redirect_parameters()["code"].clone()
}

async fn redeem(app: &App, code: &str, more: &[(&str, &str)]) -> Page {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://example.com/callback")];
    app.token(APP.0, Some(APP.1), &[&form[..], more].concat()).await
}

async fn refresh(app: &App, token: &Value, more: &[(&str, &str)]) -> Page {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
    app.token(APP.0, Some(APP.1), &[&form[..], more].concat()).await
}

/// What a token allows, and for whom.
async fn pair(app: &App, tokens: &Value) -> (String, Value) {
    let token = [("token", tokens["access_token"].as_str().unwrap())];
    let told = app.post("/oauth2/introspect", &[("authorization", &basic(APP.0, APP.1))], &token).await.json();
    assert_eq!(told["scope"], tokens["scope"]);
    (told["scope"].as_str().unwrap().to_owned(), told["aud"].clone())
}

#[tokio::test]
async fn a_request_names_the_api_of_each_scope() {
    let app = world().await;
    let mut browser = app.sign_in_portal(DEV).await;
    for (scope, resources, expected) in [
        ("openid portal:read", &[LEDGER][..], "invalid_scope"),
        ("openid portal:read", &[OTHER, LEDGER], "invalid_scope"),
        ("openid portal:read ledger:write", &[LEDGER], "invalid_scope"),
        ("openid portal:read", &["https://unheard.example/"], "invalid_target"),
        ("openid portal:read", &["/api/v1"], "invalid_target"),
        ("openid portal:read", &["https://ledger.example/#here"], "invalid_target"),
    ] {
        let answer = browser.get(&url(scope, resources)).await.redirect_parameters();
        assert_eq!(answer["error"], expected, "{scope} {resources:?}: {}", answer["error_description"]);
    }
    // Who names no scope gets what there is for that API, and what is of none.
    let page = browser.follow(&url("", &[LEDGER])).await;
    let answer = browser.allow(page).await.redirect_parameters();
    let scopes: Vec<&str> = answer["scope"].split(' ').collect();
    assert!(scopes.contains(&"ledger:write") && scopes.contains(&"openid"), "{scopes:?}");
    assert!(!scopes.contains(&"portal:read"), "{scopes:?}");
    for (path, client, form) in [
        ("/oauth2/device/auth", APP, &[("scope", "openid portal:read"), ("resource", LEDGER)][..]),
        (
            "/oauth2/bc-authorize",
            CALL,
            &[("scope", "openid voicemail.get"), ("resource", OTHER), ("login_hint", NUMBER)],
        ),
        (
            "/oauth2/par",
            APP,
            &[
                ("response_type", "code"),
                ("redirect_uri", "https://example.com/callback"),
                ("nonce", "n"),
                ("scope", "openid portal:read"),
                ("resource", LEDGER),
            ],
        ),
    ] {
        let authorization = basic(client.0, client.1);
        let page = app.post(path, &[("authorization", &authorization)], form).await;
        assert_eq!(error(&page), refused("invalid_scope"), "{path}");
        let good: Vec<(&str, &str)> = form.iter().copied().filter(|(name, _)| *name != "resource").collect();
        let page = app.post(path, &[("authorization", &authorization)], &good).await;
        assert!(matches!(page.status, 200 | 201), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn a_token_allows_what_its_audience_has() {
    let app = world().await;
    let all = "openid portal:read ledger:write offline_access";
    let code = code(&app, &url(all, &[&api(), LEDGER])).await;
    // What is refused for this does not use the code up.
    assert_eq!(error(&redeem(&app, &code, &[("resource", OTHER)]).await), refused("invalid_target"));
    let page = redeem(&app, &code, &[("resource", &api())]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    assert_eq!(pair(&app, &tokens).await, ("openid portal:read offline_access".to_owned(), json!(api())));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(app.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);

    let page = refresh(&app, &tokens["refresh_token"], &[("resource", LEDGER)]).await.json();
    assert_eq!(pair(&app, &page).await, ("openid ledger:write offline_access".to_owned(), json!(LEDGER)));
    let bearer = format!("Bearer {}", page["access_token"].as_str().unwrap());
    assert_eq!(app.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 401);
    // Twice the same is once, and what is refused leaves the refresh token as it was.
    let refused_here = [("resource", LEDGER), ("scope", "openid portal:read")];
    assert_eq!(error(&refresh(&app, &page["refresh_token"], &refused_here).await), refused("invalid_scope"));
    assert_eq!(error(&refresh(&app, &page["refresh_token"], &[("resource", OTHER)]).await), refused("invalid_target"));
    let page = refresh(&app, &page["refresh_token"], &[("resource", LEDGER), ("resource", LEDGER)]).await.json();
    assert_eq!(pair(&app, &page).await.1, json!(LEDGER));
    let page = refresh(&app, &page["refresh_token"], &[]).await.json();
    assert_eq!(pair(&app, &page).await, (all.to_owned(), json!([api(), LEDGER])), "all that was granted");
}

#[tokio::test]
async fn without_a_resource_nothing_is_left_out() {
    let app = world().await;
    let code = code(&app, &url("openid portal:read ledger:write offline_access", &[])).await;
    let tokens = redeem(&app, &code, &[]).await.json();
    assert_eq!(pair(&app, &tokens).await.1, json!(URL));
    assert_eq!(tokens["scope"], "openid portal:read ledger:write offline_access");
    // Of what the client may ask for, a token can still be for one.
    let tokens = refresh(&app, &tokens["refresh_token"], &[("resource", LEDGER)]).await.json();
    assert_eq!(pair(&app, &tokens).await, ("openid ledger:write offline_access".to_owned(), json!(LEDGER)));
}

#[tokio::test]
async fn an_api_that_the_client_has_lost_since_is_in_no_token() {
    let mut app = world().await;
    let code = code(&app, &url("openid portal:read ledger:write offline_access", &[&api(), LEDGER])).await;
    let tokens = redeem(&app, &code, &[]).await.json();
    let metadata = json!({"resources": [api()]});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-app'")).await;
    let (ctx, router) = app.second_node().await;
    (app.ctx, app.router) = (ctx, router);
    assert_eq!(
        error(&refresh(&app, &tokens["refresh_token"], &[("resource", LEDGER)]).await),
        refused("invalid_target")
    );
    let tokens = refresh(&app, &tokens["refresh_token"], &[]).await.json();
    assert_eq!(pair(&app, &tokens).await, ("openid portal:read offline_access".to_owned(), json!(api())));
}

#[tokio::test]
async fn services_ask_in_pairs_too() {
    let app = world().await;
    app.execute("UPDATE clients SET token_format = 'jwt' WHERE client_id = 'demo-reports'").await;
    let ask = async |more: &[(&str, &str)]| {
        app.token(REPORTS.0, Some(REPORTS.1), &[&[("grant_type", "client_credentials")], more].concat()).await
    };
    assert_eq!(error(&ask(&[("resource", OTHER), ("scope", "metrics.read")]).await), refused("invalid_scope"));
    assert_eq!(error(&ask(&[("resource", OTHER)]).await), refused("invalid_target"), "nothing of it is there");
    let tokens = ask(&[("resource", LEDGER)]).await.json();
    let claims = crate::harness::jwt::claims(&tokens["access_token"]);
    assert_eq!((claims["aud"].clone(), claims["scope"].clone()), (json!(LEDGER), json!("metrics.read")));
    let tokens = ask(&[("resource", LEDGER), ("resource", OTHER)]).await.json();
    let claims = crate::harness::jwt::claims(&tokens["access_token"]);
    assert_eq!(claims["aud"], json!([LEDGER, OTHER]));

    // One service acts for a person at another.
    let code = code(&app, &url("openid portal:read ledger:write", &[&api(), LEDGER])).await;
    let subject = redeem(&app, &code, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let exchange = async |more: &[(&str, &str)]| {
        let access_token = "urn:ietf:params:oauth:token-type:access_token";
        let form =
            [("grant_type", EXCHANGE), ("subject_token", subject.as_str()), ("subject_token_type", access_token)];
        app.token(APP.0, Some(APP.1), &[&form[..], more].concat()).await
    };
    let tokens = exchange(&[("resource", LEDGER)]).await.json();
    assert_eq!(pair(&app, &tokens).await, ("openid ledger:write".to_owned(), json!(LEDGER)));
    let wrong = exchange(&[("audience", LEDGER), ("scope", "portal:read")]).await;
    assert_eq!(error(&wrong), refused("invalid_scope"));
}
