//! What developers and operators manage: operators and their subscribers, products, scopes,
//! distribution, clients with their URIs and secrets.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("operators")
                .col(uuid("organization_id").primary_key())
                .col(string("name"))
                .col(string("brand_color"))
                .col(string("on_brand_color"))
                .col(string("logo"))
                .col(string("support_email"))
                .col(string_null("support_url"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("operators", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("number_ranges")
                .col(pk_uuid("id"))
                .col(uuid("operator_id"))
                // E.164 numbers without the plus sign, as integers: at most fifteen digits.
                .col(big_integer("first"))
                .col(big_integer("last"))
                .foreign_key(
                    ForeignKey::create()
                        .from("number_ranges", "operator_id")
                        .to("operators", "organization_id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "number_ranges", "number_ranges_operator", &["operator_id"]).await?;

        m.create_table(
            Table::create()
                .table("subscribers")
                .col(pk_uuid("id"))
                .col(uuid("operator_id"))
                .col(string("phone_number"))
                .col(big_integer("created_at"))
                .col(big_integer_null("ended_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("subscribers", "operator_id")
                        .to("operators", "organization_id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("subscribers_phone_number").col("phone_number"))
                .to_owned(),
        )
        .await?;
        index(m, "subscribers", "subscribers_operator", &["operator_id"]).await?;

        m.create_table(
            Table::create()
                .table("products")
                .col(pk_uuid("id"))
                .col(uuid("organization_id"))
                .col(string("audience"))
                .col(string("name"))
                .col(text("description"))
                .col(string_null("website"))
                .col(string_null("terms_url"))
                .col(string_null("privacy_url"))
                .col(string_null("support_email"))
                .col(string_null("logo"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("products", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::Restrict),
                )
                .to_owned(),
        )
        .await?;
        index(m, "products", "products_organization", &["organization_id"]).await?;

        m.create_table(
            Table::create()
                .table("scopes")
                .col(string("name").primary_key())
                .col(string("category"))
                .col(string("description"))
                // What a subscriber reads on the consent page after "would like to".
                .col(string("consent_text"))
                // Which products can enable it: subscribers, operators or both.
                .col(string("audience"))
                .col(integer("position"))
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("product_scopes")
                .col(uuid("product_id"))
                .col(string("scope"))
                .col(boolean("optional"))
                .primary_key(Index::create().col("product_id").col("scope"))
                .foreign_key(
                    ForeignKey::create()
                        .from("product_scopes", "product_id")
                        .to("products", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("product_scopes", "scope")
                        .to("scopes", "name")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("distributions")
                .col(uuid("product_id"))
                .col(uuid("operator_id"))
                .col(string("state"))
                .col(big_integer("offered_at"))
                .col(big_integer_null("decided_at"))
                .col(uuid_null("decided_by"))
                .primary_key(Index::create().col("product_id").col("operator_id"))
                .foreign_key(
                    ForeignKey::create()
                        .from("distributions", "product_id")
                        .to("products", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("distributions", "operator_id")
                        .to("operators", "organization_id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "distributions", "distributions_operator", &["operator_id"]).await?;

        m.create_table(
            Table::create()
                .table("clients")
                .col(pk_uuid("id"))
                .col(uuid("product_id"))
                .col(uuid("organization_id"))
                // The public identifier of RFC 6749, section 2.2. Never given to another client.
                .col(string("client_id"))
                .col(string("description"))
                .col(string("profile"))
                // "confidential" or "public" (RFC 6749, section 2.1).
                .col(string("kind"))
                // How access tokens look: "opaque" or "jwt" (RFC 9068).
                .col(string("token_format"))
                .col(string("id_token_alg"))
                .col(string("state"))
                .col(uuid_null("created_by"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("clients", "product_id")
                        .to("products", "id")
                        .on_delete(ForeignKeyAction::Restrict),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("clients", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::Restrict),
                )
                .index(Index::create().unique().name("clients_client_id").col("client_id"))
                .to_owned(),
        )
        .await?;
        index(m, "clients", "clients_product", &["product_id"]).await?;
        index(m, "clients", "clients_organization", &["organization_id"]).await?;

        m.create_table(
            Table::create()
                .table("client_uris")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                // login, post_revoke or post_logout
                .col(string("purpose"))
                .col(text("uri"))
                .col(integer("position"))
                .foreign_key(
                    ForeignKey::create()
                        .from("client_uris", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("client_uris_once").col("client_id").col("purpose").col("uri"))
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("client_secrets")
                .col(pk_uuid("id"))
                .col(uuid("client_id"))
                .col(string("label"))
                .col(string("secret_hash"))
                .col(string("last_four"))
                .col(uuid_null("created_by"))
                .col(big_integer("created_at"))
                .col(big_integer_null("last_used_at"))
                .col(big_integer_null("expires_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("client_secrets", "client_id")
                        .to("clients", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "client_secrets", "client_secrets_client", &["client_id"]).await?;

        m.create_table(
            Table::create()
                .table("retired_client_ids")
                // The public identifier of a client that was deleted: nobody gets it again.
                .col(string("client_id").primary_key())
                .col(big_integer("deleted_at"))
                .to_owned(),
        )
        .await?;

        // The three scopes of OAuth 2.0 and OpenID Connect are part of the product.
        let mut standard = Query::insert();
        standard.into_table("scopes").columns([
            "name",
            "category",
            "description",
            "consent_text",
            "audience",
            "position",
        ]);
        for (name, description, consent_text, position) in [
            (
                "offline_access",
                "Include refresh token to allow offline access",
                "Keep this access while you are not using it",
                1,
            ),
            ("openid", "Get OpenID token", "Recognize you when you come back", 2),
            ("phone", "Access the subscriber's phone number", "Know your phone number", 3),
        ] {
            standard.values_panic([
                name.into(),
                "OAuth 2.0".into(),
                description.into(),
                consent_text.into(),
                "subscribers".into(),
                position.into(),
            ]);
        }
        m.execute(standard).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "retired_client_ids",
            "client_secrets",
            "client_uris",
            "clients",
            "distributions",
            "product_scopes",
            "scopes",
            "products",
            "subscribers",
            "number_ranges",
            "operators",
        ] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
