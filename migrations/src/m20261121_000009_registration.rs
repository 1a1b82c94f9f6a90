//! Clients that register themselves (RFC 7591, RFC 7592): with which token each is managed, and
//! with which tokens an organization lets programs register.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("client_registrations")
                .col(uuid("client_id").primary_key())
                // Of the registration access token.
                .col(string("token_hash"))
                .col(big_integer("created_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("client_registrations", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("initial_access_tokens")
                .col(pk_uuid("id"))
                // What registers with it becomes a client of this product.
                .col(uuid("product_id"))
                .col(string("label"))
                .col(string("token_hash").unique_key())
                .col(uuid_null("created_by"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("initial_access_tokens", "product_id")
                        .to("products", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "initial_access_tokens", "initial_access_tokens_product", &["product_id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("initial_access_tokens").to_owned()).await?;
        m.drop_table(Table::drop().table("client_registrations").to_owned()).await
    }
}
