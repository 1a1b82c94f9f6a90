//! A client sends a subscriber to the page at which they take back what they have allowed.

use model::{Language, demo::SUBSCRIBER, minutes, seconds};
use serde_json::{Value, json};

use crate::{
    ciba,
    fapi::Client,
    harness::{App, Browser, Form, Page, authorize_url, basic},
};

const PATH: &str = "/ext-api/v0/auth/create-revoke-consent-magic-link";
const PAGE: &str = "/revoke-consent";
const BACK: &str = "https://example.com/revoke";
const WEB: (&str, &str) = ("demo-web", "demo-web-secret");

/// A token with which a client speaks for itself.
async fn credentials(app: &App, (id, secret): (&str, &str)) -> String {
    let page = app.token(id, Some(secret), &[("grant_type", "client_credentials")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()["access_token"].as_str().unwrap().to_owned()
}

async fn ask_with(app: &App, bearer: &str, form: &[(&str, &str)]) -> Page {
    app.post(PATH, &[("authorization", &format!("Bearer {bearer}"))], form).await
}

/// What `demo-web` gets that asks for a link with a token.
async fn ask(app: &App, token: &str) -> Page {
    let bearer = credentials(app, WEB).await;
    ask_with(app, &bearer, &[("token", token), ("redirectTo", BACK), ("state", "the state&1")]).await
}

/// The path and query of a link.
fn link(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let answer = page.json();
    let link = answer["redirectTo"].as_str().unwrap();
    link.strip_prefix(crate::harness::URL).unwrap_or_else(|| panic!("{link} is not ours")).to_owned()
}

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}")).to_owned()
}

/// A subscriber with tokens in the hands of `demo-web`, who has been sent to the page.
struct Sent {
    app: App,
    access: String,
    refresh: String,
    browser: Browser,
    link: String,
}

impl Sent {
    async fn new() -> Self {
        let app = App::demo().await;
        let tokens = app.tokens("openid phone offline_access", SUBSCRIBER).await;
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        let link = link(&ask(&app, &access).await);
        let browser = app.browser();
        Self { app, access, refresh, browser, link }
    }

    async fn form(&mut self, decision: &str) -> Form {
        self.browser.get(&self.link).await.form(PAGE).press("decision", decision).clone()
    }

    async fn userinfo(&self) -> u16 {
        self.app.get("/userinfo", &[("authorization", &format!("Bearer {}", self.access))]).await.status
    }

    /// How often a consent was taken back, by the audit log.
    async fn removals(&self) -> usize {
        let actions = self.app.texts("audit_events", "action").await;
        actions.iter().filter(|action| *action == "consent.revoked").count()
    }
}

