//! Who belongs to which organization, in which role, and what a role may do.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait as _, QueryFilter as _,
    sea_query::{Alias, Expr, Query, SelectStatement},
};
use uuid::Uuid;

pub use crate::entity::Role;
use crate::{
    Context, Fault, Timestamp,
    change::Change,
    db::Tx,
    entity::{OrganizationKind, membership, organization, user},
    invitation,
    organization::{OrganizationError, hold, note, permit},
};

/// Something that a role may or may not do in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See everything but secrets.
    See,
    /// Create and change products, their scopes and their distribution.
    ManageProducts,
    /// Create, change, disable and delete clients; see new secrets.
    ManageClients,
    /// Enable and disable products for an operator's subscribers.
    OperateProducts,
    /// Invite, remove, and change roles below one's own.
    ManageMembers,
    /// Rename the organization, give it away, delete it.
    ManageOrganization,
}

impl Right {
    /// The least role that has this right. Roles are ordered: each has the rights of the next.
    #[must_use]
    pub const fn least_role(self) -> Role {
        match self {
            Self::See => Role::Viewer,
            Self::ManageProducts | Self::ManageClients => Role::Developer,
            Self::OperateProducts | Self::ManageMembers => Role::Admin,
            Self::ManageOrganization => Role::Owner,
        }
    }
}

impl Role {
    const fn rank(self) -> u8 {
        match self {
            Self::Owner => 3,
            Self::Admin => 2,
            Self::Developer => 1,
            Self::Viewer => 0,
        }
    }

    /// Whether this role has `right`.
    #[must_use]
    pub const fn may(self, right: Right) -> bool {
        self.rank() >= right.least_role().rank()
    }

    /// Whether this role stands at least as high as `other`.
    #[must_use]
    pub const fn reaches(self, other: Self) -> bool {
        self.rank() >= other.rank()
    }
}

/// An organization that a user belongs to, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The organization.
    pub organization: organization::Model,
    /// The user's role in it.
    pub role: Role,
}

/// The organizations of a user: the personal one first, then by name.
///
/// # Errors
///
/// When the database fails.
pub async fn of_user(ctx: &Context, user: Uuid) -> Result<Vec<Belonging>, Fault> {
    let rows = membership::Entity::find()
        .filter(membership::Column::UserId.eq(user))
        .find_also_related(organization::Entity)
        .all(ctx.db().reader())
        .await?;
    let mut list: Vec<Belonging> = rows
        .into_iter()
        .filter_map(|(membership, organization)| Some(Belonging { organization: organization?, role: membership.role }))
        .collect();
    sort(&mut list);
    Ok(list)
}

/// Puts the organizations of a user in the order in which they are listed: the personal one first, then
/// by name.
pub(crate) fn sort(belongings: &mut [Belonging]) {
    belongings.sort_by_key(|b| (b.organization.personal_user_id.is_none(), b.organization.name.to_lowercase()));
}

/// A member of an organization, as a list shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The user's id.
    pub user: Uuid,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their role.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// The members of an organization: owners first, then by name.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, organization: Uuid) -> Result<Vec<MemberRow>, Fault> {
    let rows = membership::Entity::find()
        .filter(membership::Column::OrganizationId.eq(organization))
        .find_also_related(user::Entity)
        .all(ctx.db().reader())
        .await?;
    let mut list: Vec<MemberRow> = rows
        .into_iter()
        .filter_map(|(membership, user)| {
            let user = user?;
            Some(MemberRow {
                user: user.id,
                name: user.name,
                email: user.email,
                role: membership.role,
                since: membership.created_at,
            })
        })
        .collect();
    list.sort_by_key(|row| (std::cmp::Reverse(row.role.rank()), row.name.to_lowercase()));
    Ok(list)
}

/// Gives a member another role. Nobody gives a role above their own, or takes one.
///
/// # Errors
///
/// [`OrganizationError::NotAllowed`], [`OrganizationError::NotMember`] or
/// [`OrganizationError::LastOwner`].
pub async fn change_role(
    ctx: &Context,
    actor: Uuid,
    organization: Uuid,
    user: Uuid,
    role: Role,
) -> Result<(), OrganizationError> {
    ctx.db()
        .write((ctx.clone(), actor, organization, user, role), |tx, (ctx, actor, organization, user, role)| {
            Box::pin(async move {
                hold(tx, *organization).await?;
                let own = permit(tx, *actor, *organization, Right::ManageMembers).await?;
                let member = find(tx, *organization, *user).await?;
                reach(own, member.role)?;
                reach(own, *role)?;
                if member.role == *role {
                    return Ok(());
                }
                set_role(tx, *organization, *user, *role).await?;
                invitation::withdraw_above(tx, ctx, *organization, *user, *role).await?;
                let detail = format!("Changed the role of {} to {}", name(tx, *user).await?, role.as_str());
                note(tx, ctx, *actor, *organization, "member.role_changed", detail).await?;
                Ok(())
            })
        })
        .await
}

