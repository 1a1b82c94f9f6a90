//! The brand and contact of an operator; its key is its organization's.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// The brand and contact of an operator; its key is its organization's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: Uuid,
    pub name: String,
    /// `#rrggbb`.
    pub brand_color: String,
    /// `#rrggbb`, readable on the brand colour.
    pub on_brand_color: String,
    /// Path of the logo below the public URL.
    pub logo: String,
    pub support_email: String,
    pub support_url: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
