//! Addresses that clients register: those on the person's own device, those that are loaded in a frame,
//! and those that have Portico fetch something.

use std::sync::Arc;

use axum::http::Method;
use model::{limit::Rule, minutes};
use serde_json::json;
use server::outgoing::{Outgoing, OutgoingSettings};

use crate::{
    clients::product,
    elsewhere::{Elsewhere, Served},
    harness::{App, CHALLENGE, authorize_url},
    registration::{manage, register},
};

const CALLBACK: &str = "https://example.com/callback";
const LOCAL: &str = "http://localhost:8765/callback";
const DEV: &str = "dev@portico.test";

fn asked(client: &str, redirect_uri: &str) -> String {
    let more = [
        ("redirect_uri", redirect_uri),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    authorize_url(client, &more)
}

/// `http://localhost` of a client: as it was registered, with a warning to whoever is asked, and no
/// other port.
async fn exact(app: &App, client: &str) {
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.follow(&asked(client, LOCAL)).await;
    assert!(page.text().contains("Any program on this device can receive the answer"), "{}", page.text());
    let page = browser.allow(page).await;
    let location = page.location().unwrap();
    assert!(
        location.starts_with(&format!("{LOCAL}?")) && page.redirect_parameters().contains_key("code"),
        "{location}"
    );
    for other in [
        "http://localhost:8766/callback",
        "http://localhost/callback",
        "http://localhost.evil:8765/callback",
        "http://localhost.evil.example:8765/callback",
        "http://localhost:8765@evil.example/callback",
        "http://LOCALHOST:8765/callback",
        "http://127.0.0.1:8765/callback",
        "https://localhost:8765/callback",
    ] {
        let page = browser.get(&asked(client, other)).await;
        assert_eq!((page.status, page.location()), (400, None), "{other}");
    }
}

#[tokio::test]
async fn a2_localhost_is_an_exact_address_of_public_clients() {
    let app = App::with(|settings| settings.limits.registration_address = Rule::new(10_000, minutes(1))).await;
    let public = |uri: &str| json!({"redirect_uris": [uri], "token_endpoint_auth_method": "none"});
    let page = register(&app, &public(LOCAL)).await;
    assert_eq!(page.status, 201, "{}", page.body);
    exact(&app, page.json()["client_id"].as_str().unwrap()).await;
    for (body, why) in [
        (json!({"redirect_uris": [LOCAL]}), "it keeps a secret, so it is on a server"),
        (json!({"redirect_uris": [LOCAL], "application_type": "native"}), "whatever it calls itself"),
        (public("http://localhost.evil/callback"), "another host"),
        (public("http://localhost.evil.example:8765/callback"), "another host"),
        (public("http://localhost@evil.example/callback"), "another host"),
        (public("http://localhost./callback"), "another name"),
        (public("http://example.com/callback"), "plain http"),
    ] {
        let page = register(&app, &body).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_redirect_uri")), "{body}: {why}");
    }
}

#[tokio::test]
async fn a2_a_document_may_name_localhost_alone() {
    let app = App::demo().await;
    let elsewhere = Elsewhere::reached_by(&app).await;
    let id = elsewhere.url("/agents/local.json");
    let document = json!({"client_id": id, "client_name": "Local agent", "redirect_uris": [LOCAL]});
    elsewhere.serve("/agents/local.json", Served::new("application/json", document.to_string()));
    exact(&app, &id).await;
}

#[tokio::test]
async fn a2_the_form_warns_of_localhost_and_refuses_it_for_a_server() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = format!("{voicebox}/clients/new");
    let page = browser.get(&path).await;
    let filled = |kind: &str| {
        let mut form = page.form(&path);
        form.set("description", "local").set("login", LOCAL).set("kind", kind).press("action", "save");
        form
    };
    let refused = browser.submit(&filled("confidential")).await;
    assert_eq!(refused.status, 422);
    let errors = refused.select(".uri-row .field__error");
    assert!(errors.len() == 1 && errors[0].contains("Public clients alone may use it"), "{errors:?}");
    assert_eq!(refused.attributes("input[name=login]", "value"), [LOCAL], "nothing typed is lost");
    let page = browser.submit_following(&filled("public")).await;
    assert!(page.status == 200, "{}", page.text());
    let list = browser.get(&format!("{voicebox}/clients")).await;
    let page = browser.get(&crate::clients::link(&list, "local")).await;
    let advice = page.select(".uri-row .field__hint");
    assert!(advice.len() == 1 && advice[0].contains("can claim localhost"), "{advice:?}");
}