#[tokio::test]
async fn a_subscriber_removes_a_product_and_returns_with_the_state() {
    let mut sent = Sent::new().await;
    let page = sent.browser.get(&sent.link).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let words = page.text();
    for expected in [
        "Remove product from +467017406••",
        "Remove Voicebox",
        "by Acme Voice",
        "Voicebox will lose all access to your subscription.",
        "You return to example.com.",
        "Questions about Voicebox? support@acme-voice.test",
        "Need help? support@nordtel.test",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(!page.body.contains(SUBSCRIBER), "the number is masked");
    assert!(!page.body.contains("<script"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self' https:;"), "{policy}");

    let page = sent.browser.submit(page.form(PAGE).press("decision", "remove")).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.location().unwrap(), "https://example.com/revoke?state=the%20state%261");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(sent.removals().await, 1);
    // It signs nobody in.
    assert!(!sent.browser.cookies.keys().any(|name| name.contains("subscriber")), "{:?}", sent.browser.cookies);
}

#[tokio::test]
async fn b10_c6_h11_everything_ends_with_it_and_there_is_one_event() {
    let app = App::demo().await;
    let mut signed_in = app.browser();
    let page = app.log_in(&mut signed_in, &authorize_url("demo-web", &[]), SUBSCRIBER).await;
    let tokens = app.redeem(&signed_in.allow(page).await.redirect_parameters()["code"]).await.json();
    let code = signed_in.get(&authorize_url("demo-web", &[])).await.redirect_parameters()["code"].clone();
    let other = app.tokens("openid offline_access", SUBSCRIBER).await;
    let bearer = |tokens: &Value| format!("Bearer {}", text(tokens, "access_token"));

    let mut browser = app.browser();
    let page = browser.get(&link(&ask(&app, &text(&tokens, "access_token")).await)).await;
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer(&tokens))]).await.status, 200, "looking ends nothing");
    assert_eq!(browser.submit(page.form(PAGE).press("decision", "remove")).await.status, 303);

    for tokens in [&tokens, &other] {
        assert_eq!(app.get("/userinfo", &[("authorization", &bearer(tokens))]).await.status, 401);
        assert_eq!(app.refresh(&text(tokens, "refresh_token")).await.json()["error"], "invalid_grant");
    }
    assert_eq!(app.redeem(&code).await.json()["error"], "invalid_grant");
    let silent = signed_in.get(&authorize_url("demo-web", &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "consent_required", "it is asked again");
    assert_eq!(app.texts("consents", "revoked_by").await, ["subscriber"]);
    let details = app.texts("audit_events", "detail").await;
    let told = details.iter().filter(|detail| *detail == "A subscriber took back what they had allowed").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn cancel_changes_nothing_and_tells_the_client() {
    let mut sent = Sent::new().await;
    let form = sent.form("cancel").await;
    let page = sent.browser.submit(&form).await;
    assert_eq!(page.status, 303);
    assert!(page.location().unwrap().starts_with("https://example.com/revoke?"), "{:?}", page.location());
    let told = page.redirect_parameters();
    assert_eq!((told["error"].as_str(), told["state"].as_str()), ("access_denied", "the state&1"));
    assert_eq!((sent.userinfo().await, sent.removals().await), (200, 0));
    // The answer was given: the way back in the browser's history does not change it.
    let mut other = form;
    assert_eq!(sent.browser.submit(other.press("decision", "remove")).await.status, 410);
    assert_eq!((sent.userinfo().await, sent.removals().await), (200, 0));
    assert_eq!(sent.app.refresh(&sent.refresh).await.status, 200);
}

#[tokio::test]
async fn the_answer_on_the_wire_is_as_it_was_agreed() {
    let app = App::demo().await;
    let tokens = app.tokens("openid", SUBSCRIBER).await;
    let page = ask(&app, &text(&tokens, "access_token")).await;
    assert_eq!(
        (page.header("content-type"), page.header("cache-control")),
        (Some("application/json"), Some("no-store"))
    );
    let token = page.json()["redirectTo"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    assert!(model::secret::well_formed(model::secret::Kind::Revoke, &token), "{token}");
    insta::assert_snapshot!(page.body.replace(&token, "TOKEN"));
    let bearer = credentials(&app, WEB).await;
    let page = ask_with(&app, &bearer, &[("token", "nonsense"), ("redirectTo", BACK)]).await;
    assert_eq!((page.status, page.header("content-type")), (400, Some("application/json")));
    insta::assert_snapshot!(page.body);
}

#[tokio::test]
async fn a_link_without_a_state_leads_back_without_one() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    let bearer = credentials(&app, WEB).await;
    for (decision, location) in [
        (
            "cancel",
            "https://example.com/revoke?error=access_denied&error_description=The%20subscriber%20has%20kept%20the%20product.",
        ),
        ("remove", BACK),
    ] {
        let page = ask_with(&app, &bearer, &[("token", &access), ("redirectTo", BACK), ("state", "")]).await;
        let mut browser = app.browser();
        let page = browser.get(&link(&page)).await;
        let page = browser.submit(page.form(PAGE).press("decision", decision)).await;
        assert_eq!(page.location().as_deref(), Some(location));
    }
}

#[tokio::test]
async fn a6_the_way_back_is_a_registered_one_to_the_last_character() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    let bearer = credentials(&app, WEB).await;
    for wrong in [
        "https://example.com/revoke/",
        "https://example.com/revoke?x=1",
        "https://example.com/revoke#x",
        "https://example.com/Revoke",
        "https://example.com:443/revoke",
        "https://EXAMPLE.com/revoke",
        "https://example.com/a/../revoke",
        "https://example.com/%72evoke",
        "https://example.com.evil.example/revoke",
        "https://example.com@evil.example/revoke",
        "http://example.com/revoke",
        "//example.com/revoke",
        "https://example.com/revoke ",
        "https://example.com/revoke\n",
        "javascript:alert(1)",
        // Those of other purposes are none of this one.
        "https://example.com/callback",
        "https://example.com/",
    ] {
        let page = ask_with(&app, &bearer, &[("token", &access), ("redirectTo", wrong), ("state", "x")]).await;
        let told = page.json();
        assert_eq!((page.status, &told["error"]), (400, &json!("invalid_request")), "{wrong}");
        assert_eq!(told["redirectTo"], Value::Null, "{wrong}");
        assert!(told["errorHint"].as_str().unwrap().contains("Register it"), "{told}");
    }
    assert!(app.texts("revoke_links", "link_hash").await.is_empty(), "no link was made");

    // One that is taken away meanwhile is no way back either; what the subscriber wants happens.
    let mut browser = app.browser();
    let path = link(&ask(&app, &access).await);
    let page = browser.get(&path).await;
    app.execute("DELETE FROM client_uris WHERE uri = 'https://example.com/revoke'").await;
    let (_, router) = app.second_node().await;
    browser.move_to(router);
    assert!(!browser.get(&path).await.text().contains("You return to"));
    let page = browser.submit(page.form(PAGE).press("decision", "remove")).await;
    assert_eq!((page.status, page.location()), (200, None));
    assert!(page.text().contains("The product is removed"), "{}", page.text());
    assert_eq!(app.texts("consents", "revoked_by").await, ["subscriber"]);
}

