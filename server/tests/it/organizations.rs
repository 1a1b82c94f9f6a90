//! Organizations, members, invitations.

use model::{
    Context, days, hours, id,
    membership::{self, Role},
    organization::{self, OrganizationError},
};
use sea_orm::prelude::Uuid;

use crate::{
    accounts::{PASSWORD, join},
    harness::{App, Browser, Page},
};

/// The id of the user with this address.
async fn user(app: &App, browser: &mut Browser) -> Uuid {
    // The members page of the personal organization names oneself.
    let page = browser.get("/organizations").await;
    let path = page.attributes(".card-link a", "href").into_iter().next().expect("a personal organization");
    let organization = id::parse(id::ORGANIZATION, path.rsplit('/').next().unwrap()).unwrap();
    let rows = membership::list(&app.ctx, organization).await.unwrap();
    rows.first().expect("its owner").user
}

/// An organization of `owner`'s, and its path.
pub async fn create(browser: &mut Browser, name: &str) -> String {
    let page = browser.get("/organizations/new").await;
    let page = browser.submit(page.form("/organizations/new").set("name", name)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    page.location().unwrap()
}

pub fn id_of(path: &str) -> Uuid {
    id::parse(id::ORGANIZATION, path.rsplit('/').next().unwrap()).unwrap()
}

pub async fn invite(browser: &mut Browser, path: &str, email: &str, role: &str) -> Page {
    let page = browser.get(&format!("{path}/members")).await;
    let mut form = page.form(&format!("{path}/members"));
    form.set("email", email).set("role", role);
    browser.submit(&form).await
}

/// Invites `email` and has it accepted.
pub async fn add(app: &App, owner: &mut Browser, path: &str, email: &str, role: &str) -> Browser {
    assert_eq!(invite(owner, path, email, role).await.status, 303);
    let mut browser = join(app, email).await;
    let page = browser.get("/invitations").await;
    let page = browser.submit(page.form("/invitations").press("answer", "accept")).await;
    assert_eq!(page.location().as_deref(), Some(path), "{}", page.text());
    browser
}

/// Acme, with one member for each role: owner, admin, developer, viewer.
async fn acme(app: &App) -> (String, [Browser; 4]) {
    let mut owner = join(app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    let admin = add(app, &mut owner, &path, "admin@acme.test", "admin").await;
    let developer = add(app, &mut owner, &path, "developer@acme.test", "developer").await;
    let viewer = add(app, &mut owner, &path, "viewer@acme.test", "viewer").await;
    (path, [owner, admin, developer, viewer])
}

pub async fn role_of(ctx: &Context, path: &str, email: &str) -> Option<Role> {
    let rows = membership::list(ctx, id_of(path)).await.unwrap();
    rows.into_iter().find(|row| row.email == email).map(|row| row.role)
}

/// Posts what a page does not offer.
pub async fn forge(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let token = browser.get("/organizations/new").await.csrf();
    let mut form = vec![("csrf", token.as_str())];
    form.extend_from_slice(fields);
    browser.post_form(path, &form).await
}

#[tokio::test]
async fn an_organization_is_created_and_renamed() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let page = owner.get("/organizations/new").await;
    let page = owner.submit(page.form("/organizations/new").set("name", "two\nlines")).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.select("#name-error").len(), 1);
    let path = create(&mut owner, "  Acme ").await;
    let page = owner.get(&path).await;
    assert!(page.text().contains("Acme is created"), "{}", page.text());
    assert_eq!(page.select(".product-head__name"), ["Acme"]);
    let page = owner.get(&format!("{path}/settings")).await;
    let mut form = page.form(&format!("{path}/settings"));
    let refused = owner.submit(form.set("name", &"x".repeat(81))).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.form(&format!("{path}/settings")).get("name"), Some("x".repeat(81).as_str()));
    assert_eq!(owner.submit(form.set("name", "Acme & Sons")).await.status, 303);
    assert_eq!(owner.get(&path).await.select(".product-head__name"), ["Acme & Sons"]);
}

