//! Keys that sign JWTs (RFC 7515, RFC 7518).

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, jwk::Jwk};
use serde::{Deserialize as _, Serialize};
use serde_json::json;

use crate::{
    Fault, Timestamp,
    entity::{SigningAlg, key},
};

/// A key that signs, ready for use.
pub struct SigningKey {
    /// Its `kid`.
    pub kid: String,
    /// Its `alg`.
    pub alg: SigningAlg,
    /// Its public half as a JWK (RFC 7517) with `kid`, `alg` and `use`.
    pub jwk: serde_json::Value,
    pub(super) active_from: Timestamp,
    pub(super) retired_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// None once its private half is destroyed.
    pair: Option<Pair>,
    public: DecodingKey,
}

/// A JOSE header (RFC 7515, section 4.1).
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A new private key (PKCS #8) and its public half as a JWK.
pub(super) fn generate(alg: SigningAlg) -> Result<(Vec<u8>, String), Fault> {
    let failed = |_| Fault::Crypto("key generation");
    let private = match alg {
        SigningAlg::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            pair.as_der().map_err(failed)?.as_ref().to_vec()
        }
        SigningAlg::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(failed)?
            .as_ref()
            .to_vec(),
        SigningAlg::EdDsa => Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?.as_ref().to_vec(),
    };
    let public = Pair::load(alg, &private)?.jwk()?;
    Ok((private, public.to_string()))
}

impl SigningKey {
    pub(super) fn load(row: &key::Model, alg: SigningAlg, private: Option<&[u8]>) -> Result<Self, Fault> {
        let rejected = |_| Fault::Stored("a public key is not understood".to_owned());
        let pair = private.map(|private| Pair::load(alg, private)).transpose()?;
        let mut jwk = match &pair {
            Some(pair) => pair.jwk()?,
            None => serde_json::from_str(&row.public_jwk).map_err(rejected)?,
        };
        let kid = row.id.to_string();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), json!(kid));
            members.insert("alg".to_owned(), json!(alg.as_str()));
            members.insert("use".to_owned(), json!("sig"));
        }
        let public = Jwk::deserialize(&jwk).map_err(rejected)?;
        let public = DecodingKey::from_jwk(&public).map_err(|_| Fault::Crypto("reading a public key"))?;
        let key::Model { active_from, retired_at, expires_at, .. } = *row;
        Ok(Self { kid, alg, jwk, active_from, retired_at, expires_at, pair, public })
    }

    /// What verifies its signatures.
    #[must_use]
    pub const fn public(&self) -> &DecodingKey {
        &self.public
    }

    /// A JWS in compact form (RFC 7515, section 3.1) of `claims`, with `typ` in its header.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when signing fails, [`Fault::Stored`] when the private half is gone.
    pub fn sign_jwt<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String, Fault> {
        let header = Header { alg: self.alg.as_str(), kid: &self.kid, typ };
        let encoding = |_| Fault::Crypto("encoding claims");
        let mut text = String::with_capacity(1024);
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(&header).map_err(encoding)?, &mut text);
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).map_err(encoding)?, &mut text);
        let pair = self.pair.as_ref().ok_or_else(|| Fault::Stored("a former key signs nothing".to_owned()))?;
        let signature = pair.sign(text.as_bytes())?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }
}

impl Pair {
    fn load(alg: SigningAlg, private: &[u8]) -> Result<Self, Fault> {
        let rejected = |_| Fault::Stored("a private key is not understood".to_owned());
        Ok(match alg {
            SigningAlg::Rs256 => Self::Rsa(RsaKeyPair::from_pkcs8(private).map_err(rejected)?),
            SigningAlg::Es256 => {
                Self::Ecdsa(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).map_err(rejected)?)
            }
            SigningAlg::EdDsa => Self::Ed25519(Ed25519KeyPair::from_pkcs8(private).map_err(rejected)?),
        })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let failed = |_| Fault::Crypto("signing");
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Self::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }

    fn jwk(&self) -> Result<serde_json::Value, Fault> {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kty": "RSA",
                    "n": b64(public.modulus().big_endian_without_leading_zero()),
                    "e": b64(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Self::Ecdsa(pair) => {
                // An uncompressed point: 0x04, x, y (SEC 1, section 2.3.3).
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .strip_prefix(&[4])
                    .and_then(|xy| xy.split_at_checked(32))
                    .ok_or(Fault::Crypto("an unexpected point"))?;
                json!({ "kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y) })
            }
            Self::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key().as_ref()) }),
        })
    }
}
