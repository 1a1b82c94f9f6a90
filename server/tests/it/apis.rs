//! APIs as rows: how tokens for each look, who may introspect them, and the administrators' pages.
//!
//! `demo-app` asks for a ledger's tokens; `demo-reports` is moved to Nordtel, which may run it.

use model::{
    api::manage::{self, About, ApiError, NewScope, ScopeWords, UsedBy},
    db::Work,
    entity::{ScopeAudience, TokenFormat},
    id,
    key::{self, KeyState},
    named::{Named, SUGGESTED},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    device,
    harness::{
        App, Browser, Page, URL, authorize_url, basic, encode,
        jwt::{claims, header},
    },
    jwt_bearer,
    registration_tokens::many,
};

const DEV: &str = "dev@portico.test";
const ADMIN: &str = "admin@portico.test";
const PATH: &str = "/admin/apis";
const APP: (&str, &str) = ("demo-app", "demo-app-secret");
const REPORTS: (&str, &str) = ("demo-reports", "demo-reports-secret");
const WEB: (&str, &str) = ("demo-web", "demo-web-secret");
const LEDGER: &str = "https://ledger.example/";
const OTHER: &str = "urn:example:other";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ALL: &str = "openid portal:read ledger:write offline_access";

fn portal() -> String {
    format!("{URL}/api/v1")
}

fn about(token_format: Option<TokenFormat>, organization: Option<Uuid>) -> About {
    About { name: "Ledger".to_owned(), token_format, organization }
}

fn words(consent_text: &str) -> ScopeWords {
    ScopeWords {
        category: "Ledger".to_owned(),
        description: "Write the ledger".to_owned(),
        consent_text: consent_text.to_owned(),
    }
}

fn scope(name: &str) -> NewScope {
    NewScope {
        name: name.to_owned(),
        words: words("Write your ledger"),
        audience: ScopeAudience::Users,
        refreshable: true,
    }
}

async fn organization(app: &App, name: &str) -> Uuid {
    match manage::find_runner(&app.ctx, name).await.unwrap() {
        Named::One(organization) => organization.id,
        other => panic!("{name}: {other:?}"),
    }
}

/// The demo world with the ledger, of which `demo-app` may ask for `ledger:write`, and another API
/// that says nothing. `demo-reports` belongs to Nordtel, `demo-web` to Fjordmobil.
async fn world() -> (App, Uuid) {
    let app = App::demo().await;
    let ledger = manage::add(&app.ctx, None, LEDGER, &about(None, None)).await.unwrap();
    manage::add_scope(&app.ctx, None, ledger, &scope("ledger:write")).await.unwrap();
    for scope in ["portal:read", "ledger:write"] {
        app.execute(&format!(
            "INSERT INTO product_scopes (product_id, scope, optional) \
             SELECT product_id, '{scope}', FALSE FROM clients WHERE client_id = 'demo-app'"
        ))
        .await;
    }
    let grants = ["authorization_code", "refresh_token", "client_credentials", DEVICE, EXCHANGE];
    let metadata = json!({"grant_types": grants, "resources": [portal(), LEDGER, OTHER]});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id IN ('demo-app', 'demo-reports')"))
        .await;
    for (client, owner) in [("demo-reports", "Nordtel"), ("demo-web", "Fjordmobil")] {
        app.execute(&format!(
            "UPDATE clients SET organization_id = (SELECT id FROM organizations WHERE name = '{owner}') \
             WHERE client_id = '{client}'"
        ))
        .await;
    }
    (app, ledger)
}

