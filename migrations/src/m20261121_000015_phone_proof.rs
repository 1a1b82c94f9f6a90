//! PINs with which portal users prove their phone number, beside those with which subscribers sign
//! in.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Set where it proves a number and signs nobody in. Rows live for an hour: no foreign key.
        m.alter_table(Table::alter().table("pin_challenges").add_column(uuid_null("user_id")).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("pin_challenges").drop_column("user_id").to_owned()).await
    }
}
