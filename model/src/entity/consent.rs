//! What somebody allowed a product.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, entity::SubjectKind};

/// What somebody allowed a product.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub subject_kind: SubjectKind,
    pub subject_id: Uuid,
    pub product_id: Uuid,
    /// Space-delimited.
    pub scopes: String,
    /// Optional scopes that were left out, space-delimited.
    pub declined: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub revoked_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
