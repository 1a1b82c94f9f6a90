//! Signing out: what ends, who is told, and where it leads (OpenID Connect RP-Initiated,
//! Back-Channel and Front-Channel Logout).

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Fault,
    client::{self, Client, LogoutUris},
    days,
    delivery::{self, DeliveryState},
    demo,
    entity::client as clients,
    hours, minutes,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::{
    deliveries::Outside,
    harness::{App, Browser, Page, authorize_url, claims, encode, header},
};

const NUMBER: &str = "+46701740605";
const DEV: &str = "dev@portico.test";
const LOGOUT: &str = "/oauth2/sessions/logout";
const BACK: &str = "https://example.com/backchannel";
const FRONT: &str = "https://example.com/frontchannel?of=us";

pub async fn row(app: &App, client_id: &str) -> Client {
    let found = app.ctx.db().write(client_id.to_owned(), |tx, client_id| {
        Box::pin(async move {
            let found = clients::Entity::find().filter(clients::Column::ClientId.eq(client_id.as_str()));
            Ok::<_, Fault>(found.one(tx).await?)
        })
    });
    found.await.unwrap().unwrap()
}

async fn register(app: &App, client_id: &'static str, uris: LogoutUris) {
    client::set_logout(&app.ctx, None, &row(app, client_id).await, uris).await.unwrap();
}

fn back_channel() -> LogoutUris {
    LogoutUris { back: Some(BACK.to_owned()), ..LogoutUris::default() }
}

async fn deliveries(app: &App, client_id: &'static str) -> Vec<delivery::Listed> {
    delivery::of(&row(app, client_id).await).list(&app.ctx).await.unwrap()
}

/// Tokens of a client in a browser in which somebody is signed in, who allows everything.
async fn tokens(app: &App, browser: &mut Browser, client_id: &str) -> Value {
    let scope = if client_id == "demo-app" { "openid profile" } else { "openid phone" };
    let page = browser.follow(&authorize_url(client_id, &[("scope", scope)])).await;
    let code = browser.allow(page).await.redirect_parameters()["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://example.com/callback"),
    ];
    let page = app.token(client_id, Some(&format!("{client_id}-secret")), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

fn logout_url(hint: &str, more: &[(&str, &str)]) -> String {
    let mut query = vec![("id_token_hint", hint)];
    query.extend_from_slice(more);
    format!("{LOGOUT}?{}", encode(&query))
}

fn hint(tokens: &Value) -> &str {
    tokens["id_token"].as_str().unwrap()
}

async fn lives(browser: &mut Browser, client_id: &str) -> bool {
    let scope = if client_id == "demo-app" { "openid profile" } else { "openid phone" };
    let page = browser.get(&authorize_url(client_id, &[("prompt", "none"), ("scope", scope)])).await;
    let answer = page.redirect_parameters();
    assert!(answer.contains_key("code") || answer["error"] == "login_required", "{answer:?}");
    answer.contains_key("code")
}

/// The logout token in a request that was posted, its signature checked with the published keys.
async fn logout_token(app: &App, body: &[u8]) -> (Value, Value) {
    let body = std::str::from_utf8(body).unwrap();
    let jwt = body.strip_prefix("logout_token=").unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let (header, claims) = (header(jwt), claims(jwt));
    let keys = app.get("/.well-known/jwks.json", &[]).await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
    (header, claims)
}

#[tokio::test]
async fn a_client_is_told_of_the_end_of_a_session_that_gave_it_tokens() {
    let app = App::demo().await;
    let outside = Outside::of(&app, []);
    register(&app, "demo-web", back_channel()).await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let tokens = tokens(&app, &mut browser, "demo-web").await;
    let id_token = claims(hint(&tokens));
    let (work, page) = app.work_of(browser.get(&logout_url(hint(&tokens), &[]))).await;
    assert_eq!((page.status, work.commits), (200, 1), "the end and its telling are one transaction");

    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 1);
    let asked = outside.asked().pop().unwrap();
    assert_eq!(asked.url.as_str(), BACK);
    let (kind, body) = asked.body.unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    let (header, claims) = logout_token(&app, &body).await;
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("logout+jwt"), Some("RS256")));
    for same in ["iss", "sub", "sid"] {
        assert_eq!(claims[same], id_token[same], "{same}");
    }
    assert_eq!(claims["aud"], "demo-web");
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert!(claims["jti"].is_string() && claims.get("nonce").is_none());

    // It is no ID token, which also a hint must be.
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let jwt = String::from_utf8(body).unwrap().replace("logout_token=", "");
    let page = browser.get(&logout_url(&jwt, &[])).await;
    assert_eq!(page.forms().len(), 1, "it asks");
}

