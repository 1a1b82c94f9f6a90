//! The keys in memory.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{DESTROYED, SEAL, SigningKey};
use crate::{
    Context, Fault, Timestamp,
    entity::{SigningAlg, key},
    seal::SealKey,
};

/// What is sealed; the name goes into the seal, so that one kind never opens as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// An access token.
    AccessToken,
    /// An authorization code.
    Code,
    /// A refresh token.
    RefreshToken,
    /// An authorization request in progress.
    Interaction,
    /// A subscriber's session.
    Session,
    /// A form's anti-forgery token.
    Form,
    /// A sign-in to the portal that waits for its second step.
    SecondStep,
    /// An authenticator app that waits for its first code.
    TotpSetup,
    /// A passkey's challenge that waits for an answer.
    Challenge,
    /// A nonce for DPoP proofs.
    DpopNonce,
    /// What another provider has said of somebody whom nobody here knows yet.
    Upstream,
}

impl Sealed {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::AccessToken => b"access token",
            Self::Code => b"code",
            Self::RefreshToken => b"refresh token",
            Self::Interaction => b"interaction",
            Self::Session => b"session",
            Self::Form => b"form",
            Self::SecondStep => b"second step",
            Self::TotpSetup => b"totp setup",
            Self::Challenge => b"challenge",
            Self::DpopNonce => b"dpop nonce",
            Self::Upstream => b"upstream",
        }
    }
}

/// The keys in memory. Cheap to clone; all clones see a replacement at once.
#[derive(Clone, Default)]
pub struct KeyRing {
    state: Arc<RwLock<Arc<State>>>,
    /// The published key set as JSON, until something in it is due.
    published: Arc<RwLock<Option<Published>>>,
}

#[derive(Default)]
struct State {
    /// By the first four bytes of what they seal.
    sealing: HashMap<[u8; 4], SealKey>,
    /// When which sealing key is used, oldest first.
    sealing_order: Vec<(Timestamp, [u8; 4])>,
    /// Oldest first.
    signing: Vec<Arc<SigningKey>>,
    /// Which rows these are.
    rows: Vec<Stamp>,
}

/// What changes about a row in its life; the last is whether its private half is there.
type Stamp = (Uuid, Timestamp, Option<Timestamp>, Option<Timestamp>, bool);

fn stamp(row: &key::Model) -> Stamp {
    (row.id, row.active_from, row.retired_at, row.expires_at, row.private_sealed != DESTROYED)
}

struct Published {
    document: Arc<[u8]>,
    until: Timestamp,
}