#[tokio::test]
async fn links_in_a_document_that_cannot_be_shown_are_left_out() {
    let app = App::demo().await;
    let elsewhere = Elsewhere::reached_by(&app).await;
    let id = elsewhere.url("/agents/odd.json");
    let mut browser = app.sign_in_portal(DEV).await;
    let good = json!({
        "client_id": id, "client_name": "Odd agent", "redirect_uris": [CALLBACK],
        "policy_uri": "https://agent.example.com/privacy", "tos_uri": "https://agent.example.com/terms",
    });
    for (name, value) in [
        ("logo_uri", json!("data:image/png;base64,AAAA")),
        ("logo_uri", json!("/logo.png")),
        ("logo_uri", json!({"dark": "https://agent.example.com/logo.png"})),
        ("client_uri", json!("http://localhost:3000/")),
        ("client_uri", json!("javascript:alert(1)")),
        ("client_uri", json!("https://10.0.0.1/")),
        ("tos_uri", json!("javascript:alert(1)")),
        ("policy_uri", json!(7)),
    ] {
        let mut document = good.clone();
        document[name] = value.clone();
        elsewhere.serve("/agents/odd.json", Served::new("application/json", document.to_string()));
        app.clock.advance(minutes(2));
        let page = browser.follow(&asked(&id, CALLBACK)).await;
        assert!(page.text().contains("Odd agent would like to"), "{name} {value}: {}", page.text());
        let links = page.attributes("a", "href");
        assert!(links.iter().all(|link| !link.starts_with("javascript:") && !link.contains("10.0.0.1")), "{links:?}");
        for (other, link) in [("policy_uri", "privacy"), ("tos_uri", "terms")] {
            let there = links.contains(&format!("https://agent.example.com/{link}"));
            assert_eq!(there, other != name, "{name} {value}: {links:?}");
        }
    }
}

/// A client that may be changed reads its sector again each time, which costs what every fetch costs.
#[tokio::test]
async fn f_changing_a_registration_fetches_no_more_than_its_budgets() {
    for (address, host) in [(3, 100), (100, 3)] {
        let app = App::with(|settings| {
            settings.limits.fetch_address = Rule::new(address, minutes(30));
            settings.limits.fetch_host = Rule::new(host, minutes(30));
        });
        let app = app.await;
        let elsewhere = Elsewhere::reached_by(&app).await;
        elsewhere.serve("/sector", Served::new("application/json", json!([CALLBACK]).to_string()));
        let mut body = json!({
            "redirect_uris": [CALLBACK], "subject_type": "pairwise", "sector_identifier_uri": elsewhere.url("/sector"),
        });
        let client = register(&app, &body).await.json();
        body["client_id"] = client["client_id"].clone();
        let mut told = Vec::new();
        for _ in 0..5 {
            told.push(manage(&app, Method::PUT, &client, &body).await);
        }
        assert_eq!(elsewhere.asked(), 3, "the registration and two changes");
        let statuses: Vec<u16> = told.iter().map(|page| page.status).collect();
        assert_eq!(statuses, [200, 200, 429, 429, 429]);
        let last = told.pop().unwrap();
        assert_eq!(last.json()["error"], "temporarily_unavailable");
        assert!(last.header("retry-after").is_some());
        // What fetches nothing costs nothing, and what is refused at once neither.
        body.as_object_mut().unwrap().remove("sector_identifier_uri");
        assert_eq!(manage(&app, Method::PUT, &client, &body).await.status, 200);
        app.clock.advance(minutes(30));
        body["sector_identifier_uri"] = elsewhere.url("/sector").into();
        assert_eq!(manage(&app, Method::PUT, &client, &body).await.status, 200, "later again");
    }
}

#[tokio::test]
async fn f_registering_fetches_no_more_than_its_budgets() {
    let app = App::with(|settings| settings.limits.fetch_host = Rule::new(2, minutes(30))).await;
    let elsewhere = Elsewhere::reached_by(&app).await;
    let body = json!({"redirect_uris": [CALLBACK], "sector_identifier_uri": elsewhere.url("/sector")});
    for _ in 0..4 {
        assert!(matches!(register(&app, &body).await.status, 400 | 429));
    }
    assert_eq!(elsewhere.asked(), 2);
    // An address that is not gone to is no host whose budget is spent.
    app.ctx.go_out_with(Arc::new(Outgoing::new(&OutgoingSettings::default()).unwrap()));
    assert_eq!(register(&app, &body).await.json()["error"], "invalid_client_metadata");
}

/// OpenID Connect Front-Channel Logout, section 2: a browser of ours loads pages of nobody else.
#[tokio::test]
async fn a_front_channel_address_is_at_a_redirect_uri() {
    let app = App::demo().await;
    let with = |front: &str| {
        let redirects = json!([CALLBACK, "https://app.example.com:8443/callback", "com.example.app:/callback"]);
        json!({"redirect_uris": redirects, "frontchannel_logout_uri": front})
    };
    for front in ["https://example.com/out?of=us", "https://app.example.com:8443/out", "https://example.com:443/out"] {
        let page = register(&app, &with(front)).await;
        assert_eq!((page.status, page.json()["frontchannel_logout_uri"].as_str()), (201, Some(front)), "{}", page.body);
    }
    for front in [
        "https://evil.example/",
        "https://example.com:8443/",
        "https://app.example.com/",
        "https://example.com.evil.example/",
        "https://sub.example.com/",
    ] {
        let page = register(&app, &with(front)).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_client_metadata")), "{front}");
    }
    // What was taken before stays, until it is changed.
    let client = register(&app, &with("https://example.com/out")).await.json();
    let old = "https://elsewhere.example/out";
    let metadata = json!({"frontchannel_logout_uri": old});
    let id = client["client_id"].as_str().unwrap();
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = '{id}'")).await;
    let change = async |front: &str| {
        let mut body = with(front);
        body["client_id"] = id.into();
        manage(&app, Method::PUT, &client, &body).await
    };
    let page = change(old).await;
    assert_eq!((page.status, page.json()["frontchannel_logout_uri"].as_str()), (200, Some(old)), "{}", page.body);
    assert_eq!(change("https://evil.example/").await.status, 400);
    assert_eq!(change("https://example.com/out").await.status, 200);
    assert_eq!(change(old).await.status, 400, "it is not what it was any more");
}
