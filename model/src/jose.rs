//! JSON Web Tokens that others have signed: client assertions, request objects, DPoP proofs.
//!
//! Nothing in a token chooses how it is verified: the caller brings the keys and the allowed
//! algorithms, and a header names at most which of the keys it was (RFC 8725, section 3.1). What
//! is read before that is called *unverified*.

use aws_lc_rs::{
    hmac,
    signature::{self, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::Timestamp;

/// The longest token that is looked at, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// The one algorithm with which a client signs with a secret that it shares with us.
pub const HS256: &str = "HS256";

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// It is no JWT in compact form, or its JSON is ambiguous.
    #[error("it is not a well-formed JWT")]
    Malformed,
    /// Its algorithm is not one that is accepted here.
    #[error("its alg is not accepted here")]
    Algorithm,
    /// It is a token of another kind.
    #[error("its typ is another one")]
    Type,
    /// It demands an extension (RFC 7515, section 4.1.11) that nobody here knows.
    #[error("it has a crit header, which is not understood here")]
    Critical,
    /// None of the keys that could have signed it did.
    #[error("its signature is not of a known key")]
    Signature,
}

/// A token whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Unverified<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes a token in compact form apart (RFC 7515, section 7.1).
    ///
    /// # Errors
    ///
    /// [`JoseError::Malformed`] or [`JoseError::Critical`].
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        if text.len() > LONGEST {
            return Err(JoseError::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(JoseError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JoseError::Malformed)?;
        if claims.contains('.') {
            return Err(JoseError::Malformed);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Malformed);
        let header = object(&decode(header)?)?;
        if header.contains_key("crit") {
            return Err(JoseError::Critical);
        }
        // RFC 7515, section 4.1.4: a key that is not named by a text is not named at all.
        if header.get("kid").is_some_and(|kid| !kid.is_string()) {
            return Err(JoseError::Malformed);
        }
        Ok(Self { header, claims: object(&decode(claims)?)?, signed, signature: decode(signature)? })
    }

    /// A text of the header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// The key that the header brings along, for the one kind of token where that is right: a
    /// DPoP proof.
    #[must_use]
    pub fn header_key(&self) -> Option<&Value> {
        self.header.get("jwk")
    }

    /// The claims, while nobody knows whether they are true.
    #[must_use]
    pub const fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Checks the type (RFC 8725, section 3.11): one of `accepted`, in which the empty text means
    /// that there may be none. `application/` in front and case do not matter (RFC 7515, section
    /// 4.1.9).
    ///
    /// # Errors
    ///
    /// [`JoseError::Type`].
    pub fn check_type(&self, accepted: &[&str]) -> Result<(), JoseError> {
        let given = match self.header.get("typ") {
            None => String::new(),
            Some(value) => value.as_str().ok_or(JoseError::Malformed)?.to_ascii_lowercase(),
        };
        let given = given.strip_prefix("application/").unwrap_or(&given);
        if accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(given)) { Ok(()) } else { Err(JoseError::Type) }
    }

    /// Verifies the signature with one of `keys` (RFC 7517) and one of the `accepted` algorithms;
    /// returns the claims and which key it was.
    ///
    /// # Errors
    ///
    /// [`JoseError::Algorithm`] or [`JoseError::Signature`].
    pub fn verify<'k>(
        self,
        keys: impl IntoIterator<Item = &'k Value>,
        accepted: &[&str],
    ) -> Result<(Map<String, Value>, usize), JoseError> {
        let alg = self.header("alg").filter(|alg| accepted.contains(alg)).ok_or(JoseError::Algorithm)?.to_owned();
        let kid = self.header("kid").map(str::to_owned);
        for (place, key) in keys.into_iter().enumerate() {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let named = kid.is_none() || text("kid") == kid.as_deref();
            let meant = text("alg").is_none_or(|meant| same_algorithm(meant, &alg));
            if named && meant && signed_by(key, &alg, self.signed.as_bytes(), &self.signature) {
                return Ok((self.claims, place));
            }
        }
        Err(JoseError::Signature)
    }

    /// Verifies the code that a client has made with one of the `secrets` that it shares with us
    /// ([`HS256`]; RFC 7518, section 3.2); returns the claims and which secret it was. No key of any other kind
    /// can get here, and every secret is tried, so that time does not tell which one it was.
    ///
    /// # Errors
    ///
    /// [`JoseError::Algorithm`] or [`JoseError::Signature`].
    pub fn verify_shared<'k>(
        self,
        secrets: impl IntoIterator<Item = &'k [u8]>,
    ) -> Result<(Map<String, Value>, usize), JoseError> {
        if self.header("alg") != Some(HS256) {
            return Err(JoseError::Algorithm);
        }
        let mut found = None;
        for (place, secret) in secrets.into_iter().enumerate() {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            if hmac::verify(&key, self.signed.as_bytes(), &self.signature).is_ok() {
                found = Some(place);
            }
        }
        Ok((self.claims, found.ok_or(JoseError::Signature)?))
    }
}

