//! What widely used libraries send, and what only looks like it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::demo::SUBSCRIBER;
use serde_json::{Value, json};

use crate::{
    fapi::{self, Key},
    harness::{App, CHALLENGE, Page, URL, VERIFIER, authorize_url},
    metadata::{signer::Signer, world::World},
};

const CALLBACK: &str = "https://example.com/callback";
const DEV: &str = "dev@portico.test";

/// RFC 9449 has no `kid` in a proof, and nothing against one: Spring's encoder writes it by itself.
#[tokio::test]
async fn a_proof_may_name_the_key_that_it_brings_along() {
    let app = App::demo().await;
    let mut client = fapi::Client::new(&app);
    let jkt = client.dpop.thumbprint();
    client.dpop.kid = Some("spring-1".to_owned());
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = client.tokens(&mut browser).await;
    let access = tokens["access_token"].as_str().unwrap();
    let proof = client.proof("GET", "/userinfo", Some(access));
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(header["kid"], "spring-1");
    assert_eq!(client.userinfo("DPoP", access, Some(&proof)).await.status, 200);
    let answer = client.post_with("/oauth2/introspect", &client.assertion(), None, &[("token", access)]).await;
    assert_eq!(answer.json()["cnf"]["jkt"], jkt, "the token is bound to the key, whatever it is called");
    // The name chooses nothing: the key in the header has signed, or nobody has.
    let mut other = Key::new();
    other.kid = Some(jkt);
    let claims = client.proof_claims("GET", "/userinfo", Some(access));
    let forged = other.sign(json!({"typ": "dpop+jwt", "jwk": client.dpop.public}), &claims);
    assert_eq!(client.userinfo("DPoP", access, Some(&forged)).await.status, 401);
    let mut strange = client.dpop.public.clone();
    strange["kid"] = "another".into();
    let good = client.dpop.sign(json!({"typ": "dpop+jwt", "jwk": strange}), &claims);
    assert_eq!(client.userinfo("DPoP", access, Some(&good)).await.status, 200, "the key's own name counts no more");
}

/// RFC 9864 calls `Ed25519` what RFC 8037 calls `EdDSA`; new versions of libraries send the new name.
#[tokio::test]
async fn e1_ed25519_is_eddsa_under_both_names_and_nothing_else_is() {
    let world = World::new().await;
    let ask = async |sent: &str, of_key: Option<&str>, pinned: Option<&str>| {
        let mut signer = Signer::new("EdDSA");
        sent.clone_into(&mut signer.alg);
        if let Some(alg) = of_key {
            signer.jwk["alg"] = alg.into();
        }
        let mut more = json!({"token_endpoint_auth_method": "private_key_jwt"});
        if let Some(alg) = pinned {
            more["token_endpoint_auth_signing_alg"] = alg.into();
        }
        let client = world.client_with(signer, more).await;
        if let Some(alg) = pinned {
            assert_eq!(client.told["token_endpoint_auth_signing_alg"], alg, "as it was registered");
        }
        client.post("/oauth2/introspect", &[], &[("token", "nothing")]).await.status
    };
    let both = ["EdDSA", "Ed25519"];
    for sent in both {
        for of_key in [None, Some("EdDSA"), Some("Ed25519")] {
            for pinned in [None, Some("EdDSA"), Some("Ed25519")] {
                assert_eq!(ask(sent, of_key, pinned).await, 200, "{sent}, a key for {of_key:?}, pinned {pinned:?}");
            }
        }
        assert_eq!(ask(sent, None, Some("ES256")).await, 401, "{sent} where ES256 is pinned");
        assert_eq!(ask(sent, Some("ES256"), None).await, 401, "{sent} with a key that is for ES256");
    }
    for sent in ["ed25519", "Ed448", "ES256", "RS256", "HS256", "none"] {
        assert_eq!(ask(sent, None, None).await, 401, "{sent}");
    }
    // What we sign has the name that every client knows.
    let metadata = world.app.get("/.well-known/openid-configuration", &[]).await.json();
    for ours in ["id_token", "userinfo", "authorization", "introspection"] {
        let algs = &metadata[format!("{ours}_signing_alg_values_supported")];
        assert!(algs.as_array().unwrap().iter().all(|alg| alg != "Ed25519"), "{ours}: {algs}");
    }
    let more = json!({"redirect_uris": [CALLBACK], "id_token_signed_response_alg": "Ed25519"});
    assert_eq!(crate::registration::register(&world.app, &more).await.status, 400);
}

