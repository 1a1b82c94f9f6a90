//! The one transaction type that operations receive.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::{Fault, change::Change};

/// A transaction, together with the changes that others must hear of once it is committed.
pub struct Tx {
    inner: Arc<DatabaseTransaction>,
    changes: Mutex<Vec<Change>>,
}

impl Tx {
    pub(super) const fn new(inner: Arc<DatabaseTransaction>) -> Self {
        Self { inner, changes: Mutex::new(Vec::new()) }
    }

    /// Notes a change that caches, here and on other nodes, must hear of after the commit.
    pub fn changed(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// On PostgreSQL, tells the other nodes, which hear it when the transaction is committed.
    pub(super) async fn announce(&self) -> Result<(), Fault> {
        let payloads: Vec<String> = {
            let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
            changes.iter().filter_map(|change| serde_json::to_string(change).ok()).collect()
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
        self.changes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits a transaction that is this one's alone.
    pub(super) async fn commit(self) -> Result<Vec<Change>, Fault> {
        let Self { inner, changes } = self;
        alone(inner)?.commit().await?;
        Ok(changes.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Undoes a transaction that is this one's alone.
    pub(super) async fn rollback(self) -> Result<(), Fault> {
        Ok(alone(self.inner)?.rollback().await?)
    }
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
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }
}
