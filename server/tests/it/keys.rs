//! Keys: published ahead, retired late, and pulled at once.

use std::collections::BTreeMap;

use model::{
    days,
    entity::SigningAlg,
    hours,
    key::{self, KeyError, KeyState, Listed},
    minutes,
};

use crate::harness::{App, Browser, Outside, Page, Process, encode};

const NUMBER: &str = "+46701740605";
const ADMIN: &str = "admin@portico.test";

async fn published(app: &App) -> Vec<String> {
    let set = app.get("/.well-known/jwks.json", &[]).await.json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The keys of a purpose, by state.
async fn keys(app: &App, purpose: &str) -> BTreeMap<&'static str, Listed> {
    let listed = key::list(&app.ctx).await.unwrap().into_iter().filter(|key| key.purpose == purpose);
    listed.map(|key| (key.state.as_str(), key)).collect()
}

async fn userinfo(app: &App, token: &serde_json::Value) -> u16 {
    app.get("/userinfo", &[("authorization", &format!("Bearer {}", token.as_str().unwrap()))]).await.status
}

/// The log of what was done to keys, oldest first.
async fn log(app: &App) -> Vec<(String, Option<uuid::Uuid>, String)> {
    use model::entity::audit_event::{Column, Entity};
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
    let read = app.ctx.db().write((), |tx, ()| {
        Box::pin(async move {
            let events = Entity::find().filter(Column::ObjectKind.eq("key")).order_by_asc(Column::Id);
            Ok::<_, model::Fault>(events.all(tx).await?)
        })
    });
    let events = read.await.unwrap();
    events.into_iter().map(|event| (event.action, event.actor_id, event.detail)).collect()
}

#[tokio::test]
async fn a_key_is_published_before_its_use_and_an_hour_beyond_the_last_token() {
    let app = App::demo().await;
    let first = keys(&app, "RS256").await["signing"].clone();
    app.clock.advance(days(83) - 1);
    key::rotate_due(&app.ctx).await.unwrap();
    assert!(!keys(&app, "RS256").await.contains_key("next"));
    app.clock.advance(1);
    key::rotate_due(&app.ctx).await.unwrap();
    let next = keys(&app, "RS256").await["next"].clone();
    assert!(published(&app).await.contains(&next.id.to_string()), "a week ahead");
    assert_eq!(next.active_from.since(app.ctx.now()), days(7));
    app.clock.advance(days(7) - 1);
    assert_eq!(keys(&app, "RS256").await["signing"].id, first.id);
    app.clock.advance(1);
    let now = keys(&app, "RS256").await;
    assert_eq!((now["signing"].id, now["retired"].id), (next.id, first.id));
    // The last token that it signed lives for an hour; an hour more, since clients keep key sets.
    app.clock.advance(hours(2) - 1);
    key::rotate_due(&app.ctx).await.unwrap();
    assert!(published(&app).await.contains(&first.id.to_string()));
    app.clock.advance(2);
    key::rotate_due(&app.ctx).await.unwrap();
    assert!(!published(&app).await.contains(&first.id.to_string()));
}

#[tokio::test]
async fn rotating_now_uses_the_key_that_clients_know_already() {
    let app = App::demo().await;
    app.clock.advance(days(84));
    key::rotate_due(&app.ctx).await.unwrap();
    let before = keys(&app, "RS256").await;
    key::rotate(&app.ctx, None, Some(SigningAlg::Rs256)).await.unwrap();
    let after = keys(&app, "RS256").await;
    assert_eq!(after["signing"].id, before["next"].id);
    assert_eq!(after["retired"].id, before["signing"].id);
    assert_eq!(after["retired"].expires_at, Some(app.ctx.now().plus(hours(2))));
    assert!(!after.contains_key("next"));
    assert!(keys(&app, "ES256").await.contains_key("next"), "the others are left alone");
    // And one that nobody knows, if there is none.
    key::rotate(&app.ctx, None, Some(SigningAlg::Rs256)).await.unwrap();
    assert_ne!(keys(&app, "RS256").await["signing"].id, before["next"].id);
}

