//! What one node changes, another hears (PostgreSQL's `NOTIFY`): much sooner than what it holds in
//! memory would age. SQLite has one node, which is told by itself.

use std::time::Duration;

use axum::{Router, body::Body, http::Method};
use model::{
    Context,
    api::{
        self,
        manage::{self, About},
    },
    cache,
    client::{self, keys},
    distribution::{self, Decision},
    entity::{TokenFormat, operator, product},
    grant::Because,
    key::{self, KeyState},
    token::AccessToken,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;

use crate::{
    fapi::{ASSERTION_TYPE, Key, jti, sign_with},
    harness::{App, Browser, Page, URL, authorize_url, basic, encode, postgres, send},
    logout::row,
};

const NUMBER: &str = "+46701740605";
const CALLBACK: &str = "https://example.com/callback";

/// One node that changes things, and another that has read everything before.
struct Nodes {
    app: App,
    other: Context,
    router: Router,
    /// Signed in, and on the other node.
    browser: Browser,
    access: String,
    refresh: String,
}

impl Nodes {
    async fn new() -> Self {
        let app = App::demo().await;
        let (other, router) = match postgres() {
            Some(_) => app.second_node().await,
            None => (app.ctx.clone(), app.router.clone()),
        };
        let mut browser = app.browser();
        let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
        let code = browser.allow(page).await.redirect_parameters()["code"].clone();
        let tokens = app.redeem(&code).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}")).to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        browser.move_to(router.clone());
        let mut nodes = Self { app, other, router, browser, access, refresh };
        nodes.hear(async |nodes| nodes.userinfo().await == 200).await;
        nodes.hear(async |nodes| nodes.silently().await == "code").await;
        nodes
    }

    /// The other node does this a moment from now.
    async fn hear(&mut self, mut what: impl AsyncFnMut(&mut Self) -> bool) {
        // Much shorter than what it holds is kept.
        for _ in 0..500 {
            if what(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the other node has not heard");
    }

    async fn userinfo(&self) -> u16 {
        let bearer = format!("Bearer {}", self.access);
        send(&self.router, Method::GET, "/userinfo", &[("authorization", &bearer)], Body::empty()).await.status
    }

    /// What single sign-on says at the other node: `code`, an error, or the status of a page.
    async fn silently(&mut self) -> String {
        let page = self.browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
        if page.location().is_none() {
            return page.status.to_string();
        }
        let answer = page.redirect_parameters();
        answer.get("error").map_or("code", String::as_str).to_owned()
    }

    async fn post(&self, path: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Page {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(authorization.map(|authorization| ("authorization", authorization)));
        send(&self.router, Method::POST, path, &headers, Body::from(encode(form))).await
    }

    /// Refreshes at the other node; the error, or `None`.
    async fn refreshed(&self) -> Option<String> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        let page = self.post("/oauth2/token", Some(&basic("demo-web", "demo-web-secret")), &form).await;
        page.json()["error"].as_str().map(str::to_owned)
    }

    /// Whether the other node believes that this is a client.
    async fn knows(&self, client: &str, secret: &str) -> bool {
        self.post("/oauth2/introspect", Some(&basic(client, secret)), &[("token", "nothing")]).await.status == 200
    }
}

async fn published(router: &Router) -> Value {
    send(router, Method::GET, "/.well-known/jwks.json", &[], Body::empty()).await.json()
}

#[tokio::test]
async fn b10_c6_a_client_that_one_node_disables_is_none_on_another() {
    let mut nodes = Nodes::new().await;
    let client = row(&nodes.app, "demo-web").await;
    assert!(client::disable(&nodes.app.ctx, None, &client).await.unwrap());
    nodes.hear(async |nodes| nodes.userinfo().await == 401).await;
    nodes.hear(async |nodes| nodes.silently().await == "400").await;
    assert_eq!(nodes.refreshed().await.as_deref(), Some("invalid_client"));
    assert!(client::enable(&nodes.app.ctx, None, &client).await.unwrap());
    nodes.hear(async |nodes| nodes.silently().await == "code").await;
    assert_eq!(nodes.userinfo().await, 401, "what was void stays so");
    assert_eq!(nodes.refreshed().await, None);
}

#[tokio::test]
async fn b10_c6_a_product_that_an_operator_turns_off_on_one_node_is_off_on_another() {
    let mut nodes = Nodes::new().await;
    let db = sea_orm::Database::connect(nodes.app.database.replacen("sqlite:", "sqlite://", 1)).await.unwrap();
    let nordtel = operator::Entity::find().filter(operator::Column::Name.eq("Nordtel")).one(&db).await.unwrap();
    let voicebox = product::Entity::find().filter(product::Column::Name.eq("Voicebox")).one(&db).await.unwrap();
    let (nordtel, voicebox) = (nordtel.unwrap(), voicebox.unwrap());
    let ctx = nodes.app.ctx.clone();
    assert!(distribution::decide(&ctx, None, &nordtel, &voicebox, Decision::Disable).await.unwrap());
    nodes.hear(async |nodes| nodes.userinfo().await == 401).await;
    nodes.hear(async |nodes| nodes.silently().await == "interaction_required").await;
    assert_eq!(nodes.refreshed().await.as_deref(), Some("invalid_grant"));
    assert!(distribution::decide(&ctx, None, &nordtel, &voicebox, Decision::Enable).await.unwrap());
    nodes.hear(async |nodes| nodes.silently().await == "code").await;
}

#[tokio::test]
async fn b10_c6_a_consent_that_is_taken_back_on_one_node_is_none_on_another() {
    let mut nodes = Nodes::new().await;
    let ctx = nodes.app.ctx.clone();
    let consent = AccessToken::read(&ctx, &nodes.access).unwrap().about.unwrap().consent;
    let ended = ctx.db().write((ctx.clone(), consent), |tx, (ctx, consent)| {
        Box::pin(model::consent::end(tx, ctx, *consent, Because::Subscriber))
    });
    assert!(ended.await.unwrap());
    nodes.hear(async |nodes| nodes.userinfo().await == 401).await;
    nodes.hear(async |nodes| nodes.silently().await == "consent_required").await;
    assert_eq!(nodes.refreshed().await.as_deref(), Some("invalid_grant"));
}

#[tokio::test]
async fn c6_an_authorization_that_ends_on_one_node_is_none_on_another() {
    let mut nodes = Nodes::new().await;
    let authorization = basic("demo-web", "demo-web-secret");
    let headers = [("authorization", authorization.as_str())];
    let page = nodes.app.post("/oauth2/revoke", &headers, &[("token", &nodes.refresh)]).await;
    assert_eq!(page.status, 200);
    nodes.hear(async |nodes| nodes.userinfo().await == 401).await;
    assert_eq!(nodes.refreshed().await.as_deref(), Some("invalid_grant"));
    assert_eq!(nodes.silently().await, "code", "the consent stands");
}

#[tokio::test]
async fn b1_a_code_that_is_replayed_on_another_node_ends_what_it_gave() {
    let mut nodes = Nodes::new().await;
    let page = nodes.browser.get(&authorize_url("demo-web", &[])).await;
    let code = page.redirect_parameters()["code"].clone();
    let tokens = nodes.app.redeem(&code).await.json();
    nodes.access = tokens["access_token"].as_str().unwrap().to_owned();
    nodes.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(nodes.userinfo().await, 200);
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let page = nodes.post("/oauth2/token", Some(&basic("demo-web", "demo-web-secret")), &form).await;
    assert_eq!(page.json()["error"], "invalid_grant");
    assert_eq!(nodes.userinfo().await, 401);
    let app = &nodes.app;
    for _ in 0..500 {
        if AccessToken::read(&app.ctx, &nodes.access).is_none() {
            assert_eq!(app.refresh(&nodes.refresh).await.json()["error"], "invalid_grant");
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the node that gave the tokens has not heard of the replay");
}

#[tokio::test]
async fn a_session_that_ends_on_one_node_has_ended_on_another() {
    let mut nodes = Nodes::new().await;
    let mut here = nodes.browser.clone();
    here.move_to(nodes.app.router.clone());
    let page = here.get("/oauth2/sessions/logout").await;
    let page = here.submit_following(&page.form("/oauth2/sessions/logout")).await;
    assert_eq!(page.status, 200);
    // The browser on the other node has a copy of the cookie.
    nodes.hear(async |nodes| nodes.silently().await == "login_required").await;
    assert_eq!(nodes.userinfo().await, 401);
}

#[tokio::test]
async fn a_key_that_is_pulled_on_one_node_verifies_nothing_on_another() {
    let mut nodes = Nodes::new().await;
    let ctx = nodes.app.ctx.clone();
    let of = async |purpose: &str| {
        let keys = key::list(&ctx).await.unwrap().into_iter();
        keys.filter(|key| key.state == KeyState::Signing).find(|key| key.purpose == purpose).unwrap().id
    };
    let (signs, seals) = (of("RS256").await, of("seal").await);
    let kid = signs.to_string();
    assert!(published(&nodes.router).await.to_string().contains(&kid));
    key::pull(&ctx, None, signs, "a backup was lost").await.unwrap();
    nodes.hear(async |nodes| !published(&nodes.router).await.to_string().contains(&kid)).await;
    assert!(nodes.other.keys().verifier(&kid, nodes.other.now()).is_none());
    assert_eq!(nodes.userinfo().await, 200, "it sealed nothing");
    key::pull(&ctx, None, seals, "a backup was lost").await.unwrap();
    nodes.hear(async |nodes| nodes.userinfo().await == 401).await;
    assert_eq!(nodes.refreshed().await.as_deref(), Some("invalid_grant"));
}

#[tokio::test]
async fn keys_that_one_node_puts_in_place_are_published_and_open_on_another() {
    let mut nodes = Nodes::new().await;
    let before = published(&nodes.router).await;
    key::rotate_now(&nodes.app.ctx).await.unwrap();
    nodes.hear(async |nodes| published(&nodes.router).await != before).await;
    assert_eq!(nodes.userinfo().await, 200, "what the old one sealed");
    let tokens = nodes.app.refresh(&nodes.refresh).await.json();
    nodes.access = tokens["access_token"].as_str().unwrap().to_owned();
    nodes.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!((nodes.userinfo().await, nodes.refreshed().await), (200, None), "what the new one sealed");
}

#[tokio::test]
async fn credentials_of_a_client_that_change_on_one_node_change_on_another() {
    let mut nodes = Nodes::new().await;
    let ctx = nodes.app.ctx.clone();
    assert!(nodes.knows("demo-app", "demo-app-secret").await);
    let client = row(&nodes.app, "demo-app").await;

    // Another secret, and the old one at once no more.
    let id = ctx.new_id().unwrap();
    let added = client::add_secret(&ctx, None, &client, id, "next", client::Grace::Now).await.unwrap();
    let secret = added.secret.reveal().to_owned();
    nodes.hear(async |nodes| nodes.knows("demo-app", &secret).await).await;
    assert!(!nodes.knows("demo-app", "demo-app-secret").await);

    // A key in the place of secrets, and that key no more.
    let own = Key::new();
    sign_with(&nodes.app, &[&own]).await;
    let signed = async |nodes: &Nodes| {
        let now = nodes.app.ctx.now().seconds();
        let claims =
            serde_json::json!({"iss": "demo-app", "sub": "demo-app", "aud": URL, "exp": now + 60, "jti": jti()});
        let assertion = own.sign(serde_json::json!({}), &claims);
        let form =
            [("token", "nothing"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        nodes.post("/oauth2/introspect", None, &form).await.status == 200
    };
    nodes.hear(async |nodes| signed(&*nodes).await).await;
    assert!(!nodes.knows("demo-app", &secret).await, "d3: the method is another");
    let key = keys::list(&ctx, &client).await.unwrap().remove(0).id;
    assert!(keys::remove(&ctx, None, &client, key).await.unwrap());
    nodes.hear(async |nodes| !signed(&*nodes).await).await;
}

#[tokio::test]
async fn an_api_that_changes_on_one_node_is_known_to_another() {
    const LEDGER: &str = "https://ledger.example/";
    let mut nodes = Nodes::new().await;
    let format = async |nodes: &mut Nodes| {
        let client = cache::client(&nodes.other, "demo-web").await.unwrap().unwrap();
        api::format(&nodes.other, &client, &[LEDGER.to_owned()]).await.unwrap()
    };
    assert_eq!(format(&mut nodes).await, TokenFormat::Opaque, "the client's");
    let mut about = About { name: "Ledger".to_owned(), token_format: Some(TokenFormat::Jwt), organization: None };
    let id = manage::add(&nodes.app.ctx, None, LEDGER, &about).await.unwrap();
    nodes.hear(async |nodes| format(nodes).await == TokenFormat::Jwt).await;
    about.token_format = None;
    manage::change(&nodes.app.ctx, None, id, &about).await.unwrap();
    nodes.hear(async |nodes| format(nodes).await == TokenFormat::Opaque).await;
}
