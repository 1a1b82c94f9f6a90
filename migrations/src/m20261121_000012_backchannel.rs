//! Requests that a subscriber answers on the phone (CIBA), and the issuers whose assertions a
//! client may exchange for tokens (RFC 7523).

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("backchannel_requests")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                // None when nobody here has the number: nobody can answer, and nothing shows.
                .col(uuid_null("subscriber_id"))
                .col(string("auth_req_id_hash"))
                .col(string("link_hash"))
                // What was asked for, and from where; the client's token for the ping.
                .col(text("asked_sealed"))
                // "pending", "approved" or "denied"
                .col(string("state"))
                // What the subscriber allowed, once they have.
                .col(text_null("answer_sealed"))
                // How long the client has to wait between two polls, and when it asked last.
                .col(big_integer("poll_interval"))
                .col(big_integer_null("polled_at"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .index(Index::create().unique().name("backchannel_requests_auth_req_id").col("auth_req_id_hash"))
                .index(Index::create().unique().name("backchannel_requests_link").col("link_hash"))
                .foreign_key(
                    ForeignKey::create()
                        .from("backchannel_requests", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "backchannel_requests", "backchannel_requests_client", &["client_id"]).await?;
        index(m, "backchannel_requests", "backchannel_requests_expiry", &["expires_at"]).await?;
        m.create_table(
            Table::create()
                .table("client_issuers")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                // The `iss` of its assertions.
                .col(string("issuer"))
                // The only `sub` that counts; any that is known here if none.
                .col(string_null("subject"))
                // What its assertions can give at most, space-delimited.
                .col(text("scopes"))
                // Its keys (RFC 7517), or where they are published.
                .col(text_null("jwks"))
                .col(text_null("jwks_uri"))
                .col(uuid_null("created_by"))
                .col(big_integer("created_at"))
                .index(Index::create().unique().name("client_issuers_once").col("client_id").col("issuer"))
                .foreign_key(
                    ForeignKey::create()
                        .from("client_issuers", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("client_issuers").to_owned()).await?;
        m.drop_table(Table::drop().table("backchannel_requests").to_owned()).await
    }
}
