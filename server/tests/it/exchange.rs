//! Token exchange (RFC 8693): the demo world's `demo-app` hands its token to a service of the
//! same organization, which acts for the person.

use model::{authorization::Confirmation, entity::TokenFormat, token::AccessToken};
use serde_json::{Value, json};

use crate::harness::{App, Page, authorize_url, basic};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
const APP: (&str, &str) = ("demo-app", "demo-app-secret");
const API: &str = "https://api.example/ledger";

/// The demo world in which `demo-app` may ask for an API, and `demo-reports` of the same
/// organization may exchange.
async fn world() -> App {
    let app = App::demo().await;
    let all = "\"authorization_code\",\"refresh_token\",\"client_credentials\"";
    for client in ["demo-app", "demo-reports"] {
        app.execute(&format!(
            "UPDATE clients SET metadata = '{{\"grant_types\":[{all},\"{GRANT}\"],\"resources\":[\"{API}\"]}}' \
             WHERE client_id = '{client}'"
        ))
        .await;
    }
    app
}

/// Tokens of `demo-app` for a portal user.
async fn tokens(app: &App, scope: &str) -> Value {
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow(&authorize_url(APP.0, &[("scope", scope)])).await;
    let page = browser.allow(page).await;
    let code = page.redirect_parameters()["code"].clone();
    let form =
        [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", "https://example.com/callback")];
    app.token(APP.0, Some(APP.1), &form).await.json()
}

async fn exchange_as(app: &App, (id, secret): (&str, &str), token: &str, more: &[(&str, &str)]) -> Page {
    let mut form = vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", TYPE)];
    for (name, value) in more {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    app.token(id, Some(secret), &form).await
}

async fn exchange(app: &App, token: &str, more: &[(&str, &str)]) -> Page {
    exchange_as(app, APP, token, more).await
}

async fn introspect(app: &App, token: &str) -> Value {
    app.post("/oauth2/introspect", &[("authorization", &basic(APP.0, APP.1))], &[("token", token)]).await.json()
}

fn error(page: &Page) -> String {
    page.json()["error"].as_str().unwrap_or_else(|| panic!("{}", page.body)).to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_service_acts_for_a_person_with_less_and_not_longer() {
    let app = world().await;
    let original = tokens(&app, "openid profile email offline_access").await;
    app.clock.advance(model::minutes(20));
    let own = app.token(APP.0, Some(APP.1), &[("grant_type", "client_credentials")]).await.json();
    let actor = [("actor_token", text(&own["access_token"])), ("actor_token_type", TYPE)];
    let more = [&actor[..], &[("scope", "email"), ("audience", API)]].concat();
    let page = exchange(&app, text(&original["access_token"]), &more).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let exchanged = page.json();
    assert_eq!((text(&exchanged["issued_token_type"]), text(&exchanged["scope"])), (TYPE, "email"));
    assert_eq!(exchanged["expires_in"], 2400, "as long as the original");
    assert!(exchanged.get("refresh_token").is_none() && exchanged.get("id_token").is_none());
    let said = introspect(&app, text(&exchanged["access_token"])).await;
    assert_eq!(said["act"], json!({"sub": APP.0}));
    assert_eq!(said["aud"], API);
    let first = introspect(&app, text(&original["access_token"])).await;
    assert_eq!(said["sub"], first["sub"]);

    // The next in line: the chain says who acted before.
    let page = exchange(&app, text(&exchanged["access_token"]), &[]).await;
    let next = page.json();
    let said = introspect(&app, text(&next["access_token"])).await;
    assert_eq!(said["act"], json!({"sub": APP.0, "act": {"sub": APP.0}}));
    assert_eq!(said["aud"], API, "what was for one API is not for another by leaving it out");
}

#[tokio::test]
async fn what_was_exchanged_dies_with_the_original() {
    let app = world().await;
    let original = tokens(&app, "openid email").await;
    let page = exchange(&app, text(&original["access_token"]), &[]).await;
    let first = text(&page.json()["access_token"]).to_owned();
    let page = exchange(&app, &first, &[]).await;
    let second = text(&page.json()["access_token"]).to_owned();
    assert_eq!(introspect(&app, &second).await["active"], true);
    let form = [("token", text(&original["access_token"]))];
    app.post("/oauth2/revoke", &[("authorization", &basic(APP.0, APP.1))], &form).await;
    for token in [first, second] {
        assert_eq!(introspect(&app, &token).await, json!({"active": false}));
    }
    let page = exchange(&app, text(&original["access_token"]), &[]).await;
    assert_eq!(error(&page), "invalid_request");
}

#[tokio::test]
async fn each_wrong_exchange_has_its_error() {
    let app = world().await;
    let original = tokens(&app, "openid email").await;
    let token = text(&original["access_token"]);
    let id_token = text(&original["id_token"]);
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for (more, expected) in [
        (&[("scope", "openid profile")][..], "invalid_scope"),
        (&[("audience", "https://other.example/")], "invalid_target"),
        (&[("resource", "https://other.example/")], "invalid_target"),
        (&[("subject_token", "nonsense")], "invalid_request"),
        (&[("subject_token", id_token)], "invalid_request"),
        (&[("subject_token_type", jwt)], "invalid_request"),
        (&[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], "invalid_request"),
        (&[("actor_token", token), ("actor_token_type", TYPE)], "invalid_request"),
        (&[("actor_token_type", TYPE)], "invalid_request"),
        (&[("actor_token", token)], "invalid_request"),
    ] {
        let page = exchange(&app, token, more).await;
        assert_eq!((page.status, error(&page).as_str()), (400, expected), "{more:?}");
    }
    // A client's own token is about nobody.
    let own = app.token(APP.0, Some(APP.1), &[("grant_type", "client_credentials")]).await.json();
    assert_eq!(error(&exchange(&app, text(&own["access_token"]), &[]).await), "invalid_request");
    // Who has not registered the grant, and who cannot keep a secret.
    let page = exchange_as(&app, ("demo-web", "demo-web-secret"), token, &[]).await;
    assert_eq!(error(&page), "unauthorized_client");
    let form = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", TYPE)];
    assert_eq!(error(&app.token("demo-spa", None, &form).await), "unauthorized_client");
}

#[tokio::test]
async fn a_token_of_another_organization_is_not_exchanged_and_that_is_noted() {
    let app = world().await;
    let original = tokens(&app, "openid email").await;
    app.execute(
        "UPDATE clients SET organization_id = (SELECT id FROM organizations WHERE id <> organization_id LIMIT 1) \
         WHERE client_id = 'demo-reports'",
    )
    .await;
    let page = exchange_as(&app, ("demo-reports", "demo-reports-secret"), text(&original["access_token"]), &[]).await;
    assert_eq!(error(&page), "invalid_request");
    assert!(app.texts("audit_events", "action").await.iter().any(|action| action == "client.foreign_grant"));
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_does_not_become_one_that_is_not() {
    let app = world().await;
    let original = tokens(&app, "openid email").await;
    let mut bound = AccessToken::read(&app.ctx, text(&original["access_token"])).unwrap();
    bound.confirmation = Some(Confirmation::Jkt("k".repeat(43)));
    let bound = bound.encode(&app.ctx, TokenFormat::Opaque).unwrap();
    let page = exchange(&app, &bound, &[]).await;
    assert_eq!(error(&page), "invalid_request");
    assert!(page.body.contains("send a DPoP proof"), "{}", page.body);
}

#[tokio::test]
async fn a_chain_of_actors_has_an_end() {
    let app = world().await;
    let original = tokens(&app, "openid email").await;
    let mut token = text(&original["access_token"]).to_owned();
    for _ in 0..5 {
        let page = exchange(&app, &token, &[]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        token = text(&page.json()["access_token"]).to_owned();
    }
    assert_eq!(error(&exchange(&app, &token, &[]).await), "invalid_request");
}
