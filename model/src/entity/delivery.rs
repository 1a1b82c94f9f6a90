//! Something that is posted to an address of a client.

use sea_orm::{EnumIter as Iterable, entity::prelude::*};

use crate::Timestamp;

/// What is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Iterable, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum DeliveryKind {
    /// A logout token (OpenID Connect Back-Channel Logout 1.0, section 2.5).
    #[sea_orm(string_value = "logout")]
    Logout,
    /// A ping (OpenID Connect CIBA 1.0, section 10.2).
    #[sea_orm(string_value = "ping")]
    Ping,
}

/// Where a delivery is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Iterable, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum DeliveryState {
    /// Waits for its next attempt.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// The client has taken it; the content is gone.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// Given up; the content is gone.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// Something that is posted to an address of a client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: DeliveryKind,
    pub client_id: Uuid,
    pub url: String,
    pub content_sealed: String,
    pub state: DeliveryState,
    pub attempts: i32,
    pub next_at: Timestamp,
    pub last_status: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
