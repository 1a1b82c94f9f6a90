//! What is said only where certificates of clients arrive (RFC 8705), shown over TLS.

use model::client::keys;
use serde_json::{Map, Value, json};

use super::texts;
use crate::{
    harness::{Page, basic},
    mutual::{ACME, CALLBACK, World, acme, bound, by_name},
    tls::{Pair, self_signed},
};

/// Has shown what the document says under a key that it does not have, or has otherwise, where no
/// certificates arrive.
pub async fn prove(key: &str, value: &Value, plain: &Map<String, Value>) {
    match key {
        "token_endpoint_auth_methods_supported" => methods("/oauth2/token", value, &plain[key]).await,
        "revocation_endpoint_auth_methods_supported" => methods("/oauth2/revoke", value, &plain[key]).await,
        "introspection_endpoint_auth_methods_supported" => methods("/oauth2/introspect", value, &plain[key]).await,
        "tls_client_certificate_bound_access_tokens" => bound_tokens(value).await,
        _ => panic!("nothing shows over TLS that {key} is true: write its proof in tests/it/metadata/certificates.rs"),
    }
}

/// Each method that comes with certificates works with the registered one, at each endpoint that
/// says so, and with no other; the others go on beside them.
async fn methods(path: &str, value: &Value, plain: &Value) {
    let (advertised, plain) = (texts(value), texts(plain));
    assert_eq!(advertised[0], "client_secret_basic", "some clients read the first one only");
    assert!(plain.iter().all(|method| advertised.contains(method)), "{plain:?}");
    let world = World::new().await;
    let form: &[(&str, &str)] = match path {
        "/oauth2/token" => &[("grant_type", "refresh_token"), ("refresh_token", "nothing")],
        _ => &[("token", "nothing")],
    };
    let ask = async |own: Option<&Pair>, client: &str| {
        believed(&world.post(own, path, &[], &[&[("client_id", client)], form].concat()).await)
    };
    for method in advertised.into_iter().filter(|method| !plain.contains(method)) {
        let (own, mut registered) = match method {
            "tls_client_auth" => (world.clients.sign(acme), by_name("subject_dn", ACME)),
            "self_signed_tls_client_auth" => {
                let own = self_signed();
                let jwk = keys::read(&own.certificate).unwrap().remove(0).jwk;
                (own, json!({"token_endpoint_auth_method": method, "jwks": {"keys": [jwk]}}))
            }
            _ => panic!("nothing shows that clients authenticate by {method}"),
        };
        registered["grant_types"] = json!(["authorization_code", "refresh_token"]);
        let client = world.registered(&registered).await;
        assert!(ask(Some(&own), &client).await, "{method} at {path}");
        assert!(!ask(None, &client).await && !ask(Some(&self_signed()), &client).await, "{method} at {path}");
        // Who has a secret is known by that, whatever certificate they come with.
        for (secret, known) in [("demo-app-secret", true), ("wrong", false)] {
            let headers = [("authorization", &*basic("demo-app", secret))];
            assert_eq!(believed(&world.post(Some(&own), path, &headers, form).await), known, "{path}");
        }
    }
}

fn believed(page: &Page) -> bool {
    match page.status {
        200 => true,
        400 if page.json()["error"] == "invalid_grant" => true,
        401 if page.json()["error"] == "invalid_client" => false,
        _ => panic!("{} {}", page.status, page.body),
    }
}

async fn bound_tokens(value: &Value) {
    assert_eq!(*value, true);
    let world = World::new().await;
    world.rewrite("demo-app", "secret", &json!({"tls_client_certificate_bound_access_tokens": true})).await;
    let code = world.code("demo-app", "openid profile").await;
    let own = self_signed();
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let headers = [("authorization", &*basic("demo-app", "demo-app-secret"))];
    let access = bound(&world.post(Some(&own), "/oauth2/token", &headers, &form).await);
    assert_eq!(world.get(Some(&own), "/userinfo", &access).await.json()["name"], "Dev Eloper");
    assert_eq!(world.get(None, "/userinfo", &access).await.status, 401);
    assert_eq!(world.get(Some(&self_signed()), "/userinfo", &access).await.status, 401);
}
