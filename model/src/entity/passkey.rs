//! A passkey of a user.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A passkey of a user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkeys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// Base64url; no two users have the same.
    pub credential_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Public key, counter and flags, as JSON.
    pub credential: String,
    /// Whether it can be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it was.
    pub backed_up: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
