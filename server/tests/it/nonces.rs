//! Nonces of ours in DPoP proofs (RFC 9449, sections 8 and 9), where the configuration asks for them.

use axum::{body::Body, http::Method};
use model::{minutes, seconds};
use serde_json::json;

use crate::{
    fapi::Client,
    harness::{App, Page, send},
};

const TOKEN: &str = "/oauth2/token";
const USERINFO: &str = "/userinfo";

async fn world() -> App {
    App::with(|settings| settings.dpop_nonces = true).await
}

fn nonce(page: &Page) -> String {
    page.header("dpop-nonce").unwrap_or_else(|| panic!("no nonce: {} {}", page.status, page.body)).to_owned()
}

/// A proof with a nonce.
fn proof(client: &Client<'_>, method: &str, path: &str, token: Option<&str>, nonce: &str) -> String {
    let mut claims = client.proof_claims(method, path, token);
    claims["nonce"] = nonce.into();
    client.prove(&claims)
}

fn error(page: &Page) -> (u16, String) {
    (page.status, page.json()["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_proof_without_our_nonce_is_sent_back_for_it() {
    let app = world().await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let code = client.code(&mut browser, &[]).await;
    let page = client.redeem(&code, Some(&client.proof("POST", TOKEN, None))).await;
    assert_eq!(error(&page), (400, "use_dpop_nonce".to_owned()));
    let first = nonce(&page);
    let page = client.redeem(&code, Some(&proof(&client, "POST", TOKEN, None, &first))).await;
    assert_eq!(page.status, 200, "the code was not used up: {}", page.body);
    let access = page.json()["access_token"].as_str().unwrap().to_owned();

    let page = client.userinfo("DPoP", &access, Some(&client.proof("GET", USERINFO, Some(&access)))).await;
    assert_eq!(error(&page), (401, "use_dpop_nonce".to_owned()));
    assert!(page.header("www-authenticate").unwrap().contains("error=\"use_dpop_nonce\""));
    let second = nonce(&page);
    assert_ne!(first, second);
    let page = client.userinfo("DPoP", &access, Some(&proof(&client, "GET", USERINFO, Some(&access), &second))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    nonce(&page);

    // Any node knows what any other has given out.
    let (_, node) = app.second_node().await;
    let authorization = format!("DPoP {access}");
    let proof = proof(&client, "GET", USERINFO, Some(&access), &second);
    let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    assert_eq!(send(&node, Method::GET, USERINFO, &headers, Body::empty()).await.status, 200);
}

#[tokio::test]
async fn a_pushed_request_needs_a_nonce_where_it_has_a_proof() {
    let app = world().await;
    let client = Client::new(&app);
    let form = [
        ("response_type", "code"),
        ("redirect_uri", "https://example.com/callback"),
        ("scope", "openid"),
        ("code_challenge", crate::harness::CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let push = async |proof: Option<&str>| client.post_with("/oauth2/par", &client.assertion(), proof, &form).await;
    let page = push(Some(&client.proof("POST", "/oauth2/par", None))).await;
    assert_eq!(error(&page), (400, "use_dpop_nonce".to_owned()));
    let page = push(Some(&proof(&client, "POST", "/oauth2/par", None, &nonce(&page)))).await;
    assert_eq!(page.status, 201, "{}", page.body);
    assert_eq!(push(None).await.status, 201);
}

#[tokio::test]
async fn a_nonce_is_ours_and_of_the_last_minutes() {
    let app = world().await;
    let client = Client::new(&app);
    let good = nonce(&app.get(USERINFO, &[]).await);
    let refresh = async |nonce: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "nothing")];
        let proof = proof(&client, "POST", TOKEN, None, nonce);
        error(&client.post_with(TOKEN, &client.assertion(), Some(&proof), &form).await)
    };
    let passed = (400, "invalid_grant".to_owned());
    let sent_back = (400, "use_dpop_nonce".to_owned());
    assert_eq!(refresh(&good).await, passed);
    let altered = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { "B" } else { "A" });
    let another = app.ctx.seal(model::key::Sealed::Form, &app.ctx.now()).unwrap();
    let ahead = app.ctx.seal(model::key::Sealed::DpopNonce, &app.ctx.now().plus(minutes(5))).unwrap();
    for wrong in ["", "made-up", altered.as_str(), another.as_str(), ahead.as_str()] {
        assert_eq!(refresh(wrong).await, sent_back, "{wrong}");
    }
    app.clock.advance(minutes(2) - seconds(1));
    assert_eq!(refresh(&good).await, passed);
    app.clock.advance(seconds(1));
    assert_eq!(refresh(&good).await, sent_back);
}

#[tokio::test]
async fn the_portals_own_api_gives_nonces_too() {
    let app = world().await;
    let page = app.get("/api/v1/me", &[("origin", "https://agent.example")]).await;
    nonce(&page);
    let exposed = page.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("dpop-nonce"), "{exposed}");
}

#[tokio::test]
async fn without_the_switch_there_are_no_nonces() {
    let app = App::demo().await;
    let page = app.get(USERINFO, &[]).await;
    assert_eq!((page.status, page.header("dpop-nonce")), (401, None));
    let client = Client::new(&app);
    let mut claims = client.proof_claims("POST", TOKEN, None);
    claims["nonce"] = json!("of somebody else");
    let form = [("grant_type", "refresh_token"), ("refresh_token", "nothing")];
    let page = client.post_with(TOKEN, &client.assertion(), Some(&client.prove(&claims)), &form).await;
    assert_eq!(error(&page), (400, "invalid_grant".to_owned()));
}
