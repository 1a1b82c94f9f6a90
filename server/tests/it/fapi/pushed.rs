//! Pushed requests.

use model::{minutes, seconds};

use super::{CLIENT, Client};
use crate::harness::{App, CHALLENGE};

#[tokio::test]
async fn only_pushed_requests_with_pkce_are_taken() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let url = crate::harness::authorize_url(
        CLIENT,
        &[("scope", "openid"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")],
    );
    let page = app.get(&url, &[]).await;
    assert_eq!(page.redirect_parameters()["error"], "invalid_request");
    for (more, error) in [
        (&[("code_challenge", ""), ("code_challenge_method", "")][..], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "nothing.like.this")], "invalid_scope"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request"),
        (&[("redirect_uri", "https://example.com/callback/")], "invalid_request"),
        (&[("resource", "https://api.example.com/")], "invalid_target"),
    ] {
        let page = client.push(more).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some(error)), "{more:?}");
    }
    let page = app.get("/oauth2/par", &[]).await;
    assert_eq!(page.status, 405);
}

#[tokio::test]
async fn a_request_uri_survives_a_reload_and_is_answered_once() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let url = client.pushed(&[]).await;
    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200);
    let page = browser.follow(&url).await;
    assert_eq!(page.status, 200, "a reload before the answer");
    let page = browser.allow(page).await;
    assert!(page.redirect_parameters().contains_key("code"));
    let page = browser.get(&url).await;
    assert_eq!(page.status, 400, "an answer was given");

    let url = client.pushed(&[]).await;
    app.clock.advance(seconds(91));
    assert_eq!(browser.get(&url).await.status, 400, "too late");

    let url = client.pushed(&[]).await.replace("client_id=demo-fapi", "client_id=demo-app");
    assert_eq!(browser.get(&url).await.status, 400, "another client's");
}

#[tokio::test]
async fn a_pushed_request_can_be_answered_long_after_it_was_opened() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow(&client.pushed(&[]).await).await;
    app.clock.advance(minutes(29));
    server::jobs::sweep(app.ctx.clone()).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert!(answer.contains_key("code"), "{answer:?}");
    app.clock.advance(minutes(3));
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(app.texts("pushed_requests", "parameters_sealed").await.is_empty(), "nothing is kept for longer");
}

#[tokio::test]
async fn spring_cve_2026_22751_of_two_answers_to_a_pushed_request_one_has_a_code() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    client.code(&mut browser, &[]).await;
    let url = client.pushed(&[]).await;
    let (mut one, mut two) = (browser.clone(), browser);
    let (one, two) = tokio::join!(one.get(&url), two.get(&url));
    let codes =
        [one, two].iter().filter(|page| page.status == 303 && page.redirect_parameters().contains_key("code")).count();
    assert_eq!(codes, 1);
}