#[tokio::test]
async fn only_the_client_that_the_subscriber_gave_a_token_to_makes_a_link() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    app.execute("UPDATE clients SET metadata = '{}' WHERE client_id = 'demo-call'").await;
    app.execute(
        "INSERT INTO client_uris (id, client_id, purpose, uri, position) \
         SELECT c.id, c.id, 'post_revoke', 'https://example.com/revoke', 0 FROM clients c \
         WHERE c.client_id IN ('demo-call', 'demo-reports')",
    )
    .await;
    let form = [("token", access.as_str()), ("redirectTo", BACK)];
    // Of the same product, and of another one of the same organization.
    for (noted, other) in [(1, ciba::CALL), (2, ("demo-reports", "demo-reports-secret"))] {
        let bearer = credentials(&app, other).await;
        let page = ask_with(&app, &bearer, &form).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &json!("invalid_grant")), "{other:?}");
        let actions = app.texts("audit_events", "action").await;
        assert_eq!(actions.iter().filter(|action| *action == "client.foreign_grant").count(), noted);
    }
    // What is no living access token of a subscriber.
    let bearer = credentials(&app, WEB).await;
    let tokens = app.tokens("openid offline_access", SUBSCRIBER).await;
    let mut altered = access.clone();
    altered.pop();
    for wrong in [&altered, &bearer, &text(&tokens, "refresh_token"), &text(&tokens, "id_token"), "x"] {
        let page = ask_with(&app, &bearer, &[("token", wrong), ("redirectTo", BACK)]).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &json!("invalid_grant")), "{wrong}");
    }
    let revoked = text(&tokens, "access_token");
    app.post("/oauth2/revoke", &[("authorization", &basic(WEB.0, WEB.1))], &[("token", &revoked)]).await;
    let page = ask_with(&app, &bearer, &[("token", &revoked), ("redirectTo", BACK)]).await;
    assert_eq!(page.json()["error"], "invalid_grant", "revoked");
    assert!(app.texts("revoke_links", "link_hash").await.is_empty());
    assert_eq!(ask_with(&app, &bearer, &form).await.status, 200);
    app.clock.advance(minutes(61));
    let bearer = credentials(&app, WEB).await;
    assert_eq!(ask_with(&app, &bearer, &form).await.json()["error"], "invalid_grant", "over");
}

#[tokio::test]
async fn a_consent_that_another_node_has_ended_gives_no_link() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    app.execute("UPDATE consents SET revoked_at = 1, revoked_by = 'subscriber'").await;
    assert_eq!(ask(&app, &access).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn the_bearer_is_the_client_itself() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid phone", SUBSCRIBER).await, "access_token");
    let form = [("token", access.as_str()), ("redirectTo", BACK), ("state", "x")];
    let check = |page: &Page, status: u16, error: &str| {
        let told = page.json();
        assert_eq!((page.status, told["error"].as_str()), (status, Some(error)), "{told}");
        assert_eq!(told["redirectTo"], Value::Null);
        assert!(told["errorHint"].as_str().unwrap().contains("client_credentials"), "{told}");
        assert!(page.header("www-authenticate").unwrap().starts_with("Bearer "));
    };
    check(&app.post(PATH, &[], &form).await, 401, "invalid_token");
    check(&app.post(PATH, &[("authorization", &basic(WEB.0, WEB.1))], &form).await, 401, "invalid_token");
    check(&ask_with(&app, "nonsense", &form).await, 401, "invalid_token");
    check(&ask_with(&app, &access, &form).await, 403, "insufficient_scope");
    let bearer = credentials(&app, WEB).await;
    for missing in ["token", "redirectTo"] {
        let form: Vec<_> = form.into_iter().filter(|(name, _)| *name != missing).collect();
        let page = ask_with(&app, &bearer, &form).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &json!("invalid_request")), "{missing}");
        assert!(page.json()["errorDescription"].as_str().unwrap().contains(missing));
    }
    let twice = [&form[..], &[("state", "y")]].concat();
    assert_eq!(ask_with(&app, &bearer, &twice).await.json()["error"], "invalid_request");
    let long = "x".repeat(4097);
    let page = ask_with(&app, &bearer, &[("token", &access), ("redirectTo", BACK), ("state", &long)]).await;
    assert_eq!(page.json()["error"], "invalid_request");
    assert_eq!(app.get(PATH, &[]).await.status, 405);
    // A token that has expired, and one of a client that was disabled.
    app.clock.advance(minutes(61));
    check(&ask_with(&app, &bearer, &form).await, 401, "invalid_token");
}

