//! Sealing: authenticated encryption of what leaves our hands or rests in the database.
//!
//! Two families. What *rests* (private keys, messages, session values) is sealed under keys that
//! are derived from the master key. What *travels* (access tokens, codes, refresh tokens,
//! requests in progress, subscriber sessions) is sealed under keys of the key ring, which
//! rotate. Each kind of thing has a name that goes into the seal, so that one can never be
//! opened as another.
//!
//! AES-256-GCM-SIV (RFC 8452): random nonces cannot run out, and a fixed nonce makes equal
//! values seal equally, which a retried refresh relies on.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{Context, Fault, entity::fact};

/// The installation's root secret: 32 bytes that are kept outside of the database.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Takes the 32 bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key for one use, told apart by its name.
    pub(crate) fn derive(&self, domain: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref());
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, domain.as_bytes()).as_ref());
        derived
    }
}

/// A key that seals and opens.
pub(crate) struct SealKey(LessSafeKey);

impl SealKey {
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, Fault> {
        let key =
            UnboundKey::new(&AES_256_GCM_SIV, bytes).map_err(|_| Fault::Crypto("a sealing key is not 32 bytes"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Appends `nonce ‖ ciphertext ‖ tag` of `plain` to `out`.
    pub(crate) fn seal_into(
        &self,
        out: &mut Vec<u8>,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<(), Fault> {
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let body = out.get_mut(start..).unwrap_or_default();
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
            .map_err(|_| Fault::Crypto("sealing"))?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens what [`Self::seal_into`] wrote; `None` if it is anything else.
    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(aad), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

/// Seals a value that rests in the database. `domain` names the column.
///
/// # Errors
///
/// [`Fault::Crypto`] when there is no randomness.
pub(crate) fn seal_at_rest<T: Serialize>(ctx: &Context, domain: &str, value: &T) -> Result<String, Fault> {
    let plain = Zeroizing::new(postcard::to_allocvec(value).map_err(|_| Fault::Crypto("encoding"))?);
    let key = SealKey::new(&ctx.master().derive(domain))?;
    let mut sealed = Vec::with_capacity(plain.len() + 28);
    key.seal_into(&mut sealed, ctx.random()?, domain.as_bytes(), &plain)?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

/// Opens a value that rests in the database.
///
/// # Errors
///
/// [`Fault::Stored`] when it was not sealed with our master key.
pub(crate) fn open_at_rest<T: DeserializeOwned>(ctx: &Context, domain: &str, sealed: &str) -> Result<T, Fault> {
    let broken = || Fault::Stored(format!("{domain} does not open"));
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| broken())?;
    let key = SealKey::new(&ctx.master().derive(domain))?;
    let plain = Zeroizing::new(key.open(domain.as_bytes(), &bytes).ok_or_else(broken)?);
    postcard::from_bytes(&plain).map_err(|_| broken())
}

/// Remembers a fingerprint of the master key on the first start, and compares it on later ones.
pub(crate) async fn check_master(ctx: &Context) -> Result<(), Fault> {
    let fingerprint = HEXLOWER.encode(&ctx.master().derive("fingerprint"));
    ctx.db()
        .write(fingerprint.clone(), |tx, fingerprint| {
            Box::pin(async move {
                let row = fact::ActiveModel { name: Set("master_key".to_owned()), value: Set(fingerprint.clone()) };
                fact::Entity::insert(row)
                    .on_conflict(OnConflict::column(fact::Column::Name).do_nothing().to_owned())
                    .exec_without_returning(tx)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await?;
    let stored = fact::Entity::find_by_id("master_key").one(ctx.db().reader()).await?;
    match stored {
        Some(row) if crate::secret::same(&row.value, &fingerprint) => Ok(()),
        _ => Err(Fault::Stored("this database was written with another master key".to_owned())),
    }
}