#[tokio::test]
async fn what_is_not_yours_does_not_exist() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    let mut stranger = join(&app, "stranger@other.test").await;
    let me = id::show("usr", user(&app, &mut owner).await);
    let pages = ["", "/members", "/settings", "/history", "/products/new"];
    for page in pages.map(|page| format!("{path}{page}")).iter().chain([&format!("{path}/members/{me}/remove")]) {
        assert_eq!(stranger.get(page).await.status, 404, "{page}");
        let away = app.browser().get(page).await;
        assert!(away.location().unwrap().starts_with("/signin"), "{page}");
    }
    for (page, fields) in [
        ("/members", vec![("email", "stranger@other.test"), ("role", "owner")]),
        ("/members/role", vec![("user", me.as_str()), ("role", "viewer")]),
        ("/settings", vec![("name", "Mine")]),
        ("/settings/delete", vec![("confirm", "Acme")]),
        ("/settings/transfer", vec![("to", me.as_str())]),
    ] {
        assert_eq!(forge(&mut stranger, &format!("{path}{page}"), &fields).await.status, 404, "{page}");
    }
    // Neither do ids of another kind, or none at all.
    for odd in ["acme", "prd_00000000000000000000000000000000", &path.replace("/organizations/org_", "")] {
        assert_eq!(owner.get(&format!("/organizations/{odd}")).await.status, 404, "{odd}");
    }
}

#[tokio::test]
async fn each_role_may_do_what_its_row_of_the_table_says() {
    let app = App::empty().await;
    let (path, mut people) = acme(&app).await;
    let target = join(&app, "target@acme.test").await;
    drop(target);
    // Owner, admin, developer, viewer: 303 done, 403 may not.
    type Row = (&'static str, Vec<(&'static str, &'static str)>, [u16; 4]);
    let table: [Row; 4] = [
        ("/members", vec![("email", "target@acme.test"), ("role", "viewer")], [303, 303, 403, 403]),
        ("/settings", vec![("name", "Acme")], [303, 403, 403, 403]),
        ("/settings/delete", vec![("confirm", "something else")], [422, 403, 403, 403]),
        (
            "/members/role",
            vec![("user", "usr_00000000000000000000000000000000"), ("role", "viewer")],
            [422, 422, 403, 403],
        ),
    ];
    for (page, fields, expected) in table {
        for (browser, expected) in people.iter_mut().zip(expected) {
            let answer = forge(browser, &format!("{path}{page}"), &fields).await;
            assert_eq!(answer.status, expected, "{page}: {}", answer.text());
            if expected == 403 {
                assert!(answer.text().contains("This takes the role"), "{}", answer.text());
            }
        }
    }
    for browser in &mut people {
        for page in ["", "/members", "/settings", "/history"] {
            assert_eq!(browser.get(&format!("{path}{page}")).await.status, 200, "everybody sees {page}");
        }
    }
}

#[tokio::test]
async fn an_invitation_leads_a_new_person_into_the_organization() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    assert_eq!(invite(&mut owner, &path, "Nia@New.test", "developer").await.status, 303);
    let page = owner.get(&format!("{path}/members")).await;
    assert!(page.text().contains("nia@new.test Invited by Nia New"), "{}", page.text());

    let link = app.mailed_link("Nia@New.test").await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert!(page.text().contains("Join Acme"), "{}", page.text());
    assert!(page.text().contains("as a developer"), "{}", page.text());
    let mut browser = join(&app, "nia@new.test").await;
    let page = browser.get("/organizations").await;
    assert!(page.text().contains("invites you to Acme"), "{}", page.text());
    let page = browser.get(&link).await;
    let form = page.form("/invitations").press("answer", "accept").clone();
    assert_eq!(browser.submit(&form).await.location().as_deref(), Some(path.as_str()));
    assert_eq!(role_of(&app.ctx, &path, "nia@new.test").await, Some(Role::Developer));
    assert_eq!(browser.submit(&form).await.status, 422, "it works once");
    assert!(browser.get(&link).await.text().contains("was accepted or withdrawn"));
}

