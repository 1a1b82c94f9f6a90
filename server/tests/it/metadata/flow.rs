//! Ways through an authorization: types, modes, grants, prompts, pages.

use model::{minutes, seconds};
use serde_json::{Value, json};

use super::{
    texts,
    world::{CALLBACK, DEV, NUMBER, World, text},
};
use crate::{
    ciba,
    harness::{Browser, CHALLENGE, VERIFIER, authorize_url},
    jwt_bearer,
};

pub async fn response_types_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    for response_type in texts(value) {
        assert_eq!(response_type, "code", "nothing shows what {response_type} answers");
        let answer = client.answer(&mut browser, &[("response_type", response_type)]).await;
        assert!(answer.contains_key("code") && !answer.contains_key("access_token"), "{answer:?}");
    }
    for other in ["token", "id_token", "code id_token", "none"] {
        let answer = client.answer(&mut browser, &[("response_type", other)]).await;
        assert_eq!(answer["error"], "unsupported_response_type", "{other}");
    }
}

pub async fn response_modes_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    for mode in texts(value) {
        let page = client.page(&mut browser, &[("response_mode", mode)]).await;
        let (posted, signed) = match mode {
            "query" => (false, false),
            "form_post" => (true, false),
            "query.jwt" => (false, true),
            "form_post.jwt" => (true, true),
            _ => panic!("nothing shows how {mode} answers"),
        };
        let told = |name: &str| {
            if posted {
                page.form(CALLBACK).get(name).map(str::to_owned)
            } else {
                page.redirect_parameters().remove(name)
            }
        };
        assert_eq!(page.location().is_none(), posted, "{mode}");
        assert_eq!((told("code").is_none(), told("response").is_some()), (signed, signed), "{mode}");
        if let Some(jwt) = told("response") {
            assert!(world.verified(&jwt).await.1["code"].is_string());
        }
    }
    for other in ["fragment", "fragment.jwt", "web_message"] {
        let page = browser.get(&client.url(&[("response_mode", other)])).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{other}");
    }
}

pub async fn grant_types_supported(value: &Value) {
    for grant_type in texts(value) {
        let world = World::new().await;
        let tokens = match grant_type {
            "authorization_code" => {
                let client = world.client(json!({})).await;
                client.tokens(&mut world.app.sign_in_portal(DEV).await, &[]).await
            }
            "refresh_token" => refreshed(&world).await,
            "client_credentials" => {
                let form = [("grant_type", grant_type)];
                world.app.token("demo-reports", Some("demo-reports-secret"), &form).await.json()
            }
            "urn:ietf:params:oauth:grant-type:device_code" => device(&world, grant_type).await,
            "urn:openid:params:grant-type:ciba" => ciba::polled().await,
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => jwt_bearer::given().await,
            "urn:ietf:params:oauth:grant-type:token-exchange" => exchanged(&world, grant_type).await,
            _ => panic!("nothing shows what {grant_type} gives"),
        };
        assert!(tokens["access_token"].is_string(), "{grant_type}: {tokens}");
    }
    let world = World::new().await;
    for other in ["password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer"] {
        let form = [("grant_type", other), ("username", DEV), ("password", model::demo::PASSWORD)];
        let page = world.app.token("demo-app", Some("demo-app-secret"), &form).await;
        assert_eq!(page.json()["error"], "unsupported_grant_type", "{other}");
    }
}

async fn refreshed(world: &World) -> Value {
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let tokens = client.tokens(&mut browser, &[("scope", "openid offline_access")]).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    client.post("/oauth2/token", &[], &form).await.json()
}

async fn device(world: &World, grant_type: &str) -> Value {
    let app = &world.app;
    let begun = app.post("/oauth2/device/auth", &[], &[("client_id", "demo-spa"), ("scope", "openid")]).await.json();
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let page = browser.get(text(&begun, "verification_uri_complete")).await;
    let page = browser.submit_following(&page.form("/device")).await;
    let page = browser.submit_following(page.form("/device/confirm").press("decision", "go")).await;
    browser.allow(page).await;
    app.clock.advance(seconds(5));
    let form = [("grant_type", grant_type), ("device_code", text(&begun, "device_code"))];
    app.token("demo-spa", None, &form).await.json()
}

async fn exchanged(world: &World, grant_type: &str) -> Value {
    let app = &world.app;
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid email")])).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
    let tokens = app.token("demo-app", Some("demo-app-secret"), &form).await.json();
    let form = [
        ("grant_type", grant_type),
        ("subject_token", text(&tokens, "access_token")),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    app.token("demo-app", Some("demo-app-secret"), &form).await.json()
}

pub async fn code_challenge_methods_supported(value: &Value) {
    assert_eq!(texts(value), ["S256"], "nothing shows another method");
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    client.tokens(&mut browser, &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]).await;
    for (challenge, method) in [(VERIFIER, "plain"), (CHALLENGE, "S512")] {
        let more = [("code_challenge", challenge), ("code_challenge_method", method)];
        assert_eq!(client.answer(&mut browser, &more).await["error"], "invalid_request", "{method}");
    }
}

pub async fn prompt_values_supported(value: &Value) {
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    client.tokens(&mut browser, &[]).await;
    assert!(client.answer(&mut browser, &[]).await.contains_key("code"), "without prompt there is no page now");
    // A sign-in of this very moment would do for `login`.
    world.app.clock.advance(minutes(1));
    let to = async |browser: &mut Browser, prompt: &str| browser.follow(&client.url(&[("prompt", prompt)])).await;
    for prompt in texts(value) {
        match prompt {
            "none" => {
                assert!(to(&mut browser, prompt).await.redirect_parameters().contains_key("code"));
                let page = to(&mut world.app.browser(), prompt).await;
                assert_eq!(page.redirect_parameters()["error"], "login_required");
            }
            "login" | "select_account" => {
                assert_eq!(to(&mut browser, prompt).await.select("input[type=password]").len(), 1, "{prompt}");
            }
            "consent" => assert!(to(&mut browser, prompt).await.form("/consent").get("i").is_some()),
            _ => panic!("nothing shows what prompt={prompt} does"),
        }
    }
    assert_eq!(to(&mut browser, "create").await.redirect_parameters()["error"], "invalid_request");
}

pub async fn display_values_supported(value: &Value) {
    assert_eq!(texts(value), ["page"], "nothing shows another one");
    let world = World::new().await;
    let page = world.app.browser().follow(&authorize_url("demo-web", &[("display", "page")])).await;
    assert!(page.form("/login").get("number").is_some());
}

pub async fn ui_locales_supported(value: &Value) {
    let world = World::new().await;
    for locale in texts(value) {
        let page = world.app.browser().follow(&authorize_url("demo-web", &[("ui_locales", locale)])).await;
        assert_eq!(page.attributes("html", "lang"), [locale]);
    }
}

pub async fn authorization_response_iss_parameter_supported(value: &Value) {
    assert_eq!(*value, true);
    let world = World::new().await;
    let client = world.client(json!({})).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    for (more, name) in [(&[][..], "code"), (&[("response_type", "token")], "error")] {
        let answer = client.answer(&mut browser, more).await;
        assert!(answer.contains_key(name), "{answer:?}");
        assert_eq!(answer["iss"], crate::harness::URL);
    }
}
