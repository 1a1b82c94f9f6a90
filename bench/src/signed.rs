//! A client that signs: an assertion and a DPoP proof, new ones for each request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Result;
use crate::http;

const CLIENT: &str = "demo-fapi";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The demo world's client `demo-fapi`, with its key.
pub struct Signer {
    pair: EcdsaKeyPair,
    kid: String,
    public: Value,
    issuer: String,
    random: SystemRandom,
    /// With what each `jti` begins.
    run: u128,
}

#[expect(clippy::disallowed_methods, reason = "a client has a clock of its own")]
fn clock() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

impl Signer {
    /// Reads the key that `portico demo --keys` prints.
    pub fn new(jwk: &str, issuer: &str) -> Result<Self> {
        let jwk: Value = serde_json::from_str(jwk)?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).ok_or("the demo key is incomplete");
        let part = |name: &str| -> Result<Vec<u8>> { Ok(URL_SAFE_NO_PAD.decode(text(name)?)?) };
        let point = [vec![4], part("x")?, part("y")?].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &part("d")?, &point)
            .map_err(|_| "the demo key is no key")?;
        Ok(Self {
            pair,
            kid: text("kid")?.to_owned(),
            public: json!({"kty": "EC", "crv": "P-256", "x": text("x")?, "y": text("y")?}),
            issuer: issuer.to_owned(),
            random: SystemRandom::new(),
            run: clock()?.as_nanos(),
        })
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<String> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(header), encode(claims));
        let signature = self.pair.sign(&self.random, text.as_bytes()).map_err(|_| "signing failed")?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn jti(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        format!("{}-{}", self.run, NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// A form with an assertion of the client; with a proof if the endpoint wants one.
    pub fn request(&self, host: &str, path: &str, fields: &[(&str, &str)], proof: bool) -> Result<Vec<u8>> {
        let now = clock()?.as_secs();
        let claims =
            json!({"iss": CLIENT, "sub": CLIENT, "aud": self.issuer, "iat": now, "exp": now + 60, "jti": self.jti()});
        let assertion = self.sign(&json!({"alg": "ES256", "kid": self.kid}), &claims)?;
        let mut fields = fields.to_vec();
        fields.extend([("client_assertion_type", ASSERTION), ("client_assertion", assertion.as_str())]);
        let form = http::form(&fields);
        if !proof {
            return Ok(http::request("POST", host, path, &[], Some(&form)));
        }
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public});
        let claims = json!({"htm": "POST", "htu": format!("{}{path}", self.issuer), "iat": now, "jti": self.jti()});
        let proof = self.sign(&header, &claims)?;
        Ok(http::request("POST", host, path, &[("dpop", &proof)], Some(&form)))
    }
}
