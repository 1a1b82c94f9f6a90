//! Signing in as a whole. A password is the first step; where there is a second factor, a sealed
//! text waits for it, which is no session and opens nothing by itself. Only this module makes an
//! [`Authenticated`], and nothing else opens a session, so that no door can leave a step out.

use serde::{Deserialize, Serialize};

use crate::{
    Context, Fault, Timestamp,
    entity::user::Model as User,
    factor::{self, Factors},
    key::Sealed,
    limit::{self, Budget, TooMany},
    minutes,
    passkey::{self, PasskeyError},
    recovery, secret, totp, user,
};

/// How long a sign-in may wait for its second step, in milliseconds.
pub const SECOND_STEP: i64 = minutes(10);

/// A way to show who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password.
    Password,
    /// A code: of an authenticator app, or one kept for the day when that is lost.
    Code,
    /// A passkey that stays on one device.
    BoundPasskey,
    /// A passkey that its owner's devices share.
    SharedPasskey,
}

impl Method {
    /// Its authentication method reference (RFC 8176).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Code => "otp",
            Self::BoundPasskey => "hwk",
            Self::SharedPasskey => "swk",
        }
    }
}

/// Somebody who has shown everything that their account asks for.
#[derive(Clone, Debug)]
pub struct Authenticated {
    user: User,
    methods: Vec<Method>,
}

impl Authenticated {
    /// Who.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// How, as a session keeps it (RFC 8176). A passkey asks for its owner's finger, face or PIN,
    /// and so is two factors by itself.
    #[must_use]
    pub fn amr(&self) -> String {
        let mut words: Vec<&str> = self.methods.iter().map(|method| method.as_str()).collect();
        if self.methods != [Method::Password] {
            words.push("mfa");
        }
        words.join(" ")
    }
}

/// Somebody whose password was right.
#[derive(Clone, Debug)]
pub enum FirstStep {
    /// That was all.
    Done(Authenticated),
    /// Their account has a second factor.
    Second(Pending),
}

/// Somebody whose second factor is still to come.
#[derive(Clone, Debug)]
pub struct Pending {
    user: User,
}

/// What waits for the second step. Sealed, it travels with the browser that began.
#[derive(Serialize, Deserialize)]
struct Waiting {
    user: uuid::Uuid,
    /// Another password ends it.
    password: String,
    browser: String,
    at: Timestamp,
}

/// The first step is done: is there a second one?
pub(crate) async fn after_password(ctx: &Context, user: User) -> Result<FirstStep, Fault> {
    Ok(if factor::of(ctx, user.id).await?.any() {
        FirstStep::Second(Pending { user })
    } else {
        FirstStep::Done(Authenticated { user, methods: vec![Method::Password] })
    })
}

impl Pending {
    /// What the browser keeps until the second step.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn seal(&self, ctx: &Context, browser: &str) -> Result<String, Fault> {
        let waiting = Waiting {
            user: self.user.id,
            password: secret::hash(&self.user.password_hash),
            browser: browser.to_owned(),
            at: ctx.now(),
        };
        ctx.seal(Sealed::SecondStep, &waiting)
    }
}

/// A sign-in that waits for its second step.
#[derive(Clone, Debug)]
pub struct SecondStep {
    user: User,
    /// What there is to show.
    pub factors: Factors,
}

impl SecondStep {
    /// Whose passkeys answer.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }
}

/// Why a second step, or a passkey alone, did not sign anybody in.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It took too long, was begun in another browser, or something changed meanwhile.
    #[error("this sign-in has to begin again")]
    Void,
    /// The code or passkey is not theirs, or was used already.
    #[error("that is not it")]
    Wrong,
    /// The account is suspended, or its address not confirmed.
    #[error("the account is closed")]
    Closed,
    /// Too many tries.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(StepError);

/// The sign-in that a browser has begun; `None` if it has to begin again.
///
/// # Errors
///
/// When the database fails.
pub async fn second_step(ctx: &Context, sealed: &str, browser: &str) -> Result<Option<SecondStep>, Fault> {
    let Some(waiting) = ctx.open_sealed::<Waiting>(Sealed::SecondStep, sealed) else { return Ok(None) };
    if ctx.now().since(waiting.at) >= SECOND_STEP || !secret::same(&waiting.browser, browser) {
        return Ok(None);
    }
    let Some(user) = user::find(ctx, waiting.user).await? else { return Ok(None) };
    if !open(&user) || !secret::same(&secret::hash(&user.password_hash), &waiting.password) {
        return Ok(None);
    }
    let factors = factor::of(ctx, user.id).await?;
    // Without one there is nothing to show, and the sign-in begins again with the password.
    Ok(factors.any().then_some(SecondStep { user, factors }))
}

/// Takes the second step with a code: of the authenticator app, or a recovery code, which works
/// once. Tries are counted before they are checked; one that succeeds is given back.
///
/// # Errors
///
/// [`StepError::Wrong`] or [`StepError::TooMany`].
pub async fn with_code(
    ctx: &Context,
    step: &SecondStep,
    code: &str,
    address: &str,
) -> Result<Authenticated, StepError> {
    let limits = &ctx.settings().limits;
    let budgets = [
        Budget::new(ctx, "sign_in_address", address, limits.sign_in_address),
        Budget::new(ctx, "second_factor", &step.user.id.to_string(), limits.second_factor),
    ];
    let right = ctx
        .db()
        .write((ctx.clone(), step.user.clone(), code.to_owned(), budgets), |tx, (ctx, user, code, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, StepError>(Err(StepError::TooMany(too_many)));
                }
                if !totp::accept(tx, ctx, user.id, code).await? && !recovery::accept(tx, ctx, user, code).await? {
                    return Ok(Err(StepError::Wrong));
                }
                limit::give_back(tx, budgets).await?;
                Ok(Ok(()))
            })
        })
        .await?;
    right?;
    Ok(Authenticated { user: step.user.clone(), methods: vec![Method::Password, Method::Code] })
}

/// Takes the second step with a passkey.
///
/// # Errors
///
/// [`StepError::Wrong`] or [`StepError::Void`].
pub async fn with_passkey(
    ctx: &Context,
    step: &SecondStep,
    browser: &str,
    challenge: &str,
    answer: &str,
) -> Result<Authenticated, StepError> {
    let (user, method) = passkey::answered(ctx, Some(step.user.id), browser, challenge, answer).await?;
    Ok(Authenticated { user, methods: vec![Method::Password, method] })
}

/// Signs somebody in with a passkey alone.
///
/// # Errors
///
/// [`StepError::Wrong`], [`StepError::Void`] or [`StepError::Closed`].
pub async fn passkey_alone(
    ctx: &Context,
    browser: &str,
    challenge: &str,
    answer: &str,
) -> Result<Authenticated, StepError> {
    let (user, method) = passkey::answered(ctx, None, browser, challenge, answer).await?;
    if !open(&user) {
        return Err(StepError::Closed);
    }
    Ok(Authenticated { user, methods: vec![method] })
}

const fn open(user: &User) -> bool {
    user.suspended_at.is_none() && user.email_verified_at.is_some()
}

impl From<PasskeyError> for StepError {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Void => Self::Void,
            PasskeyError::Fault(fault) => Self::Fault(fault),
            _ => Self::Wrong,
        }
    }
}