#[tokio::test]
async fn an_invitation_is_for_one_confirmed_address_alone() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    invite(&mut owner, &path, "nia@new.test", "admin").await;
    let link = app.mailed_link("nia@new.test").await;
    let invitation = model::invitation::list(&app.ctx, id_of(&path)).await.unwrap()[0].id.to_string();

    let mut other = join(&app, "other@new.test").await;
    let page = other.get(&link).await;
    assert!(page.text().contains("That invitation is for nia@new.test"), "{}", page.text());
    let answer = forge(&mut other, "/invitations", &[("invitation", &invitation), ("answer", "accept")]).await;
    assert_eq!(answer.status, 422);
    let answer = forge(&mut other, "/invitations", &[("invitation", &invitation), ("answer", "decline")]).await;
    assert_eq!(answer.status, 422);
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(app.browser().get("/invitations").await.location().as_deref(), Some("/signin?return_to=%2Finvitations"));
}

#[tokio::test]
async fn j1_an_unverified_address_accepts_no_invitation() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    let given = model::user::SignUp {
        name: "Mal".into(),
        email: "nia@new.test".into(),
        password: "attackers own phrase".into(),
    };
    model::user::sign_up(&app.ctx, &given, "198.18.9.9").await.unwrap();
    invite(&mut owner, &path, "nia@new.test", "admin").await;
    let invitation = model::invitation::list(&app.ctx, id_of(&path)).await.unwrap()[0].id;
    let rows = organization_members_by_name(&app, "Mal").await;
    let refused = model::invitation::accept(&app.ctx, rows, invitation).await;
    assert!(matches!(refused, Err(model::invitation::InvitationError::Void)), "{refused:?}");
    assert_eq!(role_of(&app.ctx, &path, "nia@new.test").await, None);
}

/// The id of somebody who cannot sign in.
async fn organization_members_by_name(app: &App, name: &str) -> Uuid {
    use sea_orm::{ConnectionTrait as _, Statement};
    let url = match app.database.strip_prefix("sqlite:") {
        Some(file) => format!("sqlite://{file}"),
        None => app.database.clone(),
    };
    let db = sea_orm::Database::connect(url).await.unwrap();
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT id FROM users WHERE name = $1",
        [name.into()],
    );
    let row = db.query_one_raw(statement).await.unwrap().expect("a user");
    let id = row.try_get("", "id").unwrap();
    db.close().await.unwrap();
    id
}

#[tokio::test]
async fn invitations_end_and_are_sent_again_and_withdrawn() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let mut nia = join(&app, "nia@new.test").await;
    let path = create(&mut owner, "Acme").await;
    let members = format!("{path}/members");
    invite(&mut owner, &path, "nia@new.test", "viewer").await;
    let first = app.mailed_link("nia@new.test").await;
    app.clock.advance(days(7));
    assert!(nia.get(&first).await.text().contains("its time is over"));
    assert!(nia.get("/invitations").await.text().contains("No invitations"));
    let page = owner.get(&members).await;
    assert!(page.text().contains("Invitation has ended"), "{}", page.text());

    let resend = page.forms().into_iter().find(|form| form.action.ends_with("/resend")).expect("a way to resend");
    assert_eq!(owner.submit(&resend).await.status, 303);
    let second = app.mailed_link("nia@new.test").await;
    assert_ne!(first, second);
    assert!(nia.get(&first).await.text().contains("its time is over"), "the old link is void");
    let accept = nia.get(&second).await.form("/invitations").press("answer", "accept").clone();

    let page = owner.get(&members).await;
    let withdraw = page.forms().into_iter().find(|form| form.action.ends_with("/withdraw")).expect("a way back");
    assert_eq!(owner.submit(&withdraw).await.status, 303);
    assert_eq!(nia.submit(&accept).await.status, 422);
    assert_eq!(owner.submit(&withdraw).await.status, 422, "once");
    assert_eq!(nia.get(&path).await.status, 404);
}

