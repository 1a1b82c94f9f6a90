//! A request of a device that has no browser.

use sea_orm::{EnumIter as Iterable, entity::prelude::*};

use crate::Timestamp;

/// Where a device's request is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Iterable, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum DeviceState {
    /// Nobody has answered.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Somebody has signed in and allowed it.
    #[sea_orm(string_value = "approved")]
    Approved,
    /// Somebody said no.
    #[sea_orm(string_value = "denied")]
    Denied,
}

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
    pub state: DeviceState,
    pub answer_sealed: Option<String>,
    pub poll_interval: i64,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