/// What `demo-app` gets for a portal user, with each of these resources.
async fn tokens(app: &App, scope: &str, resources: &[&str]) -> Value {
    let mut browser = app.sign_in_portal(DEV).await;
    let url = authorize_url(APP.0, &[("scope", scope)]);
    let url = resources.iter().fold(url, |url, resource| format!("{url}&{}", encode(&[("resource", *resource)])));
    let page = browser.follow(&url).await;
    // Who has allowed it before is not asked again.
    let page = if page.location().is_some() { page } else { browser.allow(page).await };
    let code = page.redirect_parameters()["code"].clone();
    let form =
        [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", "https://example.com/callback")];
    given(&app.token(APP.0, Some(APP.1), &form).await)
}

fn given(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"))
}

/// The audience of a JWT; nothing, if it is none.
fn signed_for(tokens: &Value) -> Option<Value> {
    let token = access(tokens);
    token.contains('.').then(|| {
        assert_eq!(header(token)["typ"], "at+jwt");
        claims(token)["aud"].clone()
    })
}

async fn service(app: &App, resources: &[&str]) -> Value {
    let named: Vec<(&str, &str)> = resources.iter().map(|resource| ("resource", *resource)).collect();
    given(&app.token(REPORTS.0, Some(REPORTS.1), &[&[("grant_type", "client_credentials")], &named[..]].concat()).await)
}

async fn introspect(app: &App, client: (&str, &str), tokens: &Value) -> Value {
    let form = [("token", access(tokens))];
    given(&app.post("/oauth2/introspect", &[("authorization", &basic(client.0, client.1))], &form).await)
}

async fn userinfo(app: &App, tokens: &Value) -> u16 {
    let bearer = format!("Bearer {}", access(tokens));
    app.get("/userinfo", &[("authorization", &bearer)]).await.status
}

#[tokio::test]
async fn the_api_says_how_tokens_for_it_look() {
    let (app, ledger) = world().await;
    let tokens = tokens(&app, ALL, &[&portal(), LEDGER]).await;
    assert_eq!(signed_for(&tokens), None, "as the client says");
    // Heard at once: no cache holds the catalogue as it was.
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Jwt), None)).await.unwrap();
    let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    for (resources, expected) in [
        (&[LEDGER][..], Some(json!(LEDGER))),
        (&[&*portal(), LEDGER], Some(json!([portal(), LEDGER]))),
        (&[&*portal()], None),
        (&[], Some(json!([portal(), LEDGER]))),
    ] {
        let named: Vec<(&str, &str)> = resources.iter().map(|resource| ("resource", *resource)).collect();
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
        let next = given(&app.token(APP.0, Some(APP.1), &[&form[..], &named[..]].concat()).await);
        assert_eq!(signed_for(&next), expected, "{resources:?}");
        refresh = next["refresh_token"].as_str().unwrap().to_owned();
    }
    manage::change(&app.ctx, None, ledger, &about(None, None)).await.unwrap();
    assert_eq!(signed_for(&service(&app, &[LEDGER]).await), None);
}

#[tokio::test]
async fn an_api_is_opaque_though_its_client_says_jwt() {
    let (app, ledger) = world().await;
    app.execute("UPDATE clients SET token_format = 'jwt' WHERE client_id IN ('demo-app', 'demo-reports')").await;
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Opaque), None)).await.unwrap();
    let tokens = tokens(&app, "openid ledger:write", &[LEDGER]).await;
    assert_eq!(signed_for(&tokens), None);
    assert_eq!(introspect(&app, APP, &tokens).await["aud"], LEDGER);
    // A token for nobody in particular, and one for an API that says nothing, are the client's.
    assert_eq!(signed_for(&service(&app, &[]).await), Some(json!(URL)));
    assert_eq!(signed_for(&service(&app, &[OTHER]).await), Some(json!(OTHER)));
    assert_eq!(signed_for(&service(&app, &[OTHER, LEDGER]).await), None);
    // Of two that say so, one JWT decides.
    let other = About { name: "Other".to_owned(), ..about(Some(TokenFormat::Jwt), None) };
    manage::add(&app.ctx, None, OTHER, &other).await.unwrap();
    assert_eq!(signed_for(&service(&app, &[LEDGER, OTHER]).await), Some(json!([LEDGER, OTHER])));
    assert_eq!(signed_for(&service(&app, &[LEDGER]).await), None);
}

#[tokio::test]
async fn each_grant_follows_the_api() {
    let (app, ledger) = world().await;
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Jwt), None)).await.unwrap();
    assert_eq!(signed_for(&service(&app, &[LEDGER]).await), Some(json!(LEDGER)));

    let subject = tokens(&app, "openid ledger:write", &[]).await;
    assert_eq!(signed_for(&subject), None);
    let access_token = "urn:ietf:params:oauth:token-type:access_token";
    let form = [("grant_type", EXCHANGE), ("subject_token", access(&subject)), ("subject_token_type", access_token)];
    let exchanged = app.token(APP.0, Some(APP.1), &[&form[..], &[("audience", LEDGER)]].concat()).await;
    assert_eq!(signed_for(&given(&exchanged)), Some(json!(LEDGER)));
    assert_eq!(signed_for(&given(&app.token(APP.0, Some(APP.1), &form).await)), None);

    let asked = [("scope", "openid ledger:write"), ("resource", LEDGER)];
    let begun = given(&app.post("/oauth2/device/auth", &[("authorization", &basic(APP.0, APP.1))], &asked).await);
    let mut browser = app.sign_in_portal(DEV).await;
    device::sign_in(&mut browser, &begun).await;
    assert_eq!(signed_for(&given(&device::poll(&app, device::APP, &begun).await)), Some(json!(LEDGER)));
}

