//! A request that a subscriber answers on the phone.

use sea_orm::{EnumIter as Iterable, entity::prelude::*};

use crate::Timestamp;

/// Where such a request is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Iterable, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum BackchannelState {
    /// Nobody has answered.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// The subscriber has allowed it.
    #[sea_orm(string_value = "approved")]
    Approved,
    /// The subscriber said no.
    #[sea_orm(string_value = "denied")]
    Denied,
}

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
    pub state: BackchannelState,
    pub answer_sealed: Option<String>,
    pub poll_interval: i64,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
