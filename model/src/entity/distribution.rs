//! Where a product stands with an operator.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, entity::DistributionState};

/// Where a product stands with an operator.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "distributions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub operator_id: Uuid,
    pub state: DistributionState,
    pub offered_at: Timestamp,
    pub offered_by: Option<Uuid>,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
