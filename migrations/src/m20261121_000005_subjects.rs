//! Who is signed in can be a subscriber or a portal user; clients prove themselves with keys,
//! push their requests, and bind their tokens.
//!
//! Consents and grants named a subscriber by a foreign key. They now name a subject of either
//! kind, so both tables are written anew: SQLite cannot drop a foreign key. Clients' rarer
//! settings are one JSON document with the names of the IANA registry of client metadata.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        consents(m).await?;
        grants(m).await?;
        let db = m.get_connection();
        // In this order, so that no cascade of the old tables reaches the new ones.
        for statement in [
            "INSERT INTO consents_new (id, subject_kind, subject_id, product_id, scopes, declined, created_at, \
             updated_at, revoked_at, revoked_by) SELECT id, 'subscriber', subscriber_id, product_id, scopes, \
             declined, created_at, updated_at, revoked_at, revoked_by FROM consents",
            "INSERT INTO grants_new (id, consent_id, client_id, subject_kind, subject_id, session_id, scopes, \
             auth_time, amr, nonce, resources, refresh_generation, refreshed_at, refresh_expires_at, created_at, \
             revoked_at, revoked_because) SELECT id, consent_id, client_id, 'subscriber', subscriber_id, \
             session_id, scopes, auth_time, 'sms', nonce, '', refresh_generation, refreshed_at, \
             refresh_expires_at, created_at, revoked_at, revoked_because FROM grants",
            "DROP TABLE grants",
            "DROP TABLE consents",
            "ALTER TABLE consents_new RENAME TO consents",
            "ALTER TABLE grants_new RENAME TO grants",
            // One living consent for a subject and a product; the revoked ones are the history.
            "CREATE UNIQUE INDEX consents_living ON consents (subject_id, product_id) WHERE revoked_at IS NULL",
        ] {
            db.execute_unprepared(statement).await?;
        }
        index(m, "consents", "consents_product", &["product_id"]).await?;
        index(m, "grants", "grants_consent", &["consent_id"]).await?;
        index(m, "grants", "grants_client", &["client_id"]).await?;
        index(m, "grants", "grants_subject", &["subject_id"]).await?;
        index(m, "grants", "grants_created", &["created_at"]).await?;
        clients(m).await?;
        one_time(m).await?;
        scopes(m).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("what portal users allowed has no place in the older tables".to_owned()))
    }
}

async fn consents(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("consents_new")
            .col(pk_uuid("id"))
            // subscriber or user
            .col(string("subject_kind"))
            .col(uuid("subject_id"))
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
                    .from("consents_new", "product_id")
                    .to("products", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
    )
    .await
}

async fn grants(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("grants_new")
            .col(pk_uuid("id"))
            .col(uuid("consent_id"))
            .col(uuid("client_id"))
            .col(string("subject_kind"))
            .col(uuid("subject_id"))
            .col(uuid("session_id"))
            .col(text("scopes"))
            .col(big_integer("auth_time"))
            // How the subject signed in (RFC 8176), space-delimited.
            .col(string("amr"))
            // The authentication context that the client asked for and got.
            .col(string_null("acr"))
            .col(string_null("nonce"))
            // Audiences (RFC 8707), space-delimited; empty for the provider's own.
            .col(text("resources"))
            // The names of claims asked for one by one (OpenID Connect Core, section 5.5), as JSON.
            .col(text_null("claims"))
            // What the refresh token is bound to: the confirmation of RFC 7800, as JSON.
            .col(text_null("confirmation"))
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
                    .from("grants_new", "consent_id")
                    .to("consents_new", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .from("grants_new", "client_id")
                    .to("clients", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
    )
    .await
}

async fn clients(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    // SQLite adds one column at a time.
    for column in [
        // secret, private_key_jwt or none
        string("auth_method").default("secret").to_owned(),
        // Client metadata (RFC 7591, section 2) that has no column of its own, as JSON.
        text("metadata").default("{}").to_owned(),
    ] {
        m.alter_table(Table::alter().table("clients").add_column(column).to_owned()).await?;
    }
    m.get_connection().execute_unprepared("UPDATE clients SET auth_method = 'none' WHERE kind = 'public'").await?;
    m.create_table(
        Table::create()
            .table("client_keys")
            .col(pk_uuid("id"))
            .col(uuid("client_id"))
            .col(string("label"))
            .col(string("kid"))
            // RFC 7638, so that one key is registered once.
            .col(string("thumbprint"))
            // The public key (RFC 7517).
            .col(text("jwk"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("client_keys", "client_id")
                    .to("clients", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .index(Index::create().unique().name("client_keys_once").col("client_id").col("thumbprint"))
            .to_owned(),
    )
    .await
}

async fn one_time(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("pushed_requests")
            .col(pk_uuid("id"))
            .col(uuid("client_id"))
            // The parameters as they were sent (RFC 9126): they may name a person.
            .col(text("parameters_sealed"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            // When an answer was given to it.
            .col(big_integer_null("used_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("pushed_requests", "client_id")
                    .to("clients", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
    )
    .await?;
    index(m, "pushed_requests", "pushed_requests_expiry", &["expires_at"]).await?;
    m.create_table(
        Table::create()
            .table("spent")
            // SHA-256 over what it is, whose it is, and its jti.
            .col(string("id_hash").primary_key())
            .col(big_integer("expires_at"))
            .to_owned(),
    )
    .await?;
    index(m, "spent", "spent_expiry", &["expires_at"]).await
}

/// Portal users have more to tell than a phone number.
async fn scopes(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.get_connection()
        .execute_unprepared("UPDATE scopes SET audience = 'people' WHERE name IN ('openid', 'offline_access', 'phone')")
        .await?;
    let mut standard = Query::insert();
    standard.into_table("scopes").columns(["name", "category", "description", "consent_text", "audience", "position"]);
    for (name, description, consent_text, position) in [
        (
            "profile",
            "Access the person's profile: name, picture, website, birthdate and the like",
            "See your profile",
            4,
        ),
        ("email", "Access the person's e-mail address", "Know your e-mail address", 5),
        ("address", "Access the person's postal address", "Know your postal address", 6),
    ] {
        standard.values_panic([
            name.into(),
            "OAuth 2.0".into(),
            description.into(),
            consent_text.into(),
            "users".into(),
            position.into(),
        ]);
    }
    m.execute(standard).await
}
