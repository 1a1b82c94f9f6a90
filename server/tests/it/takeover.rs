//! A client that has registered itself gets an owner.

use axum::http::Method;
use model::{
    client::dynamic::{self, TakeOverError},
    membership,
};
use serde_json::{Value, json};

use crate::{
    accounts::join,
    harness::{App, Browser, CHALLENGE, Page, VERIFIER, authorize_url},
    organizations::{add, create, id_of},
    registration::{manage, registered, web},
};

const DEV: &str = "dev@portico.test";
const ADMIN: &str = "admin@portico.test";
const WAITING: &str = "/admin/registration/waiting";

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Types this into the form of an organization.
async fn try_over(browser: &mut Browser, organization: &str, client_id: &str, token: &str) -> Page {
    let path = format!("{organization}/takeover");
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    browser.submit(page.form(&path).set("client_id", client_id).set("token", token)).await
}

async fn take_over(browser: &mut Browser, organization: &str, client: &Value) -> Page {
    try_over(browser, organization, text(client, "client_id"), text(client, "registration_access_token")).await
}

/// Somebody with an organization of their own, and its path.
async fn acme(app: &App) -> (Browser, String) {
    let mut owner = join(app, "owner@acme.test").await;
    let path = create(&mut owner, "Acme").await;
    (owner, path)
}

/// Whose client it is: the name that its consent page shows.
async fn consent_page(app: &App, client: &Value) -> String {
    let pkce = [("scope", "openid"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let mut browser = app.sign_in_portal(DEV).await;
    browser.follow(&authorize_url(text(client, "client_id"), &pkce)).await.text()
}

#[tokio::test]
async fn an_organization_takes_over_a_client_and_its_program_gets_another_token() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    assert!(consent_page(&app, &client).await.contains("Nobody here has checked who is behind Pocket"));
    let (mut owner, acme) = acme(&app).await;
    let products = owner.get(&acme).await;
    assert!(products.attributes("a", "href").contains(&format!("{acme}/takeover")), "a link leads to the form");
    let page = take_over(&mut owner, &acme, &client).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let token = page.select(".secret__values dd code").remove(0);
    assert_ne!(token, text(&client, "registration_access_token"));

    // It is theirs, with its product, and people read so.
    let path = app.client_path(text(&client, "client_id")).await;
    assert!(page.attributes("a", "href").contains(&path));
    let shown = owner.get(&path).await;
    assert!(shown.text().contains("Pocket") && shown.status == 200, "{}", shown.text());
    assert!(owner.get(&acme).await.text().contains("Pocket"));
    let consent = consent_page(&app, &client).await;
    assert!(consent.contains("Acme") && !consent.contains("Nobody here has checked"), "{consent}");
    assert_eq!(join(&app, "stranger@example.test").await.get(&path).await.status, 404);

    // It works as before, and the new token manages it.
    let pkce = [("scope", "openid"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let mut dev = app.sign_in_portal(DEV).await;
    let page = dev.follow(&authorize_url(text(&client, "client_id"), &pkce)).await;
    let code = dev.allow(page).await.redirect_parameters()["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://example.com/callback"),
        ("code_verifier", VERIFIER),
    ];
    let page = app.token(text(&client, "client_id"), client["client_secret"].as_str(), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let mut now = client.clone();
    now["registration_access_token"] = token.into();
    assert_eq!(manage(&app, Method::GET, &now, &json!({})).await.status, 200);
    let change = json!({"client_id": text(&client, "client_id"), "client_name": "Purse", "redirect_uris": ["https://example.com/callback"]});
    assert_eq!(manage(&app, Method::PUT, &now, &change).await.status, 200);
    assert!(owner.get(&acme).await.text().contains("Pocket"), "the product's name is the organization's to change");

    let history = owner.get(&format!("{acme}/history")).await.text();
    assert!(history.contains("Took over the client Pocket") && history.contains("Took over the product"), "{history}");
    let stored = app.texts("client_registrations", "token_hash").await.concat();
    assert!(!stored.contains(text(&now, "registration_access_token")));
    assert_eq!(manage(&app, Method::DELETE, &now, &json!({})).await.status, 204);
    assert!(owner.get(&acme).await.text().contains("Pocket"), "the product stays when its client ends");
}

/// Who has given the token away keeps nothing of it: they could lead people elsewhere under Acme's name.
#[tokio::test]
async fn the_old_token_ends_with_the_takeover() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let (mut owner, acme) = acme(&app).await;
    assert_eq!(take_over(&mut owner, &acme, &client).await.status, 200);
    let elsewhere = json!({"client_id": text(&client, "client_id"), "redirect_uris": ["https://evil.example/"]});
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_eq!(manage(&app, method.clone(), &client, &elsewhere).await.status, 401, "{method}");
    }
    assert!(!app.texts("client_uris", "uri").await.contains(&"https://evil.example/".to_owned()));
}

/// What was checked with the old token before the takeover is not written after it.
#[tokio::test]
async fn a_change_that_began_before_the_takeover_does_not_end_after_it() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let (id, token) = (text(&client, "client_id"), text(&client, "registration_access_token"));
    let begun = dynamic::managed(&app.ctx, id, token).await.unwrap();
    let (mut owner, acme) = acme(&app).await;
    assert_eq!(take_over(&mut owner, &acme, &client).await.status, 200);
    let elsewhere = json!({"client_id": id, "client_name": "Bank", "redirect_uris": ["https://evil.example/"]});
    let given = elsewhere.as_object().unwrap();
    let changed = dynamic::update(&app.ctx, &begun, "192.0.2.1", &["authorization_code"], given).await;
    assert!(matches!(changed, Err(dynamic::DynamicError::Token)), "{changed:?}");
    assert!(matches!(dynamic::end(&app.ctx, &begun).await, Err(dynamic::DynamicError::Token)));
    assert!(owner.get(&acme).await.text().contains("Pocket"));
    assert!(!app.texts("client_uris", "uri").await.contains(&"https://evil.example/".to_owned()));
}

