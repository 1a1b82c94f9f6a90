//! Tokens that are bound to a certificate.

use model::ClientCertificate;
use serde_json::json;

use super::{ACME, CALLBACK, DEV, World, acme, bound};
use crate::{
    harness::{CHALLENGE, VERIFIER, authorize_url, basic, claims, encode},
    tls::{Pair, self_signed},
};

#[tokio::test]
async fn a_token_is_bound_to_the_certificate_that_it_was_asked_with() {
    let world = World::new().await;
    let metadata = json!({"tls_client_certificate_bound_access_tokens": true});
    world.rewrite("demo-app", "secret", &metadata).await;
    let [own, other] = [self_signed(), world.clients.sign(|_| {})];
    let authorization = basic("demo-app", "demo-app-secret");
    let headers = [("authorization", authorization.as_str())];
    let code = world.code("demo-app", "openid profile offline_access").await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let page = world.post(None, "/oauth2/token", &headers, &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request")), "no certificate");
    let page = world.post(Some(&own), "/oauth2/token", &headers, &form).await;
    let access = bound(&page);
    let refresh = page.json()["refresh_token"].as_str().unwrap().to_owned();

    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.status, 200);
    for (what, pair) in [("no certificate", None), ("another one", Some(&other)), ("a new one", Some(&self_signed()))] {
        let page = world.get(pair, "/userinfo", &access).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_token")), "{what}");
        assert!(page.header("www-authenticate").unwrap().starts_with("Bearer "), "{what}");
    }
    let page = world.post(None, "/userinfo", &[], &[("access_token", &access)]).await;
    assert_eq!(page.status, 401, "in the body it is no better");

    // Whoever is shown the token learns what to compare.
    let page = world.post(None, "/oauth2/introspect", &headers, &[("token", &access)]).await;
    let thumbprint = |pair: &Pair| ClientCertificate { der: pair.der.clone(), trusted: false }.thumbprint();
    assert_eq!(page.json()["cnf"], json!({"x5t#S256": thumbprint(&own)}));

    // The client has signed in with its secret: the next token is bound to the next certificate.
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let page = world.post(None, "/oauth2/token", &headers, &form).await;
    assert_eq!(page.json()["error"], "invalid_request", "unbound tokens are not given");
    let page = world.post(Some(&other), "/oauth2/token", &headers, &form).await;
    let access = bound(&page);
    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.status, 401);
    assert_eq!(world.get(Some(&other), "/userinfo", &access).await.status, 200);
}

#[tokio::test]
async fn a_signed_token_names_the_certificate_too() {
    let world = World::new().await;
    let metadata = json!({"tls_client_certificate_bound_access_tokens": true, "tls_client_auth_subject_dn": ACME});
    world.rewrite("demo-reports", "tls_client_auth", &metadata).await;
    world.app.execute("UPDATE clients SET token_format = 'jwt' WHERE client_id = 'demo-reports'").await;
    let own = world.clients.sign(acme);
    let form = [("grant_type", "client_credentials"), ("client_id", "demo-reports")];
    let access = bound(&world.post(Some(&own), "/oauth2/token", &[], &form).await);
    let thumbprint = ClientCertificate { der: own.der.clone(), trusted: true }.thumbprint();
    assert_eq!(claims(&access)["cnf"], json!({"x5t#S256": thumbprint}));
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_to_its_certificate() {
    let world = World::new().await;
    let metadata = json!({"tls_client_certificate_bound_access_tokens": true});
    world.rewrite("demo-spa", "none", &metadata).await;
    let [own, other] = [self_signed(), self_signed()];
    let answer = world.app.authorize(&authorize_url("demo-spa", &[]), "+46701740605").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let page = world.post(Some(&own), "/oauth2/token", &[], &form).await;
    bound(&page);
    let refresh = page.json()["refresh_token"].as_str().unwrap().to_owned();
    let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh.as_str())];
    let page = world.post(Some(&other), "/oauth2/token", &[], &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")), "stolen");
    let page = world.post(None, "/oauth2/token", &[], &form).await;
    assert_eq!(page.status, 400);
    let page = world.post(Some(&own), "/oauth2/token", &[], &form).await;
    let access = bound(&page);
    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.status, 200, "the thief has not ended it");
    assert_eq!(world.get(Some(&other), "/userinfo", &access).await.status, 401);
    // The binding goes on with the family.
    let next = page.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(next, refresh);
    let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", next.as_str())];
    for pair in [None, Some(&other)] {
        let page = world.post(pair, "/oauth2/token", &[], &form).await;
        assert_eq!(page.status, 400, "{}", page.body);
    }
    bound(&world.post(Some(&own), "/oauth2/token", &[], &form).await);
}

