//! An account at another provider that signs in a user.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// An account at another provider that signs in a user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// Who says so, see [`crate::upstream::Provider::issuer`].
    pub issuer: String,
    /// Whom they mean.
    pub subject: String,
    /// What tells it from other accounts of the same provider, for people to read.
    pub account: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
