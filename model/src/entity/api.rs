//! A resource server.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, entity::TokenFormat};

/// A resource server.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "apis")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What `scopes.resource` names it by: an absolute URI (RFC 8707), or a path below the portal's
    /// address for an API of the portal itself.
    pub resource: String,
    /// How access tokens for it look; as the client's without.
    pub token_format: Option<TokenFormat>,
    /// Whose clients run it, and so may introspect its tokens.
    pub organization_id: Option<Uuid>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
