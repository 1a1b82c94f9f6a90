//! How clients say who they are, at each endpoint that wants to know.

use serde_json::{Value, json};

use super::{
    texts,
    world::{Client, DEV, World, text},
};
use crate::harness::Page;

const METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];

/// A world in which clients sign with their secret if the provider says that they can.
async fn world(advertised: &[&str]) -> World {
    World::with(advertised.iter().any(|one| ["client_secret_jwt", "HS256"].contains(one))).await
}

/// A request to an endpoint that succeeds if the client is believed.
async fn ask(client: &Client<'_>, method: &str, path: &str) -> Page {
    let form: &[(&str, &str)] = match path {
        "/oauth2/token" => &[("grant_type", "refresh_token"), ("refresh_token", "nothing")],
        _ => &[("token", "nothing")],
    };
    client.post_by(method, path, &[], form).await
}

/// Whether the client was believed: what it asked for may still be nothing.
fn believed(page: &Page) -> bool {
    match page.status {
        200 => true,
        400 if page.json()["error"] == "invalid_grant" => true,
        401 if page.json()["error"] == "invalid_client" => false,
        _ => panic!("{} {}", page.status, page.body),
    }
}

/// Each method that is advertised works for whoever has registered it, and for nobody else.
async fn methods(advertised: &[&str], path: &str) {
    let world = world(advertised).await;
    let offered = |method: &str| method != "client_secret_jwt" || advertised.contains(&method);
    let sends_secret = |method: &str| ["client_secret_basic", "client_secret_post"].contains(&method);
    for registered in METHODS.into_iter().filter(|method| offered(method)) {
        let client = world.client(json!({"token_endpoint_auth_method": registered})).await;
        for used in METHODS {
            let page = ask(&client, used, path).await;
            // A secret is understood in the header and in the body.
            let same = used == registered || (sends_secret(used) && sends_secret(registered));
            assert_eq!(believed(&page), same && advertised.contains(&used), "{used} for {registered} at {path}");
        }
    }
    for method in advertised {
        assert!(METHODS.contains(method), "nothing shows that clients authenticate by {method}");
    }
}

/// Each algorithm that is advertised verifies, when the client pins it and when it does not.
async fn algs(advertised: &[&str], path: &str) {
    let world = world(advertised).await;
    for alg in advertised {
        let (method, key) = if *alg == "HS256" { ("client_secret_jwt", "ES256") } else { ("private_key_jwt", *alg) };
        let registered = json!({ "token_endpoint_auth_method": method });
        let mut pinned = registered.clone();
        pinned["token_endpoint_auth_signing_alg"] = (*alg).into();
        for more in [registered, pinned] {
            let client = world.client_signing(key, more).await;
            assert!(believed(&ask(&client, method, path).await), "{alg} at {path}");
        }
    }
}

pub async fn token_endpoint_auth_methods_supported(value: &Value) {
    let advertised = texts(value);
    assert_eq!(advertised[0], "client_secret_basic", "some clients read the first one only");
    methods(&advertised, "/oauth2/token").await;
    // And a whole flow with each.
    let world = world(&advertised).await;
    for method in advertised {
        let client = world.client(json!({"token_endpoint_auth_method": method})).await;
        let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
        assert_eq!(text(&tokens, "token_type"), "bearer", "{method}");
    }
}

pub async fn revocation_endpoint_auth_methods_supported(value: &Value) {
    methods(&texts(value), "/oauth2/revoke").await;
}

pub async fn introspection_endpoint_auth_methods_supported(value: &Value) {
    methods(&texts(value), "/oauth2/introspect").await;
}

pub async fn token_endpoint_auth_signing_alg_values_supported(value: &Value) {
    algs(&texts(value), "/oauth2/token").await;
}

pub async fn revocation_endpoint_auth_signing_alg_values_supported(value: &Value) {
    algs(&texts(value), "/oauth2/revoke").await;
}

pub async fn introspection_endpoint_auth_signing_alg_values_supported(value: &Value) {
    algs(&texts(value), "/oauth2/introspect").await;
}
