//! Which clients got tokens in a session: they are told when it ends.

use sea_orm_migration::prelude::*;

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        index(m, "grants", "grants_session", &["session_id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("grants_session").table("grants").to_owned()).await
    }
}
