//! A secret of a client; of most only the hash is kept.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A secret of a client; of most only the hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secrets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub label: String,
    pub secret_hash: String,
    /// The secret itself, sealed, if the client signs with it (`client_secret_jwt`).
    pub secret_sealed: Option<String>,
    pub last_four: String,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
