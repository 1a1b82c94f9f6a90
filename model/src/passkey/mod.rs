//! Passkeys (WebAuthn): adding, naming and removing them, and signing in with one. The device asks
//! for its owner's finger, face or PIN each time, so a passkey alone is enough.

mod ceremony;

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};

pub use self::ceremony::Ceremony;
use self::ceremony::{Challenge, Purpose, encoded, options, relying_party};
use crate::{
    Context, Fault, Timestamp,
    authentication::Method,
    entity::{passkey, spent_challenge, user::Model as User},
    factor::{self, FactorError, Told},
    recovery::{self, Codes},
    upstream, user,
};

/// The longest name of a passkey, in characters.
pub const LONGEST_NAME: usize = 60;
/// How many an account may have.
pub const MOST: usize = 20;

/// Why a passkey was not added or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The challenge is over: answered already, too old, or of another browser.
    #[error("the challenge is over")]
    Void,
    /// What the device has answered does not hold.
    #[error("the answer does not hold: {0}")]
    Refused(String),
    /// An account has this passkey already.
    #[error("the passkey is known already")]
    Known,
    /// The account has as many as it may.
    #[error("there are {MOST} passkeys already")]
    TooMany,
    /// The name.
    #[error("the name: {0:?}")]
    Name(rules::text::Problem),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(PasskeyError);

impl From<FactorError> for PasskeyError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Fault(fault) => Self::Fault(fault),
            _ => Self::Void,
        }
    }
}

// ---- Adding one ----

/// Asks the browser for a new passkey.
///
/// # Errors
///
/// When the database fails.
pub async fn start_registration(ctx: &Context, user: &User, browser: &str) -> Result<Ceremony, Fault> {
    let known = factor::of(ctx, user.id).await?.passkeys;
    let known = known.iter().filter_map(|row| Some(stored(row).ok()?.cred_id().clone())).collect();
    let (response, state) = relying_party(ctx)?
        .start_passkey_registration(user.id, &user.email, &user.name, Some(known))
        .map_err(|_| Fault::Crypto("starting a passkey"))?;
    let options = options(&response, |options| {
        // Only one that the device can find by itself signs in without an address typed first.
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), json!("required"));
            selection.insert("requireResidentKey".to_owned(), json!(true));
        }
    })?;
    Ok(Ceremony { challenge: Challenge::seal(ctx, Purpose::Register(user.id), browser, &state)?, options })
}