/// Whether two names are of one algorithm: `EdDSA` with a key on Ed25519, the only curve that we take
/// with it, is what RFC 9864 (section 2.2) calls `Ed25519`. No other algorithm has two names.
#[must_use]
pub fn same_algorithm(one: &str, other: &str) -> bool {
    const ED25519: [&str; 2] = ["EdDSA", "Ed25519"];
    one == other || (ED25519.contains(&one) && ED25519.contains(&other))
}

/// Whether `key`, of the type that `alg` is for, made this signature (RFC 7518; RFC 8037; RFC 9864).
fn signed_by(key: &Value, alg: &str, message: &[u8], signature: &[u8]) -> bool {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok();
    let kty = key.get("kty").and_then(Value::as_str);
    let crv = key.get("crv").and_then(Value::as_str);
    match (alg, kty, crv) {
        ("ES256", Some("EC"), Some("P-256")) => {
            let (Some(x), Some(y)) = (part("x"), part("y")) else { return false };
            let point = [&[4], x.as_slice(), &y].concat();
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
        }
        ("EdDSA" | "Ed25519", Some("OKP"), Some("Ed25519")) => {
            let Some(x) = part("x") else { return false };
            UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signature).is_ok()
        }
        ("PS256" | "RS256", Some("RSA"), _) => {
            let (Some(n), Some(e)) = (part("n"), part("e")) else { return false };
            let n: Vec<u8> = n.into_iter().skip_while(|byte| *byte == 0).collect();
            let parameters = if alg == "PS256" {
                &signature::RSA_PSS_2048_8192_SHA256
            } else {
                &signature::RSA_PKCS1_2048_8192_SHA256
            };
            signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
        }
        _ => false,
    }
}

/// When a claim's time is; `None` if it is absent. Fractions of a second are dropped (RFC 7519,
/// section 2, allows them); texts and negative numbers are no times.
///
/// # Errors
///
/// [`JoseError::Malformed`].
pub fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, JoseError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let number = value.as_number().ok_or(JoseError::Malformed)?;
    let whole = number.as_i64().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        number.as_f64().filter(|float| (0.0..1e12).contains(float)).map(|float| float as i64)
    });
    match whole {
        Some(seconds @ 0..1_000_000_000_000) => Ok(Some(Timestamp(seconds * 1000))),
        _ => Err(JoseError::Malformed),
    }
}

/// A claim's text.
///
/// # Errors
///
/// [`JoseError::Malformed`] when it is something else.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, JoseError> {
    claims.get(name).map(|value| value.as_str().ok_or(JoseError::Malformed)).transpose()
}

/// The values of `aud`: a text or a list of texts (RFC 7519, section 4.1.3).
///
/// # Errors
///
/// [`JoseError::Malformed`] when it is something else.
pub fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, JoseError> {
    match claims.get("aud") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(several)) => several.iter().map(|value| value.as_str().ok_or(JoseError::Malformed)).collect(),
        Some(_) => Err(JoseError::Malformed),
    }
}

