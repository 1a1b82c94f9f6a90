//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, which is what every
//! app knows. A code is accepted one step early or late, and each step once.

use aws_lc_rs::hmac;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    db::Tx,
    entity::{totp_factor, user::Model as User},
    factor::{self, FactorError, Told},
    key::Sealed,
    minutes,
    recovery::{self, Codes},
    seal::{open_at_rest, seal_at_rest},
};

/// How long a secret that was shown waits for its first code, in milliseconds.
const SETUP: i64 = minutes(60);

const DOMAIN: &str = "totp_factors.secret";

/// The secret that an app is to learn, as the page shows it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Comes back with the first code. The secret is in it, for nobody to read.
    pub sealed: String,
    /// The secret in base 32, in groups of four, for people to type.
    pub text: String,
    /// The secret as a QR code says it (`otpauth:`).
    pub uri: String,
}

#[derive(Serialize, Deserialize)]
struct Begun {
    user: Uuid,
    secret: [u8; 20],
    at: Timestamp,
}

/// A new secret for a user. Nothing is stored until the app has shown that it knows it.
///
/// # Errors
///
/// When there is no randomness.
pub fn setup(ctx: &Context, user: &User) -> Result<Setup, Fault> {
    let begun = Begun { user: user.id, secret: ctx.random()?, at: ctx.now() };
    Ok(shown(user, &begun.secret, ctx.seal(Sealed::TotpSetup, &begun)?))
}

/// The same secret again, after a wrong code. `None` when it took too long.
#[must_use]
pub fn resume(ctx: &Context, user: &User, sealed: &str) -> Option<Setup> {
    let begun = opened(ctx, user.id, sealed)?;
    Some(shown(user, &begun.secret, sealed.to_owned()))
}

fn opened(ctx: &Context, user: Uuid, sealed: &str) -> Option<Begun> {
    let begun: Begun = ctx.open_sealed(Sealed::TotpSetup, sealed)?;
    (begun.user == user && ctx.now().since(begun.at) < SETUP).then_some(begun)
}

fn shown(user: &User, secret: &[u8], sealed: String) -> Setup {
    let text = base32(secret);
    let account: String = url::form_urlencoded::byte_serialize(user.email.as_bytes()).collect();
    let uri = format!("otpauth://totp/Portico:{account}?secret={text}&issuer=Portico");
    let groups: Vec<String> =
        text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect();
    Setup { sealed, text: groups.join(" "), uri }
}

/// Turns the authenticator app on, once it has shown a right code. With the first factor of an
/// account come its recovery codes.
///
/// # Errors
///
/// [`FactorError::WrongCode`], [`FactorError::Void`] or [`FactorError::Exists`].
pub async fn enable(ctx: &Context, user: &User, sealed: &str, code: &str) -> Result<Option<Codes>, FactorError> {
    let begun = opened(ctx, user.id, sealed).ok_or(FactorError::Void)?;
    let step = matching(&begun.secret, code, ctx.now()).ok_or(FactorError::WrongCode)?;
    let row = totp_factor::ActiveModel {
        user_id: Set(user.id),
        secret_sealed: Set(seal_at_rest(ctx, DOMAIN, &begun.secret)?),
        last_step: Set(step),
        created_at: Set(ctx.now()),
        last_used_at: Set(None),
    };
    ctx.db()
        .write((ctx.clone(), user.id, row), |tx, (ctx, user, row)| {
            Box::pin(async move {
                let (user, factors) = factor::hold(tx, *user).await?;
                let inserted = totp_factor::Entity::insert(row.clone())
                    .on_conflict(OnConflict::column(totp_factor::Column::UserId).do_nothing().to_owned())
                    .exec_without_returning(tx)
                    .await?;
                if inserted != 1 {
                    return Err(FactorError::Exists);
                }
                let told = Told {
                    action: "user.totp_enabled",
                    detail: "Turned the authenticator app on",
                    subject: "An authenticator app was added",
                    sentence: "an authenticator app was just added to your Portico account: signing in with the \
                               password now asks for its code as well.",
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(if factors.any() { None } else { Some(recovery::replace(tx, ctx, user.id).await?) })
            })
        })
        .await
}

/// Turns the authenticator app off. `false` if there was none.
///
/// # Errors
///
/// When the database fails.
pub async fn disable(ctx: &Context, user: Uuid) -> Result<bool, FactorError> {
    ctx.db()
        .write((ctx.clone(), user), |tx, (ctx, user)| {
            Box::pin(async move {
                let (user, factors) = factor::hold(tx, *user).await?;
                let deleted = totp_factor::Entity::delete_by_id(user.id).exec(tx).await?;
                if deleted.rows_affected != 1 {
                    return Ok(false);
                }
                if factors.passkeys.is_empty() {
                    recovery::forget(tx, user.id).await?;
                }
                let told = Told {
                    action: "user.totp_disabled",
                    detail: "Turned the authenticator app off",
                    subject: "The authenticator app was removed",
                    sentence: "the authenticator app of your Portico account was just removed: signing in does not \
                               ask for its codes any more.",
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(true)
            })
        })
        .await
}

/// Uses a code up. Of any number who send the same one, one gets in: a step that was accepted, and
/// every one before it, is over.
pub(crate) async fn accept(tx: &Tx, ctx: &Context, user: Uuid, code: &str) -> Result<bool, Fault> {
    let Some(row) = totp_factor::Entity::find_by_id(user).one(tx).await? else { return Ok(false) };
    let secret: [u8; 20] = open_at_rest(ctx, DOMAIN, &row.secret_sealed)?;
    let Some(step) = matching(&secret, code, ctx.now()) else { return Ok(false) };
    let used = totp_factor::Entity::update_many()
        .set(totp_factor::ActiveModel {
            last_step: Set(step),
            last_used_at: Set(Some(ctx.now())),
            ..Default::default()
        })
        .filter(totp_factor::Column::UserId.eq(user))
        .filter(totp_factor::Column::LastStep.lt(step))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// The step whose code this is, of now, the one before and the one after.
fn matching(secret: &[u8], typed: &str, now: Timestamp) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let present = now.seconds().div_euclid(30);
    // All three are computed, whichever it is.
    let found =
        [present + 1, present, present - 1].map(|step| (step, crate::secret::same(&code(secret, step), &typed)));
    found.into_iter().filter(|(_, same)| *same).map(|(step, _)| step).max()
}

/// The code of a time step (RFC 4226, section 5.3).
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
    let word = tag.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// Base 32 (RFC 4648, section 6) of a multiple of five bytes, so that nothing is padded.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |word: u64, at: u32| {
        let five = usize::try_from((word >> (35 - 5 * at)) & 31).unwrap_or_default();
        char::from(DIGITS.get(five).copied().unwrap_or(b'A'))
    };
    let words = bytes.chunks(5).map(|five| five.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte)));
    words.flat_map(|word| (0..8).map(move |at| digit(word, at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, seconds / 30), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_works_one_step_early_or_late_and_no_more() {
        let now = Timestamp::from_seconds(1_111_111_111);
        let present = 1_111_111_111 / 30;
        for (step, found) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let typed = code(SECRET, present + step);
            assert_eq!(matching(SECRET, &typed, now).is_some(), found, "{step}");
        }
        assert_eq!(matching(SECRET, " 050 471 ", now), Some(present));
        for wrong in ["", "50471", "0050471", "05047l", "٠٥٠٤٧١"] {
            assert_eq!(matching(SECRET, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_shown_in_base_32() {
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
