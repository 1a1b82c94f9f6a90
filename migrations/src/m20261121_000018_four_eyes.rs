//! Who offered a product to an operator: somebody else enables it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Nobody known, of what was offered before. It outlives the user, like `decided_by`.
        m.alter_table(Table::alter().table("distributions").add_column(uuid_null("offered_by")).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("distributions").drop_column("offered_by").to_owned()).await
    }
}
