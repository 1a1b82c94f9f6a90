//! Clients whose identifier is the URL of a document about them (OAuth Client ID Metadata
//! Document).

use std::{collections::BTreeMap, io::Cursor, sync::Arc};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::{client::logo, days, limit::Rule, minutes, seconds};
use serde_json::{Value, json};
use server::outgoing::{Outgoing, OutgoingSettings};

use crate::{
    elsewhere::{Elsewhere, Served, resolve_to_us},
    harness::{App, Browser, CHALLENGE, Page, URL, VERIFIER, authorize_url},
};

const DEV: &str = "dev@portico.test";
const CALLBACK: &str = "http://127.0.0.1:8766/callback";
const WEB: &str = "https://agent.example.com/callback";

/// The demo world, and where a program publishes what it is.
struct World {
    app: App,
    elsewhere: Elsewhere,
    id: String,
}

impl World {
    async fn new() -> Self {
        Self::of(App::demo().await).await
    }

    async fn of(app: App) -> Self {
        let elsewhere = Elsewhere::reached_by(&app).await;
        let id = elsewhere.url("/agents/pocket.json");
        let world = Self { app, elsewhere, id };
        world.publish(&world.document());
        world
    }

    /// As the MCP specification shows one.
    fn document(&self) -> Value {
        json!({
            "client_id": self.id, "client_name": "Pocket agent", "client_uri": "https://agent.example.com/",
            "logo_uri": "https://agent.example.com/logo.png",
            "redirect_uris": [CALLBACK, "http://localhost:8766/callback", WEB],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"], "token_endpoint_auth_method": "none",
        })
    }

    fn publish(&self, document: &Value) {
        self.publish_as(Served::new("application/json", document.to_string()));
    }

    fn publish_as(&self, served: Served) {
        self.elsewhere.serve("/agents/pocket.json", served);
    }

    fn changed(&self, change: impl FnOnce(&mut Value)) {
        let mut document = self.document();
        change(&mut document);
        self.publish(&document);
    }