#[tokio::test]
async fn of_many_who_accept_an_invitation_at_once_one_joins_once() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let mut nia = join(&app, "nia@new.test").await;
    let path = create(&mut owner, "Acme").await;
    invite(&mut owner, &path, "nia@new.test", "viewer").await;
    let invitation = model::invitation::list(&app.ctx, id_of(&path)).await.unwrap()[0].id;
    let nia = user(&app, &mut nia).await;
    let tries = (0..20).map(|_| {
        let ctx = app.ctx.clone();
        tokio::spawn(async move { model::invitation::accept(&ctx, nia, invitation).await.is_ok() })
    });
    let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
    assert_eq!(membership::list(&app.ctx, id_of(&path)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_is_invited_twice_or_belongs_already_is_told_so() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    let page = invite(&mut owner, &path, "OWNER@acme.test", "viewer").await;
    assert_eq!(page.status, 422);
    assert!(page.select("#email-error")[0].contains("belongs to it already"), "{}", page.text());
    assert_eq!(page.form(&format!("{path}/members")).get("role"), Some("viewer"), "nothing typed is lost");
    invite(&mut owner, &path, "nia@new.test", "viewer").await;
    invite(&mut owner, &path, "nia@new.test", "admin").await;
    let open = model::invitation::list(&app.ctx, id_of(&path)).await.unwrap();
    assert_eq!(open.iter().map(|row| row.role).collect::<Vec<_>>(), [Role::Admin], "the newer replaces the older");
    for _ in 0..3 {
        invite(&mut owner, &path, "nia@new.test", "admin").await;
    }
    let page = invite(&mut owner, &path, "nia@new.test", "admin").await;
    assert!(page.text().contains("got several mails already"), "{}", page.text());
}

#[tokio::test]
async fn j6_the_last_owner_stays() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, ..]) = acme(&app).await;
    let organization = id_of(&path);
    let me = user(&app, &mut owner).await;
    let page = owner.get(&format!("{path}/members")).await;
    assert!(page.text().contains("You are the last owner"), "{}", page.text());
    let shown = id::show("usr", me);
    assert_eq!(forge(&mut owner, &format!("{path}/members/{shown}/remove"), &[]).await.status, 422);
    let fields = [("user", shown.as_str()), ("role", "admin")];
    assert_eq!(forge(&mut owner, &format!("{path}/members/role"), &fields).await.status, 422);
    assert_eq!(role_of(&app.ctx, &path, "owner@acme.test").await, Some(Role::Owner));

    // With a second owner, the first may go.
    let second = user(&app, &mut admin).await;
    membership::change_role(&app.ctx, me, organization, second, Role::Owner).await.unwrap();
    let page = owner.get(&format!("{path}/members/{shown}/remove")).await;
    assert_eq!(owner.submit(&page.form(&format!("{path}/members/{shown}/remove"))).await.status, 303);
    assert_eq!(owner.get(&path).await.status, 404);
    let refused = membership::remove(&app.ctx, second, organization, second).await;
    assert!(matches!(refused, Err(OrganizationError::LastOwner)), "{refused:?}");
}