#[tokio::test]
async fn an_assertion_s_token_follows_the_api_and_the_clients_page_names_it() {
    let (app, issuer) = jwt_bearer::service().await;
    manage::add(&app.ctx, None, LEDGER, &about(Some(TokenFormat::Jwt), None)).await.unwrap();
    let mut browser = app.sign_in_portal(DEV).await;
    let path = format!("{}/tokens", app.client_path(REPORTS.0).await);
    let page = browser.get(&path).await;
    assert!(!page.text().contains("Ledger"), "{}", page.text());
    let page = browser.submit_following(page.form(&path).set("resources", LEDGER)).await;
    assert!(page.text().contains(&format!("Ledger, whose tokens are JWTs: {LEDGER}")), "{}", page.text());
    let assertion = || issuer.sign(json!({"typ": "JWT"}), &jwt_bearer::claims(&app, jwt_bearer::SUBJECT));
    let redeem = async |more: &[(&str, &str)]| given(&jwt_bearer::redeem_as(&app, REPORTS, &assertion(), more).await);
    assert_eq!(signed_for(&redeem(&[("resource", LEDGER)]).await), Some(json!(LEDGER)));
    assert_eq!(signed_for(&redeem(&[]).await), None);
}

#[tokio::test]
async fn who_runs_an_api_introspects_what_is_its_own_of_a_token() {
    let (app, ledger) = world().await;
    let both = tokens(&app, ALL, &[&portal(), LEDGER]).await;
    assert_eq!(introspect(&app, REPORTS, &both).await, json!({"active": false}), "nobody runs it yet");
    let nordtel = organization(&app, "Nordtel").await;
    manage::change(&app.ctx, None, ledger, &about(None, Some(nordtel))).await.unwrap();

    let own = introspect(&app, APP, &both).await;
    assert_eq!((&own["scope"], &own["aud"]), (&json!(ALL), &json!([portal(), LEDGER])));
    assert!(own["sid"].is_string(), "{own}");
    let told = introspect(&app, REPORTS, &both).await;
    assert_eq!(told["active"], true, "{told}");
    assert_eq!((&told["scope"], &told["aud"]), (&json!("openid ledger:write offline_access"), &json!(LEDGER)));
    for same in ["sub", "client_id", "exp", "iat", "iss", "jti", "token_type"] {
        assert_eq!(told[same], own[same], "{same}");
    }
    // Neither what a JWT would not say, nor the name of another API in any member.
    assert!(told.get("sid").is_none(), "{told}");
    let text = told.to_string();
    assert!(!text.contains("portal:read") && !text.contains("/api/v1"), "{text}");

    // Signed, it is no more.
    let authorization = basic(REPORTS.0, REPORTS.1);
    let headers = [("authorization", authorization.as_str()), ("accept", "application/token-introspection+jwt")];
    let page = app.post("/oauth2/introspect", &headers, &[("token", access(&both))]).await;
    let signed = claims(page.body.trim());
    assert_eq!((&signed["aud"], &signed["token_introspection"]), (&json!(REPORTS.0), &told));

    // Nobody else: another organization, a public client, or about another API's tokens.
    assert_eq!(introspect(&app, WEB, &both).await, json!({"active": false}));
    let public = [("client_id", "demo-spa"), ("token", access(&both))];
    assert_eq!(app.post("/oauth2/introspect", &[], &public).await.status, 401);
    for resources in [&[][..], &[&*portal()], &[OTHER]] {
        let others = tokens(&app, "openid", resources).await;
        assert_eq!(introspect(&app, APP, &others).await["active"], true, "{resources:?}");
        assert_eq!(introspect(&app, REPORTS, &others).await, json!({"active": false}), "{resources:?}");
    }

    // It may ask, and no more than that: it revokes nothing of another's.
    app.post("/oauth2/revoke", &[("authorization", &authorization)], &[("token", access(&both))]).await;
    assert_eq!(introspect(&app, REPORTS, &both).await["active"], true);
    app.post("/oauth2/revoke", &[("authorization", &basic(APP.0, APP.1))], &[("token", access(&both))]).await;
    assert_eq!(introspect(&app, REPORTS, &both).await, json!({"active": false}));
}

