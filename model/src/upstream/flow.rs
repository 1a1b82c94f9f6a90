//! A sign-in with a provider, from the button to the answer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    account::{self, LinkError, Proven},
    exchange::{Contact, Failure, Said},
    provider::Provider,
};
use crate::{
    Context, Fault,
    authentication::FirstStep,
    entity::{upstream_identity, upstream_request},
    limit::{self, Budget, TooMany},
    minutes,
    seal::{open_at_rest, seal_at_rest},
    seconds, secret,
    session::Person,
    user::{self, SignedUp},
};

/// How long a provider's answer is waited for, in milliseconds.
const LIFETIME: i64 = minutes(15);
/// How far a provider's clock may be behind ours, in milliseconds.
const SKEW: i64 = seconds(60);

const DOMAIN: &str = "upstream_requests.request";

/// What a sign-in with a provider is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To sign in, or to open an account.
    SignIn {
        /// Whether the provider is to ask again, even whom it knows.
        again: bool,
    },
    /// To link it to this account, asked for in this session.
    Link {
        /// The account.
        user: Uuid,
        /// The session.
        session: Uuid,
    },
}

/// Why a sign-in with a provider was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Too many from this address.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The provider is of no use now.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(BeginError);

/// What must be found again when the answer comes.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    nonce: String,
    verifier: String,
    return_to: String,
}

/// Begins a sign-in in a browser; where to send it. `address` is who asks, as budgets count it.
///
/// # Errors
///
/// See [`BeginError`].
pub async fn begin(
    ctx: &Context,
    provider: &Provider,
    browser: &str,
    address: &str,
    intent: Intent,
    return_to: &str,
) -> Result<Url, BeginError> {
    let (state, nonce, verifier) = (random(ctx)?, random(ctx)?, random(ctx)?);
    let kept = Kept { nonce, verifier, return_to: return_to.to_owned() };
    let (user_id, session_id) = match intent {
        Intent::SignIn { .. } => (None, None),
        Intent::Link { user, session } => (Some(user), Some(session)),
    };
    let again = intent == Intent::SignIn { again: true };
    let row = upstream_request::ActiveModel {
        state_hash: Set(secret::hash(&state)),
        provider: Set(provider.id.clone()),
        browser: Set(browser.to_owned()),
        user_id: Set(user_id),
        session_id: Set(session_id),
        again: Set(again),
        request_sealed: Set(seal_at_rest(ctx, DOMAIN, &kept)?),
        created_at: Set(ctx.now()),
        expires_at: Set(ctx.now().plus(LIFETIME)),
        used_at: Set(None),
    };
    let budget = budget(ctx, address);
    ctx.db()
        .write((ctx.now(), row, budget), |tx, (now, row, budget)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, std::slice::from_ref(budget), *now).await? {
                    return Ok::<_, BeginError>(Err(too_many));
                }
                upstream_request::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                Ok(Ok(()))
            })
        })
        .await??;
    let contact = Contact::with(ctx, provider).await.inspect_err(|failure| log(provider, failure))?;
    Ok(contact.authorize_url(&state, &kept.nonce, &kept.verifier, again))
}

/// Of sign-ins that are begun; one that succeeds is given back.
fn budget(ctx: &Context, address: &str) -> Budget {
    Budget::new(ctx, "upstream_address", address, ctx.settings().limits.sign_in_address)
}

/// 256 random bits.
fn random(ctx: &Context) -> Result<String, Fault> {
    Ok(URL_SAFE_NO_PAD.encode(ctx.random::<32>()?))
}

fn log(provider: &Provider, failure: &Failure) {
    tracing::warn!(provider = provider.id, reason = %failure, "a sign-in with another provider has failed");
}

/// What a provider has sent the browser back with (RFC 6749, section 4.1.2; RFC 9207).
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Which request it answers.
    pub state: String,
    /// The code, if the person has signed in.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
}

/// What came of a sign-in with a provider.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What.
    pub outcome: Outcome,
    /// Where to go afterwards, as [`begin`] was told.
    pub return_to: String,
}

/// What came of a sign-in with a provider.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is somebody whom we know; perhaps a second step is left.
    Known(FirstStep),
    /// It is somebody whose address is not confirmed. What was said comes sealed for this browser, as
    /// for [`Outcome::Unknown`]: with it they can start over with another address.
    Unverified(SignedUp, String),
    /// Nobody here: what was said, sealed for this browser, see [`super::proven`].
    Unknown(String),
    /// It signs in the account that asked for it from now on.
    Linked,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It answers nothing that this browser has begun, or not in time, or not for the first time.
    #[error("no sign-in waits for this answer")]
    Void,
    /// The person has said no there.
    #[error("the person has cancelled")]
    Cancelled,
    /// The provider is of no use.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Too many were begun from this address.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// It was to ask again, and has not.
    #[error("the provider did not ask again")]
    NotAsked,
    /// The account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// The session that asked for a link is over.
    #[error("the session that asked for it is over")]
    OtherSession,
    /// It was not linked.
    #[error(transparent)]
    Link(LinkError),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(AnswerError);

/// Why nothing came of it, and where the person wanted to go all the same.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: AnswerError,
    /// As [`begin`] was told.
    pub return_to: String,
    /// Whether it was to link.
    pub linking: bool,
    /// Whether it was to show once more who they are.
    pub again: bool,
}

