//! Initial access tokens: the administrators' page, and how often a token lets a program in.

use axum::{
    body::Body,
    http::{Method, Request},
};
use model::{
    Registration,
    client::dynamic::token::{self, NewToken},
    days,
    entity::{organization, product},
    id,
    named::{Named, SUGGESTED},
    seconds,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tower::ServiceExt as _;

use crate::harness::App;

const ADMIN: &str = "admin@portico.test";
const PATH: &str = "/admin/registration";

async fn registered_with(app: &App, token: &str) -> u16 {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/oauth2/register")
        .header("host", "127.0.0.1:3000")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(r#"{"client_name": "Pocket", "redirect_uris": ["https://pocket.example/cb"]}"#))
        .unwrap();
    app.router.clone().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn an_administrator_makes_a_token_sees_its_use_and_revokes_it() {
    let app = App::with(|settings| settings.registration = Registration::WithToken).await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get(PATH).await;
    assert!(page.text().contains("No tokens yet"), "{}", page.text());
    let mut form = page.form(PATH);
    form.set("product", "Acme Voice: Workbench").set("label", "Build farm").set("uses", "2");
    let made = admin.submit(&form).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let token = made.select(".secret__values dd code").remove(0);
    assert!(token.starts_with("pit_"), "{token}");

    // Sent twice, it makes one and shows nothing; no page shows it again.
    let again = admin.submit_following(&form).await;
    assert!(!again.body.contains(&token) && again.text().contains("This form was sent before"), "{}", again.text());
    assert_eq!(app.texts("initial_access_tokens", "label").await, ["Build farm"]);
    assert!(!app.texts("initial_access_tokens", "token_hash").await.contains(&token));

    assert_eq!(registered_with(&app, &token).await, 201);
    let page = admin.get(PATH).await;
    assert!(!page.body.contains(&token));
    let row = page.select("tbody tr").remove(0);
    for words in ["Build farm", "Workbench", "1 of 2", "Active", "Revoke"] {
        assert!(row.contains(words), "{words}: {row}");
    }
    let revoke = page.attributes("tbody a", "href").remove(0);
    let page = admin.get(&revoke).await;
    assert!(page.text().contains("Revoke Build farm?"), "{}", page.text());
    assert_eq!(app.texts("initial_access_tokens", "label").await.len(), 1);
    let page = admin.submit_following(&page.form(&revoke)).await;
    assert!(page.text().contains("What was registered with it stays."), "{}", page.text());
    assert_eq!(registered_with(&app, &token).await, 401);
    let log = app.texts("audit_events", "action").await;
    for action in ["product.registration_token_created", "product.registration_token_revoked"] {
        assert_eq!(log.iter().filter(|logged| *logged == action).count(), 1, "{action}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get(PATH).await;
    let mut form = page.form(PATH);
    form.set("product", "prd_nobody").set("label", "").set("days", "0").set("uses", "none");
    let page = admin.submit(&form).await;
    assert_eq!(page.status, 422);
    for id in ["product", "label", "days", "uses"] {
        assert_eq!(page.select(&format!("#{id}-error")).len(), 1, "{id}");
    }
    assert_eq!(page.form(PATH).get("uses"), Some("none"));
    assert!(app.texts("initial_access_tokens", "label").await.is_empty());
}

/// Another product like Voicebox and another organization like its owner for each name.
pub async fn many(app: &App, names: Vec<String>) {
    app.clock.advance(seconds(1));
    let written = app.ctx.db().write((app.ctx.clone(), names), |tx, (ctx, names)| {
        Box::pin(async move {
            let voicebox = product::Entity::find().filter(product::Column::Name.eq("Voicebox")).one(tx).await?.unwrap();
            let acme = organization::Entity::find_by_id(voicebox.organization_id).one(tx).await?.unwrap();
            for name in names {
                let (id, name) = (ctx.new_id()?, Set(name.clone()));
                let like = organization::ActiveModel { id: Set(id), name: name.clone(), ..acme.clone().into() };
                organization::Entity::insert(like).exec_without_returning(tx).await?;
                let like = product::ActiveModel { id: Set(id), name, ..voicebox.clone().into() };
                product::Entity::insert(like).exec_without_returning(tx).await?;
            }
            Ok::<(), model::Fault>(())
        })
    });
    written.await.unwrap();
}

#[tokio::test]
async fn of_very_many_products_the_newest_are_suggested_and_each_can_be_named() {
    let app = App::demo().await;
    let few = token::suggestions(&app.ctx).await.unwrap();
    assert_eq!(few, ["Acme Voice: Traffic Reports", "Acme Voice: Voicebox", "Acme Voice: Workbench"]);
    let mut names: Vec<String> = (0..SUGGESTED).map(|number| format!("Many {number:03}")).collect();
    names.extend(["Twin", "Twin", "In: two"].map(str::to_owned));
    many(&app, names).await;

    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get(PATH).await;
    let suggested = page.attributes("#product-choices option", "value");
    assert_eq!(suggested.len(), usize::try_from(SUGGESTED).unwrap() - 1, "the twins are one word");
    assert!(!suggested.contains(&few[0]) && suggested.contains(&"Acme Voice: In: two".to_owned()), "{suggested:?}");
    let mut form = page.form(PATH);
    let page = admin.submit(form.set("product", "Acme Voice: Twin").set("label", "Typed")).await;
    assert_eq!(page.select("#product-error").len(), 1);
    assert!(page.text().contains("Several products are called so."), "{}", page.text());
    let form = page.form(PATH);
    assert_eq!((form.get("product"), form.get("label")), (Some("Acme Voice: Twin"), Some("Typed")));

    let found = async |text: &str| token::find_product(&app.ctx, text).await.unwrap();
    let Named::One(oldest) = found(&few[0]).await else { panic!("it is there") };
    assert_eq!(oldest.name, "Traffic Reports");
    assert_eq!(found(&format!(" {} ", id::show(id::PRODUCT, oldest.id))).await, Named::One(oldest.clone()));
    assert!(matches!(found("Acme Voice: In: two").await, Named::One(product) if product.name == "In: two"));
    let organization = id::show(id::ORGANIZATION, oldest.organization_id);
    for nothing in ["", "Twin", "Nordtel: Voicebox", ": ", "\0: \0", &organization, &"x: ".repeat(200)] {
        assert_eq!(found(nothing).await, Named::Nobody, "{nothing}");
    }
    let page = admin.get(PATH).await;
    let mut form = page.form(PATH);
    let made = admin.submit(form.set("product", &few[0]).set("label", "By name")).await;
    assert!(made.text().contains("register clients of Traffic Reports"), "{}", made.text());
}

#[tokio::test]
async fn only_administrators_see_the_page() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal("dev@portico.test").await;
    let csrf = dev.get("/account").await.csrf();
    assert_eq!(dev.get(PATH).await.status, 404);
    assert_eq!(dev.post_form(PATH, &[("csrf", &csrf), ("label", "x")]).await.status, 404);
    assert_eq!(
        dev.post_form(&format!("{PATH}/{}/revoke", app.ctx.new_id().unwrap()), &[("csrf", &csrf)]).await.status,
        404
    );
    assert!(!dev.get("/account").await.body.contains(PATH));
}

/// A token for the demo world's Workbench.
async fn made(app: &App, lifetime: i64, most_uses: Option<i64>) -> String {
    let Named::One(product) = token::find_product(&app.ctx, "Acme Voice: Workbench").await.unwrap() else {
        panic!("the demo world has one");
    };
    let new = NewToken { id: app.ctx.new_id().unwrap(), label: "Tests".to_owned(), lifetime, most_uses };
    token::let_in(&app.ctx, None, &product, &new).await.unwrap().reveal().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_registrations_at_once_as_many_get_in_as_the_token_says() {
    let app = App::demo().await;
    let token = made(&app, days(1), Some(3)).await;
    let tries = futures::future::join_all((0..10).map(|_| registered_with(&app, &token))).await;
    assert_eq!(tries.iter().filter(|status| **status == 201).count(), 3, "{tries:?}");
    assert!(tries.iter().all(|status| matches!(status, 201 | 401)), "{tries:?}");
    let clients = app.texts("clients", "description").await;
    assert_eq!(clients.iter().filter(|name| *name == "Pocket").count(), 3);
    assert!(app.sign_in_portal(ADMIN).await.get(PATH).await.text().contains("3 of 3 Used up"));
}

#[tokio::test]
async fn an_expired_token_is_swept_a_day_later() {
    let app = App::demo().await;
    let token = made(&app, days(1), None).await;
    app.clock.advance(days(1));
    assert_eq!(registered_with(&app, &token).await, 401);
    server::jobs::sweep(app.ctx.clone()).await;
    assert_eq!(app.texts("initial_access_tokens", "label").await, ["Tests"]);
    let mut admin = app.sign_in_portal(ADMIN).await;
    assert!(admin.get(PATH).await.text().contains("Expired"));
    app.clock.advance(days(1) + 1);
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(app.texts("initial_access_tokens", "label").await.is_empty());
}