/// OAuth 2.1, section 10.2: PKCE stands in for the redirect URI at the token endpoint.
#[tokio::test]
async fn b5_with_pkce_the_redirect_uri_need_not_be_sent_again() {
    let app = App::demo().await;
    let code = async || app.authorize(&authorize_url("demo-spa", &[]), SUBSCRIBER).await["code"].clone();
    let redeem = async |code: &str, more: &[(&str, &str)]| -> Page {
        let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
        form.extend_from_slice(more);
        app.token("demo-spa", None, &form).await
    };
    let first = code().await;
    let verifier = ("code_verifier", VERIFIER);
    for (more, error) in [
        (&[("code_verifier", CHALLENGE)][..], "invalid_grant"),
        (&[], "invalid_grant"),
        (&[verifier, ("redirect_uri", "http://127.0.0.1:8766/other")], "invalid_grant"),
        (&[verifier, ("redirect_uri", "http://127.0.0.1:8767/callback")], "invalid_grant"),
    ] {
        let page = redeem(&first, more).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some(error)), "{more:?}");
    }
    let page = redeem(&first, &[verifier]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let page = redeem(&code().await, &[verifier, ("redirect_uri", "http://127.0.0.1:8766/callback")]).await;
    assert_eq!(page.status, 200, "whoever sends it is right too: {}", page.body);
    // FAPI 2.0 is written on RFC 6749, which has it again.
    let client = fapi::Client::new(&app);
    let code = client.code(&mut app.sign_in_portal(DEV).await, &[]).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), verifier];
    let proof = client.proof("POST", "/oauth2/token", None);
    let page = client.post_with("/oauth2/token", &client.assertion(), Some(&proof), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_request")));
    let page = client.redeem(&code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "and it has used nothing up: {}", page.body);
}

/// What a request must not say in a form it must not say in a signed object either.
#[tokio::test]
async fn keycloak_cve_2026_9689_a_list_in_a_request_object_is_a_repeated_parameter() {
    let app = App::demo().await;
    let client = fapi::Client::new(&app);
    let push = async |name: &str, value: Value| {
        let mut object = json!({
            "aud": URL, "client_id": "demo-fapi", "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid",
            "state": "signed", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        });
        let claims = client.assertion_claims();
        for time in ["iss", "exp", "nbf"] {
            object[time] = claims[time].clone();
        }
        object[name] = value;
        let signed = client.key.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
        let page = client.push(&[("request", &signed)]).await;
        page.json()["error"].as_str().map(str::to_owned)
    };
    for (name, value) in [
        ("scope", json!(["openid", "email"])),
        ("scope", json!(["openid"])),
        ("scope", json!([])),
        ("redirect_uri", json!([CALLBACK, "https://evil.example/"])),
        ("redirect_uri", json!(["https://evil.example/", CALLBACK])),
        ("state", json!([["a"], "b"])),
        ("prompt", json!(["none", {}])),
        ("state", json!("a\0b")),
        ("nonce", json!("\0")),
        ("unheard_of", json!("\0")),
        ("resource", json!(["https://api.example.com/", 1])),
        ("resource", json!(["https://api.example.com/\0"])),
    ] {
        assert_eq!(push(name, value.clone()).await.as_deref(), Some("invalid_request_object"), "{name} {value}");
    }
    // What may come several times may be a list, and what is an object may be several.
    let two = json!(["https://api.example.com/", "https://api.example.com/two"]);
    assert_eq!(push("resource", two).await.as_deref(), Some("invalid_target"), "read, and not for this client");
    assert_eq!(push("authorization_details", json!([{"type": "account"}])).await, None, "RFC 9396, not known here");
    assert_eq!(push("state", json!("a")).await, None);
}