#[tokio::test]
async fn a_bearer_that_is_bound_to_a_key_comes_with_its_proof() {
    let app = App::demo().await;
    app.execute("UPDATE clients SET profile = 'standard' WHERE client_id = 'demo-web'").await;
    let key = Client::new(&app);
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    let (proof, authorization) = (key.proof("POST", "/oauth2/token", None), basic(WEB.0, WEB.1));
    let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    let bound = app.post("/oauth2/token", &headers, &[("grant_type", "client_credentials")]).await.json();
    assert_eq!(bound["token_type"], "DPoP");
    let bound = text(&bound, "access_token");
    let form = [("token", access.as_str()), ("redirectTo", BACK)];
    assert_eq!(ask_with(&app, &bound, &form).await.status, 401, "without a proof");
    let authorization = format!("DPoP {bound}");
    let elsewhere = key.proof("POST", "/userinfo", Some(&bound));
    let proof = key.proof("POST", PATH, Some(&bound));
    for (proof, status) in [(&elsewhere, 401), (&proof, 200), (&proof, 401)] {
        let page = app.post(PATH, &[("authorization", &authorization), ("dpop", proof)], &form).await;
        assert_eq!(page.status, status, "{}", page.body);
    }
}

#[tokio::test]
async fn a_link_is_used_once_and_a_double_click_leads_to_the_same_place() {
    let mut sent = Sent::new().await;
    let form = sent.form("remove").await;
    let first = sent.browser.submit(&form).await;
    let second = sent.browser.submit(&form).await;
    assert_eq!((second.status, second.location()), (303, first.location()));
    assert_eq!(sent.removals().await, 1);
    let page = sent.browser.get(&sent.link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("There is nothing to remove here"), "{}", page.text());
    assert_eq!(page.attributes("a.button", "href"), ["https://example.com"], "to the site, with no answer");

    // Whoever adds the product again is not rid of it by the old link.
    sent.app.tokens("openid", SUBSCRIBER).await;
    sent.browser.submit(&form).await;
    assert_eq!(sent.removals().await, 1);
    assert_eq!(sent.app.texts("consents", "scopes").await.len(), 2);
    let mut other = form;
    assert_eq!(sent.browser.submit(other.press("decision", "cancel")).await.status, 410);
}

#[tokio::test]
async fn of_many_answers_at_once_one_counts() {
    let mut sent = Sent::new().await;
    let form = sent.form("remove").await;
    let pages = futures::future::join_all((0..8).map(|_| {
        let (mut browser, form) = (sent.browser.clone(), form.clone());
        async move { browser.submit(&form).await.status }
    }))
    .await;
    assert_eq!(pages, [303; 8]);
    assert_eq!(sent.removals().await, 1);
}

#[tokio::test]
async fn a_link_ends_and_its_row_with_it() {
    let mut sent = Sent::new().await;
    sent.app.clock.advance(minutes(30) - seconds(1));
    let form = sent.form("remove").await;
    sent.app.clock.advance(seconds(1));
    for page in [sent.browser.submit(&form).await, sent.browser.get(&sent.link).await] {
        assert_eq!(page.status, 410);
        assert!(page.text().contains("start again where you have started"), "{}", page.text());
    }
    assert_eq!(sent.removals().await, 0);
    sent.app.clock.advance(seconds(1));
    server::jobs::sweep(sent.app.ctx.clone()).await;
    assert!(sent.app.texts("revoke_links", "link_hash").await.is_empty());
    // What never was one looks the same.
    let mut altered = sent.link.clone();
    altered.pop();
    let mut browser = sent.app.browser();
    for path in [format!("{altered}x"), altered, PAGE.to_owned(), format!("{PAGE}?revoke_token=%00")] {
        assert_eq!(browser.get(&path).await.status, 410, "{path}");
    }
}

