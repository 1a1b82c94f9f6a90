//! What we sign, and what clients sign, with each algorithm.

use serde_json::{Value, json};

use super::{
    signer::Signer,
    texts,
    world::{CALLBACK, DEV, World, text},
};
use crate::{
    fapi::jti,
    harness::{CHALLENGE, URL},
};

pub async fn id_token_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    assert!(texts(value).contains(&"RS256"), "OpenID Connect Discovery, section 3");
    for alg in texts(value) {
        let client = world.client(json!({"id_token_signed_response_alg": alg})).await;
        let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
        assert_eq!(world.verified(text(&tokens, "id_token")).await.0["alg"], alg);
    }
}

pub async fn userinfo_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    for alg in texts(value) {
        let client = world.client(json!({"userinfo_signed_response_alg": alg})).await;
        let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
        let page = world.userinfo(&tokens).await;
        assert_eq!(page.header("content-type"), Some("application/jwt"));
        let (header, claims) = world.verified(&page.body).await;
        assert_eq!((&header["alg"], &claims["aud"]), (&json!(alg), &json!(client.id())));
    }
}

pub async fn introspection_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    for alg in texts(value) {
        let client = world.client(json!({"introspection_signed_response_alg": alg})).await;
        let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
        let page = client.post("/oauth2/introspect", &[], &[("token", text(&tokens, "access_token"))]).await;
        let (header, claims) = world.verified(&page.body).await;
        assert_eq!((&header["alg"], &header["typ"]), (&json!(alg), &json!("token-introspection+jwt")));
        assert_eq!(claims["token_introspection"]["active"], true);
    }
}

pub async fn authorization_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    for alg in texts(value) {
        let client = world.client(json!({"authorization_signed_response_alg": alg})).await;
        let mut browser = world.app.sign_in_portal(DEV).await;
        let answer = client.answer(&mut browser, &[("response_mode", "jwt")]).await;
        let (header, claims) = world.verified(&answer["response"]).await;
        assert_eq!((&header["alg"], &claims["aud"]), (&json!(alg), &json!(client.id())));
    }
}

pub async fn request_object_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    for alg in texts(value) {
        let client = world.client_signing(alg, json!({"request_object_signing_alg": alg})).await;
        let object = json!({
            "iss": client.id(), "aud": URL, "client_id": client.id(), "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "state": alg, "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        });
        let signed = client.signer.sign(json!({"typ": "oauth-authz-req+jwt"}), &object);
        let mut browser = world.app.sign_in_portal(DEV).await;
        assert_eq!(client.answer(&mut browser, &[("request", &signed)]).await["state"], alg);
    }
}

pub async fn dpop_signing_alg_values_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    for alg in texts(value) {
        let key = Signer::new(alg);
        let proof = |method: &str, path: &str, token: Option<&str>| {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
            let now = world.app.ctx.now().seconds();
            let mut claims = json!({"htm": method, "htu": format!("{URL}{path}"), "iat": now, "jti": jti()});
            if let Some(token) = token {
                claims["ath"] = URL_SAFE_NO_PAD.encode(model::authorization::sha256(token)).into();
            }
            key.sign(json!({"typ": "dpop+jwt", "jwk": key.jwk}), &claims)
        };
        let mut browser = world.app.sign_in_portal(DEV).await;
        let answer = client.answer(&mut browser, &[]).await;
        let page = client.redeem_with(&[("dpop", &proof("POST", "/oauth2/token", None))], &answer["code"]).await;
        let tokens = page.json();
        assert_eq!(tokens["token_type"], "DPoP", "{alg}: {tokens}");
        let token = text(&tokens, "access_token");
        let headers =
            [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof("GET", "/userinfo", Some(token)))];
        assert_eq!(world.app.get("/userinfo", &headers).await.status, 200, "{alg}");
    }
}
