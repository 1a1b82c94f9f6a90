//! With which token a client that registered itself is managed.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// With which token a client that registered itself is managed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_registrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: Uuid,
    /// Of the registration access token (RFC 7592, section 3).
    pub token_hash: String,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
