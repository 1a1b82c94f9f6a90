//! People: users, their sessions, the links that are mailed to them, and the organizations that
//! they belong to.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("users")
                .col(pk_uuid("id"))
                .col(string("name"))
                // Lower-cased; what was typed is kept beside it for display and mail.
                .col(string("email_key"))
                .col(string("email"))
                .col(big_integer_null("email_verified_at"))
                .col(text("password_hash"))
                .col(boolean("administrator"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .col(big_integer_null("suspended_at"))
                .index(Index::create().unique().name("users_email_key").col("email_key"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("sessions")
                // SHA-256 of the session's id: a copy of the table signs nobody in.
                .col(string("id_hash").primary_key())
                .col(uuid("public_id"))
                .col(uuid_null("user_id"))
                .col(text("data_sealed"))
                .col(string("address"))
                .col(string("user_agent"))
                .col(big_integer("created_at"))
                .col(big_integer("last_seen_at"))
                .col(big_integer("expires_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("sessions", "user_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "sessions", "sessions_user", &["user_id"]).await?;
        index(m, "sessions", "sessions_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("links")
                .col(pk_uuid("id"))
                .col(string("purpose"))
                .col(string("token_hash"))
                .col(uuid("user_id"))
                .col(string("email"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("used_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("links", "user_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("links_token_hash").col("token_hash"))
                .to_owned(),
        )
        .await?;
        index(m, "links", "links_user", &["user_id", "purpose"]).await?;
        index(m, "links", "links_expiry", &["expires_at"]).await?;

        m.create_table(
            Table::create()
                .table("organizations")
                .col(pk_uuid("id"))
                .col(string("kind"))
                .col(string("name"))
                // Set for the personal organization of a user, of which there is one.
                .col(uuid_null("personal_user_id"))
                .col(big_integer("created_at"))
                .col(big_integer("updated_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("organizations", "personal_user_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("organizations_personal_user").col("personal_user_id"))
                .to_owned(),
        )
        .await?;

        m.create_table(
            Table::create()
                .table("memberships")
                .col(uuid("organization_id"))
                .col(uuid("user_id"))
                .col(string("role"))
                .col(big_integer("created_at"))
                .primary_key(Index::create().col("organization_id").col("user_id"))
                .foreign_key(
                    ForeignKey::create()
                        .from("memberships", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("memberships", "user_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
        index(m, "memberships", "memberships_user", &["user_id"]).await?;

        m.create_table(
            Table::create()
                .table("invitations")
                .col(pk_uuid("id"))
                .col(uuid("organization_id"))
                .col(string("email_key"))
                .col(string("role"))
                .col(string("token_hash"))
                .col(uuid("invited_by"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("accepted_at"))
                .col(big_integer_null("withdrawn_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("invitations", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from("invitations", "invited_by")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .index(Index::create().unique().name("invitations_token_hash").col("token_hash"))
                .to_owned(),
        )
        .await?;
        index(m, "invitations", "invitations_organization", &["organization_id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["invitations", "memberships", "organizations", "links", "sessions", "users"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Creates an ordinary index over `columns`.
pub(crate) async fn index(
    m: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut statement = Index::create();
    statement.table(table).name(name);
    for column in columns {
        statement.col(*column);
    }
    m.create_index(statement.to_owned()).await
}
