//! Signing in to the portal with another provider.

mod attacks;
pub mod provider;
mod unlinked;

use model::{limit::Rule, minutes, seconds};

use self::provider::{Corp, go_out, press};
use crate::{
    harness::{App, Browser, Page, URL, authorize_url},
    second_factor::{DEV, WithApp, person},
};

const NIA: &str = "nia@corp.example";
const IDENTITIES: &str = "upstream_identities";

/// A new browser that has been to the provider and back; the page after it.
async fn back(app: &App, corp: &Corp) -> (Browser, Page) {
    let mut browser = app.browser();
    let page = press(&mut browser, "/signin", "corp").await;
    let page = browser.follow(&corp.approve(&page)).await;
    (browser, page)
}

/// Where it is asked whether to unlink the one provider.
async fn asks(browser: &mut Browser) -> String {
    let page = browser.get("/account/security").await;
    let mut links = page.attributes(".factors__row a", "href");
    links.retain(|link| link.contains("/providers/unlink?"));
    assert_eq!(links.len(), 1, "{}", page.text());
    links.remove(0)
}

/// Unlinks it, once asked.
async fn unlink(browser: &mut Browser) -> Page {
    let ask = asks(browser).await;
    let page = browser.get(&ask).await;
    assert!(page.text().contains("does not sign you in any more, from this moment on."), "{}", page.text());
    let form = page.form("/account/security/providers/unlink");
    browser.submit_following(&form).await
}

/// Opens an account for Nia, whose address Corp has verified.
async fn nia(app: &App, corp: &Corp) -> Browser {
    let (mut browser, page) = back(app, corp).await;
    let page = browser.submit(&page.form("/signin/new")).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
    browser
}

async fn who(app: &App, browser: &Browser) -> Option<String> {
    person(app, browser).await.map(|person| person.user.email)
}

#[tokio::test]
async fn somebody_new_opens_an_account_and_is_known_afterwards() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let (mut browser, page) = back(&app, &corp).await;
    assert_eq!(page.path, "/signin/new");
    assert!(page.text().contains("Corp knows you as nia@corp.example"), "{}", page.text());
    let mut form = page.form("/signin/new");
    assert_eq!((form.get("name"), form.get("email")), (Some("Nia New"), Some(NIA)));
    assert_eq!(who(&app, &browser).await, None, "nobody is in before they have said so");

    let page = browser.submit(form.set("name", "")).await;
    assert_eq!(
        (page.status, page.attributes("[aria-invalid=true]", "id")),
        (422, vec!["name".to_owned()]),
        "{}",
        page.text()
    );
    let page = browser.submit(page.form("/signin/new").set("name", "Nia")).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
    let me = person(&app, &browser).await.expect("signed in");
    assert_eq!((me.user.name.as_str(), me.user.email.as_str(), me.user.password()), ("Nia", NIA, None));
    assert_eq!(me.amr, ["fed"]);
    assert!(app.outbox(NIA).await.is_empty(), "Corp has verified the address");
    assert!(browser.get("/account/sessions").await.text().contains("Corp"));

    let (browser, page) = back(&app, &corp).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/organizations"));
    assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA));
    assert_eq!(app.texts(IDENTITIES, "subject").await, ["248289761001"]);
}

#[tokio::test]
async fn an_account_without_a_password_changes_its_address_and_can_set_one() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = nia(&app, &corp).await;
    assert!(browser.get("/account").await.text().contains("You have no password"));
    let csrf = browser.get("/account").await.csrf();
    let page = browser.post_form("/account/password", &[("csrf", &csrf)]).await;
    assert_eq!(page.status, 422, "no password is not the empty one");

    // The address changes without one, after a fresh sign-in.
    let page = browser.get("/account/email").await;
    let mut form = page.form("/account/email");
    assert_eq!(browser.submit(form.set("email", "nowhere")).await.status, 422);
    let page = browser.submit(form.set("email", "nia@elsewhere.test")).await;
    assert_eq!(page.location().as_deref(), Some("/account"), "{}", page.text());
    assert!(app.mailed_link("nia@elsewhere.test").await.contains("/account/email?token="));
    app.clock.advance(model::minutes(10));
    for page in [browser.get("/account/email").await, browser.submit(&form).await] {
        assert_eq!(page.location().as_deref(), Some("/signin?again=1&return_to=%2Faccount%2Femail"));
    }
    let page = browser.get("/forgot").await;
    browser.submit(page.form("/forgot").set("email", NIA)).await;
    let page = browser.get(&app.mailed_link(NIA).await).await;
    let page = browser.submit(page.form("/reset").set("password", "four lonely green walruses")).await;
    assert_eq!(page.location().as_deref(), Some("/signin"), "{}", page.text());
    let mut browser = app.sign_in_portal_with(NIA, "four lonely green walruses").await;
    assert!(browser.get("/account").await.forms().iter().any(|form| form.action == "/account/email"));
    let (_, page) = back(&app, &corp).await;
    assert_eq!(page.path, "/organizations", "the link stays: the address was confirmed before");
}

