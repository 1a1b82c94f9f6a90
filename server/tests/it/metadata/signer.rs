//! A client's key pair, with whichever algorithm is advertised.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key pair and its algorithm.
pub struct Signer {
    pair: Pair,
    pub alg: String,
    /// The public part (RFC 7517).
    pub jwk: Value,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl Signer {
    pub fn new(alg: &str) -> Self {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (pair, jwk) = match alg {
            "ES256" => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                let point = pair.public_key().as_ref();
                let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])});
                (Pair::Ecdsa(pair), jwk)
            }
            "EdDSA" | "Ed25519" => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())});
                (Pair::Ed25519(pair), jwk)
            }
            "PS256" | "RS256" => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let public = pair.public_key();
                let jwk = json!({
                    "kty": "RSA",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                });
                let encoding: &dyn RsaEncoding = if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                (Pair::Rsa(pair, encoding), jwk)
            }
            _ => panic!("no client of the tests signs with {alg}"),
        };
        Self { pair, alg: alg.to_owned(), jwk }
    }

    /// The same RSA key with another algorithm.
    pub fn change(&mut self, alg: &str) {
        if let Pair::Rsa(_, encoding) = &mut self.pair {
            *encoding = if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
            alg.clone_into(&mut self.alg);
        }
    }

    pub fn sign(&self, mut header: Value, claims: &Value) -> String {
        header["alg"] = self.alg.clone().into();
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(&header), encode(claims));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A JWT with the code of a secret (HS256), whatever its header says.
pub fn shared(secret: &[u8], alg: &str, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&json!({ "alg": alg })), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Header and claims of a JWT of ours, whose signature one of the published keys has made.
pub fn verified(keys: &Value, jwt: &str) -> (Value, Value) {
    let token = model::jose::Unverified::parse(jwt).unwrap_or_else(|error| panic!("{error}: {jwt}"));
    let alg = token.header("alg").unwrap().to_owned();
    let header = json!({"alg": alg, "kid": token.header("kid"), "typ": token.header("typ")});
    assert!(header["kid"].is_string(), "a signature says which key made it");
    let (claims, _) = token.verify(keys["keys"].as_array().unwrap(), &[alg.as_str()]).unwrap();
    (header, claims.into())
}
