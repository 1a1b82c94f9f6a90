//! An authorization request: what is taken leads to a registered place and asks for what may be
//! asked for; what is refused goes nowhere else.

#![no_main]

use std::sync::LazyLock;

use fuzz::{ISSUER, Signer, WORLD, is_description, parts};
use http::{StatusCode, header};
use libfuzzer_sys::fuzz_target;
use model::{authorization::Request, entity::ClientKind};
use url::{Url, form_urlencoded};

static KEY: LazyLock<Signer> = LazyLock::new(Signer::demo);

fuzz_target!(|data: &[u8]| {
    let (mode, [query, body, header, claims]) = parts(data);
    let mut query = query.to_vec();
    if mode & 1 == 1 {
        let header = if header.is_empty() { br#"{"alg":"ES256"}"#.as_slice() } else { header };
        query.extend_from_slice(format!("&request={}", KEY.sign(header, claims)).as_bytes());
    }
    let pairs: Vec<(String, String)> =
        [query.as_slice(), body].into_iter().flat_map(|part| form_urlencoded::parse(part).into_owned()).collect();
    let repeated = pairs.iter().enumerate().any(|(place, (name, _))| {
        !matches!(name.as_str(), "resource" | "audience") && pairs[..place].iter().any(|(known, _)| known == name)
    });
    match WORLD.wait(idp::fuzzing::authorize(&WORLD.ctx, &query, body)) {
        Ok(request) => {
            assert!(!repeated, "a repeated parameter was taken");
            taken(&request, &pairs);
        }
        Err(response) => {
            let location = response.headers().get(header::LOCATION);
            match response.status() {
                StatusCode::SEE_OTHER => {
                    assert!(!repeated, "an ambiguous request was answered with a redirect");
                    sent_back(location.and_then(|value| value.to_str().ok()).expect("a place to go to"), &pairs);
                }
                StatusCode::OK | StatusCode::BAD_REQUEST => assert!(location.is_none()),
                status => panic!("answered with {status}"),
            }
        }
    }
});

fn taken(request: &Request, pairs: &[(String, String)]) {
    let client = WORLD.client(&request.client_id).expect("a client");
    let product = WORLD.product(&client);
    let uri = request.redirect_uri().expect("a redirect URI");
    assert!(rules::redirect_uri::matches(&client.redirect_uris, uri), "{uri} is not registered");
    for scope in &request.scopes {
        assert!(product.scopes.iter().any(|enabled| enabled.name == *scope), "{scope} is not enabled");
        assert!(client.metadata.may_ask_for(scope));
    }
    if let Some(challenge) = &request.code_challenge {
        assert!(model::authorization::is_challenge(challenge));
    }
    assert!(client.kind != ClientKind::Public || request.code_challenge.is_some(), "a public client without PKCE");
    assert!(!(request.prompt.none && (request.prompt.login || request.prompt.consent)));
    assert!(request.max_age.is_none_or(|age| age >= 0));
    assert!(request.resources.iter().all(|one| client.metadata.resources.contains(one)));
    assert!(!client.profile.rules().par_required, "this client must push its requests");
    if !pairs.iter().any(|(name, _)| name == "request") {
        let sent = pairs.iter().find(|(name, value)| name == "state" && !value.is_empty()).map(|(_, value)| value);
        assert_eq!(request.state.as_ref(), sent, "state is echoed byte for byte");
    }
}

fn sent_back(location: &str, pairs: &[(String, String)]) {
    let url = Url::parse(location).expect("a URL");
    let bare = |url: &Url| Url::parse(url.as_str().split('?').next().unwrap_or_default()).expect("a URL");
    let client = pairs.iter().find(|(name, _)| name == "client_id").and_then(|(_, id)| WORLD.client(id));
    let client = client.expect("a client");
    let registered = client.redirect_uris.iter().any(|uri| {
        let (mut one, mut other) = (bare(&Url::parse(uri).expect("a URL")), bare(&url));
        let free = one.scheme() == "http" && one.set_port(None).is_ok() && other.set_port(None).is_ok();
        bare(&url).as_str() == uri || (free && one == other)
    });
    assert!(registered, "{location} is not registered");
    let told = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    if told("response").is_none() {
        assert!(told("error").is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
        assert!(told("error_description").is_some_and(|text| is_description(&text)), "{location}");
        assert_eq!(told("iss").as_deref(), Some(ISSUER));
        assert!(told("code").is_none());
    }
}