#[tokio::test]
async fn who_runs_an_api_introspects_jwts_and_exchanged_tokens_too() {
    let (app, ledger) = world().await;
    let nordtel = organization(&app, "Nordtel").await;
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Jwt), Some(nordtel))).await.unwrap();
    let subject = tokens(&app, "openid portal:read ledger:write", &[&portal(), LEDGER]).await;
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", access(&subject)),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    let exchanged = given(&app.token(APP.0, Some(APP.1), &form).await);
    for tokens in [&subject, &exchanged] {
        assert!(signed_for(tokens).is_some());
        let told = introspect(&app, REPORTS, tokens).await;
        assert_eq!((&told["scope"], &told["aud"]), (&json!("openid ledger:write"), &json!(LEDGER)), "{told}");
    }
    assert_eq!(introspect(&app, REPORTS, &exchanged).await["act"], json!({"sub": APP.0}));
    // Who runs it no longer is told nothing, at once.
    manage::change(&app.ctx, None, ledger, &about(None, None)).await.unwrap();
    assert_eq!(introspect(&app, REPORTS, &subject).await, json!({"active": false}));
    assert_eq!(userinfo(&app, &tokens(&app, "openid profile", &[]).await).await, 200);
}

#[tokio::test]
async fn tokens_for_an_api_and_questions_about_them_touch_no_disk() {
    let (app, ledger) = world().await;
    let nordtel = organization(&app, "Nordtel").await;
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Jwt), Some(nordtel))).await.unwrap();
    let tokens = tokens(&app, "openid ledger:write", &[LEDGER]).await;
    service(&app, &[LEDGER]).await;
    introspect(&app, REPORTS, &tokens).await;
    let nothing = Work { statements: 0, commits: 0 };
    let (work, given) = app.least_work_of(async || service(&app, &[LEDGER]).await).await;
    assert_eq!((signed_for(&given), work), (Some(json!(LEDGER)), nothing));
    let (work, told) = app.least_work_of(async || introspect(&app, REPORTS, &tokens).await).await;
    assert_eq!((&told["active"], work), (&json!(true), nothing));
}

#[tokio::test]
async fn a_pulled_key_breaks_what_an_api_has_signed() {
    let (app, ledger) = world().await;
    let keys = key::list(&app.ctx).await.unwrap();
    let signing = keys.into_iter().find(|key| key.purpose == "ES256" && key.state == KeyState::Signing).unwrap();
    let before = key::impact(&app.ctx, &signing).await.unwrap();
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Opaque), None)).await.unwrap();
    assert_eq!(key::impact(&app.ctx, &signing).await.unwrap().clients, before.clients);
    manage::change(&app.ctx, None, ledger, &about(Some(TokenFormat::Jwt), None)).await.unwrap();
    tokens(&app, "openid ledger:write", &[LEDGER]).await;
    let after = key::impact(&app.ctx, &signing).await.unwrap();
    let both = "demo-app and demo-reports may ask for it";
    assert_eq!((after.clients, after.authorizations), (before.clients + 2, before.authorizations + 1), "{both}");
}

#[tokio::test]
async fn what_is_there_already_becomes_rows() {
    let app = App::empty().await;
    assert_eq!(app.texts("apis", "resource").await, ["/api/v1"]);
    assert_eq!(app.texts("apis", "name").await, ["Portico"]);
    let listed = manage::list(&app.ctx, None, 10).await.unwrap();
    assert_eq!((listed[0].scopes, listed[0].built_in()), (1, true));
    let id = listed[0].row.id;
    assert!(matches!(manage::remove(&app.ctx, None, id).await, Err(ApiError::Used(UsedBy::Portal))));
    let removed = manage::remove_scope(&app.ctx, None, id, "portal:read").await;
    assert!(matches!(removed, Err(ApiError::Used(UsedBy::Portal))));
}

/// The value of the choice of an organization.
/// Adds the ledger, run by Nordtel, with one scope; the path of its page.
async fn add(admin: &mut Browser) -> String {
    let new = format!("{PATH}/new");
    let page = admin.get(&new).await;
    let mut form = page.form(&new);
    form.set("name", "Ledger").set("resource", LEDGER).set("token_format", "jwt");
    let page = admin.submit_following(form.set("organization", "Nordtel")).await;
    assert!(page.text().contains("The API is added.") && page.text().contains("No scopes yet"), "{}", page.text());
    let path = page.path.clone();
    let scopes = format!("{path}/scopes");
    let mut form = page.form(&scopes);
    form.set("scope", "ledger:write").set("category", "Ledger").set("description", "Write the ledger");
    let page = admin.submit_following(form.set("consent_text", "Write your ledger")).await;
    assert!(page.text().contains("The scope is added."), "{}", page.text());
    path
}

