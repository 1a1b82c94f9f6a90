//! What ends an authorization, and that everything that hangs from it ends too: codes that were
//! not redeemed yet, access tokens, refresh tokens, single sign-on.

use model::{
    distribution::Decision,
    entity::{client, operator, product},
    grant::Because,
};
use sea_orm::{ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _};

use crate::harness::{App, Browser, Page, authorize_url};

const NUMBER: &str = "+46701740605";

/// Somebody who has signed in and consented, with tokens and a code in hand.
struct Holder {
    app: App,
    browser: Browser,
    code: String,
    access: String,
    refresh: String,
}

impl Holder {
    async fn new() -> Self {
        let app = App::demo().await;
        let mut browser = app.browser();
        let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
        let code = browser.allow(page).await.redirect_parameters()["code"].clone();
        let tokens = app.redeem(&code).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let code = browser.get(&authorize_url("demo-web", &[])).await.redirect_parameters()["code"].clone();
        Self { app, browser, code, access, refresh }
    }

    async fn database(&self) -> DatabaseConnection {
        let url = self.app.database.replacen("sqlite:", "sqlite://", 1);
        sea_orm::Database::connect(url).await.expect("the test's database")
    }

    async fn client(&self) -> client::Model {
        let rows = client::Entity::find().filter(client::Column::ClientId.eq("demo-web"));
        rows.one(&self.database().await).await.expect("a row").expect("demo-web")
    }

    async fn userinfo(&self) -> Page {
        self.app.get("/userinfo", &[("authorization", &format!("Bearer {}", self.access))]).await
    }

    /// Nothing that was issued before works any more.
    async fn assert_void(&self, code: u16) {
        assert_eq!(self.userinfo().await.status, 401, "the access token");
        assert_eq!(self.app.redeem(&self.code).await.status, code, "the code");
        assert_eq!(self.app.refresh(&self.refresh).await.status, code, "the refresh token");
    }
}

#[tokio::test]
async fn b10_c6_the_operator_turns_the_product_off() {
    let mut holder = Holder::new().await;
    let db = holder.database().await;
    let operators = operator::Entity::find().filter(operator::Column::Name.eq("Nordtel"));
    let nordtel = operators.one(&db).await.unwrap().expect("Nordtel");
    let products = product::Entity::find().filter(product::Column::Name.eq("Voicebox"));
    let voicebox = products.one(&db).await.unwrap().expect("Voicebox");
    assert!(model::distribution::decide(&holder.app.ctx, None, &nordtel, &voicebox, Decision::Disable).await.unwrap());
    holder.assert_void(400).await;
    let page = holder.browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "interaction_required", "single sign-on looks again");

    // Turned on again nobody is asked anew, but what was revoked stays so.
    assert!(model::distribution::decide(&holder.app.ctx, None, &nordtel, &voicebox, Decision::Enable).await.unwrap());
    assert_eq!(holder.app.refresh(&holder.refresh).await.status, 400);
    let page = holder.browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert!(page.redirect_parameters().contains_key("code"));
}

#[tokio::test]
async fn b10_c6_the_consent_is_taken_back() {
    let mut holder = Holder::new().await;
    let ctx = &holder.app.ctx;
    let token = model::token::AccessToken::read(ctx, &holder.access).expect("a living token");
    let consent = token.about.expect("about a subscriber").consent;
    let ended = ctx
        .db()
        .write((ctx.clone(), consent), |tx, (ctx, consent)| {
            Box::pin(model::consent::end(tx, ctx, *consent, Because::Subscriber))
        })
        .await;
    assert!(ended.unwrap());
    holder.assert_void(400).await;
    let page = holder.browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "consent_required", "it is asked again");
}

#[tokio::test]
async fn b10_c6_the_client_is_disabled() {
    let holder = Holder::new().await;
    let client = holder.client().await;
    assert!(model::client::disable(&holder.app.ctx, None, &client).await.unwrap());
    holder.assert_void(401).await;
    assert_eq!(holder.app.get(&authorize_url("demo-web", &[]), &[]).await.status, 400);
    // Enabled again it has the authorizations that it had; the access tokens from before stay void.
    assert!(model::client::enable(&holder.app.ctx, None, &client).await.unwrap());
    assert_eq!(holder.userinfo().await.status, 401);
    assert_eq!(holder.app.refresh(&holder.refresh).await.status, 200);
    assert_eq!(holder.app.get(&authorize_url("demo-web", &[]), &[]).await.status, 200);
}

#[tokio::test]
async fn b10_c6_the_client_is_deleted() {
    let holder = Holder::new().await;
    let client = holder.client().await;
    assert!(model::client::delete(&holder.app.ctx, None, &client).await.unwrap());
    holder.assert_void(401).await;
}

#[tokio::test]
async fn b10_a_consent_that_another_node_has_ended_gives_a_code_nothing() {
    let holder = Holder::new().await;
    // Around the model, as on a node of which this one has not heard yet.
    holder.app.execute("UPDATE consents SET revoked_at = 1").await;
    let before = holder.app.texts("grants", "scopes").await;
    let page = holder.app.redeem(&holder.code).await;
    assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()));
    assert_eq!(holder.app.texts("grants", "scopes").await, before, "no grant was made");
    assert_eq!(holder.userinfo().await.status, 200, "it was no replay: what the first code gave stays");
}

/// Somebody who is no subscriber any more, whose number goes to somebody else, and a portal user who was
/// suspended.
#[tokio::test]
async fn b10_c6_the_person_is_gone() {
    let mut holder = Holder::new().await;
    let ended = "UPDATE subscribers SET ended_at = 1, phone_number = '+46701740699' WHERE phone_number";
    holder.app.execute(&format!("{ended} = '{NUMBER}'")).await;
    holder
        .app
        .execute(&format!("UPDATE subscribers SET phone_number = '{NUMBER}' WHERE phone_number = '+46701740606'"))
        .await;
    // A node that has read nothing of it before.
    let (ctx, router) = holder.app.second_node().await;
    holder.browser.move_to(router.clone());
    (holder.app.ctx, holder.app.router) = (ctx, router);
    holder.assert_void(400).await;
    let page = holder.browser.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required", "nor is anybody signed in");

    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let url = authorize_url("demo-app", &[("scope", "openid profile offline_access")]);
    let page = browser.follow(&url).await;
    browser.allow(page).await;
    let code = browser.get(&url).await.redirect_parameters()["code"].clone();
    app.execute("UPDATE users SET suspended_at = 1 WHERE email_key = 'dev@portico.test'").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://example.com/callback"),
    ];
    let page = app.token("demo-app", Some("demo-app-secret"), &form).await;
    assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()), "{}", page.body);
}
