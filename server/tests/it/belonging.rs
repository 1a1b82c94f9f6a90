//! What belonging to an organization gives and forbids, and what does not make anybody belong to one.

use model::{
    distribution::{self, DecideError, Decision},
    id,
    membership::Role,
    operator,
    product::{self, Audience, Information},
};
use sea_orm::prelude::Uuid;

use crate::{
    accounts::{join, sign_up},
    clients::link,
    harness::{App, Browser},
    operators::{console, decide},
    organizations::{add, create, forge, id_of, invite, role_of},
};

const DEV: &str = "dev@portico.test";
const NORA: &str = "staff@nordtel.test";
const FINN: &str = "staff@fjordmobil.test";

/// The path of an organization that somebody belongs to.
async fn organization(browser: &mut Browser, name: &str) -> String {
    let path = link(&browser.get("/organizations").await, name).replacen("/operators/", "/organizations/", 1);
    path.trim_end_matches("/products").to_owned()
}

/// Invites somebody who has an account, and has it accepted.
async fn let_in(owner: &mut Browser, guest: &mut Browser, path: &str, email: &str, role: &str) {
    assert_eq!(invite(owner, path, email, role).await.status, 303);
    let page = guest.get("/invitations").await;
    let page = guest.submit(page.form("/invitations").press("answer", "accept")).await;
    assert_eq!(page.location().as_deref(), Some(path), "{}", page.text());
}

#[tokio::test]
async fn j10_whoever_belongs_to_a_products_owner_does_not_enable_it() {
    let app = App::demo().await;
    let (mut dev, mut nora) = (app.sign_in_portal(DEV).await, app.sign_in_portal(NORA).await);
    let nordtel = organization(&mut nora, "Nordtel").await;
    let_in(&mut nora, &mut dev, &nordtel, DEV, "admin").await;
    let console = console(&mut nora, "Nordtel").await;
    let voicebox = link(&dev.get(&console).await, "Voicebox");
    // To say no needs nobody else.
    assert_eq!(decide(&mut dev, &voicebox, "disable").await.location(), Some(voicebox.clone()));

    let enable = format!("{voicebox}/enable");
    let words = "Voicebox is your own: you have offered it, or belong to Acme Voice. Somebody else at Nordtel has to \
                 enable it.";
    let page = dev.get(&voicebox).await;
    assert!(page.text().contains(words), "{}", page.text());
    assert!(!page.attributes("a", "href").contains(&enable), "no button");
    let before = app.texts("audit_events", "action").await.len();
    let csrf = page.csrf();
    for page in [dev.get(&enable).await, dev.post_form(&enable, &[("csrf", &csrf)]).await] {
        assert_eq!(page.status, 403);
        assert!(page.text().contains(words), "{}", page.text());
    }
    assert_eq!(app.texts("audit_events", "action").await.len(), before, "nothing has happened");
    assert!(dev.get(&format!("{console}?state=enabled")).await.text().contains("No product is in this state."));

    assert_eq!(decide(&mut nora, &voicebox, "enable").await.location(), Some(voicebox.clone()));
    assert!(dev.get(&voicebox).await.attributes("a", "href").contains(&format!("{voicebox}/disable")));
}

#[tokio::test]
async fn j10_the_lowest_role_in_the_owner_is_enough_to_be_refused_and_leaving_it_to_be_let() {
    let app = App::demo().await;
    let (mut dev, mut finn) = (app.sign_in_portal(DEV).await, app.sign_in_portal(FINN).await);
    let acme = organization(&mut dev, "Acme Voice").await;
    let console = console(&mut finn, "Fjordmobil").await;
    let voicebox = link(&finn.get(&console).await, "Voicebox");
    // A page that was opened before does not help.
    let enable = format!("{voicebox}/enable");
    let form = finn.get(&enable).await.form(&enable);
    let_in(&mut dev, &mut finn, &acme, FINN, "viewer").await;
    let page = finn.submit(&form).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("Somebody else at Fjordmobil has to enable it."), "{}", page.text());

    let me = id::show("usr", app.user_id(FINN).await);
    let leave = format!("{acme}/members/{me}/remove");
    let page = finn.get(&leave).await;
    assert_eq!(finn.submit(&page.form(&leave)).await.status, 303);
    assert_eq!(finn.submit(&form).await.location(), Some(voicebox));
}