#[tokio::test]
async fn somebody_with_an_account_shows_it_once_and_links() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("dev-at-corp", DEV, true);
    let (mut browser, page) = back(&app, &corp).await;
    assert!(page.text().contains("You have an account here"), "{}", page.text());
    let link = page.attributes("main a.button--primary", "href").remove(0);
    let page = browser.follow(&link).await;
    let page =
        browser.submit_following(page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD)).await;
    assert!(page.text().contains("Link Corp"), "{}", page.text());
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
    let form = page.form("/signin/link");
    let page = browser.submit(&form).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"));
    assert_eq!(app.texts(IDENTITIES, "subject").await, ["dev-at-corp"]);
    assert_eq!(app.outbox(DEV).await[0].subject, "Corp signs you in now");

    let (mut other, _) = back(&app, &corp).await;
    assert_eq!(who(&app, &other).await.as_deref(), Some(DEV));
    // What was said was used up by the first link.
    let page = browser.submit(&form).await;
    assert_eq!(page.location().as_deref(), Some("/signin"));

    let page = other.get("/account/security").await;
    assert_eq!(page.select(".factors__row h3"), ["Corp"], "{}", page.text());
    let page = unlink(&mut other).await;
    assert!(page.text().contains("It is unlinked"), "{}", page.text());
    assert!(app.texts(IDENTITIES, "subject").await.is_empty());
    assert_eq!(app.outbox(DEV).await[0].subject, "Corp does not sign you in any more");
    let (browser, page) = back(&app, &corp).await;
    assert!(page.text().contains("You have an account here"), "{}", page.text());
    assert_eq!(who(&app, &browser).await, None);
}

#[tokio::test]
async fn one_who_is_signed_in_links_under_security() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = app.sign_in_portal(DEV).await;
    app.clock.advance(minutes(11));
    let page = browser.get("/account/security").await;
    let form = page.form("/account/security/providers/link");
    let page = browser.submit(&form).await;
    assert!(page.location().is_some_and(|location| location.starts_with("/signin?again=1")), "not fresh");
    app.clock.advance(-minutes(11));
    let page = browser.submit(&form).await;
    let page = browser.follow(&corp.approve(&page)).await;
    assert!(page.text().contains("Corp signs you in from now on"), "{}", page.text());
    assert!(page.text().contains(NIA), "the address there may be another one");
    assert_eq!(app.texts("audit_events", "action").await.iter().filter(|it| *it == "user.provider_linked").count(), 1);
    let (browser, _) = back(&app, &corp).await;
    assert_eq!(who(&app, &browser).await.as_deref(), Some(DEV));

    // Of two accounts here, one has it.
    let mut staff = app.sign_in_portal("staff@nordtel.test").await;
    let page = staff.get("/account/security").await;
    let page = staff.submit(&page.form("/account/security/providers/link")).await;
    let page = staff.follow(&corp.approve(&page)).await;
    assert!(page.text().contains("signs in an account here already"), "{}", page.text());
    assert_eq!(app.texts(IDENTITIES, "subject").await.len(), 1);
}

#[tokio::test]
async fn the_last_way_of_signing_in_stays() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = nia(&app, &corp).await;
    let ask = asks(&mut browser).await;
    let page = browser.follow(&ask).await;
    assert!(page.text().contains("It is your last way of signing in."), "{}", page.text());
    // Whoever was asked while there was another way is refused, too.
    let csrf = page.csrf();
    let page = browser.post_form(&ask, &[("csrf", &csrf)]).await;
    assert_eq!(page.location().as_deref(), Some("/account/security"));
    assert_eq!(app.texts(IDENTITIES, "subject").await.len(), 1);
    // Somebody else's is nothing to them.
    let mut dev = app.sign_in_portal(DEV).await;
    let csrf = dev.get("/account/security").await.csrf();
    assert_eq!(dev.get(&ask).await.status, 404);
    let page = dev.post_form(&ask, &[("csrf", &csrf)]).await;
    assert_eq!((page.status, app.texts(IDENTITIES, "subject").await.len()), (404, 1));
}