#[tokio::test]
async fn j6_of_two_owners_who_leave_at_once_one_stays() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, ..]) = acme(&app).await;
    let organization = id_of(&path);
    let (first, second) = (user(&app, &mut owner).await, user(&app, &mut admin).await);
    for round in 0..4 {
        membership::change_role(&app.ctx, first, organization, second, Role::Owner).await.unwrap();
        // One leaves while the other demotes themselves, or each takes the other's role away.
        let (a, b) =
            if round % 2 == 0 { ((first, first), (second, second)) } else { ((first, second), (second, first)) };
        let tries = [a, b].map(|(actor, whom)| {
            let ctx = app.ctx.clone();
            tokio::spawn(
                async move { membership::change_role(&ctx, actor, organization, whom, Role::Admin).await.is_ok() },
            )
        });
        for tried in tries {
            tried.await.unwrap();
        }
        let rows = membership::list(&app.ctx, organization).await.unwrap();
        let owners: Vec<Uuid> = rows.iter().filter(|row| row.role == Role::Owner).map(|row| row.user).collect();
        assert_eq!(owners.len(), 1, "round {round}");
        if owners[0] != first {
            membership::transfer(&app.ctx, second, organization, first).await.unwrap();
        }
    }
    membership::change_role(&app.ctx, first, organization, second, Role::Owner).await.unwrap();
    let tries = [first, second].map(|who| {
        let ctx = app.ctx.clone();
        tokio::spawn(async move { membership::remove(&ctx, who, organization, who).await.is_ok() })
    });
    let mut left = 0;
    for tried in tries {
        left += usize::from(tried.await.unwrap());
    }
    assert_eq!(left, 1);
}

#[tokio::test]
async fn j7_nobody_gives_a_role_above_their_own_or_takes_one() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, mut developer, mut viewer]) = acme(&app).await;
    let role = format!("{path}/members/role");
    let ids = [
        id::show("usr", user(&app, &mut owner).await),
        id::show("usr", user(&app, &mut admin).await),
        id::show("usr", user(&app, &mut developer).await),
        id::show("usr", user(&app, &mut viewer).await),
    ];
    for (actor, whom, given) in [
        (&admin, &ids[1], "owner"),
        (&admin, &ids[2], "owner"),
        (&admin, &ids[0], "viewer"),
        (&developer, &ids[2], "admin"),
        (&viewer, &ids[3], "developer"),
    ] {
        let page = forge(&mut actor.clone(), &role, &[("user", whom), ("role", given)]).await;
        assert_eq!(page.status, 403, "{given}: {}", page.text());
    }
    let page = forge(&mut admin, &role, &[("user", &ids[2]), ("role", "superuser")]).await;
    assert_eq!(page.status, 400);
    assert_eq!(invite(&mut admin, &path, "mal@acme.test", "owner").await.status, 403);
    assert_eq!(forge(&mut admin, &format!("{path}/members/{}/remove", ids[0]), &[]).await.status, 403);
    assert_eq!(forge(&mut developer, &format!("{path}/members/{}/remove", ids[3]), &[]).await.status, 403);
    let now = membership::list(&app.ctx, id_of(&path)).await.unwrap();
    assert_eq!(
        now.iter().map(|row| row.role).collect::<Vec<_>>(),
        [Role::Owner, Role::Admin, Role::Developer, Role::Viewer]
    );
    // An owner gives every role, and an admin those up to their own.
    assert_eq!(forge(&mut admin, &role, &[("user", &ids[3]), ("role", "admin")]).await.status, 303);
    assert_eq!(forge(&mut owner, &role, &[("user", &ids[3]), ("role", "viewer")]).await.status, 303);
}

#[tokio::test]
async fn j7_who_loses_the_right_leaves_no_invitations_behind() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, ..]) = acme(&app).await;
    invite(&mut admin, &path, "second@acme.test", "admin").await;
    let mut second = join(&app, "second@acme.test").await;
    let admin_id = id::show("usr", user(&app, &mut admin).await);
    let page = owner.get(&format!("{path}/members/{admin_id}/remove")).await;
    assert!(page.text().contains("loses access"), "{}", page.text());
    assert_eq!(owner.submit(&page.form(&format!("{path}/members/{admin_id}/remove"))).await.status, 303);
    assert_eq!(admin.get(&path).await.status, 404, "at once");
    assert!(second.get("/invitations").await.text().contains("No invitations"));
}