async fn actions(app: &App) -> Vec<String> {
    let all = app.texts("audit_events", "action").await;
    all.into_iter().filter(|action| action.starts_with("api.")).collect()
}

#[tokio::test]
async fn an_administrator_adds_an_api_and_a_scope_changes_and_removes_them() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get(PATH).await;
    assert_eq!(page.select("tbody tr").len(), 1, "the portal's own: {}", page.text());
    assert!(page.attributes("a", "href").contains(&format!("{PATH}/new")));
    let path = add(&mut admin).await;
    let row = admin.get(PATH).await.select("tbody tr").remove(0);
    for words in ["Ledger", LEDGER, "JWT", "Nordtel", "1"] {
        assert!(row.contains(words), "{words}: {row}");
    }
    // A developer finds the scope, with what it is of.
    let mut dev = app.sign_in_portal(DEV).await;
    let product = app.client_path(APP.0).await;
    let product = product.split("/clients/").next().unwrap();
    let scopes = dev.get(&format!("{product}/scopes")).await.text();
    assert!(scopes.contains("ledger:write") && scopes.contains(LEDGER), "{scopes}");

    let page = admin.get(&path).await;
    assert_eq!(page.form(&path).get("token_format"), Some("jwt"));
    let mut form = page.form(&path);
    form.set("name", "Main ledger").set("token_format", "opaque").set("organization", "");
    let page = admin.submit_following(&form).await;
    assert!(page.text().contains("Saved."), "{}", page.text());
    assert_eq!(page.select("h1"), ["Main ledger"]);
    assert_eq!(page.form(&path).get("organization"), Some(""));
    // What is saved unchanged is no entry.
    admin.submit_following(&page.form(&path)).await;

    // An API with scopes stays; then the scope goes, and then the API.
    let remove = format!("{path}/remove");
    let page = admin.get(&remove).await;
    let page = admin.submit_following(&page.form(&remove)).await;
    assert!(page.text().contains("It still has 1 scope."), "{}", page.text());
    let end = page.attributes("tbody a", "href").remove(1);
    assert_eq!(end, format!("{path}/scopes/remove?scope=ledger%3Awrite"));
    let page = admin.get(&end).await;
    assert!(page.text().contains("Remove ledger:write?"), "{}", page.text());
    let mut form = page.form(&format!("{path}/scopes/remove"));
    form.action.clone_from(&end);
    let page = admin.submit_following(&form).await;
    assert!(page.text().contains("The scope is removed."), "{}", page.text());
    assert!(!app.texts("scopes", "name").await.contains(&"ledger:write".to_owned()));
    let page = admin.get(&remove).await;
    let page = admin.submit_following(&page.form(&remove)).await;
    assert!(page.text().contains("The API is removed."), "{}", page.text());
    assert_eq!(app.texts("apis", "resource").await, ["/api/v1"]);
    assert_eq!(admin.get(&path).await.status, 404);

    let expected = ["api.added", "api.scope_added", "api.changed", "api.scope_removed", "api.removed"];
    assert_eq!(actions(&app).await, expected);
    let details = app.texts("audit_events", "detail").await;
    let added = format!("Added the API Ledger, {LEDGER}; access tokens jwt; run by Nordtel");
    assert!(details.contains(&added), "{details:?}");
    let history = admin.get("/admin/history").await.text();
    assert!(history.contains("Changed the API Ledger, now Main ledger; access tokens opaque"), "{history}");
    assert!(history.contains("Ada Admin"), "{history}");
}

