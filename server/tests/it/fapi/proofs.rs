//! DPoP: proofs, and what is bound to their keys.

use serde_json::{Value, json};

use super::{ASSERTION_TYPE, CALLBACK, Client, Key, jti, text};
use crate::harness::{App, CHALLENGE, URL, VERIFIER, authorize_url};

#[tokio::test]
async fn a_proof_is_for_one_request_and_comes_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let access = text(&client.tokens(&mut browser).await, "access_token");
    let good = client.proof("GET", "/userinfo", Some(&access));
    assert_eq!(client.userinfo("DPoP", &access, Some(&good)).await.status, 200);
    let page = client.userinfo("DPoP", &access, Some(&good)).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_dpop_proof")), "a replay");
    // Another node on the same database knows it too.
    let now = client.now();
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!(format!("{URL}/oauth2/token"))),
        ("htu", json!("https://evil.example/userinfo")),
        ("ath", json!("wrong")),
        ("ath", Value::Null),
        ("jti", Value::Null),
        ("iat", Value::Null),
        ("iat", json!(now - 61)),
        ("iat", json!(now + 11)),
        ("exp", json!(now - 60)),
        ("nbf", json!(now + 60)),
    ] {
        let mut claims = client.proof_claims("GET", "/userinfo", Some(&access));
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = client.userinfo("DPoP", &access, Some(&client.prove(&claims))).await;
        assert_eq!(page.status, 401, "{name} {value}");
    }
    let claims = client.proof_claims("GET", "/userinfo", Some(&access));
    let other = Key::new();
    let mut private = client.dpop.public.clone();
    private["d"] = "AAAA".into();
    for (what, proof) in [
        ("another key", other.sign(json!({"typ": "dpop+jwt", "jwk": other.public}), &claims)),
        ("another type", client.dpop.sign(json!({"typ": "JWT", "jwk": client.dpop.public}), &claims)),
        ("a private key", client.dpop.sign(json!({"typ": "dpop+jwt", "jwk": private}), &claims)),
        ("no key", client.dpop.sign(json!({"typ": "dpop+jwt"}), &claims)),
        ("a foreign signature", other.sign(json!({"typ": "dpop+jwt", "jwk": client.dpop.public}), &claims)),
    ] {
        assert_eq!(client.userinfo("DPoP", &access, Some(&proof)).await.status, 401, "{what}");
    }
    let mut tolerated = client.proof_claims("GET", "/userinfo", Some(&access));
    tolerated["htu"] = format!("{URL}/userinfo?x=1#y").into();
    tolerated["iat"] = (now + 10).into();
    assert_eq!(client.userinfo("DPoP", &access, Some(&client.prove(&tolerated))).await.status, 200);
    // As Spring Security and others make it: the key has a name in the header, or only there.
    for jwk in [json!({"kid": "mine"}), json!({"kid": "another"}), json!({})] {
        let mut header = json!({"typ": "dpop+jwt", "kid": "mine", "tx_id": 1, "jwk": client.dpop.public});
        header["jwk"].as_object_mut().unwrap().extend(jwk.as_object().unwrap().clone());
        tolerated["jti"] = jti().into();
        let proof = client.dpop.sign(header, &tolerated);
        assert_eq!(client.userinfo("DPoP", &access, Some(&proof)).await.status, 200, "{jwk}");
    }
}