#[tokio::test]
async fn retiring_breaks_nothing() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    for purpose in ["RS256", "ES256", "seal"] {
        let signing = keys(&app, purpose).await["signing"].clone();
        key::retire(&app.ctx, None, signing.id).await.unwrap();
        assert_ne!(keys(&app, purpose).await["signing"].id, signing.id);
        assert!(matches!(key::retire(&app.ctx, None, signing.id).await, Err(KeyError::Retired)));
    }
    assert_eq!(userinfo(&app, &tokens["access_token"]).await, 200);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 200);
    // One that was to be next goes, and the present one stays.
    app.clock.advance(days(84));
    key::rotate_due(&app.ctx).await.unwrap();
    let before = keys(&app, "EdDSA").await;
    key::retire(&app.ctx, None, before["next"].id).await.unwrap();
    let after = keys(&app, "EdDSA").await;
    assert!(!after.contains_key("next") && after["signing"].id == before["signing"].id);
    assert_eq!(after["signing"].retired_at, None);
    assert!(!published(&app).await.contains(&before["next"].id.to_string()));
    let unknown = key::retire(&app.ctx, None, before["next"].id).await;
    assert!(matches!(unknown, Err(KeyError::Unknown)));
}

/// A key that somebody else has: nothing that it signed or sealed is good from then on.
#[tokio::test]
async fn a_pulled_key_is_gone_at_once() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let signing = keys(&app, "RS256").await["signing"].clone();
    let impact = key::impact(&app.ctx, &signing).await.unwrap();
    assert_eq!((impact.authorizations, impact.hours(app.ctx.now())), (1, 1));
    assert!(impact.clients > 1, "{impact:?}");
    let kid = signing.id.to_string();
    assert!(app.ctx.keys().verifier(&kid, app.ctx.now()).is_some());
    for reason in ["", "  ", "a\nb", &"x".repeat(201)] {
        assert!(matches!(key::pull(&app.ctx, None, signing.id, reason).await, Err(KeyError::Reason)));
    }
    let (second, _) = app.second_node().await;
    key::pull(&app.ctx, None, signing.id, "a backup was lost").await.unwrap();
    assert!(!published(&app).await.contains(&kid));
    assert!(app.ctx.keys().verifier(&kid, app.ctx.now()).is_none(), "what it signed does not verify");
    assert_eq!(published(&app).await.len(), 3, "another one has taken over");
    assert_eq!(key::list(&app.ctx).await.unwrap().iter().filter(|key| key.id == signing.id).count(), 0);
    // Another node follows at its next look, or by the message.
    key::reload(&second).await.unwrap();
    assert!(second.keys().verifier(&kid, second.now()).is_none());
    // It has nothing to do with what is sealed.
    assert_eq!(userinfo(&app, &tokens["access_token"]).await, 200);

    let sealing = keys(&app, "seal").await["signing"].clone();
    let impact = key::impact(&app.ctx, &sealing).await.unwrap();
    assert_eq!((impact.authorizations, impact.hours(app.ctx.now())), (1, 180 * 24));
    key::pull(&app.ctx, None, sealing.id, "a backup was lost").await.unwrap();
    assert_eq!(userinfo(&app, &tokens["access_token"]).await, 401);
    let page = app.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(page.json()["error"], "invalid_grant");
    // And everything goes on with the new ones.
    let tokens = app.tokens("openid phone offline_access", NUMBER).await;
    assert_eq!(userinfo(&app, &tokens["access_token"]).await, 200);
    let log = log(&app).await;
    assert_eq!(log.last().unwrap().0, "key.pulled");
    assert!(log.last().unwrap().2.contains("a backup was lost"), "{log:?}");
    assert!(matches!(key::pull(&app.ctx, None, sealing.id, "again").await, Err(KeyError::Unknown)));
}