#[tokio::test]
async fn a_whole_flow_of_fapi_2_with_a_certificate() {
    let world = World::new().await;
    world.rewrite("demo-fapi", "tls_client_auth", &json!({"tls_client_auth_subject_dn": ACME})).await;
    let [own, other] = [world.clients.sign(acme), self_signed()];
    let form = [
        ("client_id", "demo-fapi"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile offline_access"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(world.post(None, "/oauth2/par", &[], &form).await.status, 401);
    assert_eq!(world.post(Some(&other), "/oauth2/par", &[], &form).await.status, 401);
    let page = world.post(Some(&own), "/oauth2/par", &[], &form).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let reference = page.json()["request_uri"].as_str().unwrap().to_owned();
    let mut browser = world.app.sign_in_portal(DEV).await;
    let url = format!("/oauth2/auth?{}", encode(&[("client_id", "demo-fapi"), ("request_uri", &reference)]));
    let page = browser.follow(&url).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let form = [
        ("client_id", "demo-fapi"),
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let page = world.post(Some(&own), "/oauth2/token", &[], &form).await;
    let access = bound(&page);
    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.json()["name"], "Dev Eloper");
    assert_eq!(world.get(Some(&other), "/userinfo", &access).await.status, 401);
    assert_eq!(world.get(None, "/userinfo", &access).await.status, 401);
    // The certificate is renewed: its name is what the client is known by.
    let renewed = world.clients.sign(acme);
    let refresh = page.json()["refresh_token"].as_str().unwrap().to_owned();
    let form = [("client_id", "demo-fapi"), ("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let access = bound(&world.post(Some(&renewed), "/oauth2/token", &[], &form).await);
    assert_eq!(world.get(Some(&renewed), "/userinfo", &access).await.status, 200);
    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.status, 401);
}

#[tokio::test]
async fn the_portals_own_api_takes_a_bound_token_with_its_certificate() {
    let world = World::new().await;
    let api = world.app.ctx.settings().api_url();
    let metadata = json!({"tls_client_certificate_bound_access_tokens": true, "resources": [api]});
    world.rewrite("demo-app", "secret", &metadata).await;
    let product = "SELECT product_id FROM clients WHERE client_id = 'demo-app'";
    let sql = format!(
        "INSERT INTO product_scopes (product_id, scope, optional) SELECT product_id, 'portal:read', FALSE FROM ({product}) AS p"
    );
    world.app.execute(&sql).await;
    let code = world.code("demo-app", "openid portal:read").await;
    let own = self_signed();
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let authorization = basic("demo-app", "demo-app-secret");
    let page = world.post(Some(&own), "/oauth2/token", &[("authorization", &authorization)], &form).await;
    let access = bound(&page);
    let page = world.get(Some(&own), "/api/v1/me", &access).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for pair in [None, Some(&self_signed())] {
        let page = world.get(pair, "/api/v1/me", &access).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_token")));
    }
    let document = world.app.get("/.well-known/oauth-protected-resource/api/v1", &[]).await.json();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
}

#[tokio::test]
async fn a_token_is_bound_to_one_of_both() {
    let world = World::new().await;
    let metadata = json!({"tls_client_certificate_bound_access_tokens": true});
    world.rewrite("demo-reports", "secret", &metadata).await;
    let dpop = crate::fapi::Client::new(&world.app);
    let proof = dpop.proof("POST", "/oauth2/token", None);
    let authorization = basic("demo-reports", "demo-reports-secret");
    let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    let form = [("grant_type", "client_credentials")];
    let page = world.post(Some(&self_signed()), "/oauth2/token", &headers, &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")));
}
