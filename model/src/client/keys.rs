//! Public keys of clients (RFC 7517), with which they sign assertions and request objects. What
//! can be a key, its thumbprint (RFC 7638), and the ones that a client has registered.

use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Client, event};
pub use crate::entity::client_key::Model as KeyRow;
use crate::{
    Context, Fault, audit,
    certificate::{Certificate, from_pem},
    change::Change,
    entity::client_key,
};

/// How many keys a client can have: enough for several programs, each changing keys.
pub const MOST: usize = 10;

/// The longest label, in characters.
pub const LABEL_LENGTH: usize = 60;

/// The members that a private or a shared key has and a public one has not (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why something is not a key for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// It is no JSON object, or lacks what its type needs.
    #[error("this is not a JSON Web Key")]
    Malformed,
    /// It contains the private part.
    #[error(
        "this key contains its private part; register only the public one, and make a new pair: this one has been sent around"
    )]
    Private,
    /// It is of a type that we do not verify with.
    #[error("use an RSA key of 2048 bits or more, an EC key on P-256, or an Ed25519 key")]
    Unsupported,
    /// It is meant for something else.
    #[error("this key is for encryption; register one for signatures")]
    NotForSignatures,
    /// What is in its `x5c` is no certificate of this key (RFC 7517, section 4.7).
    #[error("x5c is not a certificate of this key")]
    OtherCertificate,
}

/// A public key, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// As it is stored and used: the members that matter, the certificate among them.
    pub jwk: Value,
    /// RFC 7638, SHA-256.
    pub thumbprint: String,
    /// Its own name, or the thumbprint.
    pub kid: String,
}

impl PublicKey {
    /// What no two keys of a client share: the thumbprint of the certificate (`x5t#S256`) that it
    /// was registered with, so that a renewed one can stand beside the old one with the same key;
    /// without a certificate, the key's own.
    #[must_use]
    pub fn identity(&self) -> String {
        match certificate(&self.jwk) {
            Some(der) => URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &der)),
            None => self.thumbprint.clone(),
        }
    }
}

/// Checks that a JSON value is a public key that can verify signatures.
///
/// # Errors
///
/// [`NotAKey`].
pub fn public_key(value: &Value) -> Result<PublicKey, NotAKey> {
    let object = value.as_object().ok_or(NotAKey::Malformed)?;
    if PRIVATE.iter().any(|member| object.contains_key(*member)) {
        return Err(NotAKey::Private);
    }
    if object.get("use").is_some_and(|usage| usage != "sig") {
        return Err(NotAKey::NotForSignatures);
    }
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let part = |name: &str| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(NotAKey::Malformed);
    // The members in the order of RFC 7638, section 3.
    let members: Vec<&str> = match (text("kty").ok_or(NotAKey::Malformed)?, text("crv")) {
        ("EC", Some("P-256")) => {
            if part("x")?.len() != 32 || part("y")?.len() != 32 {
                return Err(NotAKey::Malformed);
            }
            vec!["crv", "kty", "x", "y"]
        }
        ("OKP", Some("Ed25519")) => {
            if part("x")?.len() != 32 {
                return Err(NotAKey::Malformed);
            }
            vec!["crv", "kty", "x"]
        }
        ("RSA", _) => {
            let (modulus, exponent) = (part("n")?, part("e")?);
            let bits = modulus.iter().skip_while(|byte| **byte == 0).count() * 8;
            if !(2048..=8192).contains(&bits) || exponent.len() > 4 {
                return Err(NotAKey::Unsupported);
            }
            vec!["e", "kty", "n"]
        }
        _ => return Err(NotAKey::Unsupported),
    };
    let pairs: Vec<String> =
        members.iter().filter_map(|name| Some(format!("\"{name}\":{}", Value::from(text(name)?)))).collect();
    let canonical = format!("{{{}}}", pairs.join(","));
    let thumbprint = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
    let kid = text("kid").filter(|kid| kid.len() <= 200).unwrap_or(&thumbprint).to_owned();
    let mut jwk: serde_json::Map<String, Value> =
        members.iter().filter_map(|name| Some(((*name).to_owned(), Value::from(text(name)?)))).collect();
    jwk.insert("kid".to_owned(), kid.clone().into());
    if let Some(alg) = text("alg") {
        jwk.insert("alg".to_owned(), alg.into());
    }
    if object.contains_key("x5c") {
        let der = certificate(value).ok_or(NotAKey::OtherCertificate)?;
        let key = Certificate::read(&der).and_then(|certificate| certificate.key).ok_or(NotAKey::OtherCertificate)?;
        if public_key(&key)?.thumbprint != thumbprint {
            return Err(NotAKey::OtherCertificate);
        }
        jwk.insert("x5c".to_owned(), json!([STANDARD.encode(der)]));
    }
    Ok(PublicKey { jwk: jwk.into(), thumbprint, kid })
}