#[tokio::test]
async fn pulling_takes_the_next_one_or_the_retired_one_too() {
    let app = App::demo().await;
    app.clock.advance(days(84));
    key::rotate_due(&app.ctx).await.unwrap();
    let before = keys(&app, "ES256").await;
    // The one that signs: the one that clients know already takes over.
    key::pull(&app.ctx, None, before["signing"].id, "leaked").await.unwrap();
    let after = keys(&app, "ES256").await;
    assert_eq!(after["signing"].id, before["next"].id);
    assert!(!after.contains_key("next") && !after.contains_key("retired"));
    // The next one: the present one stays.
    let before = keys(&app, "RS256").await;
    let impact = key::impact(&app.ctx, &before["next"]).await.unwrap();
    assert_eq!((impact.authorizations, impact.until), (0, None));
    key::pull(&app.ctx, None, before["next"].id, "leaked").await.unwrap();
    assert_eq!(keys(&app, "RS256").await["signing"].retired_at, None);
    // A retired one: nothing takes its place.
    key::rotate(&app.ctx, None, Some(SigningAlg::Rs256)).await.unwrap();
    app.clock.advance(minutes(90));
    let before = keys(&app, "RS256").await;
    let impact = key::impact(&app.ctx, &before["retired"]).await.unwrap();
    assert_eq!(impact.until, None, "what it signed has expired");
    key::pull(&app.ctx, None, before["retired"].id, "leaked").await.unwrap();
    let after = keys(&app, "RS256").await;
    assert_eq!(after.keys().collect::<Vec<_>>(), [&"signing"]);
    assert_eq!(after["signing"].id, before["signing"].id);
}

/// Signs out at a client that shows an ID token as a hint.
async fn signed_out(browser: &mut Browser, hint: &str) -> Page {
    let query = [("id_token_hint", hint), ("post_logout_redirect_uri", "https://example.com/")];
    browser.get(&format!("/oauth2/sessions/logout?{}", encode(&query))).await
}

/// A session lives for days, and with it the ID token that a client keeps in order to show it again.
#[tokio::test]
async fn k5_an_id_token_is_a_hint_for_as_long_as_its_session_lives() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = app.tokens_of_user(&mut browser, &[("scope", "openid profile")]).await;
    let hint = tokens["id_token"].as_str().unwrap();
    let (second, _) = app.second_node().await;
    let first = keys(&app, "RS256").await["signing"].clone();
    key::rotate(&app.ctx, None, None).await.unwrap();
    app.clock.advance(hours(2) + 1);
    key::rotate_due(&app.ctx).await.unwrap();

    // The key is gone for everybody else, and its private half for us too.
    let kid = first.id.to_string();
    assert!(!published(&app).await.contains(&kid));
    assert!(app.ctx.keys().verifier(&kid, app.ctx.now()).is_none(), "it vouches for no token");
    assert_eq!(keys(&app, "RS256").await["former"].id, first.id);
    let private = app.texts("keys", "private_sealed").await;
    assert_eq!(private.iter().filter(|sealed| sealed.is_empty()).count(), SigningAlg::ALL.len());
    assert!(matches!(key::retire(&app.ctx, None, first.id).await, Err(KeyError::Retired)));

    for _ in 0..2 {
        app.clock.advance(days(5));
        key::rotate_due(&app.ctx).await.unwrap();
        assert_eq!(browser.get("/organizations").await.status, 200, "the session lives");
    }
    key::reload(&second).await.unwrap();
    for ctx in [&app.ctx, &second] {
        assert!(model::token::read_hint(ctx, hint).is_some());
        assert!(ctx.keys().verifier(&kid, ctx.now()).is_none());
    }
    let page = signed_out(&mut browser, hint).await;
    assert_eq!(page.location().as_deref(), Some("https://example.com/"), "nobody is asked: {}", page.text());

    // Nobody can show it any more: it goes for good.
    app.clock.advance(days(4) + 1);
    key::rotate_due(&app.ctx).await.unwrap();
    assert!(model::token::read_hint(&app.ctx, hint).is_none());
    assert_eq!(key::find(&app.ctx, first.id).await.unwrap().map(|key| key.id), None);
}

