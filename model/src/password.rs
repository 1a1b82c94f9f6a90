//! Passwords: what is a good one, and how they are kept.
//!
//! argon2id with 19 MiB, two passes and one lane (OWASP's first choice). It runs on threads of
//! its own, a few at a time, so that signing in can neither hold up other requests nor use up
//! the memory.

use std::{sync::LazyLock, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::{sync::Semaphore, time::Instant};
use zeroize::Zeroizing;

use crate::{Context, Fault};

/// The fewest characters.
pub const SHORTEST: usize = 8;
/// The most characters.
pub const LONGEST: usize = 128;

/// Verified in place of the password of an account that does not exist, so that both take the
/// same time. Nothing hashes to it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cG9ydGljbyBub2JvZHkh$\
                      QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE";

/// So many hashes at once.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));

/// Why a password is not good enough.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`SHORTEST`] characters.
    #[error("Use at least {SHORTEST} characters.")]
    TooShort,
    /// More than [`LONGEST`] characters.
    #[error("Use at most {LONGEST} characters.")]
    TooLong,
    /// On a list of common passwords, or close to the person's own name or address.
    #[error("This one is on lists of common passwords. Choose another.")]
    Common,
    /// Guessed in few tries.
    #[error("This one is easy to guess. A few unrelated words make a good password.")]
    Guessable,
}

/// Whether a password is good enough for somebody whom `personal` describes.
///
/// # Errors
///
/// [`Fault::Stopped`] when the thread did not finish.
pub async fn check(password: &str, personal: &[&str]) -> Result<Result<(), Weakness>, Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Ok(Err(Weakness::TooShort));
    }
    if length > LONGEST {
        return Ok(Err(Weakness::TooLong));
    }
    let password = Zeroizing::new(password.to_owned());
    let mut personal: Vec<String> = personal.iter().map(|text| (*text).to_owned()).collect();
    personal.extend(personal.clone().iter().flat_map(|text| text.split(['@', '.', ' ', '-', '_'])).map(str::to_owned));
    personal.push("portico".to_owned());
    aside(move || Ok(strength(&password, &personal))).await
}

fn strength(password: &str, personal: &[String]) -> Result<(), Weakness> {
    let personal: Vec<&str> = personal.iter().map(String::as_str).filter(|text| text.len() > 2).collect();
    let estimate = zxcvbn::zxcvbn(password, &personal);
    if estimate.score() >= zxcvbn::Score::Two {
        return Ok(());
    }
    // One pattern that covers it all: the password itself is in a list.
    let listed = matches!(estimate.sequence(), [only] if matches!(only.pattern, zxcvbn::matching::patterns::MatchPattern::Dictionary(_)));
    Err(if listed { Weakness::Common } else { Weakness::Guessable })
}

/// The hash under which a password is kept.
///
/// # Errors
///
/// When there is no randomness, or argon2id fails.
pub async fn hash(ctx: &Context, password: &str) -> Result<String, Fault> {
    let salt = ctx.random::<16>()?;
    let password = Zeroizing::new(password.to_owned());
    aside(move || {
        let hash = argon2id()?.hash_password_with_salt(password.as_bytes(), &salt);
        Ok(hash.map_err(|_| Fault::Crypto("argon2id"))?.to_string())
    })
    .await
}

/// Whether `password` is the one of `hash`. Without a hash it takes the same time, and is not.
///
/// # Errors
///
/// When argon2id fails.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool, Fault> {
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODY).to_owned();
    let password = Zeroizing::new(password.chars().take(LONGEST + 1).collect::<String>());
    let same = aside(move || Ok(argon2id()?.verify_password(password.as_bytes(), hash.as_str()).is_ok())).await?;
    Ok(same && known)
}

fn argon2id() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| Fault::Crypto("argon2id"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Does what keeps a processor busy where it holds nothing else up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    let _place = PLACES.acquire().await.map_err(|_| Fault::Stopped("hashing"))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Stopped("hashing"))?
}

/// Makes answers about an address take the same time whether or not there is such an account:
/// none is given sooner than this after its beginning.
pub(crate) struct Evenly(Instant);

impl Evenly {
    const LEAST: Duration = Duration::from_millis(250);

    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) async fn finish(self) {
        tokio::time::sleep_until(self.0 + Self::LEAST).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn checked(password: &str) -> Result<(), Weakness> {
        check(password, &["Dana Developer", "dana@acme.test"]).await.expect("a check")
    }

    #[tokio::test]
    async fn length_counts_characters() {
        assert_eq!(checked("åäöåäö7").await, Err(Weakness::TooShort));
        assert_eq!(checked(&"x y".repeat(43)).await, Err(Weakness::TooLong));
        assert_eq!(checked("кит идёт").await, Ok(()));
    }

    #[tokio::test]
    async fn common_and_personal_passwords_are_refused() {
        assert_eq!(checked("password").await, Err(Weakness::Common));
        for weak in ["12345678", "dana@acme.test", "Developer1", "aaaaaaaaaaaa", "portico1"] {
            assert!(checked(weak).await.is_err(), "{weak}");
        }
        assert_eq!(checked("correct horse battery").await, Ok(()));
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        assert!(PasswordHashParses::parses(NOBODY));
        assert!(!verify("", None).await.expect("verified"));
        assert!(!verify("AAAAAAAA", None).await.expect("verified"));
    }

    struct PasswordHashParses;

    impl PasswordHashParses {
        fn parses(hash: &str) -> bool {
            // A hash that does not parse would be refused at once, and the time would tell.
            argon2::password_hash::phc::PasswordHash::new(hash).is_ok()
        }
    }
}
