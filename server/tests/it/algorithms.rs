//! FAPI 2.0 Security Profile, section 5.4.1: a client of the profile neither signs with RS256 nor is
//! told anything that is, whatever was registered before it had the profile.

use model::{
    client::{self, Changes, Profile, Uris},
    product,
};
use serde_json::json;

use crate::{
    fapi::Client,
    harness::{App, header},
    logout::row,
    metadata::signer::Signer,
};

#[tokio::test]
async fn under_fapi_2_nothing_is_signed_with_rs256() {
    let app = App::demo().await;
    let metadata = json!({
        "introspection_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
        "authorization_signed_response_alg": "RS256",
    });
    app.execute(&format!(
        "UPDATE clients SET id_token_alg = 'RS256', metadata = '{metadata}' WHERE client_id = 'demo-fapi'"
    ))
    .await;
    let client = Client::new(&app);
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let tokens = client.tokens(&mut browser).await;
    let text = |name: &str| tokens[name].as_str().unwrap();
    assert_eq!(header(text("id_token"))["alg"], "ES256");
    let access = text("access_token");
    let userinfo = client.userinfo("DPoP", access, Some(&client.proof("GET", "/userinfo", Some(access)))).await;
    assert_eq!(header(&userinfo.body)["alg"], "ES256");
    let answer = client.post_with("/oauth2/introspect", &client.assertion(), None, &[("token", access)]).await;
    assert_eq!(header(answer.body.trim())["alg"], "ES256");
    let page = browser.follow(&client.pushed(&[("response_mode", "jwt")]).await).await;
    assert_eq!(header(&page.redirect_parameters()["response"])["alg"], "ES256");
}

/// Gives a client another profile, as its page does.
async fn change(app: &App, client_id: &'static str, profile: Profile) {
    let before = row(app, client_id).await;
    let product = product::of(before.organization_id).find(&app.ctx, before.product_id).await.unwrap().unwrap();
    let uris = Uris { login: vec!["https://example.com/callback".to_owned()], ..Uris::default() };
    let changes = Changes { description: "Other", profile, token_format: before.token_format, uris: &uris };
    client::edit(&app.ctx, None, &product, &before, &changes).await.unwrap();
}

#[tokio::test]
async fn a_client_that_changes_to_fapi_2_leaves_rs256_behind() {
    let app = App::demo().await;
    assert_eq!(row(&app, "demo-app").await.id_token_alg.as_str(), "RS256");
    for profile in [Profile::Fapi2, Profile::Standard] {
        change(&app, "demo-app", profile).await;
        assert_eq!(row(&app, "demo-app").await.id_token_alg.as_str(), "ES256", "{profile:?}");
    }
}

/// An algorithm that was registered under another profile does not count, nor does its key.
#[tokio::test]
async fn under_fapi_2_no_assertion_with_rs256_counts() {
    let app = App::demo().await;
    let signer = Signer::new("RS256");
    let metadata = json!({"token_endpoint_auth_signing_alg": "RS256"});
    app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE client_id = 'demo-fapi'")).await;
    app.execute(&format!("UPDATE client_keys SET jwk = '{}', kid = ''", signer.jwk)).await;
    let client = Client::new(&app);
    let ask = async || {
        let assertion = signer.sign(json!({"typ": "JWT"}), &client.assertion_claims());
        client.post_with("/oauth2/introspect", &assertion, None, &[("token", "x")]).await
    };
    let page = ask().await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")));
    change(&app, "demo-fapi", Profile::Standard).await;
    assert_eq!(ask().await.status, 200, "it was the profile");
}

#[tokio::test]
async fn under_fapi_2_no_proof_with_rs256_counts() {
    let app = App::demo().await;
    let client = Client::new(&app);
    let mut signer = Signer::new("PS256");
    let proof = |signer: &Signer, method: &str, path: &str, token: Option<&str>| {
        signer.sign(json!({"typ": "dpop+jwt", "jwk": signer.jwk}), &client.proof_claims(method, path, token))
    };
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let code = client.code(&mut browser, &[]).await;
    signer.change("RS256");
    let page = client.redeem(&code, Some(&proof(&signer, "POST", "/oauth2/token", None))).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{}", page.body);
    signer.change("PS256");
    let page = client.redeem(&code, Some(&proof(&signer, "POST", "/oauth2/token", None))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let token = page.json()["access_token"].as_str().unwrap().to_owned();
    for (alg, status) in [("RS256", 401), ("PS256", 200)] {
        signer.change(alg);
        let shown = proof(&signer, "GET", "/userinfo", Some(&token));
        assert_eq!(client.userinfo("DPoP", &token, Some(&shown)).await.status, status, "{alg}");
    }
}