#[tokio::test]
async fn k2_an_id_token_of_a_pulled_key_is_no_hint() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = app.tokens_of_user(&mut browser, &[("scope", "openid profile")]).await;
    let hint = tokens["id_token"].as_str().unwrap();
    let first = keys(&app, "RS256").await["signing"].clone();
    key::rotate(&app.ctx, None, Some(SigningAlg::Rs256)).await.unwrap();
    app.clock.advance(hours(2) + 1);
    key::rotate_due(&app.ctx).await.unwrap();
    assert!(model::token::read_hint(&app.ctx, hint).is_some());
    // Somebody else may have had its private half before that was destroyed.
    let mut admin = app.sign_in_portal(ADMIN).await;
    let page = admin.get("/admin/keys").await;
    assert!(page.text().contains("For hints"), "{}", page.text());
    let path = format!("/admin/keys/{}/pull", first.id);
    let page = admin.get(&path).await;
    assert!(page.text().contains("are no hints any more"), "{}", page.text());
    assert_eq!(admin.submit(page.form(&path).set("reason", "A backup was lost")).await.status, 303);
    assert!(model::token::read_hint(&app.ctx, hint).is_none());
    let page = signed_out(&mut browser, hint).await;
    assert_eq!((page.status, page.location()), (200, None), "a page asks");
}