#[tokio::test]
async fn a_logout_token_is_signed_when_it_is_sent() {
    let app = App::demo().await;
    let outside = Outside::of(&app, [Ok(503)]);
    register(&app, "demo-web", back_channel()).await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let tokens = tokens(&app, &mut browser, "demo-web").await;
    browser.get(&logout_url(hint(&tokens), &[])).await;
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 0);
    app.clock.advance(hours(5));
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 1);
    let mut claims = Vec::new();
    for request in outside.asked() {
        claims.push(logout_token(&app, &request.body.unwrap().1).await.1);
    }
    assert_eq!(claims[1]["iat"], app.ctx.now().seconds(), "the client was down for longer than a token lives");
    assert_ne!(claims[0]["jti"], claims[1]["jti"]);
    assert_eq!(deliveries(&app, "demo-web").await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn only_clients_of_that_session_are_told() {
    let app = App::demo().await;
    register(&app, "demo-web", back_channel()).await;
    let mut other = app.sign_in_subscriber(NUMBER).await;
    tokens(&app, &mut other, "demo-web").await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let mine = tokens(&app, &mut browser, "demo-web").await;
    tokens(&app, &mut browser, "demo-web").await;
    browser.get(&logout_url(hint(&mine), &[])).await;
    assert_eq!(deliveries(&app, "demo-web").await.len(), 1, "once, however many tokens there were");
    assert!(lives(&mut other, "demo-web").await);

    // One that wants to hear of nothing.
    register(&app, "demo-web", LogoutUris::default()).await;
    let theirs = tokens(&app, &mut other, "demo-web").await;
    other.get(&logout_url(hint(&theirs), &[])).await;
    assert_eq!(deliveries(&app, "demo-web").await.len(), 1);
}

/// Grants are deleted when nothing hangs from them any more; a session does.
#[tokio::test]
async fn a_client_is_told_after_weeks() {
    let app = App::demo().await;
    register(&app, "demo-app", back_channel()).await;
    let mut browser = app.sign_in_portal(DEV).await;
    tokens(&app, &mut browser, "demo-app").await;
    for _ in 0..6 {
        app.clock.advance(days(5));
        assert_eq!(browser.get("/account").await.status, 200);
        server::jobs::sweep(app.ctx.clone()).await;
    }
    let page = browser.get("/account").await;
    browser.submit(&page.form("/signout")).await;
    assert_eq!(deliveries(&app, "demo-app").await.len(), 1);
    app.clock.advance(days(3));
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(app.texts("grants", "scopes").await.is_empty(), "then they go");
}

#[tokio::test]
async fn every_way_out_of_the_portal_tells() {
    let app = App::demo().await;
    register(&app, "demo-app", back_channel()).await;
    let mut password = demo::PASSWORD;
    for (told, way) in ["signout", "one", "everywhere", "password", "reset", "other"].into_iter().enumerate() {
        let mut browser = app.sign_in_portal_with(DEV, password).await;
        let tokens = tokens(&app, &mut browser, "demo-app").await;
        let mut elsewhere = app.sign_in_portal_with(DEV, password).await;
        assert_eq!(deliveries(&app, "demo-app").await.len(), told, "before {way}");
        match way {
            "signout" => {
                let page = browser.get("/account").await;
                browser.submit(&page.form("/signout")).await;
            }
            "one" => {
                let sid = claims(hint(&tokens))["sid"].as_str().unwrap().to_owned();
                let page = elsewhere.get("/account/sessions").await;
                elsewhere.submit(page.form("/account/sessions").set("session", &sid)).await;
            }
            "everywhere" => {
                let page = elsewhere.get("/account/sessions/end").await;
                elsewhere.submit(&page.form("/account/sessions/end")).await;
            }
            "password" => {
                let page = elsewhere.get("/account").await;
                let mut form = page.form("/account/password");
                let new = "correct horse battery";
                elsewhere.submit(form.set("present", password).set("new", new)).await;
                password = new;
            }
            "reset" => {
                let page = elsewhere.get("/forgot").await;
                elsewhere.submit(page.form("/forgot").set("email", DEV)).await;
                let page = elsewhere.follow(&app.mailed_link(DEV).await).await;
                let new = "staple of another kind";
                elsewhere.submit(page.form("/reset").set("password", new)).await;
                password = new;
            }
            // Somebody else signs in in the same browser.
            _ => {
                let page = browser.get("/signin?again=1").await;
                let mut form = page.form("/signin");
                browser.submit(form.set("email", "staff@fjordmobil.test").set("password", demo::PASSWORD)).await;
            }
        }
        assert_eq!(deliveries(&app, "demo-app").await.len(), told + 1, "after {way}");
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401, "{way}");
    }
}