/// The way of an application that sends portal users to sign in.
#[tokio::test]
async fn an_authorization_request_goes_on_after_it() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let mut browser = app.browser();
    let page = browser.follow(&authorize_url("demo-app", &[("scope", "openid email")])).await;
    let page = browser.submit(&page.form("/signin/with/corp")).await;
    let page = browser.follow(&corp.approve(&page)).await;
    assert!(page.path.starts_with("/consent"), "{}: {}", page.path, page.text());
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!((answer["state"].as_str(), answer.contains_key("code")), ("the-state", true));
}

/// An application may insist on a sign-in of now, which the provider then has to ask for.
#[tokio::test]
async fn who_is_to_sign_in_again_does_so_at_the_provider() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = nia(&app, &corp).await;
    app.clock.advance(minutes(20));
    let page = browser.get("/account/security/app").await;
    let again = page.location().unwrap();
    assert!(again.starts_with("/signin?again=1"), "{again}");
    let page = press(&mut browser, &again, "corp").await;
    assert_eq!(page.redirect_parameters()["max_age"], "0");
    let old = app.ctx.now().plus(-minutes(5)).seconds();
    corp.change(|says| says.otherwise = serde_json::json!({ "auth_time": old }));
    let page = browser.follow(&corp.approve(&page)).await;
    assert!(page.text().contains("has let you through without asking"), "{}", page.text());
    // Neither way on forgets what for.
    assert_eq!(page.form("/signin/with/corp").get("again"), Some("1"));
    let on = page.attributes("a", "href").into_iter().find(|to| to.starts_with("/signin?")).unwrap();
    assert!(on.contains("again=1"), "{on}");
    assert!(browser.get("/account/security/app").await.location().is_some(), "still not fresh");

    // Nor does silence show that somebody was asked.
    let page = press(&mut browser, "/signin?again=1", "corp").await;
    corp.change(|says| says.otherwise = serde_json::json!({ "auth_time": null }));
    let page = browser.follow(&corp.approve(&page)).await;
    assert!(page.text().contains("has let you through without asking"), "{}", page.text());
    assert!(browser.get("/account/security/app").await.location().is_some(), "still not fresh");

    let page = press(&mut browser, "/signin?again=1", "corp").await;
    corp.change(|says| says.otherwise = serde_json::json!({}));
    let page = browser.follow(&corp.approve(&page)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(browser.get("/account/security/app").await.status, 200);
}

#[tokio::test]
async fn a_session_is_as_old_as_the_sign_in_there() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    let then = app.ctx.now().plus(-minutes(30));
    corp.change(|says| says.otherwise = serde_json::json!({ "auth_time": then.seconds() }));
    let (mut browser, _) = back(&app, &corp).await;
    assert_eq!(person(&app, &browser).await.expect("signed in").auth_time, then);
    let page = browser.get("/account/security/app").await;
    assert!(page.location().is_some_and(|location| location.starts_with("/signin?again=1")));
}

/// GitHub: numbers for users, addresses in a list, the secret in the body.
#[tokio::test]
async fn a_plain_oauth_server_works_too() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.change(|says| {
        says.user = serde_json::json!({ "id": 583_231, "login": "octocat", "name": "Octo Cat", "email": null });
        says.emails = serde_json::json!([
            { "email": "old@corp.example", "primary": false, "verified": false },
            { "email": NIA, "primary": true, "verified": true },
        ]);
    });
    let mut browser = app.browser();
    let page = press(&mut browser, "/signup", "github").await;
    assert!(!page.redirect_parameters().contains_key("nonce"));
    let page = browser.follow(&corp.approve(&page)).await;
    let form = page.form("/signin/new");
    assert_eq!((form.get("name"), form.get("email")), (Some("Octo Cat"), Some(NIA)));
    assert!(corp.last_body().contains("client_secret=corp-secret"));
    let page = browser.submit(&form).await;
    // It cannot say that it has asked again, so it is not offered where that matters.
    let offered = async |browser: &mut Browser, path: &str| {
        let page = browser.get(path).await;
        page.forms().iter().any(|form| form.action == "/signin/with/github")
    };
    assert!(!offered(&mut browser.clone(), "/signin?again=1").await);
    assert!(offered(&mut app.browser(), "/signin").await);
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
    assert_eq!(app.texts(IDENTITIES, "subject").await, ["583231"]);
    assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA));
}

