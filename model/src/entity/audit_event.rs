//! Something that happened.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: Timestamp,
    pub action: String,
    pub organization_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub object_kind: String,
    pub object_id: Option<Uuid>,
    pub detail: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
