//! Whose account at a provider signs in whom here: opening an account with one, linking and
//! unlinking.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    exchange::Said,
    provider::{self, Provider},
};
use crate::{
    Context, Fault, Timestamp,
    authentication::{self, FirstStep},
    db::Tx,
    email::Email,
    entity::{
        spent_challenge, upstream_identity,
        user::{self as user_entity, Entity as Users},
    },
    factor::{self, FactorError, Told},
    key::Sealed,
    limit::{self, Budget},
    mail, minutes,
    password::Evenly,
    secret, session,
    user::{self, AccountError, Invalid, LONGEST_NAME, SignedUp, User},
};

/// How long what a provider has said may be made use of, in milliseconds.
const LIFETIME: i64 = minutes(20);

// ---- What was said of somebody whom nobody here knows ----

#[derive(Serialize, Deserialize)]
struct Waiting {
    id: Uuid,
    provider: String,
    issuer: String,
    said: Said,
    browser: String,
    at: Timestamp,
}

/// What a provider has said of somebody whom nobody here knows yet, in this browser. It opens one
/// account or links one, once.
#[derive(Clone, Debug)]
pub struct Proven {
    id: Uuid,
    provider: Provider,
    said: Said,
    at: Timestamp,
}

/// What was said, if it was said in this browser a moment ago. Whether it was made use of already,
/// making use of it says.
#[must_use]
pub fn proven(ctx: &Context, sealed: &str, browser: &str) -> Option<Proven> {
    let waiting: Waiting = ctx.open_sealed(Sealed::Upstream, sealed)?;
    let provider = provider::find(ctx.settings(), &waiting.provider)?;
    let good = ctx.now().since(waiting.at) < LIFETIME
        && secret::same(&waiting.browser, browser)
        && waiting.issuer == provider.issuer();
    good.then(|| Proven { id: waiting.id, provider: provider.clone(), said: waiting.said, at: waiting.at })
}

impl Proven {
    pub(super) fn seal(ctx: &Context, provider: &Provider, said: Said, browser: &str) -> Result<String, Fault> {
        let waiting = Waiting {
            id: ctx.new_id()?,
            provider: provider.id.clone(),
            issuer: provider.issuer().to_owned(),
            said,
            browser: browser.to_owned(),
            at: ctx.now(),
        };
        ctx.seal(Sealed::Upstream, &waiting)
    }

    /// Who has said it.
    #[must_use]
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What tells the account there from others.
    #[must_use]
    pub fn account(&self) -> &str {
        self.said.account()
    }

    /// The name to begin a form with.
    #[must_use]
    pub fn name(&self) -> &str {
        self.said.name.as_deref().unwrap_or_default()
    }

    /// The mail address to begin a form with.
    #[must_use]
    pub fn email(&self) -> &str {
        self.said.email.as_deref().unwrap_or_default()
    }

    /// Whether the provider has seen that this address is theirs.
    fn verifies(&self, email: &Email) -> bool {
        self.said.email_verified && Email::parse(self.email()).is_ok_and(|said| said.key == email.key)
    }

    /// Uses it up. Of any number who try, one does.
    async fn spend(&self, tx: &Tx) -> Result<bool, Fault> {
        let row =
            spent_challenge::ActiveModel { id: Set(self.id), expires_at: Set(self.at.plus(LIFETIME + minutes(1))) };
        let inserted = spent_challenge::Entity::insert(row)
            .on_conflict(OnConflict::column(spent_challenge::Column::Id).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        Ok(inserted == 1)
    }
}

/// Whether the address is known to be theirs and has an account. Of another address this is not
/// said: a provider where anybody may claim any address would tell who has an account here.
///
/// # Errors
///
/// When the database fails.
pub async fn has_account(ctx: &Context, proven: &Proven) -> Result<bool, Fault> {
    match Email::parse(proven.email()) {
        Ok(email) if proven.verifies(&email) => user::has_verified(ctx, &email).await,
        _ => Ok(false),
    }
}

// ---- Opening an account ----

/// What came of opening an account.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It is open, and they are in.
    Done(FirstStep),
    /// The address is to be confirmed by mail first. Whether it had an account already, only that
    /// mail says.
    Waiting(SignedUp),
    /// The address is theirs and has an account: they show that it is theirs, and link.
    Taken,
}

