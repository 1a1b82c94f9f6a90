//! Signing in as a whole. A password is the first step, or another provider's word; where there is a second factor, a sealed
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
    recovery, secret, totp, upstream, user,
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
    /// The word of another provider.
    Provider,
}

impl Method {
    /// Its authentication method reference (RFC 8176, but for `fed`, which is not in the registry
    /// and has many users).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Code => "otp",
            Self::BoundPasskey => "hwk",
            Self::SharedPasskey => "swk",
            Self::Provider => "fed",
        }
    }
}

/// Somebody who has shown everything that their account asks for.
#[derive(Clone, Debug)]
pub struct Authenticated {
    user: User,
    methods: Vec<Method>,
    /// The provider that said who it is.
    provider: Option<String>,
    /// When they showed who they are, if that was not just now.
    at: Option<Timestamp>,
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
        if !matches!(self.methods.as_slice(), [Method::Password | Method::Provider]) {
            words.push("mfa");
        }
        words.join(" ")
    }

    /// The id of the provider that said who it is, if one did.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// When they showed who they are: now, or when a provider says that they did so there.
    #[must_use]
    pub fn auth_time(&self, now: Timestamp) -> Timestamp {
        self.at.unwrap_or(now)
    }
}

/// How somebody took the first step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Begun {
    /// With the password.
    Password,
    /// With another provider.
    Provider {
        /// The link that was used.
        identity: uuid::Uuid,
        /// The provider.
        id: String,
    },
}

impl Begun {
    /// Everything is shown: this first, and then another thing.
    fn and(&self, user: User, method: Method) -> Authenticated {
        let (first, provider) = match self {
            Self::Password => (Method::Password, None),
            Self::Provider { id, .. } => (Method::Provider, Some(id.clone())),
        };
        Authenticated { user, methods: vec![first, method], provider, at: None }
    }
}

/// Somebody whose password was right, or whom another provider knows.
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
    begun: Begun,
}

/// What waits for the second step. Sealed, it travels with the browser that began.
#[derive(Serialize, Deserialize)]
struct Waiting {
    user: uuid::Uuid,
    /// Another password ends it.
    password: String,
    /// So does the end of the link that was used.
    begun: Begun,
    browser: String,
    at: Timestamp,
}

/// The first step is done: is there a second one?
pub(crate) async fn after_password(ctx: &Context, user: User) -> Result<FirstStep, Fault> {
    Ok(if factor::of(ctx, user.id).await?.any() {
        FirstStep::Second(Pending { user, begun: Begun::Password })
    } else {
        FirstStep::Done(Authenticated { user, methods: vec![Method::Password], provider: None, at: None })
    })
}

/// The same after another provider has said who it is, and when they showed it there: its word
/// stands in for the password, not for what comes after that.
pub(crate) async fn after_provider(
    ctx: &Context,
    user: User,
    identity: uuid::Uuid,
    provider: &str,
    at: Option<Timestamp>,
) -> Result<FirstStep, Fault> {
    let id = provider.to_owned();
    Ok(if factor::of(ctx, user.id).await?.any() {
        FirstStep::Second(Pending { user, begun: Begun::Provider { identity, id } })
    } else {
        FirstStep::Done(Authenticated { user, methods: vec![Method::Provider], provider: Some(id), at })
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
            begun: self.begun.clone(),
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
    begun: Begun,
    /// What there is to show.
    pub factors: Factors,
}

impl SecondStep {
    /// Whose passkeys answer.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The id of the provider that took the place of the password, if one did.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        match &self.begun {
            Begun::Password => None,
            Begun::Provider { id, .. } => Some(id),
        }
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
    if let Begun::Provider { identity, .. } = &waiting.begun
        && !upstream::is_linked(ctx, user.id, *identity).await?
    {
        return Ok(None);
    }
    let factors = factor::of(ctx, user.id).await?;
    // Without one there is nothing to show, and the sign-in begins again with the first step.
    Ok(factors.any().then_some(SecondStep { user, begun: waiting.begun, factors }))
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
    Ok(step.begun.and(step.user.clone(), Method::Code))
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
    Ok(step.begun.and(user, method))
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
    Ok(Authenticated { user, methods: vec![method], provider: None, at: None })
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
