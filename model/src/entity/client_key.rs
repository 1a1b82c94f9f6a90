//! A public key of a client.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A public key of a client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub label: String,
    pub kid: String,
    /// Of its certificate (`x5t#S256`), if it was registered with one, else the key's own (RFC 7638).
    pub thumbprint: String,
    /// RFC 7517, as JSON.
    pub jwk: String,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
