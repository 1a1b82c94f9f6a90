//! What the portal's pages show from memory: it is never what was.

use std::time::Duration;

use axum::{Router, http::StatusCode};
use model::{
    client,
    membership::{self, Role},
    organization,
    product::{self, Information, Product},
    session,
};
use sea_orm::{ConnectionTrait as _, prelude::Uuid};

use crate::{
    accounts::PASSWORD,
    clients::{link, product as path_of},
    harness::{App, Browser, Page},
    organizations::{add, forge, id_of},
};

const DEV: &str = "dev@portico.test";
const NIA: &str = "nia@acme.test";

/// Somebody who has a page open, which memory shows.
struct Onlooker {
    browser: Browser,
    path: String,
    /// How often they look until they must see what has changed.
    patience: usize,
}

impl Onlooker {
    async fn look(&mut self) -> Page {
        self.browser.get(&self.path).await
    }

    /// Looks until it can be seen, on their own node at once; and once more, so that it is in memory.
    async fn sees(&mut self, what: &str, seen: impl Fn(&Page) -> bool) {
        for _ in 1..self.patience {
            if seen(&self.look().await) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..2 {
            let page = self.look().await;
            assert!(seen(&page), "{what}: {} {}", page.status, page.text());
        }
    }

    async fn is_sent_to_sign_in(&mut self, why: &str) {
        self.sees(why, |page| page.location().is_some_and(|location| location.starts_with("/signin?"))).await;
    }

    async fn signs_in(&mut self, app: &App, node: &Router) {
        self.browser = app.sign_in_portal_with(NIA, PASSWORD).await;
        self.browser.move_to(node.clone());
        self.sees("signed in", |page| page.status == StatusCode::OK).await;
    }
}

/// A product of the demo world, its path, and whose it is.
async fn voicebox(app: &App, dev: &mut Browser) -> (Product, String, String) {
    let organization = link(&dev.get("/organizations").await, "Acme Voice");
    let path = path_of(dev, "Voicebox").await;
    let id = model::id::parse(model::id::PRODUCT, path.rsplit('/').next().unwrap()).unwrap();
    let product = product::of(id_of(&organization)).find(&app.ctx, id).await.unwrap().unwrap();
    (product, path, organization)
}

async fn only_session(app: &App, user: Uuid) -> Uuid {
    let sessions = session::list(&app.ctx, user, None, 1).await.unwrap();
    sessions.first().expect("a session").public_id
}

/// Changes on one node each thing that a page shows, and looks at the page on a node, which may be another.
async fn each_change_is_seen(app: &App, node: &Router, patience: usize) {
    let ctx = &app.ctx;
    let mut dev = app.sign_in_portal(DEV).await;
    let (voicebox, path, acme) = voicebox(app, &mut dev).await;
    let mut browser = add(app, &mut dev, &acme, NIA, "developer").await;
    browser.move_to(node.clone());
    let mut nia = Onlooker { browser, path: format!("{path}/clients"), patience };
    let [dev, me] = [app.user_id(DEV).await, app.user_id(NIA).await];
    let add_button = "main a[href$='/clients/new']";
    nia.sees("a developer", |page| page.select(add_button).len() == 1).await;

    // Clients.
    let has = |text: &'static str| move |page: &Page| page.select("#clients a").iter().any(|name| name == text);
    let mut other = app.sign_in_portal(DEV).await;
    let page = other.get(&format!("{path}/clients/new")).await;
    let mut form = page.form(&format!("{path}/clients/new"));
    form.set("description", "A new one").set("login", "https://example.com/back").press("action", "save");
    assert_eq!(other.submit(&form).await.status, 200);
    nia.sees("a client was added", has("A new one")).await;
    let find = async |description: &str| {
        let clients = client::of(&voicebox).list(ctx).await.unwrap();
        clients.into_iter().find(|row| row.client.description == description).expect("a client").client
    };
    let client_page = link(&other.get(&format!("{path}/clients")).await, "A new one");
    let page = other.get(&client_page).await;
    let page = other.submit(page.form(&client_page).set("description", "Another name")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    nia.sees("a client was renamed", has("Another name")).await;
    let client = find("Another name").await;
    let disabled = |n: usize| move |page: &Page| page.select("#clients .state--disabled").len() == n;
    assert!(client::disable(ctx, Some(dev), &client).await.unwrap());
    nia.sees("a client was disabled", disabled(1)).await;
    assert!(client::enable(ctx, Some(dev), &client).await.unwrap());
    nia.sees("a client was enabled", disabled(0)).await;
    ctx.caches().credential_used(client::secrets(ctx, &client).await.unwrap()[0].id, ctx.now());
    model::cache::flush_credentials_used(ctx).await.unwrap();
    nia.sees("a client was used", |page| page.select("#clients time").contains(&"now".to_owned())).await;
    assert!(client::delete(ctx, Some(dev), &client).await.unwrap());
    nia.sees("a client was deleted", |page| !has("Another name")(page)).await;

    // The product, whose it is, and who looks.
    let information = Information { name: "Voicebox Two".to_owned(), ..Information::default() };
    product::edit(ctx, Some(dev), &voicebox, &information).await.unwrap();
    let head = |page: &Page| page.select(".product-head__name");
    nia.sees("the product was renamed", |page| head(page) == ["Voicebox Two"]).await;
    organization::rename(ctx, dev, id_of(&acme), "Acme Telephony").await.unwrap();
    nia.sees("the organization was renamed", |page| {
        page.select(".breadcrumb li").first().is_some_and(|name| name == "Acme Telephony")
    })
    .await;
    app.execute(&format!("UPDATE users SET name = 'Nia Newer' WHERE email_key = '{NIA}'")).await;
    nia.sees("a person was renamed, and nobody has named it", |page| page.select(".menu__who strong") == ["Nia Newer"])
        .await;

    // What the person may do, and whether they are here at all.
    membership::change_role(ctx, dev, id_of(&acme), me, Role::Viewer).await.unwrap();
    nia.sees("the role was taken away", |page| page.status == 200 && page.select(add_button).is_empty()).await;
    assert!(session::end(ctx, me, only_session(app, me).await).await.unwrap());
    nia.is_sent_to_sign_in("the session was ended elsewhere").await;
    nia.signs_in(app, node).await;
    assert_eq!(session::end_others(ctx, me, None).await.unwrap(), 1);
    nia.is_sent_to_sign_in("all sessions were ended elsewhere").await;
    nia.signs_in(app, node).await;
    app.execute(&format!("UPDATE users SET suspended_at = 1 WHERE email_key = '{NIA}'")).await;
    nia.is_sent_to_sign_in("the user was suspended").await;
    app.execute(&format!("UPDATE users SET suspended_at = NULL WHERE email_key = '{NIA}'")).await;
    nia.sees("they are back", |page| page.status == StatusCode::OK).await;
    membership::remove(ctx, dev, id_of(&acme), me).await.unwrap();
    nia.sees("the member was removed", |page| page.status == StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn what_memory_shows_follows_each_change_at_once() {
    let app = App::demo().await;
    let node = app.router.clone();
    each_change_is_seen(&app, &node, 1).await;
}

#[tokio::test]
async fn what_memory_shows_follows_each_change_on_another_node() {
    let app = App::demo().await;
    if crate::harness::postgres().is_none() {
        // SQLite has one node.
        let node = app.router.clone();
        return each_change_is_seen(&app, &node, 1).await;
    }
    let (_ctx, node) = app.second_node().await;
    each_change_is_seen(&app, &node, 500).await;
}

/// A new password ends what was open, also where memory has shown it a moment ago.
#[tokio::test]
async fn a_new_password_ends_what_memory_shows_elsewhere() {
    let app = App::demo().await;
    let [mut here, mut there] = [app.sign_in_portal(DEV).await, app.sign_in_portal(DEV).await];
    for _ in 0..2 {
        assert_eq!(here.get("/account").await.status, 200);
        assert_eq!(there.get("/account").await.status, 200);
    }
    let page = here.get("/account").await;
    let mut form = page.form("/account/password");
    form.set("present", model::demo::PASSWORD).set("new", PASSWORD);
    assert_eq!(here.submit(&form).await.status, 303);
    assert_eq!(there.get("/account").await.status, 303);
    assert_eq!(here.get("/account").await.status, 200);
}

/// Memory does not make a session live longer than it does.
#[tokio::test]
async fn a_session_that_memory_holds_ends_by_the_clock() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    for _ in 0..2 {
        assert_eq!(browser.get("/account").await.status, 200);
    }
    app.clock.advance(app.ctx.settings().lifetimes.portal_session + 1);
    assert_eq!(browser.get("/account").await.status, 303);
}

/// What was changed without anybody's hearing of it: memory shows what was for some seconds, but nothing
/// can be done any more.
#[tokio::test]
async fn whoever_acts_is_asked_for_in_the_database() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let (_, path, acme) = voicebox(&app, &mut dev).await;
    let mut nia = add(&app, &mut dev, &acme, NIA, "developer").await;
    let mut onlooker = Onlooker { browser: nia.clone(), path: format!("{path}/clients"), patience: 1 };
    onlooker.sees("a developer", |page| page.status == StatusCode::OK).await;
    behind_the_back(&app, "UPDATE memberships SET role = 'viewer' WHERE role = 'developer'").await;
    let page = forge(&mut nia, &format!("{path}/clients/new"), &[("description", "Mine"), ("action", "save")]).await;
    assert_eq!(page.status, 403, "{}", page.text());
    behind_the_back(&app, "DELETE FROM memberships WHERE role = 'viewer'").await;
    let page = forge(&mut nia, &format!("{path}/clients/new"), &[("description", "Mine"), ("action", "save")]).await;
    assert_eq!(page.status, 404, "{}", page.text());
    behind_the_back(&app, "DELETE FROM sessions").await;
    let page = forge(&mut nia, &format!("{path}/clients/new"), &[("description", "Mine"), ("action", "save")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert!(!app.texts("clients", "description").await.contains(&"Mine".to_owned()));
}

/// As somebody with a shell on the database would: no node hears of it.
async fn behind_the_back(app: &App, sql: &str) {
    let db = sea_orm::Database::connect(&app.database).await.expect("a second connection");
    db.execute_unprepared(sql).await.expect("executed");
    db.close().await.expect("closed");
}