#[tokio::test]
async fn administrators_see_keys_and_others_see_nothing() {
    let app = App::demo().await;
    let id = keys(&app, "RS256").await["signing"].id;
    let pull = format!("/admin/keys/{id}/pull");
    let paths = ["/admin/keys", pull.as_str()];
    let mut developer = app.sign_in_portal("dev@portico.test").await;
    for path in paths {
        assert_eq!(developer.get(path).await.status, 404, "{path}");
        let anonymous = app.browser().get(path).await;
        assert!(anonymous.location().unwrap().starts_with("/signin"), "{path}");
    }
    let home = developer.get("/organizations").await;
    assert!(home.attributes("a", "href").iter().all(|href| href != "/admin/keys"));
    // Forms of theirs do nothing, with whatever token.
    let csrf = home.csrf();
    for path in ["/admin/keys/rotate", &format!("/admin/keys/{id}/retire"), &pull] {
        let page = developer.post_form(path, &[("csrf", csrf.as_str()), ("reason", "x")]).await;
        assert_eq!(page.status, 404, "{path}");
    }
    assert_eq!(keys(&app, "RS256").await["signing"].id, id);

    let mut admin = app.sign_in_portal(ADMIN).await;
    let home = admin.get("/organizations").await;
    assert!(home.attributes("a", "href").iter().any(|href| href == "/admin/keys"));
    let page = admin.get("/admin/keys").await;
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in ["RS256", "ES256", "EdDSA", "Sealing", "Signing", &id.to_string()] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(admin.get(&format!("/admin/keys/{}/pull", uuid::Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn an_administrator_rotates_retires_and_pulls() {
    let app = App::demo().await;
    let _tokens = app.tokens("openid phone offline_access", NUMBER).await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let first = keys(&app, "RS256").await["signing"].clone();

    // One page after another asks before something is done.
    let rotate = "/admin/keys/rotate?alg=RS256";
    let page = admin.get("/admin/keys").await;
    assert!(page.attributes("main a", "href").iter().any(|href| href == rotate));
    let page = admin.get(rotate).await;
    assert!(page.text().contains("Rotate the RS256 key?"), "{}", page.text());
    assert_eq!(keys(&app, "RS256").await["signing"].id, first.id);
    assert_eq!(admin.submit(&page.form("/admin/keys/rotate")).await.status, 303);
    let second = keys(&app, "RS256").await["signing"].clone();
    assert_ne!(first.id, second.id);

    // Rotating one that signs is retiring it: the list offers it once.
    let retire = format!("/admin/keys/{}/retire", second.id);
    let page = admin.get("/admin/keys").await;
    assert!(!page.attributes("main a", "href").contains(&retire));
    let page = admin.get(&retire).await;
    assert_eq!(admin.submit(&page.form(&retire)).await.status, 303);
    assert_eq!(key::find(&app.ctx, second.id).await.unwrap().unwrap().state, KeyState::Retired);

    // The page says in numbers what ends, and asks for a reason.
    let path = format!("/admin/keys/{}/pull", first.id);
    let page = admin.get(&path).await;
    assert!(page.text().contains("1 living authorization"), "{}", page.text());
    assert!(page.text().contains("1 hour"), "{}", page.text());
    let again = admin.submit(page.form(&path).set("reason", " ")).await;
    assert_eq!(again.status, 422);
    assert!(published(&app).await.contains(&first.id.to_string()));
    let done = admin.submit(page.form(&path).set("reason", "A laptop was stolen")).await;
    assert_eq!(done.status, 303);
    assert!(!published(&app).await.contains(&first.id.to_string()));
    assert_eq!(admin.get(&path).await.status, 404);

    let log = log(&app).await;
    let actions: Vec<&str> = log.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(actions, ["key.rotated", "key.rotated", "key.pulled"]);
    assert!(log.iter().all(|(_, actor, _)| actor.is_some()));
    assert_eq!(log[2].2, "Pulled a RS256 signing key: A laptop was stolen");

    // The history says who did what.
    let page = admin.get("/admin/history").await;
    let rows = page.select("tbody tr");
    assert_eq!(rows.len(), 3, "{rows:?}");
    for words in ["Pulled a RS256 signing key: A laptop was stolen", "key.pulled", "Ada Admin"] {
        assert!(rows[0].contains(words), "{words}: {}", rows[0]);
    }
}

#[tokio::test]
async fn what_is_done_to_keys_takes_a_fresh_sign_in() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let id = keys(&app, "RS256").await["signing"].id;
    let csrf = admin.get("/admin/keys").await.csrf();
    app.clock.advance(minutes(10));
    assert_eq!(admin.get("/admin").await.location().as_deref(), Some("/admin/keys"));
    for what in ["rotate".to_owned(), format!("{id}/retire"), format!("{id}/pull")] {
        let path = format!("/admin/keys/{what}");
        let again = admin.get(&path).await.location().unwrap();
        assert_eq!(again, format!("/signin?again=1&return_to={}", path.replace('/', "%2F")));
        let page = admin.post_form(&path, &[("csrf", &csrf), ("reason", "x")]).await;
        assert_eq!(page.location().as_deref(), Some("/signin?again=1&return_to=%2Fadmin"), "{path}");
    }
    assert!(log(&app).await.is_empty());
    assert_eq!(keys(&app, "RS256").await["signing"].id, id);
}

#[tokio::test]
async fn a_key_for_nobody_is_pulled_with_words() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    let id = keys(&app, "RS256").await["signing"].id;
    let page = admin.get(&format!("/admin/keys/{id}/pull")).await;
    assert!(page.text().contains("No living authorization has a token of it."), "{}", page.text());
}

#[tokio::test]
async fn the_command_line_manages_keys() {
    let outside = Outside::new().await;
    let run = |arguments: &[&str]| {
        let output = Process::command(&outside).arg("keys").args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    };
    let find = |text: &str, purpose: &str, state: &str| {
        let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|words| words.get(1) == Some(&purpose) && words.get(2) == Some(&state));
        line.unwrap_or_else(|| panic!("no {state} {purpose} key in {text}"))[0].to_owned()
    };
    let (well, text) = run(&["list"]);
    assert!(well, "{text}");
    let first = find(&text, "RS256", "signing");
    let (well, text) = run(&["rotate", "--alg", "RS256"]);
    assert!(well && text.matches("retired").count() == 1, "{text}");
    assert_eq!(find(&text, "RS256", "retired"), first);
    let (well, text) = run(&["rotate", "--alg", "HS256"]);
    assert!(!well && text.contains("RS256, ES256, EdDSA"), "{text}");
    let (well, text) = run(&["retire", &first]);
    assert!(!well && text.contains("retired already"), "{text}");
    let (well, text) = run(&["pull", &first]);
    assert!(!well && text.contains("--reason"), "{text}");
    let (well, text) = run(&["pull", &first, "--reason", "a test", "--dry-run"]);
    assert!(well && text.contains("Nothing was done") && text.contains(&first), "{text}");
    let (well, text) = run(&["pull", &first, "--reason", "a test"]);
    assert!(well && text.contains("living authorizations") && !text.contains(&first), "{text}");
    let (well, text) = run(&["pull", &first, "--reason", "a test"]);
    assert!(!well && text.contains("no such key"), "{text}");
}
