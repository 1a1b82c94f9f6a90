//! A person with a portal account.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// A person with a portal account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// Lower-cased address: what is compared.
    pub email_key: String,
    /// The address as it was typed.
    pub email: String,
    pub email_verified_at: Option<Timestamp>,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// Whether this is a platform administrator.
    pub administrator: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub suspended_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// What they belong to, and as what.
impl Related<super::membership::Entity> for Entity {
    fn to() -> RelationDef {
        Entity::has_many(super::membership::Entity).from(Column::Id).to(super::membership::Column::UserId).into()
    }
}

impl ActiveModelBehavior for ActiveModel {}
