//! An issuer whose assertions a client may exchange for tokens.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// An issuer whose assertions a client may exchange for tokens (RFC 7523).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_issuers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub issuer: String,
    pub subject: Option<String>,
    pub scopes: String,
    /// RFC 7517, section 5, as JSON.
    pub jwks: Option<String>,
    pub jwks_uri: Option<String>,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