#[tokio::test]
async fn a_wrong_token_or_one_of_another_client_takes_nothing_over() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let other = registered(&app, &json!({"client_name": "Other", "redirect_uris": ["https://other.example/"]})).await;
    let (mut owner, acme) = acme(&app).await;
    let (id, token) = (text(&client, "client_id"), text(&client, "registration_access_token"));
    for (id, token) in [
        (id, text(&other, "registration_access_token")),
        (id, "prt_nothing"),
        (id, text(&client, "client_secret")),
        (text(&other, "client_id"), token),
        ("demo-web", token),
        ("nobody", token),
        ("no\0body", token),
    ] {
        let page = try_over(&mut owner, &acme, id, token).await;
        assert_eq!(page.status, 422, "{id} {token}");
        let error = page.select("#token-error").join("");
        assert!(
            error.contains("No client that has registered itself has this client id and this token"),
            "{id}: {error}"
        );
    }
    for (id, token, field) in [("", token, "client_id"), (id, " ", "token")] {
        let page = try_over(&mut owner, &acme, id, token).await;
        assert_eq!((page.status, page.select(&format!("#{field}-error")).len()), (422, 1));
    }
    let page = try_over(&mut owner, &acme, id, "wrong").await;
    let form = page.form(&format!("{acme}/takeover"));
    assert_eq!((form.get("client_id"), form.get("token")), (Some(id), Some("wrong")), "as it was typed");
    assert!(consent_page(&app, &client).await.contains("Nobody here has checked"));
    assert_eq!(manage(&app, Method::GET, &client, &json!({})).await.status, 200, "the token is as it was");
}

#[tokio::test]
async fn a_client_that_has_an_owner_stays_with_it() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let (mut owner, acme) = acme(&app).await;
    let page = take_over(&mut owner, &acme, &client).await;
    let mut now = client.clone();
    now["registration_access_token"] = page.select(".secret__values dd code").remove(0).into();
    let mut rival = join(&app, "owner@rival.test").await;
    let theirs = create(&mut rival, "Rival").await;
    let page = take_over(&mut rival, &theirs, &now).await;
    assert_eq!(page.status, 422);
    assert!(page.select("#client_id-error").join("").contains("belongs to an organization already"), "{}", page.text());
    assert_eq!(manage(&app, Method::GET, &now, &json!({})).await.status, 200, "the token is as it was");
    assert!(owner.get(&acme).await.text().contains("Pocket") && !rival.get(&theirs).await.text().contains("Pocket"));
}

