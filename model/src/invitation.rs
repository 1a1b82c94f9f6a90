//! Invitations to organizations, by mail. They are for one address: only whoever has confirmed
//! it can accept.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::{ExprTrait as _, OnConflict},
};
use uuid::Uuid;

pub use crate::entity::invitation::Model as Invitation;
use crate::{
    Context, Fault, Timestamp,
    change::Change,
    db::Tx,
    email::{Email, EmailProblem},
    entity::{OrganizationKind, invitation, membership, organization, user},
    limit::{self, Budget, TooMany},
    mail,
    membership::{Right, Role, reach},
    organization::{OrganizationError, hold, note, permit},
    secret::{self, Kind, Plain},
};

/// Why nobody was invited, or nobody has joined.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// The address.
    #[error(transparent)]
    Email(#[from] EmailProblem),
    /// Whoever has this address belongs to the organization already.
    #[error("a member already")]
    AlreadyMember,
    /// It was accepted, withdrawn, has expired, or is for another address.
    #[error("no such invitation")]
    Void,
    /// Too many mails to this address.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// What the organization says.
    #[error(transparent)]
    Organization(OrganizationError),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(InvitationError);

impl From<OrganizationError> for InvitationError {
    fn from(error: OrganizationError) -> Self {
        match error {
            OrganizationError::Fault(fault) => Self::Fault(fault),
            error => Self::Organization(error),
        }
    }
}

/// Invites an address to an organization. An earlier invitation of the same address is replaced.
///
/// # Errors
///
/// See [`InvitationError`].
pub async fn invite(
    ctx: &Context,
    actor: Uuid,
    organization: Uuid,
    email: &str,
    role: Role,
) -> Result<(), InvitationError> {
    let email = Email::parse(email)?;
    let budgets = budgets(ctx, actor, &email.key);
    let args = (ctx.clone(), actor, organization, email, role, budgets);
    let invited = ctx.db().write(args, |tx, (ctx, actor, organization, email, role, budgets)| {
        Box::pin(async move {
            let held = hold(tx, *organization).await?;
            let own = permit(tx, *actor, *organization, Right::ManageMembers).await?;
            reach(own, *role)?;
            if held.kind == OrganizationKind::Personal {
                return Err(OrganizationError::Personal.into());
            }
            if is_member(tx, *organization, &email.key).await? {
                return Err(InvitationError::AlreadyMember);
            }
            if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                return Ok(Err(too_many));
            }
            withdraw_where(tx, ctx, *organization, invitation::Column::EmailKey.eq(email.key.as_str())).await?;
            let token = Plain::generate(ctx, Kind::Invitation)?;
            let row = invitation::ActiveModel {
                id: Set(ctx.new_id()?),
                organization_id: Set(*organization),
                email_key: Set(email.key.clone()),
                role: Set(*role),
                token_hash: Set(token.hash()),
                invited_by: Set(*actor),
                created_at: Set(ctx.now()),
                expires_at: Set(ctx.now().plus(ctx.settings().lifetimes.invitation)),
                accepted_at: Set(None),
                withdrawn_at: Set(None),
            };
            invitation::Entity::insert(row).exec_without_returning(tx).await?;
            send(tx, ctx, *actor, &held.name, &email.typed, *role, &token).await?;
            let detail = format!("Invited {} as {}", email.typed, role.as_str());
            note(tx, ctx, *actor, *organization, "invitation.sent", detail).await?;
            Ok(Ok(()))
        })
    });
    Ok(invited.await??)
}

/// Of whoever has them sent, and of whoever gets them.
fn budgets(ctx: &Context, actor: Uuid, key: &str) -> [Budget; 2] {
    let limits = &ctx.settings().limits;
    [
        Budget::new(ctx, "mail_sender", &actor.to_string(), limits.mail_sender),
        Budget::new(ctx, "mail", key, limits.mail_recipient),
    ]
}

async fn is_member(tx: &Tx, organization: Uuid, key: &str) -> Result<bool, Fault> {
    let Some(user) = user::Entity::find().filter(user::Column::EmailKey.eq(key)).one(tx).await? else {
        return Ok(false);
    };
    Ok(membership::Entity::find_by_id((organization, user.id)).one(tx).await?.is_some())
}

async fn send(
    tx: &Tx,
    ctx: &Context,
    actor: Uuid,
    organization: &str,
    to: &str,
    role: Role,
    token: &Plain,
) -> Result<(), Fault> {
    let inviter = user::Entity::find_by_id(actor).one(tx).await?.map(|user| user.name).unwrap_or_default();
    mail::send(tx, ctx, mail::invitation(ctx, to, &inviter, organization, role.as_str(), token)).await
}

