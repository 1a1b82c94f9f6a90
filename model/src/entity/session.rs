//! A browser session of the portal.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A browser session of the portal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// SHA-256 of the id that the cookie holds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: String,
    /// How lists refer to it.
    pub public_id: Uuid,
    pub user_id: Option<Uuid>,
    /// The session's values, sealed.
    pub data_sealed: String,
    /// The address that it was last used from.
    pub address: String,
    pub user_agent: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// When its owner last showed who they are.
    pub auth_time: Option<Timestamp>,
    /// How, space-delimited (RFC 8176).
    pub amr: Option<String>,
    /// The provider that said who it is, if one did.
    pub provider: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// Whoever is signed in.
impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Entity::belongs_to(super::user::Entity).from(Column::UserId).to(super::user::Column::Id).into()
    }
}

impl ActiveModelBehavior for ActiveModel {}