impl KeyRing {
    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, rows: Vec<(key::Model, Option<Zeroizing<Vec<u8>>>)>) -> Result<(), Fault> {
        let mut state = State::default();
        for (row, private) in rows {
            state.rows.push(stamp(&row));
            if let Some(alg) = SigningAlg::parse(&row.purpose) {
                let private = private.as_ref().map(|private| private.as_slice());
                state.signing.push(Arc::new(SigningKey::load(&row, alg, private)?));
            } else if let (SEAL, Some(private)) = (row.purpose.as_str(), private) {
                // The last bytes of a UUIDv7 are its random ones.
                let short = row.id.as_bytes().last_chunk::<4>().copied().unwrap_or_default();
                state.sealing.insert(short, SealKey::new(&private)?);
                state.sealing_order.push((row.active_from, short));
            }
        }
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    /// Whether these rows, in this order, are those in memory.
    pub(super) fn holds(&self, rows: &[key::Model]) -> bool {
        let state = self.state();
        !rows.is_empty() && state.rows.iter().copied().eq(rows.iter().map(stamp))
    }

    /// When the newest key of a purpose becomes, or became, active.
    pub(super) fn newest(&self, purpose: &str) -> Option<Timestamp> {
        let state = self.state();
        match SigningAlg::parse(purpose) {
            Some(alg) => state.signing.iter().filter(|key| key.alg == alg).map(|key| key.active_from).max(),
            None => state.sealing_order.iter().map(|(active_from, _)| *active_from).max(),
        }
    }

    /// The key that signs with `alg` at this time.
    ///
    /// # Errors
    ///
    /// [`Fault::Stored`] when there is none.
    pub fn signer(&self, alg: SigningAlg, now: Timestamp) -> Result<Arc<SigningKey>, Fault> {
        let state = self.state();
        let newest = state.signing.iter().rev().find(|key| key.alg == alg && key.active_from <= now);
        newest.cloned().ok_or_else(|| Fault::Stored(format!("there is no {} key", alg.as_str())))
    }

    /// The published key with this `kid`.
    #[must_use]
    pub fn verifier(&self, kid: &str, now: Timestamp) -> Option<Arc<SigningKey>> {
        let state = self.state();
        state.signing.iter().find(|key| key.kid == kid && key.published(now)).cloned()
    }

    /// The key with this `kid` whose ID tokens are hints: a published one, or one that was not longer
    /// ago than `kept` milliseconds.
    #[must_use]
    pub fn hint_verifier(&self, kid: &str, now: Timestamp, kept: i64) -> Option<Arc<SigningKey>> {
        let state = self.state();
        state.signing.iter().find(|key| key.kid == kid && key.published(now.plus(-kept))).cloned()
    }

    /// The published keys as a JWK Set (RFC 7517, section 5), serialized.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> Arc<[u8]> {
        if let Some(published) = self.published.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && now < published.until
        {
            return Arc::clone(&published.document);
        }
        let state = self.state();
        let keys: Vec<_> = state.signing.iter().rev().filter(|key| key.published(now)).collect();
        let until = keys.iter().filter_map(|key| key.expires_at).min().unwrap_or(Timestamp(i64::MAX));
        let set = json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() });
        let document: Arc<[u8]> = set.to_string().into_bytes().into();
        *self.published.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Published { document: Arc::clone(&document), until });
        document
    }
}

impl SigningKey {
    fn published(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// When its successor takes over, if there is one.
    #[must_use]
    pub const fn retired_at(&self) -> Option<Timestamp> {
        self.retired_at
    }
}

impl Context {
    /// Seals a value that travels, as base64url.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when there is no randomness.
    pub fn seal<T: Serialize>(&self, kind: Sealed, value: &T) -> Result<String, Fault> {
        self.seal_with(kind, value, self.random()?)
    }

    /// Seals a value so that equal values give equal text.
    ///
    /// # Errors
    ///
    /// [`Fault::Stored`] when there is no key.
    pub fn seal_same<T: Serialize>(&self, kind: Sealed, value: &T) -> Result<String, Fault> {
        self.seal_with(kind, value, [0; 12])
    }

    fn seal_with<T: Serialize>(&self, kind: Sealed, value: &T, nonce: [u8; 12]) -> Result<String, Fault> {
        let plain = postcard::to_allocvec(value).map_err(|_| Fault::Crypto("encoding"))?;
        let state = self.keys().state();
        let now = self.now();
        let (_, short) = state
            .sealing_order
            .iter()
            .rev()
            .find(|(active_from, _)| *active_from <= now)
            .ok_or_else(|| Fault::Stored("there is no sealing key".to_owned()))?;
        let key = state.sealing.get(short).ok_or_else(|| Fault::Stored("there is no sealing key".to_owned()))?;
        let mut sealed = Vec::with_capacity(plain.len() + 32);
        sealed.extend_from_slice(short);
        key.seal_into(&mut sealed, nonce, kind.name(), &plain)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal`] or [`Self::seal_same`] made of the same kind. Everything else,
    /// cut, extended, altered or of another kind, is `None`.
    #[must_use]
    pub fn open_sealed<T: DeserializeOwned>(&self, kind: Sealed, text: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (short, sealed) = bytes.split_first_chunk::<4>()?;
        let state = self.keys().state();
        let plain = state.sealing.get(short)?.open(kind.name(), sealed)?;
        // Nothing may follow the value: one value has one text.
        match postcard::take_from_bytes(&plain) {
            Ok((value, [])) => Some(value),
            _ => None,
        }
    }
}
