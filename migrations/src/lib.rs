//! How Portico's tables came to be.
//!
//! A migration that has landed is never edited; a change is a new one. Destructive changes are
//! made in two steps (expand, then contract), so that two versions of the program can run side
//! by side during an upgrade.
//!
//! Conventions: identifiers are UUIDv7; times are milliseconds since the Unix epoch (UTC) in a
//! `BIGINT`, so that order and arithmetic are exact and the same on SQLite and PostgreSQL;
//! lists of scopes are one space-delimited string, as on the wire; what is secret is stored
//! hashed (`*_hash`) or sealed (`*_sealed`).

mod m20261121_000001_accounts;
mod m20261121_000002_portal;
mod m20261121_000003_provider;
mod m20261121_000004_operations;
mod m20261121_000005_subjects;
mod m20261121_000006_account;
mod m20261121_000007_deliveries;
mod m20261121_000008_grants;
mod m20261121_000009_registration;
mod m20261121_000010_logout;
mod m20261121_000010_portal_api;
mod m20261121_000012_backchannel;
mod m20261121_000013_upstream;
mod m20261121_000014_registration_tokens;
mod m20261121_000015_phone_proof;
mod m20261121_000016_revoke_links;
mod m20261121_000017_refreshable_scopes;
mod m20261121_000018_four_eyes;
mod m20261130_000019_scope_apis;
mod m20261130_000020_platform_history;
mod m20261130_000021_secret_jwt;
mod m20261130_000022_logos;
mod m20261130_000023_apis;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_accounts::Migration),
            Box::new(m20261121_000002_portal::Migration),
            Box::new(m20261121_000003_provider::Migration),
            Box::new(m20261121_000004_operations::Migration),
            Box::new(m20261121_000005_subjects::Migration),
            Box::new(m20261121_000006_account::Migration),
            Box::new(m20261121_000007_deliveries::Migration),
            Box::new(m20261121_000008_grants::Migration),
            Box::new(m20261121_000009_registration::Migration),
            Box::new(m20261121_000010_logout::Migration),
            Box::new(m20261121_000010_portal_api::Migration),
            Box::new(m20261121_000012_backchannel::Migration),
            Box::new(m20261121_000013_upstream::Migration),
            Box::new(m20261121_000014_registration_tokens::Migration),
            Box::new(m20261121_000015_phone_proof::Migration),
            Box::new(m20261121_000016_revoke_links::Migration),
            Box::new(m20261121_000017_refreshable_scopes::Migration),
            Box::new(m20261121_000018_four_eyes::Migration),
            Box::new(m20261130_000019_scope_apis::Migration),
            Box::new(m20261130_000020_platform_history::Migration),
            Box::new(m20261130_000021_secret_jwt::Migration),
            Box::new(m20261130_000022_logos::Migration),
            Box::new(m20261130_000023_apis::Migration),
        ]
    }
}
