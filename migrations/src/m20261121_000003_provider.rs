//! What the identity provider remembers: consents, grants, revocations, PIN challenges, keys.
//!
//! Access tokens and authorization codes have no table: they are sealed (see the `token` module
//! of the model). A grant's row is inserted when its code is redeemed; its primary key is the
//! code's id, so a second redemption of the same code cannot insert another.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("consents")
                .col(pk_uuid("id"))
                .col(uuid("subscriber_id"))
                .col(uuid("product_id"))
                .col(text("scopes"))
                // Optional scopes that were offered and left out: not asked for again by itself.
                .col(text("declined"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .col(big_integer_null("revoked_at"))
                .col(string_null("revoked_by"))
                .foreign_key(
                    ForeignKey::create()
                        .from("consents", "subscriber_id")
                        .to("subscribers", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("consents", "product_id")
                        .to("products", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        // One living consent for a subscriber and a product; the revoked ones are the history.
        m.get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX consents_living ON consents (subscriber_id, product_id) WHERE revoked_at IS NULL",
            )
            .await?;
        index(m, "consents", "consents_product", &["product_id"]).await?;

        m.create_table(
            Table::create()
                .table("grants")
                .col(pk_uuid("id"))
                .col(uuid("consent_id"))
                .col(uuid("client_id"))
                .col(uuid("subscriber_id"))
                .col(uuid("session_id"))
                .col(text("scopes"))
                .col(big_integer("auth_time"))
                .col(string_null("nonce"))
                // Which refresh token is the living one: the first is 1; 0 means that none was issued.
                .col(big_integer("refresh_generation"))
                .col(big_integer_null("refreshed_at"))
                // The refresh token's absolute end, which rotation does not move.
                .col(big_integer_null("refresh_expires_at"))
                .col(big_integer("created_at"))
                .col(big_integer_null("revoked_at"))
                .col(string_null("revoked_because"))
                .foreign_key(
                    ForeignKey::create()
                        .from("grants", "consent_id")
                        .to("consents", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("grants", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "grants", "grants_consent", &["consent_id"]).await?;
        index(m, "grants", "grants_client", &["client_id"]).await?;
        index(m, "grants", "grants_created", &["created_at"]).await?;

        m.create_table(
            Table::create()
                .table("revocations")
                // grant, consent, session, client, subscriber or token
                .col(string("kind"))
                .col(uuid("subject_id"))
                // Whatever was issued until then is void.
                .col(big_integer("revoked_at"))
                // When the last token that it can concern has expired by itself.
                .col(big_integer("expires_at"))
                .primary_key(Index::create().col("kind").col("subject_id"))
                .to_owned(),
        )
        .await?;
        index(m, "revocations", "revocations_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("pin_challenges")
                .col(pk_uuid("id"))
                // Absent when nobody here has the number: the pages do not differ.
                .col(uuid_null("subscriber_id"))
                .col(string("number_hash"))
                .col(string("pin_hash"))
                .col(string("browser_hash"))
                .col(integer("attempts"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                // Used, or ended by a newer one.
                .col(big_integer_null("closed_at"))
                .to_owned(),
        )
        .await?;
        index(m, "pin_challenges", "pin_challenges_number", &["number_hash"]).await?;
        index(m, "pin_challenges", "pin_challenges_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("keys")
                .col(pk_uuid("id"))
                // "seal", or the JOSE algorithm that it signs with.
                .col(string("purpose"))
                .col(text("private_sealed"))
                .col(text("public_jwk"))
                .col(big_integer("created_at"))
                // Published from created_at, used from active_from until retired_at, published until expires_at.
                .col(big_integer("active_from"))
                .col(big_integer_null("retired_at"))
                .col(big_integer_null("expires_at"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["keys", "pin_challenges", "revocations", "grants", "consents"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