#[tokio::test]
async fn h2_the_answer_comes_from_our_own_page_in_that_browser() {
    let mut sent = Sent::new().await;
    let form = sent.form("remove").await;
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let elsewhere = [("origin", "https://evil.example")];
    assert_eq!(sent.browser.post_form_with(PAGE, &fields, &elsewhere).await.status, 403);
    assert_eq!(sent.browser.post_form_with(PAGE, &fields, &[]).await.status, 403);
    assert_eq!(sent.app.browser().post_form(PAGE, &fields).await.status, 403, "another browser");
    let mut without = form.clone();
    assert_eq!(sent.browser.submit(without.set("csrf", "x")).await.status, 403);
    let mut strange = form;
    assert_eq!(sent.browser.submit(strange.press("decision", "perhaps")).await.status, 400);
    assert_eq!((sent.userinfo().await, sent.removals().await), (200, 0));
}

#[tokio::test]
async fn nothing_of_a_link_can_be_read_from_its_row() {
    let sent = Sent::new().await;
    let secret = sent.link.rsplit('=').next().unwrap();
    for column in ["link_hash", "asked_sealed"] {
        let text = sent.app.texts("revoke_links", column).await.concat();
        for part in [secret, "the state", "example.com"] {
            assert!(!text.contains(part), "{column}: {part}");
        }
    }
}

#[tokio::test]
async fn where_there_is_nothing_left_to_remove_the_page_says_so() {
    // Taken back in another way, and a subscriber who has left.
    for end in ["UPDATE consents SET revoked_at = 1, revoked_by = 'user'", "UPDATE subscribers SET ended_at = 1"] {
        let mut sent = Sent::new().await;
        let form = sent.form("remove").await;
        sent.app.execute(end).await;
        let (_, router) = sent.app.second_node().await;
        sent.browser.move_to(router);
        assert_eq!(sent.browser.get(&sent.link).await.status, 410, "{end}");
        // Who had the page open gets what they want.
        assert_eq!(sent.browser.submit(&form).await.status, 303, "{end}");
    }
    // Turned off by the operator, it can still be removed.
    let mut sent = Sent::new().await;
    sent.app.execute("UPDATE distributions SET state = 'disabled'").await;
    let form = sent.form("remove").await;
    assert_eq!(sent.browser.submit(&form).await.status, 303);
    assert_eq!(sent.removals().await, 1);
}

#[tokio::test]
async fn making_a_link_commits_once_looking_never_and_removing_once() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid", SUBSCRIBER).await, "access_token");
    let bearer = credentials(&app, WEB).await;
    let form = [("token", access.as_str()), ("redirectTo", BACK)];
    let (work, page) = app.work_of(ask_with(&app, &bearer, &form)).await;
    assert_eq!((work.statements, work.commits), (2, 1), "the consent is looked at, the link is inserted");
    let mut browser = app.browser();
    let (work, page) = app.work_of(browser.get(&link(&page))).await;
    assert_eq!(work.commits, 0);
    let mut form = page.form(PAGE);
    let (work, _) = app.work_of(browser.submit(form.press("decision", "remove"))).await;
    assert_eq!(work.commits, 1);
}

#[tokio::test]
async fn the_page_is_in_the_language_of_the_browser() {
    let mut sent = Sent::new().await;
    for (language, heading) in [
        (Language::English, "Remove Voicebox"),
        (Language::Swedish, "Ta bort Voicebox"),
        (Language::Norwegian, "Fjern Voicebox"),
        (Language::German, "Voicebox entfernen"),
        (Language::French, "Retirer Voicebox"),
        (Language::Spanish, "Quitar Voicebox"),
    ] {
        sent.browser.languages = Some(language.tag());
        let page = sent.browser.get(&sent.link).await;
        assert_eq!(page.select("h1"), [heading]);
        assert!(page.body.len() + 14_000 < 30_000, "{heading}: {}", page.body.len());
    }
}

#[tokio::test]
async fn the_page_tells_a_client_nothing_of_a_number_that_it_may_not_know() {
    let app = App::demo().await;
    let access = text(&app.tokens("openid offline_access", SUBSCRIBER).await, "access_token");
    let page = app.get(&link(&ask(&app, &access).await), &[]).await;
    let words = page.text();
    assert!(words.contains("Remove Voicebox"), "{words}");
    assert!(!words.contains("+46"), "{words}");
}
