//! One authorization of one client under a consent. Its id is the id of the code that began it.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, entity::SubjectKind};

/// One authorization of one client under a consent. Its id is the id of the code that began it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub consent_id: Uuid,
    pub client_id: Uuid,
    pub subject_kind: SubjectKind,
    pub subject_id: Uuid,
    pub session_id: Uuid,
    /// Space-delimited.
    pub scopes: String,
    pub auth_time: Timestamp,
    /// RFC 8176, space-delimited.
    pub amr: String,
    pub acr: Option<String>,
    pub nonce: Option<String>,
    /// RFC 8707, space-delimited.
    pub resources: String,
    /// Claims asked for one by one, as JSON.
    pub claims: Option<String>,
    /// What the refresh token is bound to, as JSON.
    pub confirmation: Option<String>,
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
