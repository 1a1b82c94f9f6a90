//! Long lists come a page at a time, each row on exactly one page.

use std::collections::HashMap;

use model::{
    Context, Fault,
    client::dynamic::token::{self, NewToken},
    days,
    entity::{Audience, SubjectKind, consent},
    named::Named,
    product::{self, Information},
    session,
};
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::json;
use uuid::Uuid;

use crate::{
    clients::link,
    harness::{App, Browser},
    organizations::id_of,
};

const DEV: &str = "dev@portico.test";

/// What `selector` finds on each page from `path` on, and that the last page leads back to the first.
async fn pages(browser: &mut Browser, path: &str, selector: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        pages.push(page.select(selector));
        next = page.attributes(".pagination a[rel=next]", "href").pop();
        assert!(next.is_some() || pages.len() == 1 || page.select(".pagination a") == ["Newest"], "{path}");
        assert!(pages.len() < 10, "it goes round in circles: {path}");
    }
    pages
}

fn sizes(pages: &[Vec<String>]) -> Vec<usize> {
    pages.iter().map(Vec::len).collect()
}

/// Each of `count` names on exactly one page, the newest first.
fn assert_each_once(pages: Vec<Vec<String>>, count: usize) {
    let shown: Vec<String> = pages.into_iter().flatten().filter(|name| name.starts_with("No ")).collect();
    let expected: Vec<String> = (0..count).rev().map(|number| format!("No {number:03}")).collect();
    assert_eq!(shown, expected);
}

async fn product(ctx: &Context, organization: Uuid, audience: Audience, number: usize) -> Uuid {
    let id = ctx.new_id().unwrap();
    let information = Information { name: format!("No {number:03}"), ..Information::default() };
    product::create(ctx, None, organization, id, audience, &information).await.unwrap().id
}

#[tokio::test]
async fn each_product_is_on_one_page() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let acme = link(&dev.get("/organizations").await, "Acme Voice");
    let few = pages(&mut dev, &acme, "main li h2").await;
    assert_eq!(few.len(), 1, "{few:?}");
    let more = 24 - few[0].len();
    for number in 0..more {
        product(&app.ctx, id_of(&acme), Audience::Subscribers, number).await;
    }
    let full = pages(&mut dev, &acme, "main li h2").await;
    assert_eq!(sizes(&full), [24], "a page that is just full leads nowhere");
    product(&app.ctx, id_of(&acme), Audience::Subscribers, more).await;
    let two = pages(&mut dev, &acme, "main li h2").await;
    assert_eq!(sizes(&two), [24, 1]);
    assert_each_once(two, more + 1);
}

#[tokio::test]
async fn each_session_is_on_one_page() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let user = app.user_id(DEV).await;
    for number in 0..52 {
        let data = HashMap::from([
            (session::USER.to_owned(), json!(user)),
            (session::ADDRESS.to_owned(), json!(format!("No {number:03}"))),
        ]);
        assert!(session::create(&app.ctx, &format!("session {number}"), &data).await.unwrap());
    }
    let shown = pages(&mut dev, "/account/sessions", "tbody td[data-label=Address]").await;
    assert_eq!(sizes(&shown), [25, 25, 3]);
    assert_each_once(shown, 52);
    assert!(dev.get("/account/security").await.text().contains("You are signed in in 53 browsers."));
}

#[tokio::test]
async fn each_authorized_application_is_on_one_page() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let acme = id_of(&link(&dev.get("/organizations").await, "Acme Voice"));
    let user = app.user_id(DEV).await;
    let now = app.ctx.now();
    for number in 0..21 {
        let row = consent::ActiveModel {
            id: Set(app.ctx.new_id().unwrap()),
            subject_kind: Set(SubjectKind::User),
            subject_id: Set(user),
            product_id: Set(product(&app.ctx, acme, Audience::Users, number).await),
            scopes: Set("openid".to_owned()),
            declined: Set(String::new()),
            created_at: Set(now),
            updated_at: Set(now),
            revoked_at: Set(None),
            revoked_by: Set(None),
        };
        let stored = app.ctx.db().write(row, |tx, row| {
            Box::pin(async move {
                consent::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                Ok::<_, Fault>(())
            })
        });
        stored.await.unwrap();
    }
    let shown = pages(&mut dev, "/account/applications", "main .card h2").await;
    assert_eq!(sizes(&shown), [20, 1]);
    assert_each_once(shown, 21);
}

#[tokio::test]
async fn each_registration_token_is_on_one_page() {
    let app = App::demo().await;
    let Named::One(product) = token::find_product(&app.ctx, "Acme Voice: Workbench").await.unwrap() else {
        panic!("the demo world has one");
    };
    for number in 0..51 {
        let id = app.ctx.new_id().unwrap();
        let new = NewToken { id, label: format!("No {number:03}"), lifetime: days(1), most_uses: None };
        token::let_in(&app.ctx, None, &product, &new).await.unwrap();
    }
    let mut admin = app.sign_in_portal("admin@portico.test").await;
    let shown = pages(&mut admin, "/admin/registration", "tbody th").await;
    assert_eq!(sizes(&shown), [50, 1]);
    assert_each_once(shown, 51);
}
