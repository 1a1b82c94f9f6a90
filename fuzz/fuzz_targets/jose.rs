//! What verifies was signed by the given key, with an algorithm that is accepted, as it stands.

#![no_main]

use std::sync::LazyLock;

use fuzz::{Signer, parts};
use libfuzzer_sys::fuzz_target;
use model::jose::{self, JoseError, Unverified};
use serde_json::Value;

const ALGS: &[&str] = &["ES256", "EdDSA", "Ed25519", "PS256", "RS256"];

/// Known to nobody: nothing in a corpus can be signed with it.
static KEY: LazyLock<Signer> = LazyLock::new(Signer::new);
static OTHER: LazyLock<Signer> = LazyLock::new(Signer::new);

fuzz_target!(|data: &[u8]| {
    let (mode, [header, claims, damage]) = parts(data);
    match mode % 3 {
        0 => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            look(text);
            assert!(check(text, &KEY).is_err(), "nobody has signed {text}");
        }
        1 => {
            let text = KEY.sign(header, claims);
            look(&text);
            assert!(check(&text, &OTHER).is_err(), "the other key has not signed {text}");
            let strict = |bytes| std::str::from_utf8(bytes).ok().and_then(jose::strict_json);
            match (check(&text, &KEY), strict(header), strict(claims)) {
                (Ok(told), Some(Value::Object(header)), Some(Value::Object(claims))) => {
                    assert_eq!(told, claims, "the claims are those that were signed");
                    assert_eq!(header["alg"], "ES256", "of another algorithm");
                    assert!(!header.contains_key("crit"));
                }
                (Ok(_), ..) => panic!("ambiguous JSON was taken: {text}"),
                (Err(error), Some(Value::Object(header)), Some(Value::Object(_))) => {
                    let plain = header.len() == 1 && header.get("alg").is_some_and(|alg| alg == "ES256");
                    assert!(!plain || text.len() > jose::LONGEST, "it is signed: {error}");
                }
                (Err(_), ..) => {}
            }
        }
        _ => {
            let good = KEY.sign(br#"{"alg":"ES256"}"#, claims);
            let mut bytes = good.clone().into_bytes();
            for pair in damage.chunks_exact(3) {
                let place = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % bytes.len();
                bytes[place] ^= pair[2];
            }
            let Ok(damaged) = String::from_utf8(bytes) else { return };
            assert!(damaged == good || check(&damaged, &KEY).is_err(), "{good} became {damaged}");
        }
    }
});

fn check(text: &str, key: &Signer) -> Result<serde_json::Map<String, Value>, JoseError> {
    Unverified::parse(text)?.verify([&key.jwk], ALGS).map(|(claims, _)| claims)
}

/// What readers do with claims.
fn look(text: &str) {
    let Ok(token) = Unverified::parse(text) else { return };
    assert!(token.check_type(&[]).is_err());
    let claims = token.unverified_claims();
    for name in claims.keys() {
        if let Ok(Some(at)) = jose::time(claims, name) {
            assert!(at.0 >= 0 && at.0 % 1000 == 0);
        }
        let _ = (jose::text(claims, name), jose::audiences(claims));
    }
    if let Some(key) = token.header_key().and_then(|key| model::client::keys::public_key(key).ok()) {
        // What is kept of a key is the same key, and has no private part.
        let again = model::client::keys::public_key(&key.jwk).expect("a key stays one");
        assert_eq!(again, key);
        assert!(key.jwk.get("d").is_none() && key.jwk.get("k").is_none());
    }
}
