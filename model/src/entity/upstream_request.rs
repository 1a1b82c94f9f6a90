//! A sign-in with another provider that waits for its answer.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A sign-in with another provider that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_requests")]
pub struct Model {
    /// SHA-256 of `state`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    pub provider: String,
    /// The browser that began it.
    pub browser: String,
    /// The account to link to, if that is what it is for.
    pub user_id: Option<Uuid>,
    /// The session that asked for that.
    pub session_id: Option<Uuid>,
    /// Whether the provider was to ask again, even whom it knows.
    pub again: bool,
    /// Nonce, code verifier, and where to go afterwards.
    pub request_sealed: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
