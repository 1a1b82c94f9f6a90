//! The portal's own API, a protected resource.

use model::{authorization::Confirmation, entity::TokenFormat, token::AccessToken};
use serde_json::{Value, json};

use crate::{
    fapi::Client,
    harness::{App, Page, URL},
};

const DEV: &str = "dev@portico.test";
const ME: &str = "/api/v1/me";
const OTHER: &str = "https://api.example.com/";

fn api() -> String {
    format!("{URL}/api/v1")
}

/// The demo world, with a client whose product may ask for the API's scope.
async fn world() -> App {
    let app = App::demo().await;
    let resources = json!({ "resources": [api(), OTHER] });
    app.execute(&format!("UPDATE clients SET metadata = '{resources}' WHERE client_id = 'demo-app'")).await;
    let product = "SELECT product_id FROM clients WHERE client_id = 'demo-app'";
    app.execute(&format!(
        "INSERT INTO product_scopes (product_id, scope, optional) SELECT product_id, 'portal:read', FALSE FROM ({product}) AS p"
    ))
    .await;
    app
}

async fn access_token(app: &App, scope: &str, resource: &str) -> String {
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = app.tokens_of_user(&mut browser, &[("scope", scope), ("resource", resource)]).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn me(app: &App, token: &str) -> Page {
    app.get(ME, &[("authorization", &format!("Bearer {token}"))]).await
}

/// Status, error code, and the challenge, which always says where to learn more.
fn refused(page: &Page) -> (u16, String) {
    let challenge = page.header("www-authenticate").unwrap();
    let metadata = format!("resource_metadata=\"{URL}/.well-known/oauth-protected-resource/api/v1\"");
    assert!(challenge.starts_with("Bearer ") && challenge.contains(&metadata), "{challenge}");
    assert!(challenge.contains("scope=\"portal:read\""), "{challenge}");
    let code = page.json()["error"].as_str().unwrap().to_owned();
    (page.status, code)
}

#[tokio::test]
async fn an_application_learns_the_persons_organizations() {
    let app = world().await;
    for resource in [api().as_str(), ""] {
        let token = access_token(&app, "openid portal:read", resource).await;
        let page = me(&app, &token).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let answer = page.json();
        assert!(answer["sub"].as_str().unwrap().starts_with("usr_"));
        let organizations = answer["organizations"].as_array().unwrap();
        assert!(!organizations.is_empty());
        for organization in organizations {
            assert!(organization["id"].as_str().unwrap().starts_with("org_"), "{organization}");
            assert!(organization["role"].is_string() && organization["name"].is_string());
        }
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn each_refusal_says_what_is_needed() {
    let app = world().await;
    let none = app.get(ME, &[]).await;
    assert!(!none.header("www-authenticate").unwrap().contains("error="), "RFC 6750, section 3.1");
    assert_eq!(refused(&none).0, 401);
    assert_eq!(refused(&me(&app, "nonsense").await), (401, "invalid_token".to_owned()));
    let narrow = access_token(&app, "openid profile", &api()).await;
    assert_eq!(refused(&me(&app, &narrow).await), (403, "insufficient_scope".to_owned()));
    let own =
        app.token("demo-reports", Some("demo-reports-secret"), &[("grant_type", "client_credentials")]).await.json();
    assert_eq!(refused(&me(&app, own["access_token"].as_str().unwrap()).await).0, 403, "it is about nobody");
    let subscriber = app.tokens("openid", "+46701740605").await;
    assert_eq!(refused(&me(&app, subscriber["access_token"].as_str().unwrap()).await).0, 403);
    let good = access_token(&app, "openid portal:read", &api()).await;
    app.execute(&format!("UPDATE users SET suspended_at = 1 WHERE email_key = '{DEV}'")).await;
    assert_eq!(refused(&me(&app, &good).await), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn a_token_for_another_api_is_refused() {
    let app = world().await;
    let other = access_token(&app, "openid profile", OTHER).await;
    assert_eq!(refused(&me(&app, &other).await), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_opens_nothing_without_it() {
    let app = world().await;
    let client = Client::new(&app);
    let good = access_token(&app, "openid portal:read", &api()).await;
    let mut bound = AccessToken::read(&app.ctx, &good).unwrap();
    bound.confirmation = Some(Confirmation::Jkt(client.dpop.thumbprint()));
    let bound = bound.encode(&app.ctx, TokenFormat::Opaque).unwrap();
    let ask = async |scheme: &str, proof: Option<String>| {
        let authorization = format!("{scheme} {bound}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proof.as_deref().map(|proof| ("dpop", proof)));
        app.get(ME, &headers).await
    };
    let proof = client.proof("GET", ME, Some(&bound));
    let page = ask("DPoP", Some(proof.clone())).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.header("dpop-nonce").is_none());
    let thief = Client::new(&app);
    for (what, scheme, proof, code) in [
        ("as a bearer token", "Bearer", None, "invalid_token"),
        ("without a proof", "DPoP", None, "invalid_token"),
        ("with the proof of before", "DPoP", Some(proof), "invalid_dpop_proof"),
        ("with another key", "DPoP", Some(thief.proof("GET", ME, Some(&bound))), "invalid_token"),
        ("at another place", "DPoP", Some(client.proof("GET", "/userinfo", Some(&bound))), "invalid_dpop_proof"),
        ("for another token", "DPoP", Some(client.proof("GET", ME, Some(&good))), "invalid_dpop_proof"),
    ] {
        let page = ask(scheme, proof).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some(code)), "{what}");
        let challenge = page.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("DPoP ") && challenge.contains("ES256"), "{what}: {challenge}");
        assert!(challenge.contains("resource_metadata="), "{what}: {challenge}");
    }
    let page = app.get(ME, &[("authorization", &format!("DPoP {good}"))]).await;
    assert_eq!(page.status, 401, "what is bound to nothing needs no proof");
}

#[tokio::test]
async fn the_metadata_is_about_the_address_it_is_at() {
    let app = App::demo().await;
    let base = "/.well-known/oauth-protected-resource";
    for (path, resource) in [(format!("{base}/api/v1"), api()), (base.to_owned(), URL.to_owned())] {
        let page = app.get(&path, &[("origin", "https://agent.example")]).await;
        assert_eq!(page.header("access-control-allow-origin"), Some("*"));
        let document: Value = page.json();
        assert_eq!(document["resource"], resource);
        assert_eq!(document["authorization_servers"], json!([URL]));
        assert_eq!(document["scopes_supported"], json!(["portal:read"]));
    }
    let server = app.get("/.well-known/oauth-authorization-server", &[]).await.json();
    assert_eq!(server["protected_resources"], json!([api()]));
}