/// The certificate that a key was registered with, in DER: the first of its `x5c`.
#[must_use]
pub fn certificate(jwk: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(jwk.get("x5c")?.get(0)?.as_str()?).ok()
}

/// Whether a key was registered with a certificate.
#[must_use]
pub fn has_certificate(key: &KeyRow) -> bool {
    serde_json::from_str(&key.jwk).is_ok_and(|jwk| certificate(&jwk).is_some())
}

/// Reads one key, or a set of them (RFC 7517, section 5), as people paste it, or a certificate in
/// PEM with its key.
///
/// # Errors
///
/// The first [`NotAKey`].
pub fn read(text: &str) -> Result<Vec<PublicKey>, NotAKey> {
    if let Some(der) = from_pem(text) {
        let certificate = Certificate::read(&der).ok_or(NotAKey::Malformed)?;
        let mut key = certificate.key.ok_or(NotAKey::Unsupported)?;
        if let Some(members) = key.as_object_mut() {
            members.insert("x5c".to_owned(), json!([STANDARD.encode(der)]));
        }
        return Ok(vec![public_key(&key)?]);
    }
    let value: Value = serde_json::from_str(text).map_err(|_| NotAKey::Malformed)?;
    match value.get("keys").and_then(Value::as_array) {
        Some(keys) if keys.is_empty() => Err(NotAKey::Malformed),
        Some(keys) => keys.iter().map(public_key).collect(),
        None => Ok(vec![public_key(&value)?]),
    }
}

/// Why a key was not registered.
#[derive(Debug, thiserror::Error)]
pub enum AddKeyError {
    /// The client has [`MOST`].
    #[error("a client has at most {MOST} keys")]
    TooMany,
    /// The client has this one.
    #[error("this key is registered already")]
    Again,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(AddKeyError);

/// The keys of a client, oldest first.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, client: &Client) -> Result<Vec<KeyRow>, Fault> {
    Ok(client_key::Entity::find()
        .filter(client_key::Column::ClientId.eq(client.id))
        .order_by_asc(client_key::Column::Id)
        .all(ctx.db().reader())
        .await?)
}