#[tokio::test]
async fn what_is_wrong_with_an_api_or_a_scope_is_said_beside_its_field() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let new = format!("{PATH}/new");
    for (resource, words) in [
        ("", "Write an absolute URI"),
        ("ledger.example", "Write an absolute URI"),
        ("https://ledger.example/#part", "Write an absolute URI"),
        ("https://ledger.example/a b", "Write an absolute URI"),
        ("//ledger.example", "Write an absolute URI"),
        ("/api/v2?x", "Write an absolute URI"),
        (&format!("{URL}/api/v2"), "Write the path alone"),
        (URL, "Write the path alone"),
        ("/api/v1", "already"),
        (&format!("https://ledger.example/{}", "a".repeat(200)), "Shorten it"),
    ] {
        let page = admin.get(&new).await;
        let page = admin.submit(page.form(&new).set("name", "Ledger").set("resource", resource)).await;
        assert_eq!(page.status, 422, "{resource}");
        let said = page.select("#resource-error");
        assert!(said.len() == 1 && said[0].contains(words), "{resource}: {said:?}");
        assert_eq!(page.form(&new).get("resource"), Some(resource), "nothing typed is lost");
    }
    // Everything at once; the portal's own APIs are run by nobody else.
    let page = admin.get(&new).await;
    let mut form = page.form(&new);
    form.set("name", " ").set("resource", "/api/v2").set("organization", "Nordtel");
    let page = admin.submit(&form).await;
    assert_eq!((page.select("#name-error").len(), page.select("#organization-error").len()), (1, 1));
    for (field, value) in [("organization", "org_nobody"), ("token_format", "paper")] {
        let page = admin.submit(page.form(&new).set("resource", LEDGER).set(field, value)).await;
        assert_eq!((page.status, page.select(&format!("#{field}-error")).len()), (422, 1), "{field}");
    }
    assert_eq!(app.texts("apis", "resource").await, ["/api/v1"]);
    assert!(actions(&app).await.is_empty());

    let path = add(&mut admin).await;
    let scopes = format!("{path}/scopes");
    for (name, words) in [
        ("", "without a blank"),
        ("two words", "without a blank"),
        ("quo\"ted", "without a blank"),
        ("openid", "OpenID Connect"),
        ("email", "OpenID Connect"),
        ("offline_access", "OpenID Connect"),
        ("ledger:write", "already"),
        ("portal:read", "already"),
    ] {
        let page = admin.get(&path).await;
        let mut form = page.form(&scopes);
        form.set("scope", name).set("category", "c").set("description", "d").set("consent_text", "t");
        let page = admin.submit(&form).await;
        let said = page.select("#scope-error");
        assert!(page.status == 422 && said.len() == 1 && said[0].contains(words), "{name}: {said:?}");
        assert_eq!(page.form(&scopes).get("description"), Some("d"));
        assert_eq!(page.form(&path).get("name"), Some("Ledger"), "the other form is as it was");
    }
    let page = admin.get(&path).await;
    let page = admin.submit(&page.form(&scopes)).await;
    for field in ["scope", "category", "description", "consent_text"] {
        assert_eq!(page.select(&format!("#{field}-error")).len(), 1, "{field}");
    }
    let mut form = page.form(&scopes);
    let page = admin.submit(form.set("audience", "everybody")).await;
    assert_eq!(page.select("#audience-error").len(), 1);
    assert_eq!(actions(&app).await, ["api.added", "api.scope_added"]);
}

#[tokio::test]
async fn of_very_many_organizations_the_newest_are_suggested_and_each_can_be_named() {
    let app = App::demo().await;
    let mut names: Vec<String> = (0..SUGGESTED).map(|number| format!("Many {number:03}")).collect();
    names.extend(["Nordtel", "Ledger keepers"].map(str::to_owned));
    let nordtel = organization(&app, "Nordtel").await;
    many(&app, names).await;

    let mut admin = app.sign_in_portal(ADMIN).await;
    let new = format!("{PATH}/new");
    let page = admin.get(&new).await;
    let suggested = page.attributes("#organization-choices option", "value");
    assert_eq!(suggested.len(), usize::try_from(SUGGESTED).unwrap());
    assert!(!suggested.contains(&"Acme Voice".to_owned()) && suggested.contains(&"Ledger keepers".to_owned()));
    // Two are called Nordtel: an id says which, and then it stays.
    let mut form = page.form(&new);
    let page = admin.submit(form.set("name", "Ledger").set("resource", LEDGER).set("organization", "Nordtel")).await;
    assert!(page.select("#organization-error").concat().contains("Several are called so."), "{}", page.text());
    let mut form = page.form(&new);
    let page = admin.submit_following(form.set("organization", &id::show(id::ORGANIZATION, nordtel))).await;
    assert!(page.text().contains("The API is added."), "{}", page.text());
    let path = page.path.clone();
    let mut form = page.form(&path);
    assert_eq!(form.get("organization"), Some("Nordtel"));
    admin.submit_following(form.set("name", "Main ledger")).await;
    let run_by = async || manage::list(&app.ctx, None, 1).await.unwrap().remove(0).row.organization_id;
    assert_eq!(run_by().await, Some(nordtel));
    // One that is not suggested any more, and none.
    let page = admin.get(&path).await;
    let page = admin.submit_following(page.form(&path).set("organization", "Acme Voice")).await;
    assert_eq!(run_by().await, Some(organization(&app, "Acme Voice").await));
    for nothing in ["Nobody at all", "Dev Eloper", "org_nobody"] {
        let page = admin.submit(page.form(&path).set("organization", nothing)).await;
        assert_eq!((page.status, page.form(&path).get("organization")), (422, Some(nothing)));
    }
    admin.submit_following(page.form(&path).set("organization", "")).await;
    assert_eq!(run_by().await, None);
}