/// Adds the passkey that the browser has made. With the first factor of an account come its
/// recovery codes.
///
/// # Errors
///
/// See [`PasskeyError`].
pub async fn register(
    ctx: &Context,
    user: &User,
    browser: &str,
    challenge: &str,
    answer: &str,
    name: &str,
) -> Result<Option<Codes>, PasskeyError> {
    let name = rules::text::line(name, LONGEST_NAME).map_err(PasskeyError::Name)?.to_owned();
    let challenge = Challenge::open(ctx, Purpose::Register(user.id), browser, challenge)?;
    let answer: RegisterPublicKeyCredential = parsed(answer)?;
    let state: PasskeyRegistration = challenge.state()?;
    let made = relying_party(ctx)?.finish_passkey_registration(&answer, &state).map_err(refused)?;
    let row = passkey::ActiveModel {
        id: Set(ctx.new_id()?),
        user_id: Set(user.id),
        credential_id: Set(encoded(made.cred_id())),
        name: Set(name),
        credential: Set(json_of(&made)?),
        created_at: Set(ctx.now()),
        last_used_at: Set(None),
        ..flags(&made)
    };
    let added = ctx
        .db()
        .write((ctx.clone(), user.id, challenge, row), |tx, (ctx, user, challenge, row)| {
            Box::pin(async move {
                challenge.spend(tx).await?;
                let (user, factors) = factor::hold(tx, *user).await?;
                if factors.passkeys.len() >= MOST {
                    return Err(PasskeyError::TooMany);
                }
                passkey::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                let told = Told {
                    action: "user.passkey_added",
                    detail: "Added a passkey",
                    subject: "A passkey was added",
                    sentence: "a passkey was just added to your Portico account: it signs in without the password, \
                               and the password asks for it as well.",
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(if factors.any() { None } else { Some(recovery::replace(tx, ctx, user.id).await?) })
            })
        })
        .await;
    added.map_err(|error| match error {
        PasskeyError::Fault(fault) if fault.violates("passkeys_credential_id", "passkeys.credential_id") => {
            PasskeyError::Known
        }
        error => error,
    })
}

// ---- Signing in ----

/// Asks the browser for a passkey, whosever it is.
///
/// # Errors
///
/// When there is no randomness.
pub fn start_sign_in(ctx: &Context, browser: &str) -> Result<Ceremony, Fault> {
    start(ctx, Purpose::SignIn, browser, &[])
}

/// Asks the browser for a passkey of this user, as the second step.
///
/// # Errors
///
/// When there is no randomness.
pub fn start_second_step(
    ctx: &Context,
    user: Uuid,
    passkeys: &[passkey::Model],
    browser: &str,
) -> Result<Ceremony, Fault> {
    start(ctx, Purpose::Second(user), browser, passkeys)
}

fn start(ctx: &Context, purpose: Purpose, browser: &str, passkeys: &[passkey::Model]) -> Result<Ceremony, Fault> {
    let (response, state) = relying_party(ctx)?
        .start_discoverable_authentication()
        .map_err(|_| Fault::Crypto("starting a sign-in with a passkey"))?;
    let options = options(&response, |options| {
        let allowed: Vec<Value> =
            passkeys.iter().map(|row| json!({ "type": "public-key", "id": row.credential_id })).collect();
        if !allowed.is_empty() {
            options.insert("allowCredentials".to_owned(), Value::Array(allowed));
        }
    })?;
    Ok(Ceremony { challenge: Challenge::seal(ctx, purpose, browser, &state)?, options })
}

/// Whose passkey has answered the challenge. `of` is the user whose second step this is.
pub(crate) async fn answered(
    ctx: &Context,
    of: Option<Uuid>,
    browser: &str,
    challenge: &str,
    answer: &str,
) -> Result<(User, Method), PasskeyError> {
    let challenge = Challenge::open(ctx, of.map_or(Purpose::SignIn, Purpose::Second), browser, challenge)?;
    let answer: PublicKeyCredential = parsed(answer)?;
    let unknown = || PasskeyError::Refused("nobody has this passkey".to_owned());
    let row = passkey::Entity::find()
        .filter(passkey::Column::CredentialId.eq(encoded(answer.get_credential_id())))
        .one(ctx.db().reader())
        .await?
        .filter(|row| of.is_none_or(|user| user == row.user_id))
        .ok_or_else(unknown)?;
    // The device says whose it is, and must when nobody else has (WebAuthn, section 7.2, step 6).
    match answer.get_user_unique_id() {
        Some(handle) if handle == row.user_id.as_bytes() => {}
        None if of.is_some() => {}
        _ => return Err(unknown()),
    }
    let mut made = stored(&row)?;
    let state: DiscoverableAuthentication = challenge.state()?;
    let result = relying_party(ctx)?.finish_discoverable_authentication_v2(&answer, state, &made).map_err(refused)?;
    if !result.user_verified() {
        return Err(PasskeyError::Refused("its owner was not verified".to_owned()));
    }
    made.update_credential(&result);
    let change = passkey::ActiveModel { credential: Set(json_of(&made)?), ..flags(&made) };
    let used = passkey::ActiveModel { last_used_at: Set(Some(ctx.now())), ..change };
    let shared = result.backup_eligible();
    let user = ctx
        .db()
        .write((challenge, row, used), |tx, (challenge, row, used)| {
            Box::pin(async move {
                challenge.spend(tx).await?;
                // As it was read: of two answers with the same counter, one counts.
                let updated = passkey::Entity::update_many()
                    .set(used.clone())
                    .filter(passkey::Column::Id.eq(row.id))
                    .filter(passkey::Column::Credential.eq(row.credential.as_str()))
                    .exec(tx)
                    .await?;
                if updated.rows_affected != 1 {
                    return Err(PasskeyError::Void);
                }
                Ok(row.user_id)
            })
        })
        .await?;
    let user = user::find(ctx, user).await?.ok_or_else(unknown)?;
    Ok((user, if shared { Method::SharedPasskey } else { Method::BoundPasskey }))
}

// ---- Naming and removing ----

/// Gives a passkey of a user another name. `false` if they have no such passkey.
///
/// # Errors
///
/// [`PasskeyError::Name`].
pub async fn rename(ctx: &Context, user: Uuid, id: Uuid, name: &str) -> Result<bool, PasskeyError> {
    let name = rules::text::line(name, LONGEST_NAME).map_err(PasskeyError::Name)?.to_owned();
    ctx.db()
        .write((user, id, name), |tx, (user, id, name)| {
            Box::pin(async move {
                let updated = passkey::Entity::update_many()
                    .set(passkey::ActiveModel { name: Set(name.clone()), ..Default::default() })
                    .filter(passkey::Column::UserId.eq(*user))
                    .filter(passkey::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                Ok(updated.rows_affected == 1)
            })
        })
        .await
}

/// Removes a passkey of a user. `false` if they have no such passkey.
///
/// # Errors
///
/// [`FactorError::LastWay`] when nothing else signs in: no password, no other passkey, no provider.
pub async fn remove(ctx: &Context, user: Uuid, id: Uuid) -> Result<bool, FactorError> {
    ctx.db()
        .write((ctx.clone(), user, id), |tx, (ctx, user, id)| {
            Box::pin(async move {
                let (user, factors) = factor::hold(tx, *user).await?;
                if !factors.passkeys.iter().any(|row| row.id == *id) {
                    return Ok(false);
                }
                let last = factors.passkeys.len() == 1;
                if last && user.password().is_none() && !upstream::signs_in(tx, ctx, user.id, None).await? {
                    return Err(FactorError::LastWay);
                }
                passkey::Entity::delete_by_id(*id).exec(tx).await?;
                if last && factors.totp.is_none() {
                    recovery::forget(tx, user.id).await?;
                }
                let told = Told {
                    action: "user.passkey_removed",
                    detail: "Removed a passkey",
                    subject: "A passkey was removed",
                    sentence: "a passkey of your Portico account was just removed. It does not sign in any more.",
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(true)
            })
        })
        .await
}

/// Deletes what is known of challenges that are over. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now: &Timestamp| {
            Box::pin(async move {
                let deleted = spent_challenge::Entity::delete_many()
                    .filter(spent_challenge::Column::ExpiresAt.lt(*now))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

fn stored(row: &passkey::Model) -> Result<Passkey, Fault> {
    serde_json::from_str(&row.credential).map_err(|_| Fault::Stored("a passkey is not JSON".to_owned()))
}

fn json_of(made: &Passkey) -> Result<String, Fault> {
    serde_json::to_string(made).map_err(|_| Fault::Crypto("encoding a passkey"))
}

/// The columns that repeat what the credential says.
fn flags(made: &Passkey) -> passkey::ActiveModel {
    let credential = Credential::from(made.clone());
    passkey::ActiveModel {
        backup_eligible: Set(credential.backup_eligible),
        backed_up: Set(credential.backup_state),
        ..Default::default()
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, PasskeyError> {
    serde_json::from_str(answer).map_err(|error| PasskeyError::Refused(error.to_string()))
}

fn refused(error: webauthn_rs::prelude::WebauthnError) -> PasskeyError {
    PasskeyError::Refused(error.to_string())
}
