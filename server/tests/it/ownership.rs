//! What belongs to one product, client or organization is nothing to another one.

use model::{
    client::{self, Client, ClientKind, Profile, Registration, Uris},
    distribution::{self, Decision},
    id,
    invitation::{self, InvitationError},
    membership::{self, Role},
    organization,
    product::{self, Audience, Information, Product},
    scope,
};
use sea_orm::prelude::Uuid;
use serde_json::json;

use crate::{
    accounts::join,
    harness::{App, Browser, VERIFIER, authorize_url, basic},
};

const NUMBER: &str = "+46701740605";
const CALLBACK: &str = "https://example.com/callback";

/// Another organization, with a product for subscribers that Nordtel has enabled.
struct Rival {
    browser: Browser,
    owner: Uuid,
    organization: Uuid,
    client: Client,
    secret: String,
}

impl Rival {
    async fn join(app: &App) -> Self {
        let mut browser = join(app, "owner@rival.test").await;
        let page = browser.get("/organizations").await;
        let path = page.attributes(".card-link a", "href").remove(0);
        let personal = id::parse(id::ORGANIZATION, path.rsplit('/').next().unwrap()).unwrap();

        let ctx = &app.ctx;
        let owner = membership::list(ctx, personal).await.unwrap().remove(0).user;
        let organization = organization::create(ctx, owner, "Rival").await.unwrap().id;
        let information = Information { name: "Lantern".to_owned(), ..Information::default() };
        let new_id = ctx.new_id().unwrap();
        let product =
            product::create(ctx, None, organization, new_id, Audience::Subscribers, &information).await.unwrap();
        let wanted = ["openid", "phone", "offline_access"].map(|name| (name.to_owned(), false));
        scope::set(ctx, None, &product, wanted).await.unwrap();
        let operators = distribution::of_product(ctx, &product).await.unwrap();
        let nordtel = operators.into_iter().find(|standing| standing.operator.name == "Nordtel").unwrap().operator;
        distribution::change(ctx, None, &product, vec![nordtel.organization_id], Vec::new()).await.unwrap();
        distribution::decide(ctx, None, &nordtel, &product, Decision::Enable).await.unwrap();

        let registration = Registration {
            description: "rival".to_owned(),
            kind: ClientKind::Confidential,
            profile: Profile::Classic,
            uris: Uris { login: vec![CALLBACK.to_owned()], ..Uris::default() },
        };
        let new_id = ctx.new_id().unwrap();
        let registered = client::register(ctx, None, &product, new_id, &registration).await.unwrap();
        let secret = registered.secret.unwrap().reveal().to_owned();
        Self { browser, owner, organization, client: registered.client, secret }
    }

    fn authorize_url(&self) -> String {
        authorize_url(&self.client.client_id, &[])
    }
}

async fn acme(app: &App) -> Uuid {
    model::cache::client(&app.ctx, "demo-web").await.unwrap().unwrap().organization_id
}

async fn voicebox(app: &App) -> Product {
    let products = product::of(acme(app).await).list(&app.ctx, None, 10).await.unwrap();
    products.into_iter().find(|listed| listed.product.name == "Voicebox").unwrap().product
}

