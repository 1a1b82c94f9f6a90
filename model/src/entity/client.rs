//! An OAuth 2.0 client.

use sea_orm::entity::prelude::*;

use crate::{
    Timestamp,
    entity::{AuthMethod, ClientKind, ClientState, Profile, SigningAlg, TokenFormat},
};

/// An OAuth 2.0 client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub product_id: Uuid,
    pub organization_id: Uuid,
    /// The public identifier (RFC 6749, section 2.2).
    pub client_id: String,
    pub description: String,
    pub profile: Profile,
    pub kind: ClientKind,
    pub token_format: TokenFormat,
    pub id_token_alg: SigningAlg,
    pub state: ClientState,
    pub auth_method: AuthMethod,
    /// Metadata without a column of its own, as JSON; see [`crate::client::Metadata`].
    pub metadata: String,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
