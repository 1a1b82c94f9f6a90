//! A request of a device that has no browser.

use sea_orm::entity::prelude::*;

use super::values::AnswerState;
use crate::Timestamp;

/// A request of a device that has no browser (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub device_code_hash: String,
    pub user_code_hash: String,
    pub asked_sealed: String,
    pub state: AnswerState,
    pub answer_sealed: Option<String>,
    pub poll_interval: i64,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
