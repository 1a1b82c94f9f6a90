//! What is posted to addresses of clients: logout tokens, pings.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("deliveries")
                .col(pk_uuid("id"))
                // "logout" or "ping"
                .col(string("kind"))
                .col(uuid("client_id"))
                .col(text("url"))
                // Body and bearer token, sealed; empty once it is over.
                .col(text("content_sealed"))
                .col(string("state"))
                .col(integer("attempts"))
                .col(big_integer("next_at"))
                // In words, for the client's owner.
                .col(string_null("last_status"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("delivered_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("deliveries", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "deliveries", "deliveries_due", &["state", "next_at"]).await?;
        index(m, "deliveries", "deliveries_client", &["client_id"]).await?;
        index(m, "deliveries", "deliveries_expiry", &["expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("deliveries").to_owned()).await
    }
}
