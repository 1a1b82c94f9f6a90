//! Client libraries that others have written, against the running program.

use std::collections::BTreeMap;

use oauth2::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
    basic::BasicClient,
};
use openidconnect::{
    AccessTokenHash, IssuerUrl, Nonce, TokenResponse as _,
    core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims},
    reqwest,
};

use crate::harness::{Outside, Process};

const NUMBER: &str = "+46701740605";

fn http() -> reqwest::Client {
    reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// What the client's server learns from the redirect.
async fn authorized(portico: &Process, url: &url::Url, state: &str) -> BTreeMap<String, String> {
    let path = url.as_str().strip_prefix(&portico.url).expect("the endpoint is below the issuer");
    let answer = portico.authorize(path, NUMBER).await;
    assert_eq!(answer["state"], state);
    assert_eq!(answer["iss"], portico.url);
    answer
}

#[tokio::test]
async fn the_openidconnect_crate_completes_everything() {
    let outside = Outside::new().await;
    let portico = Process::start(&outside);
    let http = http();

    let issuer = IssuerUrl::new(portico.url.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new("demo-web".to_owned()),
        Some(ClientSecret::new("demo-web-secret".to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new("https://example.com/callback".to_owned()).unwrap());

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["phone", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let answer = authorized(&portico, &url, state.secret()).await;

    let tokens = client
        .exchange_code(AuthorizationCode::new(answer["code"].clone()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .unwrap();
    let id_token = tokens.id_token().expect("an ID token");
    let id_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_verifier, &nonce).unwrap();
    let at_hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&id_verifier).unwrap(),
    );
    assert_eq!(Some(&at_hash.unwrap()), claims.access_token_hash());

    let userinfo = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
    let userinfo: CoreUserInfoClaims = userinfo.request_async(&http).await.unwrap();
    assert_eq!(userinfo.phone_number().map(|number| number.as_str()), Some(NUMBER));

    let refreshed = client
        .exchange_refresh_token(tokens.refresh_token().expect("a refresh token"))
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());
    let again = refreshed.id_token().expect("an ID token").claims(&id_verifier, |_: Option<&Nonce>| Ok(())).unwrap();
    assert_eq!(again.subject(), claims.subject());
}

#[tokio::test]
async fn the_oauth2_crate_completes_everything() {
    let outside = Outside::new().await;
    let portico = Process::start(&outside);
    let http = http();
    let at = |path: &str| format!("{}{path}", portico.url);

    // A public client: PKCE in place of a secret.
    let client = BasicClient::new(ClientId::new("demo-spa".to_owned()))
        .set_auth_uri(oauth2::AuthUrl::new(at("/oauth2/auth")).unwrap())
        .set_token_uri(oauth2::TokenUrl::new(at("/oauth2/token")).unwrap())
        .set_redirect_uri(RedirectUrl::new("http://127.0.0.1:8766/callback".to_owned()).unwrap())
        .set_auth_type(oauth2::AuthType::RequestBody);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let answer = authorized(&portico, &url, state.secret()).await;
    let tokens = client
        .exchange_code(AuthorizationCode::new(answer["code"].clone()))
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .unwrap();
    let refresh_token = tokens.refresh_token().expect("a refresh token").clone();
    let refreshed = client.exchange_refresh_token(&refresh_token).request_async(&http).await.unwrap();
    let living = refreshed.refresh_token().expect("a rotated refresh token").clone();

    // The crate revokes only by https: this stands in for a proxy that terminates TLS.
    let revocation = at("/oauth2/revoke").replace("http://", "https://");
    let client = client.set_revocation_url(oauth2::RevocationUrl::new(revocation).unwrap());
    let proxy = |request: oauth2::HttpRequest| {
        let http = http.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            parts.uri = parts.uri.to_string().replace("https://", "http://").parse().unwrap();
            let request = reqwest::Request::try_from(oauth2::http::Request::from_parts(parts, body)).unwrap();
            let answer = http.execute(request).await?;
            let mut response = oauth2::HttpResponse::new(Vec::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(response)
        }
    };
    client.revoke_token((&living).into()).unwrap().request_async(&proxy).await.unwrap();
    let refused = client.exchange_refresh_token(&living).request_async(&http).await;
    let Err(oauth2::RequestTokenError::ServerResponse(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.error(), &oauth2::basic::BasicErrorResponseType::InvalidGrant);

    // No subscriber takes part.
    let reports = BasicClient::new(ClientId::new("demo-reports".to_owned()))
        .set_client_secret(ClientSecret::new("demo-reports-secret".to_owned()))
        .set_token_uri(oauth2::TokenUrl::new(at("/oauth2/token")).unwrap());
    let tokens = reports
        .exchange_client_credentials()
        .add_scope(Scope::new("metrics.read".to_owned()))
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(tokens.scopes().expect("scopes").first().map(|scope| scope.as_str()), Some("metrics.read"));
}