#[tokio::test]
async fn a_role_too_low_takes_nothing_over() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let (mut owner, acme) = acme(&app).await;
    let mut viewer = add(&app, &mut owner, &acme, "viewer@acme.test", "viewer").await;
    let mut stranger = join(&app, "stranger@example.test").await;
    let path = format!("{acme}/takeover");
    assert!(!viewer.get(&acme).await.body.contains("/takeover"), "not offered");
    for (who, status) in [(&mut viewer, 403), (&mut stranger, 404)] {
        assert_eq!(who.get(&path).await.status, status);
        let csrf = who.get("/account").await.csrf();
        let fields = [
            ("csrf", csrf.as_str()),
            ("client_id", text(&client, "client_id")),
            ("token", text(&client, "registration_access_token")),
        ];
        assert_eq!(who.post_form(&path, &fields).await.status, status);
    }
    assert_eq!(manage(&app, Method::GET, &client, &json!({})).await.status, 200, "the token is as it was");
    let mut developer = add(&app, &mut owner, &acme, "developer@acme.test", "developer").await;
    assert_eq!(take_over(&mut developer, &acme, &client).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_takeovers_at_once_one_wins() {
    let app = App::demo().await;
    let client = registered(&app, &web()).await;
    let (id, token) = (text(&client, "client_id"), text(&client, "registration_access_token"));
    let mut rivals = Vec::new();
    for n in 0..6 {
        let email = format!("owner-{n}@example.test");
        let mut owner = join(&app, &email).await;
        let path = create(&mut owner, &format!("Rival {n}")).await;
        let user = app.user_id(&email).await;
        let all = membership::of_user(&app.ctx, user).await.unwrap().into_iter();
        let organization = all.map(|one| one.organization).find(|one| one.id == id_of(&path)).unwrap();
        rivals.push((user, organization, path, owner));
    }
    let tries = rivals.iter().map(|(user, rival, ..)| dynamic::take_over(&app.ctx, *user, rival, id, token));
    let tries = futures::future::join_all(tries).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 1, "{tries:?}");
    assert!(tries.iter().all(|tried| matches!(tried, Ok(_) | Err(TakeOverError::Unknown | TakeOverError::Owned))));
    let taken = app.texts("audit_events", "action").await;
    assert_eq!(taken.iter().filter(|action| *action == "client.taken_over").count(), 1);
    let winner = tries.iter().position(Result::is_ok).unwrap();
    for (n, (_, _, path, owner)) in rivals.iter_mut().enumerate() {
        assert_eq!(owner.get(path).await.text().contains("Pocket"), n == winner, "{n}");
    }
}

#[tokio::test]
async fn administrators_see_the_clients_that_wait() {
    let app = App::demo().await;
    let mut admin = app.sign_in_portal(ADMIN).await;
    assert!(admin.get(WAITING).await.text().contains("No client waits"));
    let asked = json!({
        "client_name": "Pocket", "redirect_uris": ["https://example.com/callback"], "contacts": ["dev@pocket.example"],
    });
    let client = registered(&app, &asked).await;
    assert!(admin.get("/admin/registration").await.attributes("a", "href").contains(&WAITING.to_owned()));
    let row = admin.get(WAITING).await.select("tbody tr").remove(0);
    for words in ["Pocket", text(&client, "client_id"), "https://example.com/callback", "dev@pocket.example"] {
        assert!(row.contains(words), "{words}: {row}");
    }
    let (mut owner, acme) = acme(&app).await;
    take_over(&mut owner, &acme, &client).await;
    assert!(admin.get(WAITING).await.text().contains("No client waits"));
    assert_eq!(owner.get(WAITING).await.status, 404, "for administrators alone");
}