/// Who a subscriber is to a client that redeems this code.
async fn subject(app: &App, client_id: &str, secret: Option<&str>, form: &[(&str, &str)]) -> String {
    let form: Vec<_> = [("grant_type", "authorization_code")].into_iter().chain(form.iter().copied()).collect();
    let tokens = app.token(client_id, secret, &form).await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")));
    let about = app.get("/userinfo", &[("authorization", &bearer)]).await.json();
    about["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_consent_to_one_product_is_none_to_another() {
    let app = App::demo().await;
    let rival = Rival::join(&app).await;
    let mut browser = app.browser();
    let page = app.log_in(&mut browser, &authorize_url("demo-web", &[]), NUMBER).await;
    assert!(browser.allow(page).await.redirect_parameters().contains_key("code"));

    let page = browser.follow(&rival.authorize_url()).await;
    assert!(page.location().is_none(), "not remembered: {:?}", page.location());
    assert!(page.text().contains("Lantern would like to"), "{}", page.text());
    let silent = browser.get(&authorize_url(&rival.client.client_id, &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "consent_required");
}

#[tokio::test]
async fn a_subscriber_is_somebody_else_to_each_product_and_the_same_to_its_clients() {
    let app = App::demo().await;
    let rival = Rival::join(&app).await;
    let code = app.code("openid phone", NUMBER).await;
    let form = [("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let web = subject(&app, "demo-web", Some("demo-web-secret"), &form).await;

    let answer = app.authorize(&authorize_url("demo-spa", &[]), NUMBER).await;
    let uri = "http://127.0.0.1:8766/callback";
    let form = [("code", answer["code"].as_str()), ("redirect_uri", uri), ("code_verifier", VERIFIER)];
    assert_eq!(subject(&app, "demo-spa", None, &form).await, web);

    let answer = app.authorize(&rival.authorize_url(), NUMBER).await;
    let form = [("code", answer["code"].as_str()), ("redirect_uri", CALLBACK)];
    assert_ne!(subject(&app, &rival.client.client_id, Some(&rival.secret), &form).await, web);
}

#[tokio::test]
async fn keycloak_cve_2026_4630_cve_2026_4636_introspection_tells_a_client_of_another_organization_nothing() {
    let app = App::demo().await;
    let rival = Rival::join(&app).await;
    let tokens = app.tokens("openid phone", NUMBER).await;
    let access = tokens["access_token"].as_str().unwrap();
    let ask = async |authorization: String| {
        app.post("/oauth2/introspect", &[("authorization", &authorization)], &[("token", access)]).await.json()
    };
    assert_eq!(ask(basic(&rival.client.client_id, &rival.secret)).await, json!({"active": false}));
    assert_eq!(ask(basic("demo-reports", "demo-reports-secret")).await["active"], true, "of the same organization");
}

#[tokio::test]
async fn an_invitation_is_sent_again_and_withdrawn_by_its_own_organization_alone() {
    let app = App::demo().await;
    let mut rival = Rival::join(&app).await;
    let mut owner = app.sign_in_portal("dev@portico.test").await;
    let ctx = &app.ctx;
    let acme = acme(&app).await;
    let members = format!("/organizations/{}/members", id::show(id::ORGANIZATION, acme));
    let page = owner.get(&members).await;
    let mut form = page.form(&members);
    assert_eq!(owner.submit(form.set("email", "nia@new.test").set("role", "viewer")).await.status, 303);
    let standing = invitation::list(ctx, acme).await.unwrap();
    let [row] = standing.as_slice() else { panic!("one invitation") };

    // Neither at the verbs' own door, nor through the pages of somebody else's organization.
    let refused = invitation::resend(ctx, rival.owner, rival.organization, row.id).await;
    assert!(matches!(refused, Err(InvitationError::Void)), "{refused:?}");
    let refused = invitation::withdraw(ctx, rival.owner, rival.organization, row.id).await;
    assert!(matches!(refused, Err(InvitationError::Void)), "{refused:?}");
    let csrf = rival.browser.get("/organizations/new").await.csrf();
    let own = format!("/organizations/{}/members", id::show(id::ORGANIZATION, rival.organization));
    for members in [&own, &members] {
        for verb in ["resend", "withdraw"] {
            let path = format!("{members}/invitations/{}/{verb}", id::show("inv", row.id));
            let page = rival.browser.post_form(&path, &[("csrf", &csrf)]).await;
            assert!(matches!(page.status, 404 | 422), "{path}: {}", page.status);
        }
    }
    let still = invitation::list(ctx, acme).await.unwrap();
    assert_eq!(still.iter().map(|row| (row.id, row.role)).collect::<Vec<_>>(), [(row.id, Role::Viewer)]);
    assert_eq!(app.outbox("nia@new.test").await.len(), 1, "not sent again");
}

#[tokio::test]
async fn a_secret_is_ended_by_its_own_client_alone() {
    let app = App::demo().await;
    let rival = Rival::join(&app).await;
    let ctx = &app.ctx;
    let clients = client::of(&voicebox(&app).await).list(ctx).await.unwrap();
    let web = clients.into_iter().find(|listed| listed.client.client_id == "demo-web").unwrap().client;
    let secret = client::secrets(ctx, &web).await.unwrap().remove(0).id;
    assert!(!client::end_secret(ctx, None, &rival.client, secret).await.unwrap());
    assert!(client::secrets(ctx, &web).await.unwrap().iter().all(|row| row.living));
    assert!(client::end_secret(ctx, None, &web, secret).await.unwrap());
}
