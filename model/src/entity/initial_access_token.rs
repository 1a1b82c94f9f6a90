//! A token with which programs register clients of a product (RFC 7591, section 1.2).

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A token with which programs register clients of a product (RFC 7591, section 1.2).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "initial_access_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub product_id: Uuid,
    pub label: String,
    pub token_hash: String,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// How many clients were registered with it.
    pub uses: i64,
    /// How many may be, if not any number.
    pub most_uses: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