#[tokio::test]
async fn j7_whoever_is_no_owner_any_more_makes_none_by_an_invitation_from_before() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, ..]) = acme(&app).await;
    invite(&mut owner, &path, "second@owner.test", "owner").await;
    invite(&mut owner, &path, "helper@owner.test", "admin").await;
    let (mut second, mut helper) = (join(&app, "second@owner.test").await, join(&app, "helper@owner.test").await);
    let open = async |browser: &mut Browser| !browser.get("/invitations").await.text().contains("No invitations");
    assert!(open(&mut second).await && open(&mut helper).await);
    // Given away: an admin could invite the helper, and not another owner.
    let to = id::show("usr", user(&app, &mut admin).await);
    let page = owner.get(&format!("{path}/settings")).await;
    owner.submit(page.form(&format!("{path}/settings/transfer")).set("to", &to)).await;
    assert!(!open(&mut second).await && open(&mut helper).await);

    // Made an admin by another owner.
    invite(&mut admin, &path, "second@admin.test", "owner").await;
    let mut second = join(&app, "second@admin.test").await;
    let former = id::show("usr", user(&app, &mut owner).await);
    let role = format!("{path}/members/role");
    forge(&mut admin, &role, &[("user", &former), ("role", "owner")]).await;
    assert!(open(&mut second).await);
    forge(&mut owner, &role, &[("user", &to), ("role", "admin")]).await;
    assert_eq!(role_of(&app.ctx, &path, "admin@acme.test").await, Some(Role::Admin));
    assert!(!open(&mut second).await);
    // And a developer has none at all.
    invite(&mut admin, &path, "third@admin.test", "viewer").await;
    let mut third = join(&app, "third@admin.test").await;
    assert!(open(&mut third).await);
    forge(&mut owner, &role, &[("user", &to), ("role", "developer")]).await;
    assert!(!open(&mut third).await);
}

#[tokio::test]
async fn nobody_has_mail_sent_to_any_number_of_strangers() {
    let app = App::with(|settings| settings.limits.mail_sender = model::limit::Rule::new(3, hours(1))).await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    for number in 0..3 {
        assert_eq!(invite(&mut owner, &path, &format!("{number}@strangers.test"), "viewer").await.status, 303);
    }
    let page = invite(&mut owner, &path, "3@strangers.test", "viewer").await;
    assert!(page.status == 429 || page.status == 422, "{}: {}", page.status, page.text());
    assert!(app.outbox("3@strangers.test").await.is_empty());
    let page = owner.get("/account").await;
    owner.submit(page.form("/account/email").set("email", "4@strangers.test").set("password", PASSWORD)).await;
    assert!(app.outbox("4@strangers.test").await.is_empty());
    // It is theirs alone, and comes back.
    let mut other = join(&app, "other@acme.test").await;
    let theirs = create(&mut other, "Other").await;
    assert_eq!(invite(&mut other, &theirs, "5@strangers.test", "viewer").await.status, 303);
    app.clock.advance(hours(1));
    assert_eq!(invite(&mut owner, &path, "3@strangers.test", "viewer").await.status, 303);
}

#[tokio::test]
async fn an_organization_is_transferred() {
    let app = App::empty().await;
    let (path, [mut owner, mut admin, ..]) = acme(&app).await;
    let to = id::show("usr", user(&app, &mut admin).await);
    let settings = format!("{path}/settings");
    let fields = [("to", to.as_str())];
    assert_eq!(forge(&mut admin, &format!("{settings}/transfer"), &fields).await.status, 403);
    let page = owner.get(&settings).await;
    assert_eq!(owner.submit(page.form(&format!("{settings}/transfer")).set("to", &to)).await.status, 303);
    assert_eq!(role_of(&app.ctx, &path, "admin@acme.test").await, Some(Role::Owner));
    assert_eq!(role_of(&app.ctx, &path, "owner@acme.test").await, Some(Role::Admin));
    let mut stranger = join(&app, "stranger@other.test").await;
    let stranger = id::show("usr", user(&app, &mut stranger).await);
    let fields = [("to", stranger.as_str())];
    assert_eq!(forge(&mut admin, &format!("{settings}/transfer"), &fields).await.status, 422, "members only");
}

