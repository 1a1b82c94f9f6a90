//! Secrets that Portico generates: recognizable, checkable, stored only as a hash.

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq as _;

use crate::{Context, Fault};

/// What a generated secret is for, which its prefix tells to people and leak scanners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The secret of an OAuth client.
    Client,
    /// A one-time link by mail.
    Link,
    /// An invitation.
    Invitation,
    /// Manages a client that registered itself (RFC 7592).
    Registration,
    /// Lets programs register clients (RFC 7591).
    InitialAccess,
    /// The device code of a device without a browser.
    Device,
    /// The `auth_req_id` of a client that has somebody asked on their phone.
    Backchannel,
    /// The link on the phone, at which they answer.
    Approval,
    /// The link at which a subscriber takes a consent back.
    Revoke,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Client => "pcs",
            Self::Link => "plk",
            Self::Invitation => "piv",
            Self::Registration => "prg",
            Self::InitialAccess => "pit",
            Self::Device => "pdc",
            Self::Backchannel => "pbc",
            Self::Approval => "pap",
            Self::Revoke => "prv",
        }
    }
}

/// A secret in the clear. Shown or sent once, then forgotten; never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// A new secret of 256 random bits: prefix, underscore, 43 characters of base 62, and a
    /// checksum of six, so that scanners can tell it from noise.
    ///
    /// The alphabet has no character that form-encoding changes, so that clients which encode
    /// their credentials and clients which do not are understood alike.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when there is no randomness.
    pub fn generate(ctx: &Context, kind: Kind) -> Result<Self, Fault> {
        let body = format!("{}_{}", kind.prefix(), base62(&ctx.random::<32>()?, 43));
        let check = checksum(&body);
        Ok(Self(format!("{body}{check}")))
    }

    /// A secret that somebody chose (the demo world's).
    #[must_use]
    pub fn chosen(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(&self.0)
    }

    /// The last four characters, by which its owner recognizes it.
    #[must_use]
    pub fn last_four(&self) -> String {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(i, _)| i);
        self.0.get(start..).unwrap_or_default().to_owned()
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plain(…)")
    }
}

/// SHA-256 of a high-entropy secret, in hexadecimal. For passwords see the `password` module.
#[must_use]
pub fn hash(secret: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// Compares two hashes in constant time.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// HMAC-SHA-256 in hexadecimal, for low-entropy values (PINs, phone numbers, addresses) that must
/// not be guessable from the table. `domain` separates uses.
#[must_use]
pub fn keyed_hash(ctx: &Context, domain: &str, value: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &ctx.master().derive(domain));
    HEXLOWER.encode(hmac::sign(&key, value).as_ref())
}

/// Whether `text` has the form and the checksum of a secret that [`Plain::generate`] made.
#[must_use]
pub fn well_formed(kind: Kind, text: &str) -> bool {
    let prefix = kind.prefix();
    text.is_ascii()
        && text.len() == prefix.len() + 1 + 43 + 6
        && text.starts_with(prefix)
        && text.split_at_checked(text.len() - 6).is_some_and(|(body, check)| checksum(body) == check)
}

fn checksum(body: &str) -> String {
    let digest = digest::digest(&digest::SHA256, body.as_bytes());
    base62(digest.as_ref().get(..4).unwrap_or_default(), 6)
}

/// Big-endian bytes as `width` base-62 digits, padded with zeros.
pub(crate) fn base62(bytes: &[u8], width: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = bytes.to_vec();
    let mut digits = Vec::with_capacity(width);
    for _ in 0..width {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            remainder = value % 62;
        }
        let digit = usize::try_from(remainder).ok().and_then(|i| DIGITS.get(i)).copied().unwrap_or(b'0');
        digits.push(char::from(digit));
    }
    digits.iter().rev().collect()
}