/// Takes a member out of the organization; oneself too, which needs no right.
///
/// # Errors
///
/// [`OrganizationError::NotAllowed`], [`OrganizationError::NotMember`] or
/// [`OrganizationError::LastOwner`].
pub async fn remove(ctx: &Context, actor: Uuid, organization: Uuid, user: Uuid) -> Result<(), OrganizationError> {
    ctx.db()
        .write((ctx.clone(), actor, organization, user), |tx, (ctx, actor, organization, user)| {
            Box::pin(async move {
                hold(tx, *organization).await?;
                let member = find(tx, *organization, *user).await?;
                let name = name(tx, *user).await?;
                let (action, detail) = if actor == user {
                    ("member.left", format!("{name} left"))
                } else {
                    let own = permit(tx, *actor, *organization, Right::ManageMembers).await?;
                    reach(own, member.role)?;
                    ("member.removed", format!("Removed {name}"))
                };
                let removed = membership::Entity::delete_many()
                    .filter(membership::Column::OrganizationId.eq(*organization))
                    .filter(membership::Column::UserId.eq(*user))
                    .filter(not_the_last_owner(*organization, *user))
                    .exec(tx)
                    .await?;
                if removed.rows_affected != 1 {
                    return Err(OrganizationError::LastOwner);
                }
                tx.changed(Change::User(*user));
                invitation::withdraw_by(tx, ctx, *organization, *user).await?;
                note(tx, ctx, *actor, *organization, action, detail).await?;
                Ok(())
            })
        })
        .await
}

/// Gives the organization to another member: they become an owner, the one who gives an admin.
///
/// # Errors
///
/// [`OrganizationError::NotAllowed`], [`OrganizationError::NotMember`] or
/// [`OrganizationError::Personal`].
pub async fn transfer(ctx: &Context, actor: Uuid, organization: Uuid, to: Uuid) -> Result<(), OrganizationError> {
    ctx.db()
        .write((ctx.clone(), actor, organization, to), |tx, (ctx, actor, organization, to)| {
            Box::pin(async move {
                let held = hold(tx, *organization).await?;
                permit(tx, *actor, *organization, Right::ManageOrganization).await?;
                if held.kind == OrganizationKind::Personal {
                    return Err(OrganizationError::Personal);
                }
                if actor == to {
                    return Err(OrganizationError::NotMember);
                }
                find(tx, *organization, *to).await?;
                set_role(tx, *organization, *to, Role::Owner).await?;
                set_role(tx, *organization, *actor, Role::Admin).await?;
                invitation::withdraw_above(tx, ctx, *organization, *actor, Role::Admin).await?;
                let detail = format!("Transferred the organization to {}", name(tx, *to).await?);
                note(tx, ctx, *actor, *organization, "organization.transferred", detail).await?;
                Ok(())
            })
        })
        .await
}

async fn set_role(tx: &Tx, organization: Uuid, user: Uuid, role: Role) -> Result<(), OrganizationError> {
    let mut update = membership::Entity::update_many()
        .set(membership::ActiveModel { role: Set(role), ..Default::default() })
        .filter(membership::Column::OrganizationId.eq(organization))
        .filter(membership::Column::UserId.eq(user));
    if role != Role::Owner {
        update = update.filter(not_the_last_owner(organization, user));
    }
    tx.changed(Change::User(user));
    match update.exec(tx).await?.rows_affected {
        1 => Ok(()),
        _ => Err(OrganizationError::LastOwner),
    }
}

/// No owner, or not the only one. Part of the write itself, so that of two owners who leave at
/// the same time one stays.
fn not_the_last_owner(organization: Uuid, user: Uuid) -> Condition {
    use sea_orm::sea_query::ExprTrait as _;
    let others: SelectStatement = Query::select()
        .expr(Expr::val(1))
        .from_as(Alias::new("memberships"), Alias::new("others"))
        .and_where(Expr::col((Alias::new("others"), membership::Column::OrganizationId)).eq(organization))
        .and_where(Expr::col((Alias::new("others"), membership::Column::UserId)).ne(user))
        .and_where(Expr::col((Alias::new("others"), membership::Column::Role)).eq(Role::Owner.as_str()))
        .to_owned();
    Condition::any().add(ColumnTrait::ne(&membership::Column::Role, Role::Owner)).add(Expr::exists(others))
}

async fn find(tx: &Tx, organization: Uuid, user: Uuid) -> Result<membership::Model, OrganizationError> {
    let row = membership::Entity::find_by_id((organization, user)).one(tx).await?;
    row.ok_or(OrganizationError::NotMember)
}

pub(crate) fn reach(own: Role, other: Role) -> Result<(), OrganizationError> {
    if own.reaches(other) { Ok(()) } else { Err(OrganizationError::NotAllowed { role: own, needed: other }) }
}

async fn name(tx: &Tx, user: Uuid) -> Result<String, Fault> {
    Ok(user::Entity::find_by_id(user).one(tx).await?.map(|user| user.name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_the_rights_of_the_next() {
        let rights = [
            Right::See,
            Right::ManageProducts,
            Right::ManageClients,
            Right::OperateProducts,
            Right::ManageMembers,
            Right::ManageOrganization,
        ];
        let count = |role: Role| rights.iter().filter(|right| role.may(**right)).count();
        assert_eq!(Role::ALL.iter().map(|role| count(*role)).collect::<Vec<_>>(), [6, 5, 3, 1]);
    }
}
