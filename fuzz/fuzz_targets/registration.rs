//! Client metadata: what is taken is harmless in a page, in a redirect and in a request of ours.

#![no_main]

use fuzz::WORLD;
use libfuzzer_sys::fuzz_target;
use model::client::Metadata;
use serde_json::Value;
use url::Url;

fuzz_target!(|text: &str| {
    let Ok(Value::Object(given)) = serde_json::from_str(text) else { return };
    let checked = WORLD.wait(model::client::dynamic::check(&WORLD.ctx, idp::fuzzing::GRANT_TYPES, &given));
    let Ok((uris, metadata)) = checked else { return };

    assert!(!uris.login.is_empty() || !metadata.grant_types.iter().any(|grant| grant == "authorization_code"));
    for uri in uris.login.iter().chain(&uris.post_logout) {
        assert!(rules::redirect_uri::check(uri, rules::redirect_uri::Localhost::Taken).is_ok(), "{uri}");
    }
    // What people open.
    let opened = [
        &metadata.client_uri,
        &metadata.logo_uri,
        &metadata.policy_uri,
        &metadata.tos_uri,
        &metadata.initiate_login_uri,
        &metadata.frontchannel_logout_uri,
    ];
    for uri in opened.into_iter().flatten() {
        let url = Url::parse(uri).expect("a URL");
        assert!(matches!(url.scheme(), "https" | "http"), "{uri}");
    }
    // What we connect to.
    let fetched = [&metadata.jwks_uri, &metadata.sector_identifier_uri, &metadata.backchannel_logout_uri];
    for uri in fetched.into_iter().flatten().chain(&metadata.request_uris) {
        let url = model::outgoing::admitted(&WORLD.ctx, uri).expect("an address that is admitted");
        assert_eq!(url.scheme(), "https", "{uri}");
    }
    // What people read.
    for line in [&metadata.client_name, &metadata.software_id, &metadata.software_version].into_iter().flatten() {
        assert!(rules::text::line(line, 200).is_ok_and(|same| same == line), "{line:?}");
    }
    assert!(metadata.grant_types.iter().all(|grant| idp::fuzzing::GRANT_TYPES.contains(&grant.as_str())));
    assert!(metadata.response_types.iter().all(|response| response == "code"));
    assert_ne!(metadata.token_endpoint_auth_signing_alg.as_deref(), Some("none"));
    assert_ne!(metadata.request_object_signing_alg.as_deref(), Some("none"));
    // A row holds all of it.
    assert_eq!(Metadata::parse(&metadata.to_text()), metadata);
});
