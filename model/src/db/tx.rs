//! The one transaction type that operations receive.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::held::Held;
use crate::{Fault, change::Change};

/// A transaction, together with the changes that others must hear of once it is committed.
pub struct Tx {
    inner: Arc<DatabaseTransaction>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    changes: Vec<Change>,
    /// What was written that memory may hold.
    written: Vec<Held>,
}

impl Notes {
    /// All that must be heard of: should nobody have named what was written, that everything may have changed.
    fn settled(&mut self) -> &[Change] {
        let named = |held: &Held| self.changes.iter().any(|change| held.is_named_by(change));
        let unnamed: Vec<Held> = self.written.drain(..).filter(|held| !named(held)).collect();
        if !unnamed.is_empty() {
            tracing::debug!(?unnamed, "written and not named: everything held in memory is dropped");
            self.changes.push(Change::Unnamed);
        }
        &self.changes
    }
}

impl Tx {
    pub(super) const fn new(inner: Arc<DatabaseTransaction>) -> Self {
        Self { inner, notes: Mutex::new(Notes { changes: Vec::new(), written: Vec::new() }) }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a change that caches, here and on other nodes, must hear of after the commit.
    pub fn changed(&self, change: Change) {
        self.notes().changes.push(change);
    }

    /// Says that none of what was written to `table` so far can be in memory, so that it needs no name.
    pub(crate) fn not_held(&self, table: &str) {
        self.notes().written.retain(|held| Some(*held) != Held::of(table));
    }

    fn note(&self, written: impl Iterator<Item = Held>) {
        for held in written {
            let mut notes = self.notes();
            if !notes.written.contains(&held) {
                notes.written.push(held);
            }
        }
    }

    /// On PostgreSQL, tells the other nodes, which hear it when the transaction is committed.
    pub(super) async fn announce(&self) -> Result<(), Fault> {
        let payloads: Vec<String> = {
            let mut notes = self.notes();
            notes.settled().iter().filter_map(|change| serde_json::to_string(change).ok()).collect()
        };
        for payload in payloads {
            let statement = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_notify($1, $2)",
                [crate::change::CHANNEL.into(), payload.into()],
            );
            self.inner.execute_raw(statement).await?;
        }
        Ok(())
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        changes(self.notes)
    }

    /// Commits a transaction that is this one's alone.
    pub(super) async fn commit(self) -> Result<Vec<Change>, Fault> {
        let Self { inner, notes } = self;
        alone(inner)?.commit().await?;
        Ok(changes(notes))
    }

    /// Undoes a transaction that is this one's alone.
    pub(super) async fn rollback(self) -> Result<(), Fault> {
        Ok(alone(self.inner)?.rollback().await?)
    }
}

fn changes(notes: Mutex<Notes>) -> Vec<Change> {
    let mut notes = notes.into_inner().unwrap_or_else(PoisonError::into_inner);
    notes.settled();
    notes.changes
}

fn alone(inner: Arc<DatabaseTransaction>) -> Result<DatabaseTransaction, Fault> {
    Arc::try_unwrap(inner).map_err(|_| Fault::Stopped("a transaction that others still use"))
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.note(Held::written_by(&statement.sql));
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        // There may be several.
        self.note(Held::named_in(sql));
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.note(Held::written_by(&statement.sql));
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(Held::written_by(&statement.sql));
        self.inner.query_all_raw(statement).await
    }
}