/// Opens an account without a password, which the provider signs in.
///
/// # Errors
///
/// [`AccountError::Invalid`], [`AccountError::TooMany`], or [`AccountError::LinkVoid`] when what was
/// said was made use of already.
pub async fn open_account(
    ctx: &Context,
    proven: &Proven,
    name: &str,
    email: &str,
    address: &str,
) -> Result<Opened, AccountError> {
    let (name, email) = match (rules::text::line(name, LONGEST_NAME), Email::parse(email)) {
        (Ok(name), Ok(email)) => (name.to_owned(), email),
        (name, email) => {
            let wrong = [name.err().map(Invalid::Name), email.err().map(Invalid::Email)];
            return Err(AccountError::Invalid(wrong.into_iter().flatten().collect()));
        }
    };
    let evenly = Evenly::start();
    let verified = proven.verifies(&email);
    let mut budgets = vec![Budget::new(ctx, "sign_in_address", address, ctx.settings().limits.sign_in_address)];
    if !verified {
        budgets.push(Budget::new(ctx, "mail", &email.key, ctx.settings().limits.mail_recipient));
    }
    let args = (ctx.clone(), proven.clone(), name, email.clone(), verified, budgets);
    let result = ctx
        .db()
        .write(args, |tx, (ctx, proven, name, email, verified, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, AccountError>(Err(AccountError::TooMany(too_many)));
                }
                match open(tx, ctx, proven, name, email, *verified).await {
                    // A proof that was used before costs its budget all the same.
                    Err(AccountError::LinkVoid) => Ok(Err(AccountError::LinkVoid)),
                    opened => Ok(Ok(opened?)),
                }
            })
        })
        .await;
    evenly.finish().await;
    let user = match result {
        Ok(Ok(Begun::Open { user, identity })) => {
            let provider = &proven.provider.id;
            let at = proven.said.auth_time.map(|at| at.min(ctx.now()));
            let first = authentication::after_provider(ctx, *user, identity, provider, at).await?;
            return Ok(Opened::Done(first));
        }
        Ok(Ok(Begun::Waits(user))) => user,
        Ok(Ok(Begun::Owned)) => return Ok(Opened::Taken),
        // Somebody has linked it in another window.
        Err(AccountError::Fault(fault)) if is_known(&fault) => return Err(AccountError::LinkVoid),
        Ok(Err(error)) | Err(error) => return Err(error),
    };
    Ok(Opened::Waiting(match user {
        Some(user) => user::unverified(ctx, &user),
        // A proof of nothing, of the same form.
        None => SignedUp { email: email.typed, proof: secret::keyed_hash(ctx, "sign_up", proven.id.as_bytes()) },
    }))
}

enum Begun {
    Open {
        user: Box<User>,
        identity: Uuid,
    },
    /// For the mail; nobody, if the mail goes to somebody who has the account.
    Waits(Option<Box<User>>),
    Owned,
}

async fn open(
    tx: &Tx,
    ctx: &Context,
    proven: &Proven,
    name: &str,
    email: &Email,
    verified: bool,
) -> Result<Begun, AccountError> {
    let owner = user::by_email_in(tx, &email.key).await?;
    if verified && owner.as_ref().is_some_and(|owner| owner.email_verified_at.is_some()) {
        return Ok(Begun::Owned);
    }
    if !proven.spend(tx).await? {
        return Err(AccountError::LinkVoid);
    }
    give_up(tx, &proven.provider, &proven.said).await?;
    match owner {
        Some(owner) if owner.email_verified_at.is_some() => {
            mail::send(tx, ctx, mail::already_registered(ctx, &owner.email, &owner.name)).await?;
            return Ok(Begun::Waits(None));
        }
        // Whoever was here before has not shown that the address is theirs. Nothing of theirs stays.
        Some(owner) => {
            Users::delete_by_id(owner.id).exec(tx).await?;
        }
        None => {}
    }
    let new = user::New { name, email, hash: "", verified, administrator: false };
    let user = Box::new(user::insert(tx, ctx, new).await?);
    let identity = insert(tx, ctx, &proven.provider, &proven.said, user.id).await?;
    if verified {
        return Ok(Begun::Open { user, identity });
    }
    user::send_verification(tx, ctx, &user).await?;
    Ok(Begun::Waits(Some(user)))
}

