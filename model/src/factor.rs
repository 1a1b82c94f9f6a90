//! What an account asks for beside a password, as a whole: authenticator app, passkeys, and the
//! codes for the day when both are lost.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{passkey, recovery_code, totp_factor, user},
    link, mail, upstream,
};

/// What an account has beside its password.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// The authenticator app.
    pub totp: Option<totp_factor::Model>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<passkey::Model>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

impl Factors {
    /// Whether a password alone does not sign in.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }
}

/// What a user has.
///
/// # Errors
///
/// When the database fails.
pub async fn of(ctx: &Context, user: Uuid) -> Result<Factors, Fault> {
    of_in(ctx.db().reader(), user).await
}

async fn of_in(db: &impl ConnectionTrait, user: Uuid) -> Result<Factors, Fault> {
    let totp = totp_factor::Entity::find_by_id(user).one(db).await?;
    let passkeys = passkey::Entity::find()
        .filter(passkey::Column::UserId.eq(user))
        .order_by_asc(passkey::Column::Id)
        .all(db)
        .await?;
    // A code stands in for a factor: without one there is nothing to stand in for.
    if totp.is_none() && passkeys.is_empty() {
        return Ok(Factors::default());
    }
    let recovery_codes = recovery_code::Entity::find()
        .filter(recovery_code::Column::UserId.eq(user))
        .filter(recovery_code::Column::UsedAt.is_null())
        .count(db)
        .await?;
    Ok(Factors { totp, passkeys, recovery_codes })
}

/// Why a way of signing in was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The code is not the one of now, or was used already.
    #[error("the code is wrong")]
    WrongCode,
    /// What was begun took too long, or belongs to somebody else.
    #[error("this has to begin again")]
    Void,
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// Without it nobody could sign in any more.
    #[error("it is the last way of signing in")]
    LastWay,
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(FactorError);

/// The user, held until the transaction ends: of two who each take one of the last two ways of
/// signing in, one waits and then sees that there is one left.
pub(crate) async fn hold(tx: &Tx, user: Uuid) -> Result<(user::Model, Factors), FactorError> {
    let row = user::Entity::find_by_id(user).lock_exclusive().one(tx).await?.ok_or(FactorError::Void)?;
    let factors = of_in(tx, user).await?;
    Ok((row, factors))
}

/// Takes the password away: from then on a passkey signs in, or another provider. A new one can be
/// set with a mailed link.
///
/// # Errors
///
/// [`FactorError::LastWay`] when there is neither.
pub async fn remove_password(ctx: &Context, user: Uuid) -> Result<(), FactorError> {
    ctx.db()
        .write((ctx.clone(), user), |tx, (ctx, user)| {
            Box::pin(async move {
                let (row, factors) = hold(tx, *user).await?;
                if factors.passkeys.is_empty() && !upstream::signs_in(tx, ctx, row.id, None).await? {
                    return Err(FactorError::LastWay);
                }
                let mut row = row.into_active_model();
                row.password_hash = Set(String::new());
                row.updated_at = Set(ctx.now());
                let row = row.update(tx).await?;
                tx.changed(Change::User(row.id));
                link::void(tx, row.id, link::LinkPurpose::ALL).await?;
                let told = Told {
                    action: "user.password_removed",
                    detail: "Removed the password",
                    subject: "Your password was removed",
                    sentence: "the password of your Portico account was just removed: from now on you sign in with \
                               a passkey, or with another provider that you have linked.",
                };
                tell(tx, ctx, &row, told).await?;
                Ok(())
            })
        })
        .await
}

/// How a change of a way of signing in is told.
pub(crate) struct Told<'a> {
    pub(crate) action: &'static str,
    pub(crate) detail: &'a str,
    pub(crate) subject: &'a str,
    /// Goes on after a greeting.
    pub(crate) sentence: &'a str,
}

/// Notes a change of a way of signing in, and mails its owner.
pub(crate) async fn tell(tx: &Tx, ctx: &Context, user: &user::Model, told: Told<'_>) -> Result<(), Fault> {
    let event = Event {
        action: told.action,
        organization: None,
        actor: Some(user.id),
        object_kind: "user",
        object: Some(user.id),
        detail: told.detail.to_owned(),
    };
    audit::record(tx, ctx, event).await?;
    mail::send(tx, ctx, mail::sign_in_changed(ctx, &user.email, &user.name, told.subject, told.sentence)).await
}