/// The link of the mail opened in another browser: the provider stands in for the password.
#[tokio::test]
async fn an_address_that_the_provider_has_not_verified_is_confirmed_by_mail() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    corp.is("7", NIA, false);
    let (mut browser, page) = back(&app, &corp).await;
    let page = browser.submit_following(&page.form("/signin/new")).await;
    assert!(page.text().contains("Look into your mail"), "{}", page.text());
    assert_eq!(who(&app, &browser).await, None);
    let (mut other, page) = back(&app, &corp).await;
    assert_eq!((page.path.as_str(), who(&app, &other).await), ("/verify", None), "not before it is confirmed");
    other.cookies.clear();

    let link = app.mailed_link(NIA).await;
    let page = other.get(&link).await;
    assert!(page.text().contains("show first that it is you"), "{}", page.text());
    let page = other.submit(&page.form("/signin/with/corp")).await;
    let page = other.follow(&corp.approve(&page)).await;
    let page = other.submit(&page.form("/verify")).await;
    assert_eq!(page.location().as_deref(), Some("/organizations"), "{}", page.text());
    let me = person(&app, &other).await.expect("signed in");
    assert_eq!((me.user.email.as_str(), me.amr.as_slice()), (NIA, ["fed".to_owned()].as_slice()));
}

#[tokio::test]
async fn keys_that_the_provider_has_rotated_are_fetched_once_a_minute() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    nia(&app, &corp).await;
    assert_eq!((corp.asked("/metadata"), corp.asked("/keys")), (1, 1));
    corp.change(|says| {
        says.key = crate::fapi::Key::new();
        says.key.kid = Some("two".to_owned());
    });
    let (browser, _) = back(&app, &corp).await;
    assert_eq!((who(&app, &browser).await.as_deref(), corp.asked("/keys")), (Some(NIA), 2));
    corp.change(|says| says.signs = provider::Signs::WithAnotherKey);
    for _ in 0..3 {
        assert_eq!(back(&app, &corp).await.1.status, 502);
    }
    assert_eq!(corp.asked("/keys"), 2, "strangers cannot make us ask more often");
    app.clock.advance(minutes(1) + seconds(1));
    back(&app, &corp).await;
    assert_eq!(corp.asked("/keys"), 3);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_loses_nothing() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    go_out(&app, &[]);
    let mut browser = app.browser();
    let page = browser.get("/signin?return_to=%2Faccount%2Fsessions").await;
    let page = browser.submit(&page.form("/signin/with/corp")).await;
    assert_eq!(page.status, 502);
    assert!(page.text().contains("Corp does not answer at the moment"), "{}", page.text());
    let another = page.attributes("main a.button", "href");
    assert_eq!(another, ["/signin?return_to=%2Faccount%2Fsessions"]);
    go_out(&app, &[&corp.place()]);
    app.clock.advance(seconds(10));
    nia(&app, &corp).await;
    let page = browser.submit(&page.form("/signin/with/corp")).await;
    let page = browser.follow(&corp.approve(&page)).await;
    assert_eq!(page.path, "/account/sessions");
}

#[tokio::test]
async fn whoever_cancels_there_is_told_and_can_try_again() {
    let corp = Corp::start().await;
    let app = corp.app().await;
    let mut browser = app.browser();
    let page = press(&mut browser, "/signin?return_to=%2Finvitations", "corp").await;
    let asked = page.redirect_parameters();
    let answer = [("error", "access_denied"), ("state", asked["state"].as_str()), ("iss", corp.issuer.as_str())];
    let page = browser.follow(&provider::callback(&asked["redirect_uri"], &answer)).await;
    assert!(page.text().contains("You have cancelled at Corp"), "{}", page.text());
    assert_eq!(page.form("/signin/with/corp").get("return_to"), Some("/invitations"));
    assert_eq!(corp.asked("/token"), 0);
}