/// Registers a key for a client.
///
/// # Errors
///
/// [`AddKeyError`].
pub async fn add(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    label: &str,
    key: PublicKey,
) -> Result<(), AddKeyError> {
    let row = client_key::Model {
        id: ctx.new_id()?,
        client_id: client.id,
        label: label.trim().chars().take(LABEL_LENGTH).collect(),
        thumbprint: key.identity(),
        kid: key.kid,
        jwk: key.jwk.to_string(),
        created_by: actor,
        created_at: ctx.now(),
        last_used_at: None,
    };
    let written = ctx
        .db()
        .write((ctx.clone(), actor, client.clone(), row), |tx, (ctx, actor, client, row)| {
            Box::pin(async move {
                let there =
                    client_key::Entity::find().filter(client_key::Column::ClientId.eq(client.id)).count(tx).await?;
                if there >= MOST as u64 {
                    return Err(AddKeyError::TooMany);
                }
                let detail = format!("Added the key {} to the client {}", row.kid, client.description);
                client_key::Entity::insert(client_key::ActiveModel {
                    id: Set(row.id),
                    client_id: Set(row.client_id),
                    label: Set(row.label.clone()),
                    kid: Set(row.kid.clone()),
                    thumbprint: Set(row.thumbprint.clone()),
                    jwk: Set(row.jwk.clone()),
                    created_by: Set(row.created_by),
                    created_at: Set(row.created_at),
                    last_used_at: Set(None),
                })
                .exec_without_returning(tx)
                .await?;
                tx.changed(Change::Client(client.client_id.clone()));
                audit::record(tx, ctx, event("client.key_added", *actor, client, detail)).await?;
                Ok(())
            })
        })
        .await;
    match written {
        Err(AddKeyError::Fault(fault)) if fault.violates("client_keys_once", "client_keys.client_id") => {
            Err(AddKeyError::Again)
        }
        written => written,
    }
}

/// Removes a key: what it signs from now on is not believed. Says whether it was there.
///
/// # Errors
///
/// When the database fails.
pub async fn remove(ctx: &Context, actor: Option<Uuid>, client: &Client, id: Uuid) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), actor, client.clone(), id), |tx, (ctx, actor, client, id)| {
            Box::pin(async move {
                let of_client = client_key::Column::ClientId.eq(client.id);
                let row = client_key::Entity::find_by_id(*id).filter(of_client.clone()).one(tx).await?;
                let deleted = client_key::Entity::delete_many()
                    .filter(client_key::Column::Id.eq(*id))
                    .filter(of_client)
                    .exec(tx)
                    .await?;
                let Some(row) = row.filter(|_| deleted.rows_affected == 1) else { return Ok(false) };
                tx.changed(Change::Client(client.client_id.clone()));
                let detail = format!("Removed the key {} of the client {}", row.kid, client.description);
                audit::record(tx, ctx, event("client.key_removed", *actor, client, detail)).await?;
                Ok::<_, Fault>(true)
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let key = serde_json::json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
        });
        let key = public_key(&key).unwrap();
        assert_eq!(key.thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(key.kid, "2011-04-29");
    }

    #[test]
    fn private_weak_and_strange_keys_are_refused() {
        let x = "A".repeat(43);
        for (key, why) in [
            (serde_json::json!({"kty": "oct", "k": "c2VjcmV0"}), NotAKey::Private),
            (serde_json::json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "d": x}), NotAKey::Private),
            (serde_json::json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": x}), NotAKey::Unsupported),
            (serde_json::json!({"kty": "EC", "crv": "P-256", "x": x, "y": "short"}), NotAKey::Malformed),
            (serde_json::json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), NotAKey::Unsupported),
            (serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "enc"}), NotAKey::NotForSignatures),
            (serde_json::json!("key"), NotAKey::Malformed),
        ] {
            assert_eq!(public_key(&key), Err(why), "{key}");
        }
        assert!(public_key(&serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x})).is_ok());
    }

    #[test]
    fn a_certificate_is_registered_with_its_own_key_alone() {
        let read_one = || read(crate::certificate::tests::CERTIFICATE).unwrap().remove(0);
        let key = read_one();
        assert_eq!(super::certificate(&key.jwk), from_pem(crate::certificate::tests::CERTIFICATE));
        assert_eq!(public_key(&key.jwk), Ok(read_one()), "what is stored reads as what was read");
        let mut other = key.jwk.clone();
        other["x"] = "A".repeat(43).into();
        assert_eq!(public_key(&other), Err(NotAKey::OtherCertificate));
        for x5c in [json!([]), json!(["AAAA"]), json!("x"), json!([1])] {
            other = key.jwk.clone();
            other["x5c"] = x5c;
            assert_eq!(public_key(&other), Err(NotAKey::OtherCertificate));
        }
    }
}
