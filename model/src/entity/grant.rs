//! One authorization of one client under a consent. Its id is the id of the code that began it.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// One authorization of one client under a consent. Its id is the id of the code that began it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub consent_id: Uuid,
    pub client_id: Uuid,
    pub subscriber_id: Uuid,
    pub session_id: Uuid,
    /// Space-delimited.
    pub scopes: String,
    pub auth_time: Timestamp,
    pub nonce: Option<String>,
    /// Which refresh token lives; 0 when none was issued.
    pub refresh_generation: i64,
    pub refreshed_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub revoked_because: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