/// Many people behind one address: whoever comes back costs nothing, and whoever is refused is not lost.
#[tokio::test]
async fn sign_ins_that_succeed_are_given_back_and_the_others_are_told_to_wait() {
    let corp = Corp::start().await;
    let app = corp.app_with(|settings| settings.limits.sign_in_address = Rule::new(3, minutes(15))).await;
    nia(&app, &corp).await;
    let (mut browser, _) = back(&app, &corp).await;
    for _ in 0..6 {
        let page = press(&mut browser, "/signin?again=1", "corp").await;
        browser.follow(&corp.approve(&page)).await;
        assert_eq!(who(&app, &browser).await.as_deref(), Some(NIA));
    }
    let address = browser.address;
    let mut browser = app.browser();
    browser.address = address;
    let last = async |browser: &mut Browser| {
        let path = "/signin?return_to=%2Finvitations";
        let page = browser.get(path).await;
        browser.submit(&page.form("/signin/with/corp")).await
    };
    for _ in 0..3 {
        assert_eq!(last(&mut browser).await.status, 303);
    }
    let page = last(&mut browser).await;
    assert_eq!(page.status, 429, "{}", page.text());
    assert!(page.text().contains("Too many tries. Try again in 5 minutes"), "{}", page.text());
    assert_eq!(page.form("/signin/with/corp").get("return_to"), Some("/invitations"));
    assert!(page.attributes("a", "href").contains(&"/signin?return_to=%2Finvitations".to_owned()));
}

#[tokio::test]
async fn pages_without_a_provider_are_as_they_were() {
    let app = App::demo().await;
    let mut browser = app.browser();
    for path in ["/signin", "/signup"] {
        let page = browser.get(path).await;
        assert!(page.forms().iter().all(|form| !form.action.starts_with("/signin/with/")), "{path}");
        assert!(page.header("content-security-policy").unwrap().contains("form-action 'self';"));
    }
    assert_eq!(browser.get("/signin/with/corp/callback?state=a&code=b").await.status, 404);
}

/// A second Portico, with its demo application as the client that we are.
#[tokio::test]
async fn another_portico_is_a_provider() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let issuer = format!("http://{place}");
    let upstream = App::with(|settings| *settings = model::Settings::at(&issuer)).await;
    upstream
        .execute(&format!(
            "UPDATE client_uris SET uri = '{URL}/signin/with/other/callback' \
             WHERE uri = 'https://example.com/callback' \
             AND client_id = (SELECT id FROM clients WHERE client_id = 'demo-app')"
        ))
        .await;
    let router = upstream.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let corp = Corp::start().await;
    let provider = model::upstream::Provider {
        id: "other".to_owned(),
        name: "Other Portico".to_owned(),
        kind: model::upstream::Kind::OpenId { issuer: issuer.clone() },
        client_id: "demo-app".to_owned(),
        client_secret: model::secret::Plain::chosen("demo-app-secret"),
        ..corp.provider()
    };
    let app = App::with(|settings| settings.providers = vec![provider]).await;
    go_out(&app, &[&place]);

    let mut there = upstream.sign_in_portal(DEV).await;
    let mut browser = app.browser();
    let page = press(&mut browser, "/signin?return_to=%2Faccount", "other").await;
    let page = there.follow(&page.location().unwrap()).await;
    let page = there.allow(page).await;
    let page = browser.follow(&page.location().unwrap()).await;
    // The addresses are the same in both demo worlds, and the other one has verified its own.
    assert!(page.text().contains("You have an account here"), "{}", page.text());
    let link = page.attributes("main a.button--primary", "href").remove(0);
    let page = browser.follow(&link).await;
    let page =
        browser.submit_following(page.form("/signin").set("email", DEV).set("password", model::demo::PASSWORD)).await;
    let page = browser.submit(&page.form("/signin/link")).await;
    assert_eq!(page.location().as_deref(), Some("/account"));

    // From then on, signing in again asks there, although the session there is living.
    upstream.clock.advance(minutes(5));
    app.clock.advance(minutes(5));
    let page = press(&mut browser, "/signin?again=1", "other").await;
    let page = there.follow(&page.location().unwrap()).await;
    assert!(page.text().contains("What comes next asks for a sign-in of a moment ago"), "{}", page.text());
    let page = there.submit_following(page.form("/signin").set("password", model::demo::PASSWORD)).await;
    let page = there.allow(page).await;
    let page = browser.follow(&page.location().unwrap()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let me = person(&app, &browser).await.expect("signed in");
    assert_eq!(
        (me.user.email.as_str(), me.amr.as_slice(), me.auth_time),
        (DEV, ["fed".to_owned()].as_slice(), app.ctx.now())
    );
}
