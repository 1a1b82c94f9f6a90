//! Requests that are answered elsewhere than in the client's own browser: on devices without one.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("device_requests")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                .col(string("device_code_hash"))
                // Short, so the hash is keyed.
                .col(string("user_code_hash"))
                // What was asked for, and from where: an address belongs to a person.
                .col(text("asked_sealed"))
                // "pending", "approved" or "denied"
                .col(string("state"))
                // What the person allowed, once they have.
                .col(text_null("answer_sealed"))
                // How long the client has to wait between two polls, and when it asked last.
                .col(big_integer("poll_interval"))
                .col(big_integer_null("polled_at"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .index(Index::create().unique().name("device_requests_device_code").col("device_code_hash"))
                .index(Index::create().unique().name("device_requests_user_code").col("user_code_hash"))
                .foreign_key(
                    ForeignKey::create()
                        .from("device_requests", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "device_requests", "device_requests_client", &["client_id"]).await?;
        index(m, "device_requests", "device_requests_expiry", &["expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("device_requests").to_owned()).await
    }
}