/// Mails an invitation again, with a new link and a new end.
///
/// # Errors
///
/// [`InvitationError::Void`] when it is no longer open.
pub async fn resend(ctx: &Context, actor: Uuid, organization: Uuid, id: Uuid) -> Result<(), InvitationError> {
    let sent = ctx.db().write((ctx.clone(), actor, organization, id), |tx, (ctx, actor, organization, id)| {
        Box::pin(async move {
            let held = hold(tx, *organization).await?;
            let own = permit(tx, *actor, *organization, Right::ManageMembers).await?;
            let row = open(tx, *organization, *id).await?;
            reach(own, row.role)?;
            if let Err(too_many) = limit::take(tx, &budgets(ctx, *actor, &row.email_key), ctx.now()).await? {
                return Ok::<_, InvitationError>(Err(too_many));
            }
            let token = Plain::generate(ctx, Kind::Invitation)?;
            invitation::Entity::update_many()
                .set(invitation::ActiveModel {
                    token_hash: Set(token.hash()),
                    expires_at: Set(ctx.now().plus(ctx.settings().lifetimes.invitation)),
                    ..Default::default()
                })
                .filter(invitation::Column::Id.eq(row.id))
                .exec(tx)
                .await?;
            send(tx, ctx, *actor, &held.name, &row.email_key, row.role, &token).await?;
            let detail = format!("Sent the invitation of {} again", row.email_key);
            note(tx, ctx, *actor, *organization, "invitation.resent", detail).await?;
            Ok(Ok(()))
        })
    });
    Ok(sent.await??)
}

async fn open(tx: &Tx, organization: Uuid, id: Uuid) -> Result<Invitation, InvitationError> {
    let row = invitation::Entity::find_by_id(id)
        .filter(invitation::Column::OrganizationId.eq(organization))
        .filter(undecided())
        .one(tx)
        .await?;
    row.ok_or(InvitationError::Void)
}

fn undecided() -> Condition {
    Condition::all().add(invitation::Column::AcceptedAt.is_null()).add(invitation::Column::WithdrawnAt.is_null())
}

/// Takes an invitation back.
///
/// # Errors
///
/// [`InvitationError::Void`] when it is no longer open.
pub async fn withdraw(ctx: &Context, actor: Uuid, organization: Uuid, id: Uuid) -> Result<(), InvitationError> {
    ctx.db()
        .write((ctx.clone(), actor, organization, id), |tx, (ctx, actor, organization, id)| {
            Box::pin(async move {
                hold(tx, *organization).await?;
                let own = permit(tx, *actor, *organization, Right::ManageMembers).await?;
                let row = open(tx, *organization, *id).await?;
                reach(own, row.role)?;
                withdraw_where(tx, ctx, *organization, invitation::Column::Id.eq(row.id)).await?;
                let detail = format!("Withdrew the invitation of {}", row.email_key);
                note(tx, ctx, *actor, *organization, "invitation.withdrawn", detail).await?;
                Ok(())
            })
        })
        .await
}

/// Whoever may no longer invite has no invitations standing, for instance of a second address of
/// their own.
pub(crate) async fn withdraw_by(tx: &Tx, ctx: &Context, organization: Uuid, user: Uuid) -> Result<(), Fault> {
    withdraw_where(tx, ctx, organization, invitation::Column::InvitedBy.eq(user)).await
}

/// Whoever has another role keeps the invitations that it reaches: an owner who becomes an admin is not
/// made an owner again by one of their own.
pub(crate) async fn withdraw_above(
    tx: &Tx,
    ctx: &Context,
    organization: Uuid,
    user: Uuid,
    role: Role,
) -> Result<(), Fault> {
    if !role.may(Right::ManageMembers) {
        return withdraw_by(tx, ctx, organization, user).await;
    }
    let above = Role::ALL.iter().copied().filter(|other| !role.reaches(*other));
    let which = invitation::Column::InvitedBy.eq(user).and(invitation::Column::Role.is_in(above));
    withdraw_where(tx, ctx, organization, which).await
}

async fn withdraw_where(
    tx: &Tx,
    ctx: &Context,
    organization: Uuid,
    which: sea_orm::sea_query::SimpleExpr,
) -> Result<(), Fault> {
    invitation::Entity::update_many()
        .set(invitation::ActiveModel { withdrawn_at: Set(Some(ctx.now())), ..Default::default() })
        .filter(invitation::Column::OrganizationId.eq(organization))
        .filter(undecided())
        .filter(which)
        .exec(tx)
        .await?;
    Ok(())
}

/// An invitation as lists show it.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Its id.
    pub id: Uuid,
    /// The organization's name.
    pub organization: String,
    /// For whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who invites.
    pub inviter: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it has ended.
    pub expired: bool,
}

/// The open invitations of an organization, the newest first; also those that have expired.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, organization: Uuid) -> Result<Vec<InvitationRow>, Fault> {
    rows(ctx, invitation::Column::OrganizationId.eq(organization).into(), true).await
}

/// The invitations that a user could accept.
///
/// # Errors
///
/// When the database fails.
pub async fn of_user(ctx: &Context, user: &user::Model) -> Result<Vec<InvitationRow>, Fault> {
    if user.email_verified_at.is_none() {
        return Ok(Vec::new());
    }
    rows(ctx, invitation::Column::EmailKey.eq(user.email_key.as_str()).into(), false).await
}

