//! Our own copies of clients' logos.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("logos")
                .col(uuid("client_id").primary_key())
                // What the client names.
                .col(text("uri"))
                // In the copy's address, so random; another copy has another one. Without a copy, null.
                .col(uuid_null("copy_id").unique_key())
                .col(string_null("content_type"))
                .col(blob_null("content"))
                .col(big_integer_null("fetched_at"))
                // Since the last one that has given a copy.
                .col(integer("attempts"))
                // When it was last not there.
                .col(big_integer_null("failed_at"))
                // Null when it is not tried again.
                .col(big_integer_null("next_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("logos", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "logos", "logos_due", &["next_at"]).await?;
        // For the clients that are there. PostgreSQL must not parse the text: one \u0000 in it would end
        // the migration.
        let uri = match m.get_database_backend() {
            DatabaseBackend::Postgres => r#"substring(metadata from '"logo_uri":"([^"\\]+)"')"#,
            _ => "CASE WHEN json_valid(metadata) THEN json_extract(metadata, '$.logo_uri') END",
        };
        let known = format!(
            "INSERT INTO logos (client_id, uri, attempts, next_at) \
             SELECT id, {uri}, 0, updated_at FROM clients WHERE {uri} IS NOT NULL"
        );
        m.get_connection().execute_unprepared(&known).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("logos").to_owned()).await
    }
}