/// Gives up the account that this one elsewhere has opened here, as long as its address is not
/// confirmed: whoever has mistyped the address starts over with another one.
async fn give_up(tx: &Tx, provider: &Provider, said: &Said) -> Result<(), Fault> {
    let opened = upstream_identity::Entity::find()
        .filter(upstream_identity::Column::Issuer.eq(provider.issuer()))
        .filter(upstream_identity::Column::Subject.eq(said.subject.as_str()))
        .one(tx)
        .await?;
    let Some(opened) = opened else { return Ok(()) };
    // One that was confirmed meanwhile stays, and the link with it: adding the link again fails.
    Users::delete_many()
        .filter(user_entity::Column::Id.eq(opened.user_id))
        .filter(user_entity::Column::EmailVerifiedAt.is_null())
        .filter(user_entity::Column::SuspendedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

// ---- Who is it ----

/// Whose account here this is.
pub(super) async fn known(
    ctx: &Context,
    provider: &Provider,
    said: &Said,
) -> Result<Option<(upstream_identity::Model, User)>, Fault> {
    let identity = upstream_identity::Entity::find()
        .filter(upstream_identity::Column::Issuer.eq(provider.issuer()))
        .filter(upstream_identity::Column::Subject.eq(said.subject.as_str()))
        .one(ctx.db().reader())
        .await?;
    let Some(identity) = identity else { return Ok(None) };
    let user = user::find(ctx, identity.user_id).await?;
    Ok(user.map(|user| (identity, user)))
}

/// Notes that it has signed somebody in.
pub(super) async fn used(ctx: &Context, identity: &upstream_identity::Model, said: &Said) -> Result<(), Fault> {
    let change = upstream_identity::ActiveModel {
        account: Set(said.account().to_owned()),
        last_used_at: Set(Some(ctx.now())),
        ..Default::default()
    };
    ctx.db()
        .write((identity.id, change), |tx, (id, change)| {
            Box::pin(async move {
                upstream_identity::Entity::update_many()
                    .set(change.clone())
                    .filter(upstream_identity::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Whether a link is still there: what it has begun ends with it.
pub(crate) async fn is_linked(ctx: &Context, user: Uuid, identity: Uuid) -> Result<bool, Fault> {
    let found = upstream_identity::Entity::find_by_id(identity)
        .filter(upstream_identity::Column::UserId.eq(user))
        .count(ctx.db().reader())
        .await?;
    Ok(found == 1)
}

/// The accounts elsewhere that sign in a user, oldest first.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, user: Uuid) -> Result<Vec<upstream_identity::Model>, Fault> {
    Ok(upstream_identity::Entity::find()
        .filter(upstream_identity::Column::UserId.eq(user))
        .order_by_asc(upstream_identity::Column::Id)
        .all(ctx.db().reader())
        .await?)
}

/// Whether a provider that is still offered signs in a user, `but` one link.
pub(crate) async fn signs_in(tx: &Tx, ctx: &Context, user: Uuid, but: Option<Uuid>) -> Result<bool, Fault> {
    let issuers: Vec<&str> = ctx.settings().providers.iter().map(Provider::issuer).collect();
    let mut links = upstream_identity::Entity::find()
        .filter(upstream_identity::Column::UserId.eq(user))
        .filter(upstream_identity::Column::Issuer.is_in(issuers));
    if let Some(but) = but {
        links = links.filter(upstream_identity::Column::Id.ne(but));
    }
    Ok(links.count(tx).await? > 0)
}

/// The link that signs in somebody who has no password, and the id of its provider.
pub(crate) async fn in_place_of_password(ctx: &Context, user: &User) -> Result<Option<(Uuid, String)>, Fault> {
    if user.password().is_some() {
        return Ok(None);
    }
    let links = list(ctx, user.id).await?;
    Ok(links.into_iter().find_map(|link| {
        let provider = ctx.settings().providers.iter().find(|provider| provider.issuer() == link.issuer)?;
        Some((link.id, provider.id.clone()))
    }))
}

/// Takes away what signs in an account whose address was not confirmed, when somebody else shows
/// that it is theirs.
pub(crate) async fn forget(tx: &Tx, user: Uuid) -> Result<(), Fault> {
    upstream_identity::Entity::delete_many().filter(upstream_identity::Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}

// ---- Linking ----

/// Why an account elsewhere was not linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// What was said was made use of already.
    #[error("this has to begin again")]
    Void,
    /// It signs in an account here already: this one or another.
    #[error("it is linked already")]
    Known,
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(LinkError);

impl From<FactorError> for LinkError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Fault(fault) => Self::Fault(fault),
            _ => Self::Void,
        }
    }
}

/// Links what was said to the account of somebody who has just shown that it is theirs.
///
/// # Errors
///
/// See [`LinkError`].
pub async fn link(ctx: &Context, proven: &Proven, user: Uuid) -> Result<(), LinkError> {
    link_said(ctx, &proven.provider, &proven.said, user, Some(proven.clone())).await
}

pub(super) async fn link_said(
    ctx: &Context,
    provider: &Provider,
    said: &Said,
    user: Uuid,
    spends: Option<Proven>,
) -> Result<(), LinkError> {
    let args = (ctx.clone(), provider.clone(), said.clone(), user, spends);
    let linked = ctx
        .db()
        .write(args, |tx, (ctx, provider, said, user, spends)| {
            Box::pin(async move {
                if let Some(proven) = spends
                    && !proven.spend(tx).await?
                {
                    return Err(LinkError::Void);
                }
                let (user, _) = factor::hold(tx, *user).await?;
                give_up(tx, provider, said).await?;
                insert(tx, ctx, provider, said, user.id).await?;
                let name = &provider.name;
                let told = Told {
                    action: "user.provider_linked",
                    detail: &format!("Linked {name}"),
                    subject: &format!("{name} signs you in now"),
                    sentence: &format!("an account at {name} was just linked to your Portico account: it signs in."),
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(())
            })
        })
        .await;
    linked.map_err(|error| match error {
        LinkError::Fault(fault) if is_known(&fault) => LinkError::Known,
        error => error,
    })
}

async fn insert(tx: &Tx, ctx: &Context, provider: &Provider, said: &Said, user: Uuid) -> Result<Uuid, Fault> {
    let id = ctx.new_id()?;
    let row = upstream_identity::ActiveModel {
        id: Set(id),
        user_id: Set(user),
        issuer: Set(provider.issuer().to_owned()),
        subject: Set(said.subject.clone()),
        account: Set(said.account().to_owned()),
        created_at: Set(ctx.now()),
        last_used_at: Set(None),
    };
    upstream_identity::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(id)
}

fn is_known(fault: &Fault) -> bool {
    fault.violates("upstream_identities_issuer_subject", "upstream_identities.issuer")
}

/// Takes a link of a user away, and ends the sessions that its provider has opened, but the one
/// called `keep`, in which they have just shown who they are. Says how many ended; `None` if they
/// have no such link. Which of two accounts at one provider has opened a session is not known: both
/// count.
///
/// # Errors
///
/// [`FactorError::LastWay`] when nothing else signs in.
pub async fn unlink(ctx: &Context, user: Uuid, keep: Uuid, id: Uuid) -> Result<Option<u64>, FactorError> {
    ctx.db()
        .write((ctx.clone(), user, keep, id), |tx, (ctx, user, keep, id)| {
            Box::pin(async move { unlink_in(tx, ctx, *user, *keep, *id).await })
        })
        .await
}

async fn unlink_in(tx: &Tx, ctx: &Context, user: Uuid, keep: Uuid, id: Uuid) -> Result<Option<u64>, FactorError> {
    let (user, factors) = factor::hold(tx, user).await?;
    let row =
        upstream_identity::Entity::find_by_id(id).filter(upstream_identity::Column::UserId.eq(user.id)).one(tx).await?;
    let Some(row) = row else { return Ok(None) };
    let others = user.password().is_some() || !factors.passkeys.is_empty();
    if !others && !signs_in(tx, ctx, user.id, Some(row.id)).await? {
        return Err(FactorError::LastWay);
    }
    upstream_identity::Entity::delete_by_id(row.id).exec(tx).await?;
    let provider = ctx.settings().providers.iter().find(|provider| provider.issuer() == row.issuer);
    let opened = provider.map(|provider| provider.id.as_str());
    let ended = session::end_of_provider_in(tx, ctx, user.id, keep, opened).await?;
    let name = provider.map_or(row.issuer.as_str(), |provider| provider.name.as_str());
    let (sessions, too) = match ended {
        0 => (String::new(), String::new()),
        1 => (", which ended 1 session".to_owned(), " Another browser that it had signed in is signed out.".to_owned()),
        ended => (
            format!(", which ended {ended} sessions"),
            format!(" {ended} other browsers that it had signed in are signed out."),
        ),
    };
    let told = Told {
        action: "user.provider_unlinked",
        detail: &format!("Unlinked {name}{sessions}"),
        subject: &format!("{name} does not sign you in any more"),
        sentence: &format!(
            "an account at {name} was just unlinked from your Portico account. It does not sign in any more.{too}"
        ),
    };
    factor::tell(tx, ctx, &user, told).await?;
    Ok(Some(ended))
}
