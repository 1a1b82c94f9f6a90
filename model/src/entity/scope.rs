//! One permission of the catalogue.

use sea_orm::entity::prelude::*;

use crate::entity::ScopeAudience;

/// One permission of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scopes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub category: String,
    /// What developers read.
    pub description: String,
    /// What subscribers read.
    pub consent_text: String,
    pub audience: ScopeAudience,
    pub position: i32,
    /// Whether what it allows may go on while the subscriber is away.
    pub refreshable: bool,
    /// The API that it is a permission of: an absolute URI (RFC 8707), or a path below the portal's
    /// address for an API of the portal itself. None for what is of no API in particular.
    pub resource: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
