//! Who it was: scopes, claims, subjects, and how sure we are.

use std::collections::BTreeSet;

use model::{demo::PASSWORD, seconds, totp};
use serde_json::{Value, json};

use super::{
    texts,
    world::{DEV, NUMBER, World, text},
};
use crate::{
    harness::authorize_url,
    second_factor::{WithApp, password},
};

pub async fn scopes_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    for scope in texts(value) {
        let asked = if scope == "openid" { scope.to_owned() } else { format!("openid {scope}") };
        let tokens = client.tokens(&mut browser, &[("scope", &asked)]).await;
        assert_eq!(tokens["scope"], asked);
        let info = world.userinfo(&tokens).await.json();
        assert!(info["sub"].is_string());
        match scope {
            "openid" => assert!(tokens["id_token"].is_string()),
            "offline_access" => assert!(tokens["refresh_token"].is_string()),
            "profile" => assert!(info["name"].is_string()),
            "email" => assert_eq!(info["email"], DEV),
            "address" => assert!(info["address"].is_object()),
            "phone" => assert!(info["phone_number"].is_string()),
            _ => panic!("nothing shows what the scope {scope} gives"),
        }
    }
    let answer = client.answer(&mut browser, &[("scope", "openid unheard.of")]).await;
    assert_eq!(answer["error"], "invalid_scope");
}

pub async fn claims_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let tokens = client.tokens(&mut browser, &[("scope", "openid profile email address phone")]).await;
    let id_token = world.verified(text(&tokens, "id_token")).await.1;
    let info = world.userinfo(&tokens).await.json();
    let names = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let told = &names(&id_token) | &names(&info);
    let advertised: BTreeSet<String> = texts(value).into_iter().map(str::to_owned).collect();
    // What only says something about the token itself is no claim about a person, and may be left out.
    let unsaid: Vec<_> = told.difference(&advertised).filter(|name| *name != "jti").collect();
    assert!(unsaid.is_empty(), "told and not advertised: {unsaid:?}");
    let untold: Vec<_> = advertised.difference(&told).collect();
    assert!(untold.is_empty(), "advertised and not told: {untold:?}");
}

pub async fn claim_types_supported(value: &Value) {
    assert_eq!(texts(value), ["normal"], "nothing shows another one");
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let tokens = client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await;
    let info = world.userinfo(&tokens).await.json();
    assert!(info.get("_claim_names").is_none() && info.get("_claim_sources").is_none());
}

pub async fn subject_types_supported(value: &Value) {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for subject_type in texts(value) {
        let mut subjects = BTreeSet::new();
        for host in ["one.example", "two.example"] {
            let callback = format!("https://{host}/callback");
            let more = json!({"subject_type": subject_type, "redirect_uris": [callback]});
            let client = world.client(more).await;
            let mut browser = world.app.sign_in_portal(DEV).await;
            let answer = client.answer(&mut browser, &[("redirect_uri", &callback)]).await;
            let form = [
                ("grant_type", "authorization_code"),
                ("code", &answer["code"]),
                ("redirect_uri", &callback),
                ("code_verifier", crate::harness::VERIFIER),
            ];
            let tokens = client.post("/oauth2/token", &[], &form).await.json();
            subjects.insert(text(&world.verified(text(&tokens, "id_token")).await.1, "sub").to_owned());
        }
        let different = match subject_type {
            "public" => 1,
            "pairwise" => 2,
            _ => panic!("nothing shows what the subject type {subject_type} is"),
        };
        assert_eq!(subjects.len(), different, "{subject_type}");
        assert!(seen.is_disjoint(&subjects));
        seen.extend(subjects);
    }
}

pub async fn acr_values_supported(value: &Value) {
    for acr in texts(value) {
        let world = World::new().await;
        let app = &world.app;
        // The browser of somebody who has signed in that way.
        let (mut browser, client, scope) = match acr {
            "urn:portico:acr:sms" => (app.sign_in_subscriber(NUMBER).await, "demo-web", "openid phone"),
            "urn:portico:acr:password" => (app.sign_in_portal(DEV).await, "demo-app", "openid"),
            "urn:portico:acr:mfa" => {
                let dev = WithApp::new(app, DEV).await;
                app.clock.advance(seconds(60));
                let (mut browser, page) = password(app, DEV, PASSWORD).await;
                let code = totp::code(&dev.secret, app.ctx.now().seconds() / 30);
                let page = browser.submit(page.form("/signin/second").set("code", &code)).await;
                assert_eq!(page.status, 303, "{}", page.text());
                (browser, "demo-app", "openid")
            }
            _ => panic!("nothing shows how {acr} is reached"),
        };
        let essential = format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":["{acr}"]}}}}}}"#);
        let page = browser.follow(&authorize_url(client, &[("scope", scope), ("claims", &essential)])).await;
        let answer = browser.allow(page).await.redirect_parameters();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", answer["code"].as_str()),
            ("redirect_uri", "https://example.com/callback"),
        ];
        let tokens = app.token(client, Some(&format!("{client}-secret")), &form).await.json();
        assert_eq!(world.verified(text(&tokens, "id_token")).await.1["acr"], acr);
    }
}