#[tokio::test]
async fn an_administrator_says_something_else_of_a_scope() {
    let (app, ledger) = world().await;
    let tokens = tokens(&app, "openid ledger:write", &[LEDGER]).await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let path = format!("{PATH}/{}", ledger.simple());
    let edit = format!("{path}/scopes/edit?scope=ledger%3Awrite");
    let form_path = format!("{path}/scopes/edit");
    let page = admin.get(&path).await;
    assert!(page.attributes("tbody a", "href").contains(&edit), "{}", page.body);

    // What cannot be stored is said beside its field, and nothing that was typed is lost.
    let page = admin.get(&edit).await;
    let mut form = page.form(&form_path);
    assert_eq!(form.get("consent_text"), Some("Write your ledger"));
    let page = admin.submit(form.set("consent_text", " ").set("description", "Typed")).await;
    assert_eq!((page.status, page.select("#consent_text-error").len()), (422, 1));
    let mut form = page.form(&form_path);
    assert_eq!(form.get("description"), Some("Typed"));
    let long = "x".repeat(manage::TEXT_LENGTH + 1);
    let page = admin.submit(form.set("consent_text", &long).set("category", "").set("description", &long)).await;
    for field in ["category", "description", "consent_text"] {
        assert_eq!(page.select(&format!("#{field}-error")).len(), 1, "{field}");
    }
    assert!(actions(&app).await.iter().all(|action| action == "api.added" || action == "api.scope_added"));

    let mut form = page.form(&form_path);
    form.set("category", "Books").set("description", "Write the books");
    let page = admin.submit_following(form.set("consent_text", "Write your books")).await;
    assert!(page.text().contains("Saved.") && page.text().contains("Write your books"), "{}", page.text());
    // What is saved unchanged is no entry.
    let page = admin.get(&edit).await;
    admin.submit_following(&page.form(&form_path)).await;
    let changed = actions(&app).await.iter().filter(|action| *action == "api.scope_changed").count();
    assert_eq!(changed, 1);
    let history = admin.get("/admin/history").await.text();
    assert!(history.contains("consent text “Write your books”, before “Write your ledger”"), "{history}");

    // People read it from now on; whoever has allowed it is not asked again, and keeps what they have.
    let mut dev = app.sign_in_portal(DEV).await;
    let allowed = dev.get("/account/applications").await.text();
    assert!(allowed.contains("Write your books") && !allowed.contains("Write your ledger"), "{allowed}");
    let again = dev.follow(&authorize_url(APP.0, &[("scope", "openid ledger:write"), ("resource", LEDGER)])).await;
    assert!(again.redirect_parameters().contains_key("code"), "{}", again.text());
    assert_eq!(introspect(&app, APP, &tokens).await["active"], true);

    // What belongs to the program, or to no API, or to another one, cannot be reworded here.
    let all = manage::list(&app.ctx, None, 10).await.unwrap();
    let portal = all.iter().find(|api| api.built_in()).unwrap().row.id;
    for (api, name) in [(ledger, "voicemail.get"), (portal, "ledger:write"), (ledger, "nothing")] {
        let refused = manage::change_scope(&app.ctx, None, api, name, &words("Mine")).await.unwrap_err();
        assert!(matches!(refused, ApiError::Unknown), "{name}: {refused:?}");
        let path = format!("{PATH}/{}/scopes/edit?{}", api.simple(), encode(&[("scope", name)]));
        assert_eq!(admin.get(&path).await.status, 404, "{name}");
    }
    let refused = manage::change_scope(&app.ctx, None, portal, "portal:read", &words("Mine")).await.unwrap_err();
    assert!(matches!(refused, ApiError::Used(UsedBy::Portal)), "{refused:?}");
    let built_in = admin.get(&format!("{PATH}/{}", portal.simple())).await;
    assert!(!built_in.body.contains("/scopes/edit"), "{}", built_in.body);
    assert!(!app.texts("scopes", "consent_text").await.contains(&"Mine".to_owned()));
    // For everybody else there is nothing here.
    assert_eq!(dev.get(&edit).await.status, 404);
}

