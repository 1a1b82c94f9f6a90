//! A PIN that was sent by SMS, or was not because nobody here has the number.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A PIN that was sent by SMS, or was not because nobody here has the number.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pin_challenges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub subscriber_id: Option<Uuid>,
    /// The portal user who proves the number with it; it signs nobody in then.
    pub user_id: Option<Uuid>,
    pub number_hash: String,
    pub pin_hash: String,
    pub browser_hash: String,
    pub attempts: i32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