/// The invitation behind a mailed link, whoever follows it; `None` when it is no longer open.
///
/// # Errors
///
/// When the database fails.
pub async fn look(ctx: &Context, token: &str) -> Result<Option<InvitationRow>, Fault> {
    if !secret::well_formed(Kind::Invitation, token) {
        return Ok(None);
    }
    Ok(rows(ctx, invitation::Column::TokenHash.eq(secret::hash(token)).into(), false).await?.pop())
}

struct Which(sea_orm::sea_query::SimpleExpr);

impl From<sea_orm::sea_query::SimpleExpr> for Which {
    fn from(expression: sea_orm::sea_query::SimpleExpr) -> Self {
        Self(expression)
    }
}

async fn rows(ctx: &Context, which: Which, also_expired: bool) -> Result<Vec<InvitationRow>, Fault> {
    let db = ctx.db().reader();
    let mut query = invitation::Entity::find().filter(which.0).filter(undecided());
    if !also_expired {
        query = query.filter(invitation::Column::ExpiresAt.gt(ctx.now()));
    }
    let found = query.order_by_desc(invitation::Column::Id).all(db).await?;
    let mut list = Vec::with_capacity(found.len());
    for row in found {
        let organization = organization::Entity::find_by_id(row.organization_id).one(db).await?;
        let inviter = user::Entity::find_by_id(row.invited_by).one(db).await?;
        list.push(InvitationRow {
            id: row.id,
            organization: organization.map(|organization| organization.name).unwrap_or_default(),
            email: row.email_key,
            role: row.role,
            inviter: inviter.map(|user| user.name).unwrap_or_default(),
            expires_at: row.expires_at,
            expired: row.expires_at <= ctx.now(),
        });
    }
    Ok(list)
}

/// Joins the organization that invited the confirmed address of `user`. Returns its id.
///
/// # Errors
///
/// [`InvitationError::Void`] when the invitation is not open, or not theirs.
pub async fn accept(ctx: &Context, user: Uuid, id: Uuid) -> Result<Uuid, InvitationError> {
    ctx.db()
        .write((ctx.clone(), user, id), |tx, (ctx, user, id)| {
            Box::pin(async move {
                let now = ctx.now();
                let person = decide(tx, *user, *id, now, true).await?;
                let row = invitation::Entity::find_by_id(*id).one(tx).await?.ok_or(InvitationError::Void)?;
                let membership = membership::ActiveModel {
                    organization_id: Set(row.organization_id),
                    user_id: Set(*user),
                    role: Set(row.role),
                    created_at: Set(now),
                };
                // Whoever is a member already keeps their role.
                membership::Entity::insert(membership)
                    .on_conflict(
                        OnConflict::columns([membership::Column::OrganizationId, membership::Column::UserId])
                            .do_nothing()
                            .to_owned(),
                    )
                    .exec_without_returning(tx)
                    .await?;
                tx.changed(Change::User(*user));
                let detail = format!("{} joined as {}", person.name, row.role.as_str());
                note(tx, ctx, *user, row.organization_id, "member.joined", detail).await?;
                Ok(row.organization_id)
            })
        })
        .await
}

/// Says no to an invitation.
///
/// # Errors
///
/// [`InvitationError::Void`] when it is not open, or not theirs.
pub async fn decline(ctx: &Context, user: Uuid, id: Uuid) -> Result<(), InvitationError> {
    ctx.db()
        .write((ctx.clone(), user, id), |tx, (ctx, user, id)| {
            Box::pin(async move {
                let person = decide(tx, *user, *id, ctx.now(), false).await?;
                let row = invitation::Entity::find_by_id(*id).one(tx).await?.ok_or(InvitationError::Void)?;
                let detail = format!("{} declined the invitation", person.name);
                note(tx, ctx, *user, row.organization_id, "invitation.declined", detail).await?;
                Ok(())
            })
        })
        .await
}

/// Uses the invitation up with one write, which only the confirmed address that it is for can.
async fn decide(tx: &Tx, user: Uuid, id: Uuid, now: Timestamp, accepted: bool) -> Result<user::Model, InvitationError> {
    let person = user::Entity::find_by_id(user).one(tx).await?.ok_or(InvitationError::Void)?;
    if person.email_verified_at.is_none() || person.suspended_at.is_some() {
        return Err(InvitationError::Void);
    }
    let decision = invitation::ActiveModel {
        accepted_at: if accepted { Set(Some(now)) } else { Default::default() },
        withdrawn_at: if accepted { Default::default() } else { Set(Some(now)) },
        ..Default::default()
    };
    let updated = invitation::Entity::update_many()
        .set(decision)
        .filter(invitation::Column::Id.eq(id))
        .filter(invitation::Column::EmailKey.eq(person.email_key.as_str()))
        .filter(invitation::Column::ExpiresAt.gt(now))
        .filter(undecided())
        .exec(tx)
        .await?;
    if updated.rows_affected == 1 { Ok(person) } else { Err(InvitationError::Void) }
}

/// Deletes invitations that ended a month ago. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-crate::days(30)), |tx, before| {
            Box::pin(async move {
                let deleted = invitation::Entity::delete_many()
                    .filter(invitation::Column::ExpiresAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