#[tokio::test]
async fn what_somebody_uses_stays() {
    let (app, ledger) = world().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let path = format!("{PATH}/{}", ledger.simple());
    let end = format!("{path}/scopes/remove?scope=ledger%3Awrite");
    let try_it = async |admin: &mut Browser| {
        let page = admin.get(&end).await;
        let mut form = page.form(&format!("{path}/scopes/remove"));
        form.action.clone_from(&end);
        admin.submit_following(&form).await.text()
    };
    let text = try_it(&mut admin).await;
    assert!(text.contains("The scope was not removed. 1 product has it enabled."), "{text}");
    // A person has allowed it: another scope of this name would be allowed already.
    tokens(&app, "openid ledger:write", &[]).await;
    app.execute("DELETE FROM product_scopes WHERE scope = 'ledger:write'").await;
    let text = try_it(&mut admin).await;
    assert!(text.contains("People have allowed it."), "{text}");
    app.execute("UPDATE consents SET revoked_at = 1").await;
    let text = try_it(&mut admin).await;
    assert!(text.contains("The scope is removed."), "{text}");

    let removed = manage::remove(&app.ctx, None, ledger).await;
    assert!(matches!(removed, Err(ApiError::Used(UsedBy::Clients(2)))), "{removed:?}");
    app.execute("UPDATE clients SET metadata = '{}'").await;
    manage::remove(&app.ctx, None, ledger).await.unwrap();
    // What is not there, or of another API, is not found.
    for removed in [
        manage::remove(&app.ctx, None, ledger).await,
        manage::remove_scope(&app.ctx, None, ledger, "voicemail.get").await,
        manage::change(&app.ctx, None, ledger, &about(None, None)).await,
        manage::add_scope(&app.ctx, None, ledger, &scope("ledger:read")).await,
    ] {
        assert!(matches!(removed, Err(ApiError::Unknown)), "{removed:?}");
    }
    let other = manage::add(&app.ctx, None, OTHER, &about(None, None)).await.unwrap();
    let removed = manage::remove_scope(&app.ctx, None, other, "voicemail.get").await;
    assert!(matches!(removed, Err(ApiError::Unknown)), "{removed:?}");
}

#[tokio::test]
async fn only_administrators_see_apis() {
    let (app, ledger) = world().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let csrf = dev.get("/account").await.csrf();
    let path = format!("{PATH}/{}", ledger.simple());
    let fields = [("csrf", csrf.as_str()), ("name", "Mine"), ("resource", OTHER), ("scope", "mine")];
    for path in [
        PATH.to_owned(),
        format!("{PATH}/new"),
        path.clone(),
        format!("{path}/remove"),
        format!("{path}/scopes"),
        format!("{path}/scopes/remove?scope=ledger:write"),
    ] {
        assert_eq!(dev.get(&path).await.status, 404, "{path}");
        assert!(app.browser().get(&path).await.location().unwrap().starts_with("/signin"), "{path}");
        if path != PATH {
            assert_eq!(dev.post_form(&path, &fields).await.status, 404, "{path}");
        }
    }
    let mut names = app.texts("apis", "name").await;
    names.sort();
    assert_eq!(names, ["Ledger", "Portico"]);
    assert_eq!(actions(&app).await, ["api.added", "api.scope_added"]);
    // An administrator's form needs its token.
    let mut admin = app.sign_in_portal(ADMIN).await;
    assert_eq!(admin.post_form(&path, &[("csrf", "x"), ("name", "Mine")]).await.status, 403);
    assert_eq!(admin.get(&format!("{PATH}/{}", Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn many_apis_have_pages() {
    let app = App::demo().await;
    for number in 0..51 {
        manage::add(&app.ctx, None, &format!("urn:api:{number}"), &about(None, None)).await.unwrap();
    }
    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get(PATH).await;
    assert_eq!(page.select("tbody tr").len(), 50);
    let next = page.attributes("nav.pagination a", "href").remove(0);
    let page = admin.get(&next).await;
    assert_eq!(page.select("tbody tr").len(), 2);
    assert!(page.text().contains("urn:api:0") && page.text().contains("/api/v1"), "{}", page.text());
    assert_eq!(page.attributes("nav.pagination a", "href"), [PATH]);
}
