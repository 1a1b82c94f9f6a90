//! Organizations: what owns products and clients.

use sea_orm::EntityTrait as _;
use uuid::Uuid;

pub use crate::entity::{OrganizationKind, organization::Model as Organization};
use crate::{
    Context, Fault,
    entity::{membership, organization},
    membership::Belonging,
};

/// What belongs to a user: the only way to an organization for a request of theirs.
#[must_use]
pub const fn of(user: Uuid) -> Of {
    Of { user }
}

/// See [`of`].
#[derive(Clone, Copy, Debug)]
pub struct Of {
    user: Uuid,
}

impl Of {
    /// The organization, if the user belongs to it.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, id: Uuid) -> Result<Option<Belonging>, Fault> {
        let Some(membership) = membership::Entity::find_by_id((id, self.user)).one(ctx.db().reader()).await? else {
            return Ok(None);
        };
        let organization = organization::Entity::find_by_id(id).one(ctx.db().reader()).await?;
        Ok(organization.map(|organization| Belonging { organization, role: membership.role }))
    }
}
