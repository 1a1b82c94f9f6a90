//! People with a portal account: signing up, signing in, and what they can change about
//! themselves.
//!
//! Nothing here tells whether an address has an account: answers and their times are the same,
//! and only a mail to the address itself says more.

mod new_email;
mod new_password;
mod sign_in;
mod sign_up;
mod verification;

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

pub(crate) use self::verification::{send_verification, unverified};
pub use self::{
    new_email::{change_email, request_email},
    new_password::{change_password, forgot_password, reset_password},
    sign_in::{SignIn, SignInError, sign_in},
    sign_up::{SignUp, SignedUp, create, sign_up},
    verification::{Proof, Verification, resend_verification, verification, verify},
};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    days,
    db::Tx,
    entity::{OrganizationKind, membership, organization, user},
    limit::{self, Budget, TooMany},
    membership::Role,
    password::Evenly,
};
pub use crate::{
    email::{Email, EmailProblem},
    entity::user::Model as User,
    password::Weakness,
};

/// The longest name of a person or an organization, in characters.
pub const LONGEST_NAME: usize = 80;

/// How long an account may wait for its address to be confirmed.
const UNVERIFIED: i64 = days(7);

/// Something that is wrong with what a person typed about themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The name.
    Name(rules::text::Problem),
    /// The address.
    Email(EmailProblem),
    /// The password.
    Password(Weakness),
}

/// Why an account was not opened, or something about it not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// What was typed; everything that is wrong with it.
    #[error("{0:?}")]
    Invalid(Vec<Invalid>),
    /// The present password is another one.
    #[error("the password is wrong")]
    WrongPassword,
    /// The link was used, has expired, or was replaced.
    #[error("the link does not work any more")]
    LinkVoid,
    /// Somebody else has taken the address meanwhile.
    #[error("the address is taken")]
    EmailTaken,
    /// Too many tries.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(AccountError);

impl User {
    /// The hash of their password; `None` for who signs in with passkeys alone.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        (!self.password_hash.is_empty()).then_some(self.password_hash.as_str())
    }
}

/// The user of this id.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, id: Uuid) -> Result<Option<User>, Fault> {
    Ok(user::Entity::find_by_id(id).one(ctx.db().reader()).await?)
}

/// Whether the user of this id exists, has confirmed the address, and is not suspended.
///
/// # Errors
///
/// When the database fails.
pub async fn may_sign_in(ctx: &Context, id: Uuid) -> Result<bool, Fault> {
    let user = find(ctx, id).await?;
    Ok(user.is_some_and(|user| user.suspended_at.is_none() && user.email_verified_at.is_some()))
}

/// Whether somebody has an account with this address, and has confirmed it.
pub(crate) async fn has_verified(ctx: &Context, email: &Email) -> Result<bool, Fault> {
    Ok(by_email(ctx, &email.key).await?.is_some_and(|user| user.email_verified_at.is_some()))
}

async fn by_email(ctx: &Context, key: &str) -> Result<Option<User>, Fault> {
    // PostgreSQL has no such text, and would call it an error of ours.
    if key.contains('\0') {
        return Ok(None);
    }
    Ok(user::Entity::find().filter(user::Column::EmailKey.eq(key)).one(ctx.db().reader()).await?)
}

/// Held until the end of the transaction: an account that is confirmed meanwhile is not replaced.
pub(crate) async fn by_email_in(tx: &Tx, key: &str) -> Result<Option<User>, Fault> {
    Ok(user::Entity::find().filter(user::Column::EmailKey.eq(key)).lock_exclusive().one(tx).await?)
}

/// Somebody new.
pub(crate) struct New<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a Email,
    /// Empty for who has no password.
    pub(crate) hash: &'a str,
    pub(crate) verified: bool,
    pub(crate) administrator: bool,
}

/// A user and their personal organization.
pub(crate) async fn insert(tx: &Tx, ctx: &Context, new: New<'_>) -> Result<User, Fault> {
    let now = ctx.now();
    let user = User {
        id: ctx.new_id()?,
        name: new.name.to_owned(),
        email_key: new.email.key.clone(),
        email: new.email.typed.clone(),
        email_verified_at: new.verified.then_some(now),
        password_hash: new.hash.to_owned(),
        administrator: new.administrator,
        created_at: now,
        updated_at: now,
        suspended_at: None,
    };
    user::Entity::insert(user.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let organization = organization::ActiveModel {
        id: Set(ctx.new_id()?),
        kind: Set(OrganizationKind::Personal),
        name: Set(user.name.clone()),
        personal_user_id: Set(Some(user.id)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let membership = membership::ActiveModel {
        organization_id: organization.id.clone(),
        user_id: Set(user.id),
        role: Set(Role::Owner),
        created_at: Set(now),
    };
    organization::Entity::insert(organization).exec_without_returning(tx).await?;
    membership::Entity::insert(membership).exec_without_returning(tx).await?;
    tx.changed(Change::User(user.id));
    note(tx, ctx, "user.signed_up", &user, "Opened an account").await?;
    Ok(user)
}

/// Deletes accounts whose address nobody has confirmed in time. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-UNVERIFIED), |tx, before| {
            Box::pin(async move {
                let deleted = user::Entity::delete_many()
                    .filter(user::Column::EmailVerifiedAt.is_null())
                    .filter(user::Column::UpdatedAt.lt(*before))
                    .exec(tx)
                    .await?;
                // Whoever has not confirmed is never signed in.
                tx.not_held("users");
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

async fn note(tx: &Tx, ctx: &Context, action: &'static str, user: &User, detail: &str) -> Result<(), Fault> {
    let event = Event {
        action,
        organization: None,
        actor: Some(user.id),
        object_kind: "user",
        object: Some(user.id),
        detail: detail.to_owned(),
    };
    audit::record(tx, ctx, event).await
}

type Mailing = for<'a> fn(&'a Tx, &'a Context, &'a User) -> futures::future::BoxFuture<'a, Result<(), Fault>>;

/// `purpose` is the budget of the mails: those that let somebody in again are counted by themselves, so
/// that nobody can use them up with others.
async fn mail_if_known(
    ctx: &Context,
    email: &str,
    address: &str,
    purpose: &'static str,
    mailing: Mailing,
) -> Result<(), AccountError> {
    let email = Email::parse(email).map_err(|problem| AccountError::Invalid(vec![Invalid::Email(problem)]))?;
    let evenly = Evenly::start();
    let budgets = [
        Budget::new(ctx, "sign_in_address", address, ctx.settings().limits.sign_in_address),
        Budget::new(ctx, purpose, &email.key, ctx.settings().limits.mail_recipient),
    ];
    let result = ctx
        .db()
        .write((ctx.clone(), email, budgets), move |tx, (ctx, email, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, AccountError>(Err(too_many));
                }
                if let Some(user) = by_email_in(tx, &email.key).await? {
                    mailing(tx, ctx, &user).await?;
                }
                Ok(Ok(()))
            })
        })
        .await;
    evenly.finish().await;
    Ok(result??)
}

fn taken(error: AccountError) -> AccountError {
    match error {
        AccountError::Fault(fault) if fault.violates("users_email_key", "users.email_key") => AccountError::EmailTaken,
        error => error,
    }
}
