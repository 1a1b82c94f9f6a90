//! Our own copy of a client's logo.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// What became of the logo that a client names.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "logos")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: Uuid,
    pub uri: String,
    pub copy_id: Option<Uuid>,
    pub content_type: Option<String>,
    pub content: Option<Vec<u8>>,
    pub fetched_at: Option<Timestamp>,
    pub attempts: i32,
    pub failed_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
