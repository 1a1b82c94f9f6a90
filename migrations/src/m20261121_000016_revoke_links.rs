//! Links at which a subscriber takes back what they have allowed a product.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("revoke_links")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                // Whose, and what it ends. Rows live for an hour: no foreign keys.
                .col(uuid("subscriber_id"))
                .col(uuid("consent_id"))
                .col(string("link_hash"))
                // Where the subscriber returns to, and the client's state.
                .col(text("asked_sealed"))
                // "removed" or "kept", once there is an answer.
                .col(string_null("answer"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .index(Index::create().unique().name("revoke_links_link").col("link_hash"))
                .foreign_key(
                    ForeignKey::create()
                        .from("revoke_links", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "revoke_links", "revoke_links_client", &["client_id"]).await?;
        index(m, "revoke_links", "revoke_links_expiry", &["expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("revoke_links").to_owned()).await
    }
}
