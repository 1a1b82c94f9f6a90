//! Who belongs to which organization, in which role, and what a role may do.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

pub use crate::entity::Role;
use crate::{
    Context, Fault,
    entity::{membership, organization},
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
        .find_also_linked(ToOrganization)
        .all(ctx.db().reader())
        .await?;
    let mut list: Vec<Belonging> = rows
        .into_iter()
        .filter_map(|(membership, organization)| Some(Belonging { organization: organization?, role: membership.role }))
        .collect();
    list.sort_by_key(|b| (b.organization.personal_user_id.is_none(), b.organization.name.to_lowercase()));
    Ok(list)
}

/// How memberships lead to organizations.
pub(crate) struct ToOrganization;

impl sea_orm::Linked for ToOrganization {
    type FromEntity = membership::Entity;
    type ToEntity = organization::Entity;

    fn link(&self) -> Vec<sea_orm::RelationDef> {
        vec![
            membership::Entity::belongs_to(organization::Entity)
                .from(membership::Column::OrganizationId)
                .to(organization::Column::Id)
                .into(),
        ]
    }
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
