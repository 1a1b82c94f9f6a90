//! How often an initial access token was used, and how often it may be.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

const TABLE: &str = "initial_access_tokens";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let uses = big_integer("uses").default(0).to_owned();
        m.alter_table(Table::alter().table(TABLE).add_column(uses).to_owned()).await?;
        // Nothing means any number of times.
        m.alter_table(Table::alter().table(TABLE).add_column(big_integer_null("most_uses")).to_owned()).await?;
        index(m, TABLE, "initial_access_tokens_expiry", &["expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("initial_access_tokens_expiry").table(TABLE).to_owned()).await?;
        m.alter_table(Table::alter().table(TABLE).drop_column("most_uses").to_owned()).await?;
        m.alter_table(Table::alter().table(TABLE).drop_column("uses").to_owned()).await
    }
}