    fn url(&self, more: &[(&str, &str)]) -> String {
        let mut all = vec![
            ("redirect_uri", CALLBACK),
            ("scope", "openid offline_access portal:read"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        all.extend(more);
        authorize_url(&self.id, &all)
    }

    async fn open(&self) -> Page {
        self.app.browser().get(&self.url(&[])).await
    }

    async fn allowed(&self, browser: &mut Browser) -> BTreeMap<String, String> {
        let page = browser.follow(&self.url(&[])).await;
        assert!(page.text().contains("Pocket agent would like to"), "{}", page.text());
        browser.allow(page).await.redirect_parameters()
    }

    async fn redeem(&self, code: &str) -> Page {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.app.token(&self.id, None, &form).await
    }

    /// A page says so, nothing is sent anywhere, and nothing is stored.
    async fn refused(&self, why: &str) -> String {
        let page = self.open().await;
        assert_eq!((page.status, page.location()), (400, None), "{why}: {}", page.text());
        assert_eq!(self.clients().await, 0, "{why}");
        self.app.clock.advance(minutes(1));
        page.text()
    }

    async fn clients(&self) -> usize {
        self.app.texts("clients", "client_id").await.iter().filter(|id| id.contains("://")).count()
    }
}

/// What a program is given that nobody has registered.
pub async fn given() -> Value {
    let world = World::new().await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let answer = world.allowed(&mut browser).await;
    world.redeem(&answer["code"]).await.json()
}

#[tokio::test]
async fn a_program_that_nobody_registered_signs_somebody_in() {
    let world = World::new().await;
    let app = &world.app;
    let mut browser = app.sign_in_portal(DEV).await;
    let api = format!("{URL}/api/v1");
    let page = browser.follow(&world.url(&[("resource", &api)])).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!(answer["iss"], URL);
    let page = world.redeem(&answer["code"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = page.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(app.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(app.token(&world.id, None, &refresh).await.status, 200);
    assert_eq!(world.redeem(&answer["code"]).await.json()["error"], "invalid_grant", "b1: and a code works once");
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(app.get(path, &[]).await.json()["client_id_metadata_document_supported"], true);
    }
    // What was allowed is on the person's page, and can be taken back there.
    let listed = browser.get("/account/applications").await;
    assert!(listed.text().contains("Pocket agent"), "{}", listed.text());
}

#[tokio::test]
async fn h6_the_consent_page_says_who_publishes_it_and_loads_nothing_from_there() {
    let world = World::new().await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let page = browser.follow(&world.url(&[])).await;
    let text = page.text();
    assert!(text.contains(&format!("It says so about itself, at {}", world.elsewhere.place)), "{text}");
    assert!(text.contains("Nobody here has checked who is behind Pocket agent"), "{text}");
    assert!(text.contains("Any program on this device can receive the answer"), "{text}");
    assert!(!page.body.contains("logo.png"), "its logo is not shown");
    for source in page.attributes("img, script, link[rel=stylesheet], iframe", "src") {
        assert!(source.starts_with('/'), "{source}");
    }
    let page = browser.follow(&world.url(&[("redirect_uri", WEB)])).await;
    assert!(page.text().contains("You return to agent.example.com."), "{}", page.text());
    assert!(!page.text().contains("Any program on this device"), "{}", page.text());
}

#[tokio::test]
async fn its_logo_is_fetched_too_and_follows_its_document() {
    let world = World::new().await;
    let red = DynamicImage::from(RgbImage::from_pixel(8, 8, Rgb([200, 0, 0])));
    let mut file = Vec::new();
    red.write_to(&mut Cursor::new(&mut file), ImageFormat::Png).unwrap();
    world.elsewhere.serve("/logo.png", Served::new("image/png", file));
    let uri = world.elsewhere.url("/logo.png");
    world.changed(|document| document["logo_uri"] = uri.into());
    let mut browser = world.app.sign_in_portal(DEV).await;
    let shown = |page: &Page| page.attributes(".card__head img", "src").remove(0);
    assert_eq!(shown(&browser.follow(&world.url(&[])).await), "/products/default.svg");
    assert_eq!(logo::fetch_due(&world.app.ctx).await.unwrap(), 1);
    let copy = shown(&browser.follow(&world.url(&[])).await);
    assert!(copy.starts_with("/clients/logos/"), "{copy}");
    assert_eq!(world.app.get(&copy, &[]).await.status, 200);

    world.changed(|document| document["logo_uri"] = "https://agent.example.com/other.png".into());
    world.app.clock.advance(minutes(2));
    assert_eq!(shown(&browser.follow(&world.url(&[])).await), "/products/default.svg");
    assert_eq!(world.app.get(&copy, &[]).await.status, 404);
}

#[tokio::test]
async fn it_is_held_to_the_profile_mcp_and_to_its_redirect_uris() {
    let world = World::new().await;
    let app = &world.app;
    for (more, error) in [
        (vec![("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("resource", "https://api.example.com/")], "invalid_target"),
        (vec![("scope", "openid voicemail.get")], "invalid_scope"),
        (vec![("request_uri", "https://example.com/r.jwt")], "request_uri_not_supported"),
    ] {
        let page = app.browser().get(&world.url(&more)).await;
        assert_eq!(page.redirect_parameters()["error"], error, "{more:?}");
    }
    for uri in ["https://agent.example.com/callback/", "http://localhost:8767/callback", "https://evil.example/"] {
        let page = app.browser().get(&world.url(&[("redirect_uri", uri)])).await;
        assert_eq!((page.status, page.location()), (400, None), "{uri}");
    }
    // The port of a loopback literal is free (RFC 8252, section 7.3).
    let page = app.browser().get(&world.url(&[("redirect_uri", "http://127.0.0.1:49152/callback")])).await;
    assert!(page.location().unwrap().starts_with("/signin"), "{:?}", page.location());
    // And by PAR.
    let form = [
        ("client_id", world.id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(app.post("/oauth2/par", &[], &form).await.status, 201);
    let secret = [("grant_type", "client_credentials"), ("client_secret", "x")];
    assert_eq!(app.token(&world.id, None, &secret).await.status, 401);
}

#[tokio::test]
async fn where_it_is_off_a_url_is_no_client_and_nothing_is_fetched() {
    let world = World::of(App::with(|settings| settings.metadata_documents = false).await).await;
    world.refused("off").await;
    assert_eq!(world.elsewhere.asked(), 0);
    let metadata = world.app.get("/.well-known/openid-configuration", &[]).await.json();
    assert!(metadata.get("client_id_metadata_document_supported").is_none());
}

#[tokio::test]
async fn spring_ai_mcp_cve_2026_45609_f_only_plain_urls_of_public_hosts_are_looked_up() {
    let world = World::new().await;
    let place = &world.elsewhere.place;
    for id in [
        format!("http://{place}"),
        format!("http://{place}/"),
        format!("http://{place}/agents/pocket.json#x"),
        format!("http://{place}/agents/../agents/pocket.json"),
        format!("http://{place}/agents/%2e%2e/agents/pocket.json"),
        format!("http://{place}/agents/./pocket.json"),
        format!("http://user@{place}/agents/pocket.json"),
        format!("http://@{place}/agents/pocket.json"),
        format!("HTTP://{place}/agents/pocket.json"),
        format!("http://{place}\\agents/pocket.json"),
        format!("http://{place}/agents/pocket.json "),
        format!("http://{place}/{}", "a".repeat(500)),
        format!("https://{place}/agents/pocket.json"),
        "https://127.0.0.1/pocket.json".to_owned(),
        "https://2130706433/pocket.json".to_owned(),
        "https://0x7f.1/pocket.json".to_owned(),
        "https://[::1]/pocket.json".to_owned(),
        "https://[::ffff:10.0.0.1]/pocket.json".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://localhost/pocket.json".to_owned(),
        "https://intranet/pocket.json".to_owned(),
        "https://Example.com/pocket.json".to_owned(),
        "https://example.com:443/pocket.json".to_owned(),
        "https://example.com:22/pocket.json".to_owned(),
        "gopher://example.com/pocket.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "javascript://example.com/%0aalert(1)".to_owned(),
    ] {
        let url = authorize_url(&id, &[("redirect_uri", CALLBACK)]);
        let page = world.app.browser().get(&url).await;
        assert_eq!((page.status, page.location()), (400, None), "{id}");
    }
    assert_eq!((world.elsewhere.asked(), world.clients().await), (0, 0));
}

#[tokio::test]
async fn f_what_cannot_be_fetched_is_told_in_the_same_words() {
    let world = World::new().await;
    let good = world.document().to_string();
    let moved = Served { status: 302, location: Some(world.elsewhere.url("/good")), ..Served::new("text/html", "") };
    let mut told = Vec::new();
    for served in [
        moved,
        Served::new("application/json", vec![b' '; 10 * 1024 * 1024]),
        Served::new("application/json", format!("{good}{}", " ".repeat(5 * 1024))),
        Served { status: 404, ..Served::new("application/json", good.as_str()) },
        Served { status: 500, ..Served::new("application/json", good.as_str()) },
        Served { status: 201, ..Served::new("application/json", good.as_str()) },
    ] {
        world.publish_as(served);
        told.push(world.refused("not to be had").await);
    }
    assert_eq!(world.elsewhere.asked(), told.len(), "no redirect is followed");
    world.app.ctx.go_out_with(Arc::new(Outgoing::new(&OutgoingSettings::default()).unwrap()));
    world.refused("no exception any more").await;
    resolve_to_us(&world.app);
    let page = world.app.browser().get(&authorize_url("https://rebind.example/pocket.json", &[])).await;
    assert_eq!(page.status, 400);
    told.push(page.text());
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("The document at client_id cannot be fetched") || told[0].contains("cannot be fetched"));
    assert_eq!(world.elsewhere.asked(), 6);
}

#[tokio::test]
async fn f_a_document_that_lies_or_leads_astray_is_no_client() {
    let world = World::new().await;
    let changes: Vec<(&str, Value)> = vec![
        ("client_id", json!("https://example.com/pocket.json")),
        ("client_id", json!(format!("{}/", world.id))),
        ("client_id", json!(world.id.to_uppercase())),
        ("client_id", json!(null)),
        ("client_id", json!([world.id])),
        ("client_secret", json!("everybody knows")),
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!(null)),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(null)),
        ("redirect_uris", json!(CALLBACK)),
        ("redirect_uris", json!([CALLBACK, "javascript:alert(1)"])),
        ("redirect_uris", json!([CALLBACK, "data:text/html,x"])),
        ("redirect_uris", json!([CALLBACK, "https://example.com/*"])),
        ("redirect_uris", json!([CALLBACK, "http://example.com/"])),
        ("redirect_uris", json!(["http://localhost.evil.example/callback"])),
        ("client_name", json!("\u{202e}evil")),
    ];
    for (name, value) in changes {
        world.changed(|document| document[name] = value.clone());
        world.refused(&format!("{name} {value}")).await;
    }
    let twice = world.document().to_string().replacen('{', &format!("{{\"client_id\":\"{}\",", world.id), 1);
    for (kind, body) in [
        ("text/html", world.document().to_string()),
        ("", world.document().to_string()),
        ("application/json", "[]".to_owned()),
        ("application/json", "{".to_owned()),
        ("application/json", twice),
    ] {
        world.publish_as(Served::new(kind, body.clone()));
        world.refused(&format!("{kind} {body}")).await;
    }
    world.publish_as(Served::new("application/oauth-client+json", world.document().to_string()));
    assert_eq!(world.open().await.status, 303);
}

#[tokio::test]
async fn a_document_is_kept_within_bounds_and_a_failure_only_for_a_moment() {
    for (cache, kept) in
        [("", minutes(1)), ("no-store", minutes(1)), ("max-age=600", minutes(10)), ("max-age=999999", minutes(60))]
    {
        let world = World::new().await;
        world.publish_as(Served { cache, ..Served::new("application/json", world.document().to_string()) });
        let many = futures::future::join_all((0..10).map(|_| world.open())).await;
        assert!(many.iter().all(|page| page.status == 303));
        assert_eq!(world.elsewhere.asked(), 1, "whoever needs it at once waits for one fetch");
        world.app.clock.advance(kept - 1);
        assert_eq!((world.open().await.status, world.elsewhere.asked()), (303, 1), "{cache}");
        world.app.clock.advance(1);
        assert_eq!((world.open().await.status, world.elsewhere.asked()), (303, 2), "{cache}");
    }
    let world = World::new().await;
    world.publish_as(Served { status: 503, ..Served::new("text/plain", "") });
    assert_eq!((world.open().await.status, world.open().await.status), (400, 400));
    assert_eq!(world.elsewhere.asked(), 1);
    world.publish(&world.document());
    world.app.clock.advance(seconds(10));
    assert_eq!(world.open().await.status, 303);
}

#[tokio::test]
async fn h5_a_document_that_changes_asks_again_and_what_is_gone_leads_nowhere() {
    let world = World::new().await;
    let app = &world.app;
    let mut browser = app.sign_in_portal(DEV).await;
    assert!(world.allowed(&mut browser).await.contains_key("code"));
    let page = browser.follow(&world.url(&[])).await;
    assert!(page.redirect_parameters().contains_key("code"), "it is remembered");
    let mut waiting = app.sign_in_portal("admin@portico.test").await;
    let half = waiting.follow(&world.url(&[])).await;

    app.clock.advance(minutes(1));
    world.changed(|document| document["redirect_uris"] = json!(["https://taken.example/callback"]));
    let taken = [("redirect_uri", "https://taken.example/callback")];
    let page = browser.get(&world.url(&[])).await;
    assert_eq!((page.status, page.location()), (400, None), "the former address is none any more");
    let silent = browser.get(&world.url(&[taken[0], ("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "consent_required", "nobody has allowed anything to this one");
    let page = browser.follow(&world.url(&taken)).await;
    assert!(page.text().contains("Pocket agent would like to"), "{}", page.text());
    assert!(page.text().contains("You return to taken.example."), "{}", page.text());
    // What was begun before does not go on as if nothing had happened.
    let mut form = half.form("/consent");
    form.press("decision", "allow");
    let page = waiting.submit(&form).await;
    assert_eq!((page.status, page.location()), (400, None), "{}", page.text());

    assert!(
        browser
            .allow(browser.clone().follow(&world.url(&taken)).await)
            .await
            .redirect_parameters()
            .contains_key("code")
    );
    let page = browser.follow(&world.url(&taken)).await;
    assert!(page.redirect_parameters().contains_key("code"), "asked once for the new one");
    // Deleted: no new sign-in.
    world.publish_as(Served { status: 404, ..Served::new("text/plain", "") });
    app.clock.advance(minutes(1));
    assert_eq!(browser.get(&world.url(&taken)).await.status, 400);
}

#[tokio::test]
async fn m1_it_is_no_scanner() {
    let app = App::with(|settings| {
        settings.limits.fetch_address = Rule::new(3, minutes(30));
        settings.limits.fetch_host = Rule::new(5, minutes(30));
    });
    let world = World::of(app.await).await;
    let at = |n: usize| authorize_url(&world.elsewhere.url(&format!("/{n}.json")), &[]);
    let mut one = world.app.browser();
    for n in 0..6 {
        assert_eq!(one.get(&at(n)).await.status, 400);
    }
    assert_eq!(world.elsewhere.asked(), 3, "one address");
    for n in 6..12 {
        assert_eq!(world.app.browser().get(&at(n)).await.status, 400);
    }
    assert_eq!(world.elsewhere.asked(), 5, "one host");
}

#[tokio::test]
async fn two_documents_are_two_clients_and_only_those_that_are_used_stay() {
    let world = World::new().await;
    let app = &world.app;
    let mut browser = app.sign_in_portal(DEV).await;
    assert!(world.allowed(&mut browser).await.contains_key("code"));
    let other = world.elsewhere.url("/agents/other.json");
    let mut document = world.document();
    document["client_id"] = json!(other);
    world.elsewhere.serve("/agents/other.json", Served::new("application/json", document.to_string()));
    let more = [
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "openid"),
    ];
    let page = browser.follow(&authorize_url(&other, &more)).await;
    assert!(page.text().contains("Pocket agent would like to"), "it asks for itself: {}", page.text());
    assert_eq!(world.clients().await, 2);
    server::jobs::sweep(app.ctx.clone()).await;
    assert_eq!(world.clients().await, 2);
    app.clock.advance(days(1) + 1);
    server::jobs::sweep(app.ctx.clone()).await;
    assert_eq!(world.clients().await, 1, "nobody has allowed the other one anything");
    assert_eq!(app.browser().get(&authorize_url(&other, &more)).await.status, 303, "and it can come back");
}
