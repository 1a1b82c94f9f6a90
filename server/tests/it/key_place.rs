//! Where a client's keys are: registered here, or published by the client, as its page says.

use model::{client, entity::AuthMethod, seconds};

use crate::{
    fapi::Key,
    harness::{App, Browser, Page},
    key_sets::{Publisher, key, sign_in},
    logout::row,
};

const DEV: &str = "dev@portico.test";
/// The client that [`sign_in`] speaks for.
const CLIENT: &str = "demo-reports";

async fn open(app: &App, browser: &mut Browser) -> (String, Page) {
    let path = format!("{}/keys", app.client_path(CLIENT).await);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200);
    (path, page)
}

/// Says that the keys are at `uri`, or here; the answer to the form.
async fn say(app: &App, browser: &mut Browser, uri: Option<&str>) -> Page {
    let (path, page) = open(app, browser).await;
    let mut form = page.form(&format!("{path}/place"));
    form.set("place", if uri.is_some() { "url" } else { "here" });
    form.set("jwks_uri", uri.unwrap_or_default());
    browser.submit_following(&form).await
}

async fn registered(app: &App, key: &Key) {
    let mut jwk = key.public.clone();
    jwk["kid"] = key.kid.clone().into();
    let public = client::keys::public_key(&jwk).unwrap();
    client::keys::add(&app.ctx, None, &row(app, CLIENT).await, "Here", public).await.unwrap();
}

async fn signs(app: &App) {
    client::method::set_method(&app.ctx, None, &row(app, CLIENT).await, AuthMethod::PrivateKeyJwt).await.unwrap();
}

#[tokio::test]
async fn a_developer_says_where_the_keys_are_and_sees_what_is_there() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let publisher = Publisher::of(&app).await;
    let (one, two) = (key("one"), key("two"));
    publisher.publish(&[&one, &two]);
    let page = say(&app, &mut dev, Some(&format!("  {} ", publisher.uri))).await;
    assert!(page.text().contains("The key set at that address has 2 keys for signatures."), "{}", page.text());
    assert!(page.text().contains("Last fetched: now"), "{}", page.text());
    let rows = page.select("section[aria-labelledby=published] tbody tr");
    assert!(rows.len() == 2 && rows[0].contains("one") && rows[1].contains("ES256"), "{rows:?}");
    let (path, page) = open(&app, &mut dev).await;
    let form = page.form(&format!("{path}/place"));
    assert_eq!((form.get("place"), form.get("jwks_uri")), (Some("url"), Some(publisher.uri.as_str())));
    assert_eq!(publisher.asked(), 1, "looking at the page asks nobody");
    let history = app.texts("audit_events", "detail").await.join("\n");
    assert!(history.contains("Changed the place of the keys of the client") && history.contains(&publisher.uri));

    signs(&app).await;
    assert_eq!(sign_in(&app, &two).await, 200);
    assert_eq!(publisher.asked(), 1, "what was seen serves the client, too");

    // Looked for anew, though not more often than every ten seconds.
    publisher.publish(&[&one]);
    let fetch = page.form(&format!("{path}/fetch"));
    let page = dev.submit_following(&fetch).await;
    assert!(page.text().contains("has 2 keys"), "{}", page.text());
    app.clock.advance(seconds(10));
    let page = dev.submit_following(&fetch).await;
    assert!(page.text().contains("has 1 key for signatures"), "{}", page.text());
    assert_eq!(
        (publisher.asked(), sign_in(&app, &two).await),
        (2, 401),
        "what is not published any more signs nothing"
    );
}

#[tokio::test]
async fn a_server_in_trouble_is_said_and_the_address_is_kept() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let publisher = Publisher::of(&app).await;
    publisher.fail();
    let page = say(&app, &mut dev, Some(&publisher.uri)).await;
    assert!(page.text().contains("No key set can be fetched from that address."), "{}", page.text());
    assert!(page.text().contains("The last try has failed"), "{}", page.text());
    publisher.publish_json(&[]);
    app.clock.advance(seconds(10));
    let (path, page) = open(&app, &mut dev).await;
    let page = dev.submit_following(&page.form(&format!("{path}/fetch"))).await;
    assert!(page.text().contains("has no key for signatures"), "{}", page.text());
    assert!(!page.text().contains("The last try has failed"));
}