#[tokio::test]
async fn the_history_says_who_did_what_a_page_at_a_time() {
    let app = App::empty().await;
    let (path, [mut owner, ..]) = acme(&app).await;
    let page = owner.get(&format!("{path}/history")).await;
    let lines = page.select("tbody tr");
    assert!(lines.first().unwrap().contains("joined as viewer"), "{lines:?}");
    assert!(lines.last().unwrap().contains("Created the organization Acme"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("Invited admin@acme.test as admin")), "{lines:?}");

    let me = user(&app, &mut owner).await;
    for n in 0..60 {
        organization::rename(&app.ctx, me, id_of(&path), &format!("Acme {n}")).await.unwrap();
        app.clock.advance(1);
    }
    let mut page = owner.get(&format!("{path}/history")).await;
    let mut seen = page.select("tbody tr");
    assert_eq!(seen.len(), 50);
    let next = page.attributes(".pagination a[rel=next]", "href");
    page = owner.get(&next[0]).await;
    seen.extend(page.select("tbody tr"));
    assert_eq!(seen.len(), 60 + 7);
    assert!(page.attributes(".pagination a[rel=next]", "href").is_empty());

    let mut other = join(&app, "other@other.test").await;
    let theirs = create(&mut other, "Other").await;
    let page = other.get(&format!("{theirs}/history")).await;
    assert_eq!(page.select("tbody tr").len(), 1, "nothing of others: {}", page.text());
}

#[tokio::test]
async fn an_organization_goes_when_it_is_empty_and_confirmed() {
    let app = App::demo().await;
    let mut owner = app.sign_in_portal("dev@portico.test").await;
    let path = create(&mut owner, "Short lived").await;
    let settings = format!("{path}/settings");
    let page = owner.get(&settings).await;
    let mut form = page.form(&format!("{settings}/delete"));
    let refused = owner.submit(form.set("confirm", "short")).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.select("#confirm-error").len(), 1);
    assert_eq!(owner.submit(form.set("confirm", "Short lived")).await.location().as_deref(), Some("/organizations"));
    assert_eq!(owner.get(&path).await.status, 404);

    // Acme Voice owns products; the personal one is not to be deleted at all.
    let page = owner.get("/organizations").await;
    let links = page.attributes(".card-link a", "href");
    let names = page.select(".card-link h2");
    for (path, name) in links.iter().zip(&names) {
        let answer = forge(&mut owner, &format!("{path}/settings/delete"), &[("confirm", name)]).await;
        assert_eq!(answer.status, 422, "{name}: {}", answer.text());
        assert_eq!(owner.get(path).await.status, 200);
    }
    assert!(names.contains(&"Acme Voice".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_personal_organization_is_for_one() {
    let app = App::empty().await;
    let mut nia = join(&app, "nia@new.test").await;
    let path = nia.get("/organizations").await.attributes(".card-link a", "href").remove(0);
    let page = nia.get(&format!("{path}/members")).await;
    assert!(page.text().contains("yours alone"), "{}", page.text());
    let fields = [("email", "friend@new.test"), ("role", "owner")];
    assert_eq!(forge(&mut nia, &format!("{path}/members"), &fields).await.status, 422);
    assert!(app.outbox("friend@new.test").await.is_empty());
}

#[tokio::test]
async fn h7_names_are_shown_as_text_wherever_they_stand() {
    let app = App::empty().await;
    let mut owner = join(&app, "owner@acme.test").await;
    let path = create(&mut owner, "<img src=x onerror=alert(1)>").await;
    invite(&mut owner, &path, "nia@new.test", "viewer").await;
    let link = app.mailed_link("nia@new.test").await;
    let mut nia = join(&app, "nia@new.test").await;
    for (browser, page) in [(&mut owner, path.clone()), (&mut nia, link.clone()), (&mut app.browser(), link)] {
        let page = browser.get(&page).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<img src=x"), "{}", page.body);
    }
    for page in ["/members", "/settings", "/history"] {
        assert!(!owner.get(&format!("{path}{page}")).await.body.contains("<img src=x"), "{page}");
    }
}