#[tokio::test]
async fn signing_in_again_stays_in_the_session() {
    let app = App::demo().await;
    register(&app, "demo-app", back_channel()).await;
    let mut browser = app.sign_in_portal(DEV).await;
    let first = tokens(&app, &mut browser, "demo-app").await;
    app.clock.advance(minutes(20));
    let page = browser.get("/signin?again=1").await;
    browser.submit(page.form("/signin").set("email", DEV).set("password", demo::PASSWORD)).await;
    let second = tokens(&app, &mut browser, "demo-app").await;
    let (first, second) = (claims(hint(&first)), claims(hint(&second)));
    assert_eq!(first["sid"], second["sid"]);
    assert_ne!(first["auth_time"], second["auth_time"]);
    assert!(deliveries(&app, "demo-app").await.is_empty());
}

#[tokio::test]
async fn somebody_elses_sign_in_in_the_same_browser_ends_the_session() {
    let app = App::demo().await;
    register(&app, "demo-web", back_channel()).await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let first = tokens(&app, &mut browser, "demo-web").await;
    let again = authorize_url("demo-web", &[("scope", "openid phone"), ("prompt", "login")]);
    app.clock.advance(minutes(5));
    app.log_in(&mut browser, &again, NUMBER).await;
    let second = tokens(&app, &mut browser, "demo-web").await;
    assert_eq!(claims(hint(&first))["sid"], claims(hint(&second))["sid"], "the same person stays in it");
    assert!(deliveries(&app, "demo-web").await.is_empty());
    app.clock.advance(minutes(5));
    app.log_in(&mut browser, &again, "+46701740606").await;
    assert_eq!(deliveries(&app, "demo-web").await.len(), 1);
    let bearer = format!("Bearer {}", second["access_token"].as_str().unwrap());
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
}

// ---- The front channel ----

#[tokio::test]
async fn the_signed_out_page_loads_what_clients_want_and_leads_on() {
    let app = App::demo().await;
    let front = LogoutUris { front: Some(FRONT.to_owned()), front_session_required: true, ..LogoutUris::default() };
    register(&app, "demo-app", front).await;
    let mut browser = app.sign_in_portal(DEV).await;
    let tokens = tokens(&app, &mut browser, "demo-app").await;
    let back = [("post_logout_redirect_uri", "https://example.com/"), ("state", "bye")];
    let page = browser.get(&logout_url(hint(&tokens), &back)).await;
    assert_eq!(page.status, 200, "the frames come first");
    let claims = claims(hint(&tokens));
    let expected = encode(&[("iss", claims["iss"].as_str().unwrap()), ("sid", claims["sid"].as_str().unwrap())]);
    assert_eq!(page.attributes("iframe", "src"), [format!("{FRONT}&{expected}")]);
    assert_eq!(page.attributes("main a.button", "href"), ["https://example.com/?state=bye"]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("; frame-src https://example.com;"), "{policy}");
    assert!(!lives(&mut browser, "demo-app").await);

    // Nobody is signed in any more: nothing to load.
    let page = browser.get(&logout_url(hint(&tokens), &back)).await;
    assert_eq!(page.location().as_deref(), Some("https://example.com/?state=bye"));
}

