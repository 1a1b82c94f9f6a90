//! A link at which a subscriber takes a consent back.

use sea_orm::{EnumIter as Iterable, entity::prelude::*};

use crate::Timestamp;

/// How a subscriber has answered at such a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Iterable, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum RevokeAnswer {
    /// The consent has ended.
    #[sea_orm(string_value = "removed")]
    Removed,
    /// It stays.
    #[sea_orm(string_value = "kept")]
    Kept,
}

/// A link at which a subscriber takes a consent back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revoke_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub subscriber_id: Uuid,
    pub consent_id: Uuid,
    pub link_hash: String,
    pub asked_sealed: String,
    pub answer: Option<RevokeAnswer>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
