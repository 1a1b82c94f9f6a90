//! What keeps the house running: outgoing messages, limits, the audit log.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("messages")
                .col(pk_uuid("id"))
                // "mail" or "sms"
                .col(string("channel"))
                // Recipient, subject and text, sealed: a PIN or a link is in it until it was sent.
                .col(text("content_sealed"))
                .col(string("state"))
                .col(integer("attempts"))
                .col(big_integer("next_attempt_at"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("sent_at"))
                .col(string_null("last_error"))
                .to_owned(),
        )
        .await?;
        index(m, "messages", "messages_due", &["state", "next_attempt_at"]).await?;
        index(m, "messages", "messages_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("limits")
                // Keyed hash of what is limited and its value.
                .col(string("bucket").primary_key())
                // Theoretical arrival time of the generic cell rate algorithm.
                .col(big_integer("arrival"))
                .col(big_integer("expires_at"))
                .to_owned(),
        )
        .await?;
        index(m, "limits", "limits_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("audit_events")
                .col(pk_uuid("id"))
                .col(big_integer("at"))
                .col(string("action"))
                .col(uuid_null("organization_id"))
                .col(uuid_null("actor_id"))
                .col(string("object_kind"))
                .col(uuid_null("object_id"))
                .col(text("detail"))
                .to_owned(),
        )
        .await?;
        index(m, "audit_events", "audit_events_organization", &["organization_id", "at"]).await?;
        index(m, "audit_events", "audit_events_object", &["object_id", "at"]).await?;

        // Small facts about the installation: that it is the demo world, a check of the master key.
        m.create_table(Table::create().table("facts").col(string("name").primary_key()).col(text("value")).to_owned())
            .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["facts", "audit_events", "limits", "messages"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
