//! How often, for whom, and how long.

use axum::{body::Body, http::Method};
use model::{ciba, hours, limit::Rule, minutes, seconds};

use super::{
    CALL, ELSEWHERE, NOBODY, NUMBER, OTHER, allow, ask, ask_with, decide, error, open, poll, poll_as, with_other,
};
use crate::harness::{App, basic, send};

#[tokio::test]
async fn l1_a_poll_too_soon_slows_the_client_down() {
    let app = App::demo().await;
    let begun = ask(&app, &[]).await;
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
    app.clock.advance(seconds(4));
    assert_eq!(error(&poll(&app, &begun).await), "slow_down");
    app.clock.advance(seconds(9));
    assert_eq!(error(&poll(&app, &begun).await), "slow_down", "ten seconds by now");
    app.clock.advance(seconds(15));
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn l2_zitadel_ghsa_xqxv_an_auth_req_id_of_another_client_gives_nothing_and_is_noted() {
    let app = App::demo().await;
    with_other(&app).await;
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    assert_eq!(error(&poll_as(&app, OTHER, &begun).await), "invalid_grant");
    let actions = app.texts("audit_events", "action").await;
    assert_eq!(actions.iter().filter(|action| *action == "client.foreign_grant").count(), 1);
    // Whose it is gets it all the same.
    assert_eq!(poll(&app, &begun).await.status, 200);
}

#[tokio::test]
async fn l3_nobody_is_bombed_with_requests() {
    let app = App::with(|settings| settings.limits.backchannel_number = Rule::new(2, minutes(30))).await;
    with_other(&app).await;
    ask(&app, &[]).await;
    ask(&app, &[("login_hint", "tel:+46-70-174-06-05")]).await;
    for (client, hint) in [(CALL, NUMBER), (CALL, "phone_number:+46 70 174 06 05"), (OTHER, NUMBER)] {
        let page = ask_with(&app, client, &[("login_hint", hint)]).await;
        assert_eq!((page.status, error(&page).as_str()), (429, "slow_down"), "{hint}");
        assert!(page.header("retry-after").is_some());
    }
    assert_eq!(app.outbox(NUMBER).await.len(), 2);
    // An answer gives nothing back, and neither does a restart.
    allow(&app).await;
    let (_, second) = app.second_node().await;
    let headers =
        [("authorization", basic(CALL.0, CALL.1)), ("content-type", "application/x-www-form-urlencoded".into())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = Body::from("scope=openid&login_hint=%2B46701740605");
    assert_eq!(send(&second, Method::POST, "/oauth2/bc-authorize", &headers, body).await.status, 429);
    // A number of nobody has the same budget, or it would tell.
    for status in [200, 200, 429] {
        assert_eq!(ask_with(&app, CALL, &[("login_hint", NOBODY)]).await.status, status);
    }
    app.clock.advance(minutes(16));
    ask(&app, &[]).await;
}

#[tokio::test]
async fn l3_a_client_and_all_together_have_budgets() {
    let app = App::with(|settings| {
        settings.limits.backchannel_client = Rule::new(2, minutes(10));
        settings.limits.backchannel_overall = Rule::new(3, minutes(10));
    })
    .await;
    with_other(&app).await;
    // Of another owner: one has no more of them for having more clients.
    app.execute(
        "UPDATE clients SET organization_id = (SELECT id FROM organizations o WHERE o.id <> clients.organization_id LIMIT 1) \
         WHERE client_id = 'demo-web'",
    )
    .await;
    let hints = ["+46701740606", "+46701740607", "+46701740608"];
    for (hint, status) in hints.into_iter().zip([200, 200, 429]) {
        assert_eq!(ask_with(&app, CALL, &[("login_hint", hint)]).await.status, status);
    }
    // The third was refused for the client's sake, and cost the number nothing.
    assert_eq!(ask_with(&app, OTHER, &[("login_hint", hints[2])]).await.status, 200);
    assert_eq!(ask_with(&app, OTHER, &[("login_hint", "+46701740609")]).await.status, 429, "overall");
}

#[tokio::test]
async fn l3_a_product_that_no_operator_has_enabled_spends_nothing_of_others() {
    let app = App::with(|settings| {
        settings.limits.backchannel_number = Rule::new(1, minutes(10));
        settings.limits.backchannel_overall = Rule::new(1, minutes(10));
    })
    .await;
    app.execute("UPDATE distributions SET state = 'offered'").await;
    for _ in 0..3 {
        ask(&app, &[]).await;
    }
    app.execute("UPDATE distributions SET state = 'enabled'").await;
    let (_, second) = app.second_node().await;
    let authorization = basic(CALL.0, CALL.1);
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    for status in [200, 429] {
        let body = Body::from("scope=openid&login_hint=%2B46701740605");
        assert_eq!(send(&second, Method::POST, "/oauth2/bc-authorize", &headers, body).await.status, status);
    }
    assert_eq!(app.outbox(NUMBER).await.len(), 1);
}

#[tokio::test]
async fn l3_i6_a_number_of_nobody_gets_the_same_answer_for_the_same_work() {
    let app = App::demo().await;
    ask(&app, &[]).await;
    let mut work = Vec::new();
    for number in ["+46701740606", ELSEWHERE, NOBODY] {
        // Twice, and the less counts: PostgreSQL's listener empties the caches once, a moment after
        // the start.
        let (first, _) = app.work_of(ask(&app, &[("login_hint", number)])).await;
        let (second, begun) = app.work_of(ask(&app, &[("login_hint", number)])).await;
        let shape: Vec<(String, usize)> =
            begun.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.to_string().len())).collect();
        work.push((first.statements.min(second.statements), second.commits, shape));
        assert_eq!(app.outbox(number).await.len(), 2 * usize::from(number == "+46701740606"), "{number}");
        assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
        app.clock.advance(seconds(6));
        assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
    }
    assert!(work.windows(2).all(|pair| pair[0] == pair[1]), "{work:?}");
    let pending = ask(&app, &[("login_hint", NOBODY)]).await;
    app.clock.advance(minutes(10));
    assert_eq!(error(&poll(&app, &pending).await), "expired_token");
}

#[tokio::test]
async fn l7_an_auth_req_id_ends() {
    let app = App::demo().await;
    let short = ask(&app, &[("requested_expiry", "60")]).await;
    assert_eq!(short["expires_in"], 60);
    assert_eq!(ask(&app, &[("requested_expiry", "3600")]).await["expires_in"], 600, "no longer than we allow");
    assert_eq!(ask(&app, &[("requested_expiry", "1")]).await["expires_in"], 30, "long enough to be read");
    let approved = ask(&app, &[]).await;
    allow(&app).await;
    let pending = ask(&app, &[]).await;
    let mut browser = app.browser();
    let late = open(&app, &mut browser).await;
    app.clock.advance(minutes(10));
    for begun in [&short, &approved, &pending] {
        assert_eq!(error(&poll(&app, begun).await), "expired_token");
    }
    assert_eq!(decide(&mut browser, &late, "allow").await.status, 410);
    app.clock.advance(hours(2));
    ciba::sweep(&app.ctx).await.unwrap();
    assert_eq!(error(&poll(&app, &pending).await), "invalid_grant");
    assert!(app.texts("backchannel_requests", "state").await.is_empty());
}
