//! A request that a subscriber answers on the phone.

use sea_orm::entity::prelude::*;

use super::values::AnswerState;
use crate::Timestamp;

/// A request that a subscriber answers on the phone (OpenID Connect CIBA 1.0).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backchannel_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub subscriber_id: Option<Uuid>,
    pub auth_req_id_hash: String,
    pub link_hash: String,
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