/// Reads a JSON object in which no name comes twice, at any depth: of two values one reader takes
/// the first and another the last.
fn object(bytes: &[u8]) -> Result<Map<String, Value>, JoseError> {
    match serde_json::from_slice(bytes) {
        Ok(Strict(Value::Object(object))) => Ok(object),
        _ => Err(JoseError::Malformed),
    }
}

/// Reads JSON in which no name comes twice.
#[must_use]
pub fn strict_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("a name comes twice"));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
    };
    use serde_json::json;

    use super::*;
    use crate::client::profile::ASYMMETRIC;

    struct Pair {
        pair: EcdsaKeyPair,
        jwk: Value,
    }

    fn pair(kid: &str) -> Pair {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk =
            json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]), "kid": kid});
        Pair { pair, jwk }
    }

    fn signed(pair: &Pair, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = pair.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn check(text: &str, keys: &[Value]) -> Result<usize, JoseError> {
        Unverified::parse(text)?.verify(keys, ASYMMETRIC).map(|(_, place)| place)
    }

    #[test]
    fn a_signature_is_found_among_the_keys() {
        let (one, two) = (pair("a"), pair("b"));
        let keys = [one.jwk.clone(), two.jwk.clone()];
        assert_eq!(check(&signed(&two, r#"{"alg":"ES256"}"#, "{}"), &keys), Ok(1), "without kid every key is tried");
        assert_eq!(check(&signed(&two, r#"{"alg":"ES256","kid":"b"}"#, "{}"), &keys), Ok(1));
        assert_eq!(check(&signed(&two, r#"{"alg":"ES256","kid":"a"}"#, "{}"), &keys), Err(JoseError::Signature));
    }

    #[test]
    fn e1_a_shared_secret_is_for_hs256_alone_and_every_one_is_tried() {
        let by = |secret: &[u8], alg: &str| {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
            let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode("{}"));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
        };
        let check = |text: &str| {
            Unverified::parse(text)
                .and_then(|token| token.verify_shared([b"one".as_slice(), b"two"]))
                .map(|(_, place)| place)
        };
        assert_eq!(check(&by(b"one", HS256)), Ok(0));
        assert_eq!(check(&by(b"two", HS256)), Ok(1));
        for wrong in [b"three".as_slice(), b"", b"one "] {
            assert_eq!(check(&by(wrong, HS256)), Err(JoseError::Signature));
        }
        for alg in ["HS384", "HS512", "hs256", "none", "ES256", "RS256", ""] {
            assert_eq!(check(&by(b"one", alg)), Err(JoseError::Algorithm), "{alg}");
        }
        let cut = by(b"one", HS256);
        assert_eq!(check(&cut[..cut.len() - 3]), Err(JoseError::Signature), "a part of a code is none");
        let without = &cut[..=cut.rfind('.').unwrap()];
        assert_eq!(check(without), Err(JoseError::Signature));
    }

    #[test]
    fn e1_the_algorithm_does_not_choose_the_key() {
        let pair = pair("a");
        let public = pair.jwk["x"].as_str().unwrap().to_owned();
        let keys = [pair.jwk.clone()];
        for alg in ["HS256", "RS256", "PS256", "EdDSA", "Ed25519", "es256", "ES256 ", "ES384", ""] {
            let text = signed(&pair, &json!({"alg": alg}).to_string(), "{}");
            assert!(check(&text, &keys).is_err(), "{alg}");
        }
        // The public key as a shared secret.
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode("{}"));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, text.as_bytes());
        assert_eq!(check(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag)), &keys), Err(JoseError::Algorithm));
        // A key that says what it is for.
        let mut jwk = pair.jwk.clone();
        jwk["alg"] = "ES384".into();
        assert_eq!(check(&signed(&pair, r#"{"alg":"ES256"}"#, "{}"), &[jwk]), Err(JoseError::Signature));
    }

    #[test]
    fn e2_none_and_no_signature_are_refused() {
        let pair = pair("a");
        let keys = [pair.jwk.clone()];
        for alg in ["none", "None", "nOnE"] {
            let text = signed(&pair, &json!({"alg": alg}).to_string(), "{}");
            assert_eq!(check(&text, &keys), Err(JoseError::Algorithm));
            let bare = text.rsplit_once('.').unwrap().0;
            assert_eq!(check(&format!("{bare}."), &keys), Err(JoseError::Algorithm));
        }
        let bare = signed(&pair, r#"{"alg":"ES256"}"#, "{}");
        let bare = bare.rsplit_once('.').unwrap().0;
        assert_eq!(check(&format!("{bare}."), &keys), Err(JoseError::Signature));
        assert_eq!(check(&signed(&pair, "{}", "{}"), &keys), Err(JoseError::Algorithm), "authlib_cve_2026_28498");
    }

    #[test]
    fn e3_keys_in_the_header_are_not_believed() {
        let (known, mallory) = (pair("a"), pair("m"));
        let header = json!({
            "alg": "ES256", "jwk": mallory.jwk, "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5",
            "x5c": ["MIIB"],
        });
        assert_eq!(check(&signed(&mallory, &header.to_string(), "{}"), &[known.jwk]), Err(JoseError::Signature));
    }

    #[test]
    fn e4_critical_extensions_are_refused() {
        let pair = pair("a");
        let text = signed(&pair, r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, "{}");
        assert_eq!(check(&text, &[pair.jwk]), Err(JoseError::Critical));
    }

    #[test]
    fn e5_a_token_of_another_type_is_refused() {
        let pair = pair("a");
        let text = signed(&pair, r#"{"alg":"ES256","typ":"application/DPoP+jwt"}"#, "{}");
        let token = Unverified::parse(&text).unwrap();
        assert_eq!(token.check_type(&["dpop+jwt"]), Ok(()));
        assert_eq!(token.check_type(&["", "jwt", "client-authentication+jwt"]), Err(JoseError::Type));
        let text = signed(&pair, r#"{"alg":"ES256"}"#, "{}");
        assert_eq!(Unverified::parse(&text).unwrap().check_type(&["dpop+jwt"]), Err(JoseError::Type));
    }

    #[test]
    fn e6_audiences_are_a_text_or_texts() {
        let of = |value: Value| audiences(value.as_object().unwrap()).map(|list| list.len());
        assert_eq!(of(json!({"aud": "a"})), Ok(1));
        assert_eq!(of(json!({"aud": ["a", "b"]})), Ok(2));
        assert_eq!(of(json!({})), Ok(0));
        for aud in [json!(1), json!({"a": "b"}), json!(["a", 1]), json!(null), json!(true)] {
            assert_eq!(of(json!({"aud": aud})), Err(JoseError::Malformed));
        }
    }

    #[test]
    fn e7_huge_and_nested_tokens_are_refused() {
        let pair = pair("a");
        let long = signed(&pair, r#"{"alg":"ES256"}"#, &json!({"x": "a".repeat(LONGEST)}).to_string());
        assert_eq!(check(&long, std::slice::from_ref(&pair.jwk)), Err(JoseError::Malformed));
        let deep = format!("{{\"x\":{}1{}}}", "[".repeat(500), "]".repeat(500));
        assert_eq!(check(&signed(&pair, r#"{"alg":"ES256"}"#, &deep), &[pair.jwk]), Err(JoseError::Malformed));
    }

    #[test]
    fn e8_names_that_come_twice_are_refused() {
        let pair = pair("a");
        let keys = [pair.jwk.clone()];
        for (header, claims) in [
            (r#"{"alg":"none","alg":"ES256"}"#, "{}"),
            (r#"{"alg":"ES256"}"#, r#"{"sub":"a","sub":"b"}"#),
            (r#"{"alg":"ES256"}"#, r#"{"cnf":{"jkt":"a","jkt":"b"}}"#),
            (r#"{"alg":"ES256"}"#, "[]"),
            (r#"{"alg":"ES256"}"#, r#"{} {}"#),
        ] {
            assert_eq!(check(&signed(&pair, header, claims), &keys), Err(JoseError::Malformed), "{header} {claims}");
        }
    }

    #[test]
    fn e9_times_are_numbers() {
        let of = |value: Value| time(json!({"exp": value}).as_object().unwrap(), "exp");
        assert_eq!(of(json!(1_700_000_000)), Ok(Some(Timestamp(1_700_000_000_000))));
        assert_eq!(of(json!(1_700_000_000.9)), Ok(Some(Timestamp(1_700_000_000_000))));
        for value in [json!("1700000000"), json!(-1), json!(-0.5), json!(1e300), json!(u64::MAX), json!(null)] {
            assert_eq!(of(value.clone()), Err(JoseError::Malformed), "{value}");
        }
    }

    proptest::proptest! {
        /// Whatever is sent is refused or taken apart; nothing panics, and nothing verifies.
        #[test]
        fn anything_may_be_sent(text in ".{0,300}", parts in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,120}") {
            let jwk = json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)});
            for text in [text, parts] {
                proptest::prop_assert!(check(&text, std::slice::from_ref(&jwk)).is_err());
            }
        }

        /// JSON in a header or in claims, of any shape, has texts, times and audiences or has not.
        #[test]
        fn any_json_may_be_sent(text in r#"[\[\]{}":, 0-9a-z.eE+-]{0,60}"#) {
            if let Some(Value::Object(claims)) = strict_json(&format!("{{\"aud\":{text},\"exp\":{text}}}")) {
                let _ = (audiences(&claims), time(&claims, "exp"), super::text(&claims, "aud"));
            }
        }

        /// One altered byte anywhere, and the token is nobody's.
        #[test]
        fn an_altered_token_is_refused(place in 0_usize..10_000, bit in 0_u8..7) {
            let pair = pair("a");
            let mut bytes = signed(&pair, r#"{"alg":"ES256"}"#, r#"{"sub":"a"}"#).into_bytes();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                proptest::prop_assert!(check(&text, &[pair.jwk]).is_err());
            }
        }
    }

    fn signed_on_ed25519(pair: &Ed25519KeyPair, alg: &str) -> String {
        let header = json!({"alg": alg}).to_string();
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes())))
    }

    #[test]
    fn other_algorithms_verify() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key())});
        let token = signed_on_ed25519(&pair, "EdDSA");
        assert_eq!(check(&token, std::slice::from_ref(&jwk)), Ok(0));
        let mut bytes = token.into_bytes();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(check(&String::from_utf8(bytes).unwrap(), &[jwk]).is_err());
    }

    #[test]
    fn e1_ed25519_has_two_names_and_nothing_else_has() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key())});
        for of_key in [None, Some("EdDSA"), Some("Ed25519")] {
            if let Some(alg) = of_key {
                jwk["alg"] = alg.into();
            }
            for alg in ["EdDSA", "Ed25519"] {
                let token = signed_on_ed25519(&pair, alg);
                assert_eq!(check(&token, std::slice::from_ref(&jwk)), Ok(0), "{alg} with a key for {of_key:?}");
                let unverified = Unverified::parse(&token).unwrap();
                assert_eq!(unverified.verify([&jwk], &["ES256"]).err(), Some(JoseError::Algorithm), "{alg}");
            }
            for alg in ["ed25519", "EDDSA", "Ed448", "ES256", "RS256", "Ed25519ph", "HS256", "none"] {
                let token = signed_on_ed25519(&pair, alg);
                assert!(check(&token, std::slice::from_ref(&jwk)).is_err(), "{alg} with a key for {of_key:?}");
            }
        }
        for other in ["Ed448", "ES256", "HS256"] {
            jwk["alg"] = other.into();
            let token = signed_on_ed25519(&pair, "Ed25519");
            assert_eq!(check(&token, std::slice::from_ref(&jwk)), Err(JoseError::Signature), "a key for {other}");
        }
        jwk["alg"] = "Ed25519".into();
        jwk["crv"] = "Ed448".into();
        assert!(check(&signed_on_ed25519(&pair, "Ed25519"), &[jwk]).is_err(), "another curve");
    }
}
