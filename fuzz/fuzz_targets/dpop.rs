//! A proof that is taken is for this request, of now, and of the key in its header.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fuzz::{ISSUER, NOW, Signer, WORLD, parts};
use http::{HeaderMap, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use model::{client::keys, jose};
use serde_json::{Map, Value};

static KEY: LazyLock<Signer> = LazyLock::new(Signer::new);

const TOKEN: &str = "an-access-token";
/// SHA-256 of [`TOKEN`], as `ath` has it.
static ATH: LazyLock<String> = LazyLock::new(|| URL_SAFE_NO_PAD.encode(model::authorization::sha256(TOKEN)));

fuzz_target!(|data: &[u8]| {
    let (mode, [header, claims]) = parts(data);
    let proof = match mode & 3 {
        // As it comes.
        0 => data.to_vec(),
        // With our key in the header.
        1 | 2 => {
            let Some(Value::Object(mut header)) = json(header) else { return };
            header.entry("jwk").or_insert_with(|| KEY.jwk.clone());
            KEY.sign(Value::from(header).to_string().as_bytes(), claims).into_bytes()
        }
        _ => KEY.sign(header, claims).into_bytes(),
    };
    let Ok(value) = HeaderValue::from_bytes(&proof) else { return };
    let (method, path) = if mode & 4 == 0 { (Method::POST, "/oauth2/token") } else { (Method::GET, "/userinfo") };
    let access_token = (mode & 4 != 0).then_some(TOKEN);
    let mut headers = HeaderMap::from_iter([(idp::fuzzing::DPOP, value.clone())]);

    if let Ok(Some(jkt)) = idp::fuzzing::proof(&WORLD.ctx, &headers, &method, path, access_token) {
        let text = value.to_str().expect("a text");
        let mut segments = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"));
        let mut object = || match segments.next().as_deref().and_then(json) {
            Some(Value::Object(object)) => object,
            _ => panic!("{text} is no JWT"),
        };
        let (header, claims): (Map<String, Value>, _) = (object(), object());
        assert_eq!(keys::public_key(&header["jwk"]).expect("a key").thumbprint, jkt);
        assert!(header["typ"].as_str().is_some_and(|typ| typ.to_ascii_lowercase().ends_with("dpop+jwt")));
        assert!(!header.contains_key("crit"));
        assert_ne!(header["alg"], "none");
        assert_eq!(claims["htm"], method.as_str());
        let htu = url::Url::parse(claims["htu"].as_str().expect("a text")).expect("a URL");
        assert_eq!(htu.origin().ascii_serialization(), ISSUER);
        assert_eq!(htu.path(), path);
        let iat = jose::time(&claims, "iat").expect("a time").expect("a time");
        assert!((NOW.0 - 60_000..=NOW.0 + 10_000).contains(&iat.0));
        assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
        assert!(access_token.is_none() || claims["ath"] == ATH.as_str());
    }
    // Two proofs are none.
    headers.append(idp::fuzzing::DPOP, value);
    assert!(idp::fuzzing::proof(&WORLD.ctx, &headers, &method, path, access_token).is_err());
});

fn json(bytes: &[u8]) -> Option<Value> {
    jose::strict_json(std::str::from_utf8(bytes).ok()?)
}
