//! What another client, an old page or a stolen token must not achieve.

use model::{ClientAddress, device};

use super::*;
use crate::fapi;

#[tokio::test]
async fn l2_a_pending_request_of_another_client_says_nothing_and_is_not_slowed_down() {
    let app = App::demo().await;
    let begun = begin(&app, APP, "openid").await;
    assert_eq!(error(&poll(&app, SPA, &begun).await), "invalid_grant");
    assert_eq!(error(&poll(&app, APP, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts_and_none_that_comes_late() {
    let app = App::demo().await;
    let mut ids = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..2 {
        let begun = begin(&app, APP, "openid").await;
        let address = ClientAddress("198.51.100.1".parse().unwrap());
        // As two requests see it that have both looked before either has answered.
        ids.push(device::find(&app.ctx, begun["user_code"].as_str().unwrap(), address).await.unwrap().id);
        asked.push(begun);
    }
    assert!(device::deny(&app.ctx, ids[0]).await.unwrap());
    assert!(!device::deny(&app.ctx, ids[0]).await.unwrap());
    app.clock.advance(minutes(10));
    assert!(!device::deny(&app.ctx, ids[1]).await.unwrap());
    assert_eq!(error(&poll(&app, APP, &asked[0]).await), "access_denied");
    assert_eq!(error(&poll(&app, APP, &asked[1]).await), "expired_token");
}

#[tokio::test]
async fn a_refresh_token_of_a_device_is_bound_to_its_key() {
    let app = App::demo().await;
    let begun = begin(&app, SPA, "openid phone offline_access").await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    sign_in(&mut browser, &begun).await;
    let (own, other) = (fapi::Client::new(&app), fapi::Client::new(&app));
    let ask = async |key: Option<&fapi::Client<'_>>, form: &[(&str, &str)]| {
        let proof = key.map(|key| key.proof("POST", "/oauth2/token", None));
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        app.post("/oauth2/token", &headers, &[form, &[("client_id", SPA.0)]].concat()).await
    };
    let code = begun["device_code"].as_str().unwrap();
    let tokens = ask(Some(&own), &[("grant_type", GRANT), ("device_code", code)]).await.json();
    assert_eq!(tokens["token_type"], "DPoP", "{tokens}");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(error(&ask(None, &refresh).await), "invalid_grant");
    assert_eq!(error(&ask(Some(&other), &refresh).await), "invalid_grant");
    assert_eq!(ask(Some(&own), &refresh).await.status, 200, "the others have not used it up");
}

#[tokio::test]
async fn what_the_product_has_lost_since_is_not_in_the_token() {
    let mut app = App::demo().await;
    let begun = begin(&app, SPA, "openid phone").await;
    let mut browser = app.sign_in_subscriber(NUMBER).await;
    sign_in(&mut browser, &begun).await;
    app.execute("DELETE FROM product_scopes WHERE scope = 'phone'").await;
    let (ctx, router) = app.second_node().await;
    (app.ctx, app.router) = (ctx, router);
    assert_eq!(poll(&app, SPA, &begun).await.json()["scope"], "openid");
}
