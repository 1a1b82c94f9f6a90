//! What another client, an old page or an old token must not achieve.

use model::cache;

use super::*;

/// Moves to a node that has read nothing yet.
async fn move_on(app: &mut App) {
    let (ctx, router) = app.second_node().await;
    app.ctx = ctx;
    app.router = router;
}

#[tokio::test]
async fn l2_a_pending_request_of_another_client_says_nothing_and_is_not_slowed_down() {
    let app = App::demo().await;
    with_other(&app).await;
    let begun = ask(&app, &[]).await;
    assert_eq!(error(&poll_as(&app, OTHER, &begun).await), "invalid_grant");
    assert_eq!(error(&poll(&app, &begun).await), "authorization_pending");
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts_and_none_that_comes_late() {
    let app = App::demo().await;
    let client = cache::client(&app.ctx, CALL.0).await.unwrap().unwrap();
    let mut waiting = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..2 {
        asked.push(ask(&app, &[]).await);
        let link = app.mailed_link(NUMBER).await;
        // As two requests see it that have both looked before either has answered.
        waiting.push(ciba::at_link(&app.ctx, link.split_once("t=").unwrap().1).await.unwrap().unwrap());
    }
    assert!(ciba::deny(&app.ctx, &client, &waiting[0]).await.unwrap());
    assert!(!ciba::deny(&app.ctx, &client, &waiting[0]).await.unwrap());
    app.clock.advance(minutes(10));
    assert!(!ciba::deny(&app.ctx, &client, &waiting[1]).await.unwrap());
    assert_eq!(error(&poll(&app, &asked[0]).await), "access_denied");
    assert_eq!(error(&poll(&app, &asked[1]).await), "expired_token");
}

#[tokio::test]
async fn l3_another_client_of_the_same_owner_has_no_budget_of_its_own() {
    let app = App::with(|settings| settings.limits.backchannel_client = Rule::new(2, minutes(10))).await;
    with_other(&app).await;
    for (client, number, status) in
        [(CALL, "+46701740606", 200), (CALL, "+46701740607", 200), (OTHER, "+46701740608", 429)]
    {
        assert_eq!(ask_with(&app, client, &[("login_hint", number)]).await.status, status, "{number}");
    }
    assert!(app.outbox("+46701740608").await.is_empty());
}

#[tokio::test]
async fn who_cannot_keep_a_secret_asks_nobody() {
    let app = App::demo().await;
    let metadata = format!("{{\"grant_types\":[\"{GRANT}\"]}}");
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-spa'")).await;
    let form = [("client_id", "demo-spa"), ("scope", "openid"), ("login_hint", NUMBER)];
    assert_eq!(error(&app.post("/oauth2/bc-authorize", &[], &form).await), "unauthorized_client");
    let form = [("grant_type", GRANT), ("auth_req_id", "pbc_nobody")];
    assert_eq!(error(&app.token("demo-spa", None, &form).await), "unauthorized_client");
    assert!(app.outbox(NUMBER).await.is_empty());
}

/// An ID token of `demo-call` about the subscriber, from a session of its own.
async fn id_token(app: &App) -> String {
    let begun = ask(app, &[]).await;
    allow(app).await;
    app.clock.advance(seconds(5));
    poll(app, &begun).await.json()["id_token"].as_str().unwrap().to_owned()
}

async fn hint(app: &App, id_token: &str) -> Page {
    ask_with(app, CALL, &[("login_hint", ""), ("id_token_hint", id_token)]).await
}

#[tokio::test]
async fn l5_an_id_token_of_a_session_or_a_person_that_is_gone_asks_nobody() {
    let mut app = App::demo().await;
    let (first, second) = (id_token(&app).await, id_token(&app).await);
    app.execute("DELETE FROM grants WHERE created_at = (SELECT MIN(created_at) FROM grants)").await;
    assert_eq!(error(&hint(&app, &first).await), "unknown_user_id", "of another session of the same person");
    assert_eq!(hint(&app, &second).await.status, 200);
    app.execute("UPDATE subscribers SET ended_at = 1").await;
    move_on(&mut app).await;
    assert_eq!(error(&hint(&app, &second).await), "unknown_user_id");
}

#[tokio::test]
async fn l5_who_has_the_number_by_now_is_not_asked_for_who_had_it() {
    let app = App::demo().await;
    let id_token = id_token(&app).await;
    // This node has not heard of it yet.
    for (from, to) in [(NUMBER, "+46701740699"), ("+46701740606", NUMBER)] {
        app.execute(&format!("UPDATE subscribers SET phone_number = '{to}' WHERE phone_number = '{from}'")).await;
    }
    let before = app.outbox(NUMBER).await.len();
    assert_eq!(hint(&app, &id_token).await.status, 200, "the answer does not tell");
    assert_eq!(app.outbox(NUMBER).await.len(), before);
}

#[tokio::test]
async fn h5_what_was_allowed_before_is_not_given_where_less_is_asked_for() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let begun = ask(&app, &[("scope", "openid phone voicemail.get")]).await;
    let page = open(&app, &mut browser).await;
    browser.submit(page.form("/approve").add("scope", "voicemail.get").press("decision", "allow")).await;
    assert_eq!(poll(&app, &begun).await.json()["scope"], "openid phone voicemail.get");
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    assert_eq!(poll(&app, &begun).await.json()["scope"], "openid phone");
}

#[tokio::test]
async fn a_client_that_was_disabled_meanwhile_is_allowed_nothing() {
    let app = App::demo().await;
    ask(&app, &[]).await;
    let mut browser = app.browser();
    let page = open(&app, &mut browser).await;
    app.execute("UPDATE clients SET state = 'disabled' WHERE client_id = 'demo-call'").await;
    let (_, router) = app.second_node().await;
    browser.move_to(router);
    assert_eq!(decide(&mut browser, &page, "allow").await.status, 410);
    assert_eq!(app.texts("backchannel_requests", "state").await, ["pending"]);
    assert!(!app.texts("audit_events", "action").await.iter().any(|action| action == "consent.granted"));
}

#[tokio::test]
async fn what_the_product_has_lost_since_is_not_in_the_token() {
    let mut app = App::demo().await;
    let begun = ask(&app, &[]).await;
    allow(&app).await;
    app.execute("DELETE FROM product_scopes WHERE scope = 'phone'").await;
    move_on(&mut app).await;
    assert_eq!(poll(&app, &begun).await.json()["scope"], "openid");
}

#[tokio::test]
async fn l4_the_name_of_a_product_is_no_link_in_the_message() {
    let app = App::demo().await;
    app.execute("UPDATE products SET name = 'evil.example/now'").await;
    ask(&app, &[]).await;
    let message = app.outbox(NUMBER).await.remove(0).body;
    assert!(!message.contains("evil.example"), "{message}");
}
