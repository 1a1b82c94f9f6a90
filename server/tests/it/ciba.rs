//! Requests that a subscriber answers on the phone (OpenID Connect CIBA 1.0). The client is the
//! demo world's `demo-call`.

mod attacks;
mod limits;

use axum::{body::Body, http::Method};
use model::{
    ciba,
    client::dynamic::token::{self, NewToken},
    days,
    delivery::{self, DeliveryKind},
    limit::Rule,
    minutes, product, seconds,
    secret::{Kind, Plain},
};
use serde_json::{Value, json};

use crate::{
    deliveries::Outside,
    harness::{App, Browser, Page, basic, claims, send},
};

const GRANT: &str = "urn:openid:params:grant-type:ciba";
pub const CALL: (&str, &str) = ("demo-call", "demo-call-secret");
const NUMBER: &str = "+46701740605";
/// Of an operator that has not enabled the product.
const ELSEWHERE: &str = "+4790000000";
/// In the operator's range, and nobody's.
const NOBODY: &str = "+46701740690";

/// Asks with a number and the scopes `openid phone`. What is in `more` replaces these, or takes
/// them away if it is empty.
pub async fn ask_with(app: &App, (id, secret): (&str, &str), more: &[(&str, &str)]) -> Page {
    let mut form = vec![("scope", "openid phone"), ("login_hint", NUMBER)];
    for (name, value) in more {
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    app.post("/oauth2/bc-authorize", &[("authorization", &basic(id, secret))], &form).await
}

pub async fn ask(app: &App, more: &[(&str, &str)]) -> Value {
    let page = ask_with(app, CALL, more).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

async fn poll_as(app: &App, (id, secret): (&str, &str), begun: &Value) -> Page {
    let auth_req_id = begun["auth_req_id"].as_str().unwrap();
    app.token(id, Some(secret), &[("grant_type", GRANT), ("auth_req_id", auth_req_id)]).await
}

pub async fn poll(app: &App, begun: &Value) -> Page {
    poll_as(app, CALL, begun).await
}

fn error(page: &Page) -> String {
    assert!(page.status >= 400, "{}", page.body);
    page.json()["error"].as_str().unwrap().to_owned()
}

/// Opens the link in the newest message.
pub async fn open(app: &App, browser: &mut Browser) -> Page {
    let link = app.mailed_link(NUMBER).await;
    browser.get(&link).await
}

pub async fn decide(browser: &mut Browser, page: &Page, decision: &str) -> Page {
    browser.submit(page.form("/approve").press("decision", decision)).await
}

/// The subscriber allows the newest request.
async fn allow(app: &App) -> Page {
    let mut browser = app.browser();
    let page = open(app, &mut browser).await;
    decide(&mut browser, &page, "allow").await
}

async fn userinfo(app: &App, tokens: &Value) -> Page {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    app.get("/userinfo", &[("authorization", &bearer)]).await
}

/// Another client of the same product that may use the grant, with the secret of `demo-call`.
const OTHER: (&str, &str) = ("demo-web", "demo-web-secret");
async fn with_other(app: &App) {
    app.execute(&format!(
        "UPDATE clients SET profile = 'standard', metadata = '{{\"grant_types\":[\"{GRANT}\"]}}' \
         WHERE client_id = 'demo-web'"
    ))
    .await;
}

/// Lets `demo-call` be pinged, at its page in the portal.
async fn pinged_at(app: &App, endpoint: &str) -> Page {
    let path = format!("{}/grants", app.client_path(CALL.0).await);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get(&path).await;
    browser.submit(page.form(&path).set("delivery", "ping").set("endpoint", endpoint)).await
}

/// What a client is given that polls for somebody who has allowed it.
pub async fn polled() -> Value {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    app.clock.advance(seconds(5));
    poll(&app, &begun).await.json()
}

#[tokio::test]
async fn a_subscriber_answers_on_the_phone() {
    let app = App::demo().await;
    let begun = ask(&app, &[("scope", "openid phone offline_access"), ("binding_message", "W4SCT")]).await;
    assert_eq!((begun["expires_in"].as_i64(), begun["interval"].as_i64()), (Some(600), Some(5)));
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
    let message = app.outbox(NUMBER).await.remove(0).body;
    assert!(message.starts_with("Voicebox by Acme Voice asks for your permission."), "{message}");
    assert!(!message.contains("W4SCT"), "no words of the client go out in the operator's name");

    let page = allow(&app).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Go on where you have started."), "{}", page.text());
    app.clock.advance(seconds(5));
    let page = poll(&app, &begun).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{}", page.body);
    let tokens = page.json();
    assert!(tokens["refresh_token"].is_string());
    let id_token = claims(&tokens["id_token"]);
    assert_eq!(id_token["amr"], json!(["sms"]));
    assert_eq!(id_token["acr"], "urn:portico:acr:sms");
    assert_eq!(id_token["aud"], json!([CALL.0]));
    let info = userinfo(&app, &tokens).await.json();
    assert_eq!((&info["phone_number"], &info["sub"]), (&json!(NUMBER), &id_token["sub"]));
    assert!(app.texts("audit_events", "action").await.iter().any(|action| action == "consent.granted"));

    // An ID token says whom to ask, too, and nobody but its client may use it.
    let id_token = tokens["id_token"].as_str().unwrap();
    let begun = ask(&app, &[("login_hint", ""), ("id_token_hint", id_token)]).await;
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    assert!(page.text().contains("Voicebox gets what you allowed it before"), "{}", page.text());
    decide(&mut browser, &page, "allow").await;
    assert_eq!(claims(&poll(&app, &begun).await.json()["id_token"])["sub"], info["sub"]);
    with_other(&app).await;
    let page = ask_with(&app, OTHER, &[("login_hint", ""), ("id_token_hint", id_token)]).await;
    assert_eq!(error(&page), "invalid_request");
}

#[tokio::test]
async fn the_link_signs_nobody_in_and_opens_no_session() {
    let app = App::demo().await;
    ask(&app, &[]).await;
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    decide(&mut browser, &page, "allow").await;
    assert!(!browser.cookies.keys().any(|name| name.contains("subscriber")), "{:?}", browser.cookies);
    // Nothing of it can be read from the table.
    let link = app.mailed_link(NUMBER).await;
    let secret = link.split_once("t=").unwrap().1;
    for column in ["link_hash", "auth_req_id_hash", "asked_sealed"] {
        assert!(!app.texts("backchannel_requests", column).await.concat().contains(secret), "{column}");
    }
}

#[tokio::test]
async fn who_says_no_denies_it_and_an_answer_counts_once() {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    let (mut one, mut two) = (app.browser(), app.browser());
    let asked = open(&app, &mut one).await;
    let again = open(&app, &mut two).await;
    let page = decide(&mut one, &asked, "deny").await;
    assert!(page.text().contains("Nothing was shared."), "{}", page.text());
    assert_eq!(error(&poll(&app, &begun).await), "access_denied");
    for browser in [&mut one, &mut two] {
        let page = decide(browser, &again, "allow").await;
        assert!(page.status == 410 || page.status == 403, "{}", page.text());
    }
    assert_eq!(error(&poll(&app, &begun).await), "access_denied");
    assert_eq!(open(&app, &mut two).await.status, 410, "the link is used up");
    assert!(!app.texts("audit_events", "action").await.iter().any(|action| action == "consent.granted"));
}

/// The page was open while the answer was given elsewhere, or the time ended.
#[tokio::test]
async fn an_answer_that_does_not_count_leaves_no_consent() {
    let app = App::demo().await;
    for ends in ["denied", "late"] {
        ask(&app, &[]).await;
        let link = app.mailed_link(NUMBER).await;
        let waiting = ciba::at_link(&app.ctx, link.split_once("t=").unwrap().1).await.unwrap().expect("it waits");
        let client = model::cache::client(&app.ctx, CALL.0).await.unwrap().unwrap();
        let product = model::cache::product(&app.ctx, client.product_id).await.unwrap().unwrap();
        if ends == "denied" {
            assert!(ciba::deny(&app.ctx, &client, &waiting).await.unwrap());
        } else {
            app.clock.advance(minutes(10));
        }
        let allowed = ["openid".to_owned(), "phone".to_owned()];
        let counts = ciba::approve(&app.ctx, &client, &product, &waiting, &allowed, |_| unreachable!("no code")).await;
        assert!(!counts.unwrap(), "{ends}");
        assert!(app.texts("consents", "scopes").await.is_empty(), "{ends}");
        assert!(!app.texts("audit_events", "action").await.iter().any(|action| action == "consent.granted"), "{ends}");
    }
    // And one that does leaves both.
    app.clock.advance(minutes(10));
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    assert_eq!(app.texts("consents", "scopes").await, ["openid phone"]);
    assert_eq!(poll(&app, &begun).await.status, 200);
}

#[tokio::test]
async fn the_message_is_in_the_language_that_the_client_asks_for() {
    let app = App::with(|settings| settings.limits.backchannel_number = Rule::new(100, minutes(10))).await;
    for (ui_locales, begins) in [
        ("", "Voicebox by Acme Voice asks for your permission."),
        ("sv-SE en", "Voicebox från Acme Voice ber om ditt tillstånd."),
        ("fi nb", "Voicebox fra Acme Voice ber om din tillatelse."),
        ("de", "Voicebox von Acme Voice bittet um Ihre Erlaubnis."),
        ("fr-CA", "Voicebox de Acme Voice demande votre autorisation."),
        ("es", "Voicebox de Acme Voice te pide permiso."),
        ("<script> xx", "Voicebox by Acme Voice asks for your permission."),
    ] {
        ask(&app, &[("ui_locales", ui_locales)]).await;
        let message = app.outbox(NUMBER).await.remove(0).body;
        assert!(message.starts_with(begins), "{ui_locales}: {message}");
        app.clock.advance(seconds(1));
    }
}

#[tokio::test]
async fn h2_an_answer_comes_from_our_own_page_in_that_browser() {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    let form = page.form("/approve").press("decision", "allow").clone();
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let elsewhere = [("origin", "https://evil.example")];
    assert_eq!(browser.post_form_with("/approve", &fields, &elsewhere).await.status, 403);
    assert_eq!(app.browser().post_form("/approve", &fields).await.status, 403, "another browser");
    let mut without = form.clone();
    assert_eq!(browser.submit(without.set("csrf", "x")).await.status, 403);
    // What was not asked for cannot be added, and what is required not left out.
    let mut more = form.clone();
    assert_eq!(browser.submit(more.add("scope", "voicemail.get")).await.status, 400);
    let mut less = form.clone();
    assert_eq!(browser.submit(less.remove("scope")).await.status, 400);
    let mut strange = form;
    assert_eq!(browser.submit(strange.press("decision", "perhaps")).await.status, 400);
    let mut forged = app.mailed_link(NUMBER).await;
    let last = forged.pop();
    forged.push(if last == Some('x') { 'y' } else { 'x' });
    assert_eq!(browser.get(&forged).await.status, 410);
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn a_link_leads_to_its_own_request_until_that_is_over() {
    let app = App::demo().await;
    let mut links = Vec::new();
    for message in ["Lamp 1", "Lamp 2"] {
        ask(&app, &[("binding_message", message)]).await;
        links.push((app.mailed_link(NUMBER).await, message));
    }
    for (link, message) in &links {
        let page = app.browser().get(link).await;
        assert!(page.text().contains(message), "{message}: {}", page.text());
    }
    let (link, _) = &links[0];
    let (before, _) = link.split_once("t=").unwrap();
    let made_up = Plain::generate(&app.ctx, Kind::Approval).unwrap();
    assert_eq!(app.browser().get(&format!("{before}t={}", made_up.reveal())).await.status, 410, "nobody was sent it");
    app.clock.advance(minutes(10));
    assert_eq!(app.browser().get(link).await.status, 410, "its time is over");
}

#[tokio::test]
async fn an_auth_req_id_works_once_and_a_replay_revokes() {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    let polls = futures::future::join_all((0..8).map(|_| poll(&app, &begun))).await;
    assert_eq!(polls.iter().filter(|page| page.status == 200).count(), 1, "of many at once one is answered");
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    let tokens = poll(&app, &begun).await.json();
    assert_eq!(userinfo(&app, &tokens).await.status, 200);
    app.clock.advance(minutes(11));
    assert_eq!(error(&poll(&app, &begun).await), "invalid_grant");
    assert_eq!(userinfo(&app, &tokens).await.status, 401, "what it gave is revoked");
}

#[tokio::test]
async fn l4_the_page_says_who_asks_for_what_from_where_and_when() {
    let app = App::demo().await;
    let begun = ask(&app, &[("scope", "openid phone voicemail.get"), ("binding_message", "<b>Lamp 4711")]).await;
    app.clock.advance(minutes(3));
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    let text = page.text();
    for words in [
        "Voicebox asks for your permission",
        "by Acme Voice",
        "For +467017406••",
        "<b>Lamp 4711",
        "Listen to your voicemail messages",
        "Acme Voice asked 3 minutes ago, from the internet address 127.0.0.1.",
        "Allow only if you have started this yourself",
        "It lasts until you take it back",
        "support@nordtel.test",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(page.attributes("header img", "src").concat().contains("nordtel"), "the operator's brand");
    // What to beware of comes first, since the button is always in sight.
    let first = page.select("section.card").remove(0);
    for words in ["Acme Voice asked 3 minutes ago", "Allow only if you have started this yourself"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert_eq!(page.select("section.card:first-of-type .code"), ["<b>Lamp 4711"]);
    assert!(!page.body.contains("<b>"), "h7: texts of others are escaped");
    assert!(!page.body.contains("<script") && page.body.len() < 16_000, "{}", page.body.len());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    // Only what was ticked is given.
    decide(&mut browser, &page, "allow").await;
    assert_eq!(poll(&app, &begun).await.json()["scope"], "openid phone");
    // The page comes also when everything was allowed before: what counts is that they want it now.
    ask(&app, &[]).await;
    let page = open(&app, &mut browser).await;
    assert!(page.text().contains("Voicebox gets what you allowed it before, and nothing more."), "{}", page.text());
}

#[tokio::test]
async fn l5_exactly_one_hint_says_whom_to_ask() {
    let app = App::demo().await;
    for more in [
        &[("id_token_hint", "ey")][..],
        &[("login_hint_token", "ey")],
        &[("login_hint", "")],
        &[("login_hint", ""), ("login_hint_token", "ey")],
        &[("login_hint", ""), ("id_token_hint", "ey.ey.ey")],
        &[("login_hint", ""), ("id_token_hint", "ey"), ("login_hint_token", "ey")],
    ] {
        let page = ask_with(&app, CALL, more).await;
        assert_eq!((page.status, error(&page).as_str()), (400, "invalid_request"), "{more:?}");
    }
    assert!(app.outbox(NUMBER).await.is_empty());
}

#[tokio::test]
async fn l6_hints_that_are_not_numbers_are_refused() {
    let app = App::demo().await;
    for hint in ["operatortoken:eyJhbGciOiJub25lIn0", "dev@portico.test", "701740605", "ipport:198.51.100.7:40000"] {
        let page = ask_with(&app, CALL, &[("login_hint", hint)]).await;
        assert_eq!((page.status, error(&page).as_str()), (400, "invalid_request"), "{hint}");
    }
    assert!(app.texts("backchannel_requests", "state").await.is_empty());
}

#[tokio::test]
async fn what_the_operator_turns_off_cannot_be_answered() {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    app.execute("UPDATE subscribers SET ended_at = 1").await;
    let (ctx, router) = app.second_node().await;
    drop(ctx);
    let form = page.form("/approve").press("decision", "allow").clone();
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let headers = [
        ("cookie", cookies.as_str()),
        ("origin", "http://127.0.0.1:3000"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let body = Body::from(crate::harness::encode(&fields));
    assert_eq!(send(&router, Method::POST, "/approve", &headers, body).await.status, 410);
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn a_client_is_pinged_when_there_is_an_answer() {
    pinged().await;
}

pub async fn pinged() {
    let app = App::demo().await;
    let outside = Outside::of(&app, [Ok(503), Ok(204)]);
    let endpoint = "https://client.example/ciba/ping";
    let page = pinged_at(&app, endpoint).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(error(&ask_with(&app, CALL, &[]).await), "invalid_request", "a ping needs a token");
    let bad = ask_with(&app, CALL, &[("client_notification_token", "two words")]).await;
    assert_eq!(error(&bad), "invalid_request");

    for decision in ["allow", "deny"] {
        let begun = ask(&app, &[("client_notification_token", "8d67dc78-7faa")]).await;
        assert_eq!(error(&poll(&app, &begun).await), "authorization_pending", "it may ask all the same");
        assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 0, "nothing to tell yet");
        let mut browser = app.browser();
        let page = open(&app, &mut browser).await;
        decide(&mut browser, &page, decision).await;
        while delivery::deliver_due(&app.ctx).await.unwrap() == 0 {
            app.clock.advance(seconds(10));
        }
        let ping = outside.asked().pop().unwrap();
        assert_eq!(ping.url.as_str(), endpoint);
        assert_eq!(ping.authorization.as_deref(), Some("Bearer 8d67dc78-7faa"));
        let (kind, body) = ping.body.unwrap();
        assert_eq!(kind, "application/json");
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json!({"auth_req_id": begun["auth_req_id"]}));
        let page = poll(&app, &begun).await;
        assert_eq!(page.status, if decision == "allow" { 200 } else { 400 }, "{}", page.body);
    }
    assert_eq!(outside.asked().len(), 3, "one was tried again");
    let sealed = app.texts("backchannel_requests", "asked_sealed").await.concat();
    assert!(!sealed.contains("8d67dc78"), "it is sealed");
    let client = product_client(&app).await;
    let listed = delivery::of(&client).list(&app.ctx).await.unwrap();
    assert!(listed.iter().all(|listed| listed.kind == DeliveryKind::Ping) && listed.len() == 2);
}

async fn product_client(app: &App) -> model::client::Client {
    let client = model::cache::client(&app.ctx, CALL.0).await.unwrap().unwrap();
    let products = product::of(client.organization_id).list(&app.ctx, None, 10).await.unwrap();
    let listed = products.into_iter().find(|listed| listed.product.id == client.product_id).unwrap();
    model::client::of(&listed.product).find(&app.ctx, client.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn zitadel_cve_2026_27945_f_a_ping_goes_to_no_address_of_ours() {
    let app = App::demo().await;
    for endpoint in ["http://client.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "ping", ""]
    {
        let page = pinged_at(&app, endpoint).await;
        assert_eq!(page.status, 422, "{endpoint}");
        assert!(page.text().contains("begins with https://"), "{}", page.text());
    }
}

#[tokio::test]
async fn the_grant_is_switched_on_at_the_clients_page() {
    let app = App::demo().await;
    let path = format!("{}/grants", app.client_path(CALL.0).await);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get(&path).await;
    assert!(page.text().contains("Ask on the phone (CIBA)"), "{}", page.text());
    let page = browser.submit_following(page.form(&path).remove("grants")).await;
    assert!(page.text().contains("Saved."), "{}", page.text());
    assert_eq!(error(&ask_with(&app, CALL, &[]).await), "unauthorized_client");
    browser.submit(page.form(&path).set("grants", GRANT)).await;
    ask(&app, &[]).await;
    // What the ordinary ones were stays.
    let client = model::cache::client(&app.ctx, CALL.0).await.unwrap().unwrap();
    assert_eq!(client.metadata.grant_types, ["authorization_code", "refresh_token", GRANT]);
    assert!(browser.get(&app.client_path(CALL.0).await).await.text().contains("Ask on the phone (CIBA)"));
    // Not for a profile without, nor for products of others, nor by who may only look.
    let classic = format!("{}/grants", app.client_path("demo-web").await);
    assert_eq!(browser.get(&classic).await.status, 404);
    let workbench = format!("{}/grants", app.client_path("demo-app").await);
    let page = browser.get(&workbench).await;
    assert!(!page.text().contains("CIBA"), "portal users have no phone here: {}", page.text());
    assert_eq!(app.sign_in_portal("staff@nordtel.test").await.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_client_registers_with_the_grant() {
    let app = App::demo().await;
    let client = model::cache::client(&app.ctx, CALL.0).await.unwrap().unwrap();
    let products = product::of(client.organization_id).list(&app.ctx, None, 10).await.unwrap();
    let voicebox = products.into_iter().find(|listed| listed.product.id == client.product_id).unwrap().product;
    let new = NewToken { id: app.ctx.new_id().unwrap(), label: "test".to_owned(), lifetime: days(1), most_uses: None };
    let token = token::let_in(&app.ctx, None, &voicebox, &new).await.unwrap();
    let bearer = format!("Bearer {}", token.reveal());
    let register = async |body: Value| {
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        send(&app.router, Method::POST, "/oauth2/register", &headers, Body::from(body.to_string())).await
    };
    let ping = "https://client.example/ping";
    let good = json!({
        "redirect_uris": ["https://example.com/callback"], "grant_types": [GRANT],
        "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": ping,
    });
    let page = register(good.clone()).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let told = page.json();
    assert_eq!(told["backchannel_token_delivery_mode"], "ping");
    assert_eq!(told["backchannel_client_notification_endpoint"], ping);
    let (id, secret) = (told["client_id"].as_str().unwrap(), told["client_secret"].as_str().unwrap());
    assert_eq!(ask_with(&app, (id, secret), &[("client_notification_token", "t")]).await.status, 200);
    for (name, value) in [
        ("backchannel_token_delivery_mode", json!("push")),
        ("backchannel_token_delivery_mode", json!(null)),
        ("backchannel_client_notification_endpoint", json!(null)),
        ("backchannel_client_notification_endpoint", json!("https://169.254.169.254/")),
        ("token_endpoint_auth_method", json!("none")),
    ] {
        let mut body = good.clone();
        body[name] = value;
        assert_eq!(error(&register(body).await), "invalid_client_metadata", "{name}");
    }
}

#[tokio::test]
async fn each_wrong_request_has_its_error() {
    let app = App::demo().await;
    let long = "x".repeat(61);
    for (more, expected) in [
        (&[("scope", "phone")][..], "invalid_scope"),
        (&[("scope", "openid sms.text:send_to_subscriber")], "invalid_scope"),
        (&[("scope", "")], "invalid_request"),
        (&[("binding_message", &long)], "invalid_binding_message"),
        (&[("binding_message", "two\nlines")], "invalid_binding_message"),
        (&[("binding_message", "safe\u{202e}efas")], "invalid_binding_message"),
        (&[("requested_expiry", "0")], "invalid_request"),
        (&[("requested_expiry", "soon")], "invalid_request"),
        (&[("user_code", "1234")], "invalid_request"),
        (&[("request", "ey")], "invalid_request"),
        (&[("resource", "https://api.example/")], "invalid_target"),
    ] {
        let page = ask_with(&app, CALL, more).await;
        assert_eq!((page.status, error(&page).as_str()), (400, expected), "{more:?}");
    }
    let page = ask_with(&app, ("demo-call", "wrong"), &[]).await;
    assert_eq!((page.status, error(&page).as_str()), (401, "invalid_client"));
    assert_eq!(error(&ask_with(&app, ("demo-web", "demo-web-secret"), &[]).await), "unauthorized_client");
    let form = [("client_id", "demo-spa"), ("scope", "openid"), ("login_hint", NUMBER)];
    assert_eq!(error(&app.post("/oauth2/bc-authorize", &[], &form).await), "unauthorized_client");
    let form = [("grant_type", GRANT)];
    assert_eq!(error(&app.token(CALL.0, Some(CALL.1), &form).await), "invalid_request");
    let form = [("grant_type", GRANT), ("auth_req_id", "pbc_nobody")];
    assert_eq!(error(&app.token(CALL.0, Some(CALL.1), &form).await), "invalid_grant");
    assert_eq!(error(&app.token("demo-web", Some("demo-web-secret"), &form).await), "unauthorized_client");
    assert!(app.texts("backchannel_requests", "state").await.is_empty());
}
