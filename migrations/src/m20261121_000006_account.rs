//! How people sign in: when and how each session was opened, second factors, passkeys, and what
//! people say about themselves.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite adds no more at once. Null in sessions from before.
        for column in [big_integer_null("auth_time"), text_null("amr")] {
            m.alter_table(Table::alter().table("sessions").add_column(column).to_owned()).await?;
        }

        m.create_table(
            Table::create()
                .table("totp_factors")
                .col(uuid("user_id").primary_key())
                .col(text("secret_sealed"))
                // The time step of the last code that was accepted: none is accepted twice.
                .col(big_integer("last_step"))
                .col(big_integer("created_at"))
                .col(big_integer_null("last_used_at"))
                .foreign_key(&mut of_user("totp_factors"))
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("recovery_codes")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(string("code_hash"))
                .col(big_integer("created_at"))
                .col(big_integer_null("used_at"))
                .foreign_key(&mut of_user("recovery_codes"))
                .index(Index::create().unique().name("recovery_codes_user_code").col("user_id").col("code_hash"))
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("passkeys")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                // Base64url; no two accounts have the same.
                .col(string_len("credential_id", 1500))
                .col(string("name"))
                // Public key, counter and flags, as JSON.
                .col(text("credential"))
                // Whether it is copied to other devices of its owner, or could be.
                .col(boolean("backup_eligible"))
                .col(boolean("backed_up"))
                .col(big_integer("created_at"))
                .col(big_integer_null("last_used_at"))
                .foreign_key(&mut of_user("passkeys"))
                .index(Index::create().unique().name("passkeys_credential_id").col("credential_id"))
                .to_owned(),
        )
        .await?;
        index(m, "passkeys", "passkeys_user", &["user_id"]).await?;

        m.create_table(
            Table::create().table("spent_challenges").col(pk_uuid("id")).col(big_integer("expires_at")).to_owned(),
        )
        .await?;
        index(m, "spent_challenges", "spent_challenges_expiry", &["expires_at"]).await?;

        let mut profiles = Table::create();
        profiles.table("profiles").col(uuid("user_id").primary_key());
        for name in [
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile_url",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "phone_number",
            "formatted",
            "street_address",
            "locality",
            "region",
            "postal_code",
            "country",
        ] {
            profiles.col(string_null(name));
        }
        profiles
            .col(big_integer_null("phone_number_verified_at"))
            .col(big_integer("updated_at"))
            .foreign_key(&mut of_user("profiles"));
        m.create_table(profiles).await?;

        m.create_table(
            Table::create()
                .table("pictures")
                // In the picture's address, so random; a new picture has a new one.
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(string("content_type"))
                .col(blob("content"))
                .col(big_integer("created_at"))
                .foreign_key(&mut of_user("pictures"))
                .index(Index::create().unique().name("pictures_user").col("user_id"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["pictures", "profiles", "spent_challenges", "passkeys", "recovery_codes", "totp_factors"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["amr", "auth_time"] {
            m.alter_table(Table::alter().table("sessions").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// What belongs to a user goes with the user.
fn of_user(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
