//! Which API a scope is a permission of.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // An absolute URI (RFC 8707), or a path below the portal's address, which is configured.
        m.alter_table(Table::alter().table("scopes").add_column(text_null("resource")).to_owned()).await?;
        let portal = "UPDATE scopes SET resource = '/api/v1' WHERE name = 'portal:read'";
        m.get_connection().execute_unprepared(portal).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("scopes").drop_column("resource").to_owned()).await
    }
}
