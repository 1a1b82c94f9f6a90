//! A one-time link that was mailed to a user.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, entity::LinkPurpose};

/// A one-time link that was mailed to a user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub purpose: LinkPurpose,
    pub token_hash: String,
    pub user_id: Uuid,
    /// The address that it proves.
    pub email: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