#[tokio::test]
async fn f_an_address_inside_is_refused_beside_its_field_and_nothing_typed_is_lost() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    for uri in [
        "",
        "keys.example",
        "http://example.com/keys",
        "https://10.0.0.1/keys",
        "https://[::1]/keys",
        "https://localhost/keys",
        "https://169.254.169.254/latest",
        "https://user@example.com/keys",
        "file:///etc/passwd",
        &format!("https://example.com/{}", "k".repeat(2000)),
    ] {
        let page = say(&app, &mut dev, Some(uri)).await;
        assert_eq!(page.status, 422, "{uri}");
        let error = page.select("#jwks_uri-error").join("");
        assert!(error.contains("begins with https://"), "{uri}: {error}");
        let form = page.form(&format!("{}/keys/place", app.client_path(CLIENT).await));
        assert_eq!((form.get("place"), form.get("jwks_uri")), (Some("url"), Some(uri)), "as it was typed");
        assert!(!app.texts("clients", "metadata").await.concat().contains("jwks_uri"), "{uri}");
    }
}

#[tokio::test]
async fn keys_that_are_registered_here_rest_while_the_client_publishes_its_own() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let publisher = Publisher::of(&app).await;
    let (here, there) = (key("here"), key("there"));
    publisher.publish(&[&there]);
    registered(&app, &here).await;
    signs(&app).await;
    assert_eq!((sign_in(&app, &here).await, sign_in(&app, &there).await, publisher.asked()), (200, 401, 0));
    say(&app, &mut dev, Some(&publisher.uri)).await;
    assert_eq!(sign_in(&app, &there).await, 200);
    assert_eq!(sign_in(&app, &here).await, 401, "it rests");
    let (_, page) = open(&app, &mut dev).await;
    assert!(page.text().contains("They rest: what counts is what the client publishes."), "{}", page.text());
    let page = say(&app, &mut dev, None).await;
    assert!(page.text().contains("The keys that are registered here count from now on."), "{}", page.text());
    assert_eq!((sign_in(&app, &here).await, sign_in(&app, &there).await), (200, 401));
}

#[tokio::test]
async fn a_client_that_signs_is_not_left_without_a_key() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let publisher = Publisher::of(&app).await;
    let there = key("there");
    publisher.publish(&[&there]);
    say(&app, &mut dev, Some(&publisher.uri)).await;
    signs(&app).await;
    let page = say(&app, &mut dev, None).await;
    assert_eq!(page.status, 422);
    assert!(page.select("#place-error").join("").contains("Add one first"), "{}", page.text());
    assert_eq!(sign_in(&app, &there).await, 200, "nothing has changed");
}

#[tokio::test]
async fn only_who_manages_clients_says_where_the_keys_are() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let publisher = Publisher::of(&app).await;
    publisher.publish(&[&key("one")]);
    say(&app, &mut dev, Some(&publisher.uri)).await;
    let (path, page) = open(&app, &mut dev).await;
    let forms = [page.form(&format!("{path}/place")), page.form(&format!("{path}/fetch"))];
    app.execute("UPDATE memberships SET role = 'viewer'").await;
    let mut viewer = app.sign_in_portal(DEV).await;
    let (_, seen) = open(&app, &mut viewer).await;
    assert!(seen.text().contains("Last fetched") && !seen.text().contains("Fetch now"), "{}", seen.text());
    let mut stranger = crate::accounts::join(&app, "stranger@example.test").await;
    app.clock.advance(seconds(60));
    for (who, status) in [(&mut viewer, 403), (&mut stranger, 404)] {
        let csrf = who.get("/account").await.csrf();
        for form in &forms {
            assert_eq!(who.submit(form.clone().set("csrf", &csrf)).await.status, status);
        }
    }
    assert_eq!(publisher.asked(), 1, "and nobody is asked");
}