/// Whoever signs out in the portal signs out of the applications, too.
#[tokio::test]
async fn signing_out_in_the_portal_loads_what_clients_want() {
    let app = App::demo().await;
    let front = LogoutUris { front: Some(FRONT.to_owned()), front_session_required: true, ..back_channel() };
    register(&app, "demo-app", front).await;
    for (n, (from, action)) in
        [("/account", "/signout"), ("/account/sessions/end", "/account/sessions/end")].into_iter().enumerate()
    {
        let mut browser = app.sign_in_portal(DEV).await;
        let tokens = tokens(&app, &mut browser, "demo-app").await;
        let page = browser.get(from).await;
        let page = browser.submit(&page.form(action)).await;
        assert_eq!(page.status, 200, "{action}: {:?}", page.location());
        assert!(page.text().contains("You are signed out"), "{action}: {}", page.text());
        let claims = claims(hint(&tokens));
        let expected = encode(&[("iss", claims["iss"].as_str().unwrap()), ("sid", claims["sid"].as_str().unwrap())]);
        assert_eq!(page.attributes("iframe", "src"), [format!("{FRONT}&{expected}")], "{action}");
        assert_eq!(page.attributes("iframe", "sandbox"), ["allow-scripts allow-same-origin"], "{action}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("; frame-src https://example.com; ") && policy.contains("script-src 'none'"),
            "{policy}"
        );
        assert_eq!(page.attributes("main a.button", "href"), ["/signin"], "{action}");
        assert!(!lives(&mut browser, "demo-app").await, "{action}");
        assert_eq!(browser.get("/account").await.status, 303, "{action}");
        assert_eq!(deliveries(&app, "demo-app").await.len(), n + 1, "the back channel is told as well");
    }
    // Who has been at no application goes on as ever, and no other page may load frames.
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get("/account").await;
    assert!(!page.header("content-security-policy").unwrap().contains("frame-src"));
    let page = browser.submit(&page.form("/signout")).await;
    assert_eq!(page.location().as_deref(), Some("/signin"));
    // Nor does another site sign anybody out.
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.post_form_with("/signout", &[], &[("origin", "https://evil.example")]).await;
    assert_eq!(page.status, 403);
    assert_eq!(browser.get("/account").await.status, 200);
}

#[tokio::test]
async fn logout_addresses_are_checked_beside_their_fields() {
    let app = App::demo().await;
    let path = format!("{}/logout", app.client_path("demo-app").await);
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("backchannel_logout_uri", "http://example.com/out#x");
    form.set("frontchannel_logout_uri", "https://evil.example/");
    let page = browser.submit(&form).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.select(".field__error").len(), 2, "{}", page.text());
    assert_eq!(page.attributes("#frontchannel_logout_uri", "value"), ["https://evil.example/"]);
    let mut form = page.form(&path);
    form.set("backchannel_logout_uri", BACK).set("backchannel_logout_session_required", "on");
    form.set("frontchannel_logout_uri", FRONT);
    assert_eq!(browser.submit(&form).await.status, 303);
    let stored = client::Metadata::parse(&row(&app, "demo-app").await.metadata);
    assert_eq!(stored.backchannel_logout_uri.as_deref(), Some(BACK));
    assert!(stored.backchannel_logout_session_required && !stored.frontchannel_logout_session_required);
    assert_eq!(stored.frontchannel_logout_uri.as_deref(), Some(FRONT));
    let mut stranger = app.sign_in_portal("staff@fjordmobil.test").await;
    assert_eq!(stranger.get(&path).await.status, 404);
}

// ---- RP-initiated ----

#[tokio::test]
async fn k1_another_site_signs_nobody_out() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    tokens(&app, &mut browser, "demo-web").await;
    let mut attacker = app.sign_in_subscriber(NUMBER).await;
    let theirs = attacker.get(LOGOUT).await.csrf();
    for form in [vec![], vec![("csrf", theirs.as_str())], vec![("csrf", "")]] {
        let page = browser.post_form_with(LOGOUT, &form, &[("origin", "https://evil.example")]).await;
        let page = browser.follow_on(page).await;
        assert!(page.location().is_none(), "{form:?}");
        assert!(lives(&mut browser, "demo-web").await, "{form:?}");
    }
}

