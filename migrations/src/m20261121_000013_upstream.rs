//! Signing in with another provider: whose accounts there sign in here, and sign-ins in progress.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("sessions").add_column(text_null("provider")).to_owned()).await?;

        m.create_table(
            Table::create()
                .table("upstream_identities")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                // Who says so, and whom they mean: an issuer uses a subject once.
                .col(text("issuer"))
                .col(text("subject"))
                // What tells the account from others of the same provider, for people to read.
                .col(text("account"))
                .col(big_integer("created_at"))
                .col(big_integer_null("last_used_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("upstream_identities", "user_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("upstream_identities_issuer_subject").col("issuer").col("subject"))
                .to_owned(),
        )
        .await?;
        index(m, "upstream_identities", "upstream_identities_user", &["user_id"]).await?;

        m.create_table(
            Table::create()
                .table("upstream_requests")
                .col(string("state_hash").primary_key())
                .col(string("provider"))
                // The browser that began; in another one the answer is worth nothing.
                .col(string("browser"))
                // To link, the account and the session that asked for it.
                .col(uuid_null("user_id"))
                .col(uuid_null("session_id"))
                .col(boolean("again"))
                // Nonce, code verifier, and where to go afterwards.
                .col(text("request_sealed"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("used_at"))
                .to_owned(),
        )
        .await?;
        index(m, "upstream_requests", "upstream_requests_expiry", &["expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["upstream_requests", "upstream_identities"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        m.alter_table(Table::alter().table("sessions").drop_column("provider").to_owned()).await
    }
}
