//! Secrets with which clients sign, and which therefore must be known again.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Only of clients whose method is client_secret_jwt.
        let sealed = text_null("secret_sealed").to_owned();
        m.alter_table(Table::alter().table("client_secrets").add_column(sealed).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("client_secrets").drop_column("secret_sealed").to_owned()).await
    }
}