#[tokio::test]
async fn the_page_says_who_is_signed_in_and_who_asks_and_can_be_answered_with_no() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    tokens(&app, &mut browser, "demo-web").await;
    let page = browser.get(&format!("{LOGOUT}?client_id=demo-web")).await;
    let text = page.text();
    for words in ["as +467017406••", "Voicebox asks to sign you out.", "Stay signed in", "support@nordtel.test"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let page = browser.submit(page.form(LOGOUT).press("decision", "stay")).await;
    assert!(page.text().contains("You are still signed in"), "{}", page.text());
    assert!(lives(&mut browser, "demo-web").await);
    let page = browser.get(LOGOUT).await;
    assert!(!page.text().contains("asks to sign you out"), "nobody has said who asks: {}", page.text());
    let page = browser.submit(page.form(LOGOUT).press("decision", "leave")).await;
    assert!(page.text().contains("You are signed out"), "{}", page.text());
    assert!(page.text().contains("support@nordtel.test"), "{}", page.text());
    assert!(!lives(&mut browser, "demo-web").await);
}

#[tokio::test]
async fn without_a_hint_every_session_of_the_browser_ends() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    tokens(&app, &mut browser, "demo-web").await;
    let page = browser.get("/signin").await;
    let mut form = page.form("/signin");
    browser.submit(form.set("email", DEV).set("password", demo::PASSWORD)).await;
    let user = tokens(&app, &mut browser, "demo-app").await;
    let page = browser.get(LOGOUT).await;
    for account in ["+467017406••", DEV] {
        assert!(page.text().contains(account), "{account}: {}", page.text());
    }
    // With a hint, the one that it names.
    browser.get(&logout_url(hint(&user), &[])).await;
    assert!(!lives(&mut browser, "demo-app").await && lives(&mut browser, "demo-web").await);

    let page = browser.get("/signin").await;
    let mut form = page.form("/signin");
    browser.submit(form.set("email", DEV).set("password", demo::PASSWORD)).await;
    let page = browser.get(LOGOUT).await;
    browser.submit(page.form(LOGOUT).press("decision", "leave")).await;
    assert!(!lives(&mut browser, "demo-app").await && !lives(&mut browser, "demo-web").await);
    assert!(browser.get("/account").await.location().is_some_and(|to| to.starts_with("/signin")));
}

#[tokio::test]
async fn k2_a_hint_that_is_not_the_sessions_own_asks_first() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let mine = tokens(&app, &mut browser, "demo-web").await;
    let mut other = app.sign_in_subscriber("+46701740606").await;
    let foreign = tokens(&app, &mut other, "demo-web").await;
    let (head, payload, signature) = {
        let mut parts = hint(&mine).split('.');
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    };
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("{none}.{payload}.");
    let mut changed = claims(hint(&mine));
    changed["aud"] = json!(["demo-spa"]);
    let tampered = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(changed.to_string()));
    let access = mine["access_token"].as_str().unwrap();
    let back = ("post_logout_redirect_uri", "https://example.com/");
    for (hint, more) in [
        (unsigned.as_str(), vec![back]),
        (tampered.as_str(), vec![back]),
        (hint(&foreign), vec![back]),
        (access, vec![back]),
        (hint(&mine), vec![back, ("client_id", "demo-spa")]),
    ] {
        let page: Page = browser.get(&logout_url(hint, &more)).await;
        assert_eq!((page.status, page.location()), (200, None), "{hint}");
        assert_eq!(page.forms().len(), 1, "it asks: {}", page.text());
        assert!(lives(&mut browser, "demo-web").await, "{hint}");
    }
}

#[tokio::test]
async fn k3_the_way_back_is_exactly_as_registered() {
    let app = App::demo().await;
    for uri in
        ["https://evil.example/", "https://example.com", "https://example.com/?a=b", "https://example.com/callback"]
    {
        let mut browser = app.sign_in_subscriber(NUMBER).await;
        let tokens = tokens(&app, &mut browser, "demo-web").await;
        let page = browser.get(&logout_url(hint(&tokens), &[("post_logout_redirect_uri", uri)])).await;
        assert_eq!((page.status, page.location()), (200, None), "{uri}");
        assert!(!page.body.contains("evil"), "{uri}");
    }
}

#[tokio::test]
async fn k5_an_expired_hint_signs_out_and_nothing_else() {
    let app = App::demo().await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    let tokens = tokens(&app, &mut browser, "demo-web").await;
    app.clock.advance(hours(2));
    let bearer = format!("Bearer {}", hint(&tokens));
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
    let back = [("post_logout_redirect_uri", "https://example.com/")];
    let page = browser.get(&logout_url(hint(&tokens), &back)).await;
    assert_eq!(page.location().as_deref(), Some("https://example.com/"));
    assert!(!lives(&mut browser, "demo-web").await, "prompt=none is login_required");
}
