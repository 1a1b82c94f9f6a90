//! SQLite: one writer that commits in groups, and a pool of readers beside it.

use std::{
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::Tx;
use crate::{Fault, change::Change};

/// At most so many writes share a commit: the last of them should not wait long.
const BATCH: usize = 64;

/// How many writes may wait before callers wait to be queued.
const WAITING: usize = 4096;

pub(super) fn options(path: &Path, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.max_connections(connections).min_connections(1).test_before_acquire(false).sqlx_logging(false);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.map_sqlx_sqlite_opts(|options| {
        options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "memory")
    });
    options
}

/// Runs inside the batch's transaction; what it returns is called with the fate of the commit.
type Job = Box<dyn for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Answer> + Send>;
type Answer = Box<dyn FnOnce(Result<(), Arc<DbErr>>) + Send>;

enum Order {
    Run(Job),
    Close(oneshot::Sender<()>),
}

/// The queue in front of the writer.
pub(super) struct Queue {
    orders: mpsc::Sender<Order>,
    connection: DatabaseConnection,
}

impl Queue {
    pub(super) fn start(connection: DatabaseConnection, commits: Arc<AtomicU64>) -> Self {
        let (orders, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(connection.clone(), waiting, commits));
        Self { orders, connection }
    }

    /// The writer's own connection, for migrations.
    pub(super) const fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            let _closed = closed.await;
        }
    }

    pub(super) async fn write<A, T, E, F>(&self, args: A, work: F) -> Result<(T, Vec<Change>), E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel::<Result<(T, Vec<Change>), E>>();
        let job: Job = Box::new(move |batch| {
            Box::pin(async move {
                let outcome = AssertUnwindSafe(in_savepoint(batch, &args, &work)).catch_unwind().await;
                let outcome = outcome.unwrap_or_else(|_| Err(Fault::Stopped("a write has panicked").into()));
                let answer: Answer = Box::new(move |committed| {
                    let outcome = outcome.and_then(|result| match committed {
                        Ok(()) => Ok(result),
                        Err(error) => Err(Fault::from(DbErr::Custom(error.to_string())).into()),
                    });
                    // Whoever asked may have gone away; the write stands all the same.
                    let _gone = reply.send(outcome);
                });
                answer
            })
        });
        if self.orders.send(Order::Run(job)).await.is_err() {
            return Err(Fault::Stopped("the database writer").into());
        }
        answer.await.unwrap_or_else(|_| Err(Fault::Stopped("the database writer").into()))
    }
}

async fn in_savepoint<A, T, E, F>(batch: &DatabaseTransaction, args: &A, work: &F) -> Result<(T, Vec<Change>), E>
where
    E: From<Fault>,
    F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>>,
{
    let tx = Tx::new(batch.begin().await.map_err(Fault::from)?);
    match work(&tx, args).await {
        Ok(result) => {
            let (savepoint, changes) = tx.into_parts();
            savepoint.commit().await.map_err(Fault::from)?;
            Ok((result, changes))
        }
        Err(error) => {
            tx.into_parts().0.rollback().await.map_err(Fault::from)?;
            Err(error)
        }
    }
}

async fn run(connection: DatabaseConnection, mut orders: mpsc::Receiver<Order>, commits: Arc<AtomicU64>) {
    let mut closing = None;
    while closing.is_none() {
        let Some(order) = orders.recv().await else { break };
        let first = match order {
            Order::Run(job) => job,
            Order::Close(done) => {
                closing = Some(done);
                break;
            }
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let batch = match connection.begin_with_options(options).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%error, "a write transaction did not start");
                // Dropping the job answers its caller.
                continue;
            }
        };
        let mut answers = vec![first(&batch).await];
        while answers.len() < BATCH {
            match orders.try_recv() {
                Ok(Order::Run(job)) => answers.push(job(&batch).await),
                Ok(Order::Close(done)) => {
                    closing = Some(done);
                    break;
                }
                Err(_) => break,
            }
        }
        let committed = batch.commit().await.map_err(Arc::new);
        match &committed {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => tracing::error!(%error, "a write transaction was not committed"),
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
    if let Some(done) = closing {
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "the database writer did not close cleanly");
        }
        let _gone = done.send(());
    }
}