/// Takes the answer that a browser brings back from a provider. The request is used up by it,
/// whatever comes of it. `person` is who is signed in; `address` is where the browser is.
///
/// # Errors
///
/// See [`AnswerError`].
pub async fn answered(
    ctx: &Context,
    provider: &Provider,
    browser: &str,
    answer: &Answer,
    person: Option<&Person>,
    address: &str,
) -> Result<Answered, Failed> {
    let early = |error| Failed { error, return_to: String::new(), linking: false, again: false };
    let begun = take_up(ctx, provider, browser, &answer.state).await.map_err(|fault| early(fault.into()))?;
    let Some((begun, kept)) = begun else { return Err(early(AnswerError::Void)) };
    match outcome(ctx, provider, browser, answer, person, &begun, &kept).await {
        Ok(outcome) => {
            let (linking, again) = (begun.user_id.is_some(), begun.again);
            let given = ctx.db().write(budget(ctx, address), |tx, budget| {
                Box::pin(async move { limit::give_back(tx, std::slice::from_ref(budget)).await })
            });
            match given.await {
                Ok(()) => Ok(Answered { outcome, return_to: kept.return_to }),
                Err(fault) => Err(Failed { error: fault.into(), return_to: kept.return_to, linking, again }),
            }
        }
        Err(error) => {
            if let AnswerError::Failure(failure) = &error {
                log(provider, failure);
            }
            Err(Failed { error, return_to: kept.return_to, linking: begun.user_id.is_some(), again: begun.again })
        }
    }
}

/// Uses the request up, once, in the browser that began it.
async fn take_up(
    ctx: &Context,
    provider: &Provider,
    browser: &str,
    state: &str,
) -> Result<Option<(upstream_request::Model, Kept)>, Fault> {
    let args = (secret::hash(state), provider.id.clone(), browser.to_owned(), ctx.now());
    let row = ctx
        .db()
        .write(args, |tx, (state, provider, browser, now)| {
            Box::pin(async move {
                let used = upstream_request::Entity::update_many()
                    .set(upstream_request::ActiveModel { used_at: Set(Some(*now)), ..Default::default() })
                    .filter(upstream_request::Column::StateHash.eq(state.as_str()))
                    .filter(upstream_request::Column::Provider.eq(provider.as_str()))
                    .filter(upstream_request::Column::Browser.eq(browser.as_str()))
                    .filter(upstream_request::Column::UsedAt.is_null())
                    .filter(upstream_request::Column::ExpiresAt.gt(*now))
                    .exec(tx)
                    .await?;
                if used.rows_affected != 1 {
                    return Ok::<_, Fault>(None);
                }
                Ok(upstream_request::Entity::find_by_id(state.as_str()).one(tx).await?)
            })
        })
        .await?;
    let Some(row) = row else { return Ok(None) };
    let kept = open_at_rest(ctx, DOMAIN, &row.request_sealed)?;
    Ok(Some((row, kept)))
}

async fn outcome(
    ctx: &Context,
    provider: &Provider,
    browser: &str,
    answer: &Answer,
    person: Option<&Person>,
    begun: &upstream_request::Model,
    kept: &Kept,
) -> Result<Outcome, AnswerError> {
    let contact = Contact::with(ctx, provider).await?;
    if !contact.is_from(answer.iss.as_deref()) {
        return Err(Failure::Invalid("an answer of another issuer").into());
    }
    let code = match (&answer.code, answer.error.as_deref()) {
        (Some(code), None) => code,
        (_, Some("access_denied")) => return Err(AnswerError::Cancelled),
        _ => return Err(Failure::Refused.into()),
    };
    let asked_by = match begun.user_id {
        None => None,
        Some(user) => {
            let same = person.filter(|now| now.user.id == user && Some(now.session) == begun.session_id);
            Some(same.ok_or(AnswerError::OtherSession)?)
        }
    };
    let said = contact.redeem(ctx, code, &kept.nonce, &kept.verifier).await?;
    if let Some(asked_by) = asked_by {
        account::link_said(ctx, provider, &said, asked_by.user.id, None).await.map_err(AnswerError::Link)?;
        return Ok(Outcome::Linked);
    }
    // Who says nothing may not have asked.
    if begun.again && said.auth_time.is_none_or(|at| at < begun.created_at.plus(-SKEW)) {
        return Err(AnswerError::NotAsked);
    }
    match account::known(ctx, provider, &said).await? {
        Some((_, user)) if user.suspended_at.is_some() => Err(AnswerError::Suspended),
        Some((_, user)) if user.email_verified_at.is_none() => {
            let waiting = user::unverified(ctx, &user);
            Ok(Outcome::Unverified(waiting, Proven::seal(ctx, provider, said, browser)?))
        }
        Some((identity, user)) => signed_in(ctx, provider, &said, begun.again, identity, user).await,
        None => Ok(Outcome::Unknown(Proven::seal(ctx, provider, said, browser)?)),
    }
}

async fn signed_in(
    ctx: &Context,
    provider: &Provider,
    said: &Said,
    again: bool,
    identity: upstream_identity::Model,
    user: user::User,
) -> Result<Outcome, AnswerError> {
    account::used(ctx, &identity, said).await?;
    // Whom the provider did not ask again has shown who they are when they did so there.
    // When it does not say, that may be long ago: it counts for nothing that wants to be recent.
    let unsaid = ctx.now().plus(-crate::session::FRESH);
    let at = (!again).then(|| said.auth_time.unwrap_or(unsaid).min(ctx.now()));
    Ok(Outcome::Known(crate::authentication::after_provider(ctx, user, identity.id, &provider.id, at).await?))
}

/// Deletes requests whose time is over. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted = upstream_request::Entity::delete_many()
                    .filter(upstream_request::Column::ExpiresAt.lt(*now))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