#[tokio::test]
async fn a_code_is_bound_to_the_key_of_its_request() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let jkt = client.dpop.thumbprint();
    let code = client.code(&mut browser, &[("dpop_jkt", &jkt)]).await;
    let thief = Client { app: &app, key: Key::demo(), dpop: Key::new() };
    let page = thief.redeem(&code, Some(&thief.proof("POST", "/oauth2/token", None))).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")));
    let page = client.redeem(&code, None).await;
    assert_eq!(page.json()["error"], "invalid_request", "the profile demands a proof");
    let page = client.redeem(&code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "a refused try has not used the code up: {}", page.body);

    // A proof with the pushed request binds the code just as well, and they must agree.
    let form = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("dpop_jkt", &Key::new().thumbprint()),
    ];
    let proof = client.proof("POST", "/oauth2/par", None);
    let page = client.post_with("/oauth2/par", &client.assertion(), Some(&proof), &form).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")));
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_nothing_without_its_key() {
    let app = App::demo().await;
    let (own, other) = (Client::new(&app), Client::new(&app));
    let answer = app.authorize(&authorize_url("demo-spa", &[]), "+46701740605").await;
    let post = async |proof: Option<String>, form: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        app.post("/oauth2/token", &headers, form).await
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
    assert_eq!((page.status, &page.json()["token_type"]), (200, &"DPoP".into()), "{}", page.body);
    let refresh = text(&page.json(), "refresh_token");
    let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh.as_str())];
    for proof in [None, Some(other.proof("POST", "/oauth2/token", None))] {
        let page = post(proof, &form).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()));
    }
    let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
    assert_eq!(page.status, 200, "whoever tried has not ended it: {}", page.body);
}

/// The binding goes on with the family: what came from a refresh is bound as what it came from.
#[tokio::test]
async fn the_next_refresh_token_of_a_public_client_is_nothing_without_its_key_either() {
    let app = App::demo().await;
    let (own, other) = (Client::new(&app), Client::new(&app));
    let answer = app.authorize(&authorize_url("demo-spa", &[]), "+46701740605").await;
    let post = async |proof: Option<String>, form: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        app.post("/oauth2/token", &headers, form).await
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-spa"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:8766/callback"),
        ("code_verifier", VERIFIER),
    ];
    let mut tokens = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await.json();
    for n in 1..4 {
        let before = text(&tokens, "refresh_token");
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", before.as_str())];
        let page = post(Some(own.proof("POST", "/oauth2/token", None)), &form).await;
        assert_eq!((page.status, &page.json()["token_type"]), (200, &"DPoP".into()), "{n}: {}", page.body);
        tokens = page.json();
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        assert_ne!(refresh, before);
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-spa"), ("refresh_token", refresh.as_str())];
        for proof in [None, Some(other.proof("POST", "/oauth2/token", None))] {
            let page = post(proof, &form).await;
            assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()), "{n}");
        }
        // And the access token beside it.
        let proof = |client: &Client<'_>| client.proof("GET", "/userinfo", Some(&access));
        assert_eq!(own.userinfo("Bearer", &access, None).await.status, 401, "{n}");
        assert_eq!(own.userinfo("DPoP", &access, Some(&proof(&other))).await.status, 401, "{n}");
        assert_eq!(own.userinfo("DPoP", &access, Some(&proof(&own))).await.status, 200, "{n}");
    }
}

/// RFC 9449, section 4.3: there is not more than one.
#[tokio::test]
async fn two_proofs_with_one_request_are_none() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let access = text(&client.tokens(&mut browser).await, "access_token");
    let code = client.code(&mut browser, &[]).await;
    let pushed = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let redeemed = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    for (path, form) in [("/oauth2/par", &pushed[..]), ("/oauth2/token", &redeemed)] {
        let (one, two) = (client.proof("POST", path, None), client.proof("POST", path, None));
        let joined = format!("{one}, {two}");
        for proofs in [&[("dpop", one.as_str()), ("dpop", two.as_str())][..], &[("dpop", joined.as_str())]] {
            let assertion = client.assertion();
            let signed = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
            let page = app.post(path, proofs, &[form, &signed[..]].concat()).await;
            assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{path}");
        }
    }
    let proof = || client.proof("GET", "/userinfo", Some(&access));
    let (one, two, authorization) = (proof(), proof(), format!("DPoP {access}"));
    let headers = [("authorization", authorization.as_str()), ("dpop", one.as_str()), ("dpop", two.as_str())];
    let page = app.get("/userinfo", &headers).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_dpop_proof")));
    let page = client.redeem(&code, Some(&client.proof("POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "nothing was used up: {}", page.body);
}
