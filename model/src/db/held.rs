//! Which writes change what the portal's pages are shown from memory ([`crate::cache`]).
//!
//! Whoever writes names what has changed ([`super::Tx::changed`]). Should somebody forget to, memory must not
//! go on showing what was: the transaction looks at its own statements, and where it finds a row written of
//! which nobody speaks, everything held is dropped. Correctness never hangs on a name, only speed does.

use crate::change::Change;

/// A table whose rows are held in memory for the portal's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Sessions,
    Users,
    Memberships,
    Organizations,
    Products,
    Clients,
    Secrets,
    Keys,
}

impl Held {
    const ALL: [Self; 8] = [
        Self::Sessions,
        Self::Users,
        Self::Memberships,
        Self::Organizations,
        Self::Products,
        Self::Clients,
        Self::Secrets,
        Self::Keys,
    ];

    const fn table(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Users => "users",
            Self::Memberships => "memberships",
            Self::Organizations => "organizations",
            Self::Products => "products",
            Self::Clients => "clients",
            Self::Secrets => "client_secrets",
            Self::Keys => "client_keys",
        }
    }

    pub(super) fn of(table: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|held| held.table() == table)
    }

    /// Whether a new row changes what is held of others: it belongs to somebody's list.
    const fn grows(self) -> bool {
        matches!(self, Self::Memberships | Self::Clients)
    }

    /// Whether a change says enough for what is held of this table to be dropped.
    pub(super) const fn is_named_by(self, change: &Change) -> bool {
        match self {
            Self::Sessions => matches!(change, Change::Session(_) | Change::User(_)),
            Self::Users => matches!(change, Change::User(_)),
            Self::Memberships => matches!(change, Change::User(_) | Change::Organization(_)),
            Self::Organizations => matches!(change, Change::Organization(_)),
            Self::Products => matches!(change, Change::Product(_)),
            Self::Clients => matches!(change, Change::Client(_)),
            Self::Secrets | Self::Keys => matches!(change, Change::Client(_) | Change::CredentialsUsed),
        }
    }

    /// The tables whose held rows a statement may change.
    pub(super) fn written_by(sql: &str) -> impl Iterator<Item = Self> {
        let (one, unclear) = match Verb::of(sql) {
            Verb::Reads => (None, false),
            Verb::Writes { table, only_new } => (Self::of(table).filter(|held| held.grows() || !only_new), false),
            Verb::Unclear => (None, true),
        };
        one.into_iter().chain(Self::named_in(if unclear { sql } else { "" }))
    }

    /// The tables that a text speaks of, whatever it does with them.
    pub(super) fn named_in(sql: &str) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|held| sql.contains(held.table()))
    }
}

/// What a statement does, as far as its first words say it.
enum Verb<'a> {
    Reads,
    Writes { table: &'a str, only_new: bool },
    Unclear,
}

impl<'a> Verb<'a> {
    fn of(sql: &'a str) -> Self {
        if sql.starts_with("SELECT ") {
            return Self::Reads;
        }
        for (words, inserts) in [("INSERT INTO ", true), ("UPDATE ", false), ("DELETE FROM ", false)] {
            if let Some(rest) = sql.strip_prefix(words) {
                let rest = rest.strip_prefix('"').unwrap_or(rest);
                let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(rest.len());
                let table = rest.get(..end).unwrap_or_default();
                return Self::Writes { table, only_new: inserts && !sql.contains(" DO UPDATE ") };
            }
        }
        Self::Unclear
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{
        ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _, sea_query::OnConflict,
    };
    use uuid::Uuid;

    use super::*;
    use crate::entity::{Role, membership, session, user};

    fn written(sql: &str) -> Vec<Held> {
        Held::written_by(sql).collect()
    }

    #[test]
    fn a_statement_says_by_itself_what_it_writes() {
        for backend in [sea_orm::DbBackend::Sqlite, sea_orm::DbBackend::Postgres] {
            let sql = |query: &dyn Fn() -> sea_orm::Statement| query().sql;
            let ended = sql(&|| session::Entity::delete_by_id("hash").build(backend));
            assert_eq!(written(&ended), [Held::Sessions]);
            let renamed = user::ActiveModel { name: Set("Nia".to_owned()), ..Default::default() };
            let of = user::Column::Id.eq(Uuid::nil());
            let renamed = sql(&|| user::Entity::update_many().set(renamed.clone()).filter(of.clone()).build(backend));
            assert_eq!(written(&renamed), [Held::Users]);
            let joined = membership::ActiveModel { role: Set(Role::Admin), ..Default::default() };
            let joined = sql(&|| membership::Entity::insert(joined.clone()).build(backend));
            assert_eq!(written(&joined), [Held::Memberships], "a list grows");
            let new = user::ActiveModel { name: Set("Nia".to_owned()), ..Default::default() };
            let insert = || user::Entity::insert(new.clone());
            assert_eq!(written(&sql(&|| insert().build(backend))), [], "nobody has read of them yet");
            let conflict = || OnConflict::column(user::Column::Id).update_column(user::Column::Name).to_owned();
            let upsert = sql(&|| insert().on_conflict(conflict()).build(backend));
            assert_eq!(written(&upsert), [Held::Users], "{upsert}");
            assert_eq!(written(&sql(&|| user::Entity::find().build(backend))), []);
        }
        assert_eq!(written("UPDATE limits SET arrival = 1"), []);
        assert_eq!(written("UPDATE users SET suspended_at = 1"), [Held::Users]);
        assert_eq!(
            written("WITH gone AS (DELETE FROM \"sessions\" RETURNING user_id) SELECT * FROM gone"),
            [Held::Sessions],
            "what is unclear counts"
        );
    }
}