/// Of an operator's own product everybody there is a member: whoever offered it is not who enables it.
#[tokio::test]
async fn j10_whoever_offered_a_product_does_not_enable_it() {
    let app = App::demo().await;
    let mut nora = app.sign_in_portal(NORA).await;
    let nordtel = organization(&mut nora, "Nordtel").await;
    drop(add(&app, &mut nora, &nordtel, "nils@nordtel.test", "admin").await);
    let [nora, nils, dev] = [app.user_id(NORA).await, app.user_id("nils@nordtel.test").await, app.user_id(DEV).await];
    let nordtel = id_of(&nordtel);
    let operator = operator::find(&app.ctx, nordtel).await.unwrap().expect("an operator");
    let product = async |owner: Uuid, by: Uuid| {
        let information = Information { name: "Signal".to_owned(), ..Information::default() };
        let id = app.ctx.new_id().unwrap();
        let made = product::create(&app.ctx, Some(by), owner, id, Audience::Subscribers, &information).await.unwrap();
        distribution::change(&app.ctx, Some(by), &made, vec![nordtel], Vec::new()).await.unwrap();
        made
    };
    let enable = async |by: Option<Uuid>, product: &product::Product| {
        distribution::decide(&app.ctx, by, &operator, product, Decision::Enable).await
    };
    let own = product(nordtel, nora).await;
    assert!(matches!(enable(Some(nora), &own).await, Err(DecideError::Own)));
    assert!(enable(Some(nils), &own).await.unwrap());

    // Somebody who offered it and has left its owner since.
    let another = product(dev_organization(&app).await, dev).await;
    app.execute(
        "DELETE FROM memberships WHERE organization_id IN (SELECT id FROM organizations WHERE name = 'Acme Voice')",
    )
    .await;
    assert!(matches!(enable(Some(dev), &another).await, Err(DecideError::Own)));
    assert!(enable(Some(nora), &another).await.unwrap());
    // The command line is nobody.
    assert!(distribution::decide(&app.ctx, None, &operator, &another, Decision::Disable).await.unwrap());
    assert!(enable(None, &another).await.unwrap());
}

async fn dev_organization(app: &App) -> Uuid {
    id_of(&organization(&mut app.sign_in_portal(DEV).await, "Acme Voice").await)
}

#[tokio::test]
async fn j5_an_address_of_the_same_domain_gives_nothing() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    assert_eq!(invite(&mut owner, &path, "nia@acme.test", "admin").await.status, 303);
    let invitation = app.mailed_link("nia@acme.test").await;
    let row = model::invitation::list(&app.ctx, id_of(&path)).await.unwrap()[0].id.to_string();
    for email in [
        "mallory@acme.test",
        "MALLORY2@ACME.TEST",
        "admin@acme.test",
        "owner+x@acme.test",
        "nia+1@acme.test",
        "n.ia@acme.test",
        "mallory@mail.acme.test",
        "nia@mail.acme.test",
        "mallory@acme.test.example",
        "nia@notacme.test",
    ] {
        let mut browser = join(&app, email).await;
        let page = browser.get("/organizations").await;
        assert!(!page.text().contains("Acme"), "{email}: {}", page.text());
        assert_eq!(page.select(".card-link a").len(), 1, "{email}: one's own alone");
        for below in ["", "/members", "/settings", "/history", "/products/new"] {
            assert_eq!(browser.get(&format!("{path}{below}")).await.status, 404, "{email} {below}");
        }
        assert!(browser.get("/invitations").await.text().contains("No invitations"), "{email}");
        let page = browser.get(&invitation).await;
        assert!(page.text().contains("That invitation is for nia@acme.test"), "{email}: {}", page.text());
        for answer in ["accept", "decline"] {
            let fields = [("invitation", row.as_str()), ("answer", answer)];
            assert_eq!(forge(&mut browser, "/invitations", &fields).await.status, 422, "{email} {answer}");
        }
        assert_eq!(role_of(&app.ctx, &path, email).await, None, "{email}");
    }
    // In other letters an address is the same one: whoever has it is told, and nobody else is let in.
    let users = app.texts("users", "email_key").await.len();
    sign_up(&app, "Owner@ACME.test").await;
    assert_eq!(app.texts("users", "email_key").await.len(), users);
    assert_eq!(app.outbox("owner@acme.test").await[0].subject, "You already have an account");
    // The invitation has waited for whom it is for.
    let mut nia = join(&app, "nia@acme.test").await;
    let page = nia.get(&invitation).await;
    let page = nia.submit(page.form("/invitations").press("answer", "accept")).await;
    assert_eq!(page.location().as_deref(), Some(path.as_str()), "{}", page.text());
    assert_eq!(role_of(&app.ctx, &path, "nia@acme.test").await, Some(Role::Admin));
    assert_eq!(app.texts("memberships", "role").await.iter().filter(|role| *role == "admin").count(), 1);
}
