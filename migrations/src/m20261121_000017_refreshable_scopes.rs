//! Scopes that give no refresh token.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let refreshable = boolean("refreshable").default(true).to_owned();
        m.alter_table(Table::alter().table("scopes").add_column(refreshable).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("scopes").drop_column("refreshable").to_owned()).await
    }
}
