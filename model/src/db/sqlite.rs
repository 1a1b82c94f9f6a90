//! SQLite: one writer that commits in groups; [`super::reader`] reads beside it.
//!
//! Each statement crosses to SQLite's thread and back, so a group runs without savepoints first:
//! writes seldom fail. When one does, the whole group is undone and run again, this time each
//! write in a savepoint, so that only those that fail leave nothing behind.

use std::{
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::{Listener, Tx, tell};
use crate::{Fault, change::Change};

/// At most so many writes share a commit: the last of them should not wait long.
const BATCH: usize = 64;

/// How many writes may wait before callers wait to be queued.
const WAITING: usize = 4096;

/// How the database at `path` is opened, which is created if absent.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory")
}

/// How its one writer is opened.
pub(super) fn writer(path: &Path) -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite:");
    options.max_connections(1).min_connections(1).test_before_acquire(false).sqlx_logging(false);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    let file = self::options(path);
    options.map_sqlx_sqlite_opts(move |_| file.clone());
    options
}

/// A queued write.
trait Job: Send {
    /// Runs inside the batch's transaction, in a savepoint of its own if it is asked to. Says
    /// whether it succeeded; when it did not, what it did is undone only by the savepoint. Called
    /// again, it starts anew.
    fn run<'a>(&'a mut self, batch: &'a Arc<DatabaseTransaction>, savepoint: bool) -> BoxFuture<'a, bool>;

    /// Tells whoever asked, once the fate of the commit is known.
    fn answer(self: Box<Self>, committed: Result<(), Arc<DbErr>>);
}

enum Order {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The queue in front of the writer.
pub(super) struct Queue {
    orders: mpsc::Sender<Order>,
    connection: DatabaseConnection,
    on_change: Arc<OnceLock<Listener>>,
}

impl Queue {
    pub(super) fn start(
        connection: DatabaseConnection,
        commits: Arc<AtomicU64>,
        on_change: Arc<OnceLock<Listener>>,
    ) -> Self {
        let (orders, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(connection.clone(), waiting, commits));
        Self { orders, connection, on_change }
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

    pub(super) async fn write<A, T, E, F>(&self, args: A, work: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let on_change = Arc::clone(&self.on_change);
        let job = Box::new(Write { args, work, outcome: None, on_change, reply });
        if self.orders.send(Order::Run(job)).await.is_err() {
            return Err(Fault::Stopped("the database writer").into());
        }
        answer.await.unwrap_or_else(|_| Err(Fault::Stopped("the database writer").into()))
    }
}

struct Write<A, T, E, F> {
    args: A,
    work: F,
    outcome: Option<Result<(T, Vec<Change>), E>>,
    on_change: Arc<OnceLock<Listener>>,
    reply: oneshot::Sender<Result<T, E>>,
}

async fn attempt<A, T, E, F>(
    batch: &Arc<DatabaseTransaction>,
    savepoint: bool,
    args: &A,
    work: &F,
) -> Result<(T, Vec<Change>), E>
where
    E: From<Fault>,
    F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>>,
{
    if !savepoint {
        let tx = Tx::new(Arc::clone(batch));
        let result = work(&tx, args).await?;
        return Ok((result, tx.into_changes()));
    }
    let tx = Tx::new(Arc::new(batch.begin().await.map_err(Fault::from)?));
    match work(&tx, args).await {
        Ok(result) => Ok((result, tx.commit().await?)),
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

impl<A, T, E, F> Job for Write<A, T, E, F>
where
    A: Send + Sync + 'static,
    T: Send + 'static,
    E: From<Fault> + Send + 'static,
    F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
{
    fn run<'a>(&'a mut self, batch: &'a Arc<DatabaseTransaction>, savepoint: bool) -> BoxFuture<'a, bool> {
        let Self { args, work, outcome, .. } = self;
        Box::pin(async move {
            let ended = AssertUnwindSafe(attempt(batch, savepoint, args, work)).catch_unwind().await;
            let ended = ended.unwrap_or_else(|_| Err(Fault::Stopped("a write has panicked").into()));
            outcome.insert(ended).is_ok()
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<DbErr>>) {
        let Self { outcome, on_change, reply, .. } = *self;
        let outcome = outcome.unwrap_or_else(|| Err(Fault::Stopped("the database writer").into()));
        let outcome = outcome.and_then(|(result, changes)| match committed {
            Ok(()) => {
                // Here and not where the answer is awaited: nobody may be waiting any more.
                tell(&on_change, &changes);
                Ok(result)
            }
            Err(error) => Err(Fault::from(DbErr::Custom(error.to_string())).into()),
        });
        // Whoever asked may have gone away; the write stands all the same.
        let _gone = reply.send(outcome);
    }
}

async fn begin(connection: &DatabaseConnection) -> Result<Arc<DatabaseTransaction>, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await.map(Arc::new)
}

/// Commits or undoes a batch. Whatever ran in it has ended, so nobody else holds it.
async fn end(batch: Arc<DatabaseTransaction>, commit: bool) -> Result<(), Arc<DbErr>> {
    let batch = Arc::try_unwrap(batch).map_err(|_| DbErr::Custom("a write that ended holds its transaction".into()))?;
    if commit { batch.commit().await } else { batch.rollback().await }.map_err(Arc::new)
}

/// Runs every job again, each in a savepoint, and commits what succeeds.
async fn again(connection: &DatabaseConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), Arc<DbErr>> {
    let batch = begin(connection).await.map_err(Arc::new)?;
    for job in jobs {
        // What fails has left nothing behind and answers for itself.
        let _succeeded = job.run(&batch, true).await;
    }
    end(batch, true).await
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
        let batch = match begin(&connection).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%error, "a write transaction did not start");
                // Dropping the job answers its caller.
                continue;
            }
        };
        let mut jobs = vec![first];
        let mut taken = 0;
        let mut succeeded = true;
        while let Some(job) = jobs.get_mut(taken) {
            taken += 1;
            // After a failure the rest only waits for the second run.
            succeeded = succeeded && job.run(&batch, false).await;
            if taken < BATCH {
                match orders.try_recv() {
                    Ok(Order::Run(job)) => jobs.push(job),
                    Ok(Order::Close(done)) => closing = Some(done),
                    Err(_) => {}
                }
            }
            if closing.is_some() {
                break;
            }
        }
        let mut committed = end(batch, succeeded).await;
        // One that failed alone is undone already.
        let anew = !succeeded && jobs.len() > 1 && committed.is_ok();
        if anew {
            committed = again(&connection, &mut jobs).await;
        }
        match &committed {
            Ok(()) if succeeded || anew => {
                commits.fetch_add(1, Ordering::Relaxed);
            }
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "a write transaction was not committed"),
        }
        for job in jobs {
            job.answer(committed.clone());
        }
    }
    if let Some(done) = closing {
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "the database writer did not close cleanly");
        }
        let _gone = done.send(());
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sea_orm::ConnectionTrait as _;

    use super::super::Db;
    use crate::Fault;

    async fn count(db: &Db, table: &str) -> i64 {
        let row = db.reader().query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            format!("SELECT COUNT(*) AS n FROM {table}"),
        ));
        row.await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    #[tokio::test]
    async fn of_a_group_of_writes_those_that_fail_leave_nothing_and_the_others_stand() {
        let folder = std::env::temp_dir().join(format!("portico-sqlite-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::connect(&format!("sqlite:{}", folder.join("group.db").display())).await.unwrap();
        db.write((), |tx, ()| {
            Box::pin(async move {
                tx.execute_unprepared("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").await?;
                Ok::<_, Fault>(())
            })
        })
        .await
        .unwrap();
        let before = db.work().commits;
        // The last one succeeds: it does not make good what failed before it.
        let writes = (0..21).map(|n: i32| {
            db.write(n, |tx, n| {
                Box::pin(async move {
                    tx.execute_unprepared(&format!("INSERT INTO numbers VALUES ({n})")).await?;
                    match n % 4 {
                        0 | 1 => Ok::<_, Fault>(*n),
                        2 => Err(Fault::Stopped("this one")),
                        _ => panic!("this one too"),
                    }
                })
            })
        });
        let outcomes = join_all(writes).await;
        for (n, outcome) in (0..).zip(&outcomes) {
            assert_eq!(outcome.is_ok(), n % 4 < 2, "{n}: {outcome:?}");
        }
        assert_eq!(count(&db, "numbers").await, 11, "those that failed have left nothing");
        assert!(db.work().commits - before <= 2, "they share a commit");

        let alone = db.write((), |tx, ()| {
            Box::pin(async move {
                tx.execute_unprepared("INSERT INTO numbers VALUES (100)").await?;
                Err::<(), _>(Fault::Stopped("alone"))
            })
        });
        assert!(alone.await.is_err());
        assert_eq!(count(&db, "numbers").await, 11);

        // Whoever asked has gone away: what changed is heard of all the same.
        let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let ears = std::sync::Arc::clone(&heard);
        db.set_on_change(move |changes| ears.lock().unwrap().extend_from_slice(changes));
        let mut gone = Box::pin(db.write((), |tx, ()| {
            Box::pin(async move {
                tx.changed(crate::change::Change::Scopes);
                Ok::<_, Fault>(())
            })
        }));
        assert!(futures::poll!(&mut gone).is_pending());
        drop(gone);
        db.write((), |_, ()| Box::pin(async { Ok::<_, Fault>(()) })).await.unwrap();
        assert_eq!(*heard.lock().unwrap(), [crate::change::Change::Scopes]);
        db.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// What was not committed was not written, whatever the work itself has said.
    #[tokio::test]
    async fn a_commit_that_fails_is_told_and_the_next_write_goes_on() {
        let folder = std::env::temp_dir().join(format!("portico-commit-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::connect(&format!("sqlite:{}", folder.join("commit.db").display())).await.unwrap();
        let write = |sql: &'static str| {
            db.write(sql, |tx, sql| {
                Box::pin(async move {
                    tx.execute_unprepared(sql).await?;
                    Ok::<_, Fault>(())
                })
            })
        };
        write("CREATE TABLE parents (n INTEGER PRIMARY KEY)").await.unwrap();
        write("CREATE TABLE children (n INTEGER REFERENCES parents (n) DEFERRABLE INITIALLY DEFERRED)").await.unwrap();
        let commits = db.work().commits;
        // The statement succeeds; that nobody is the parent is noticed at the end.
        assert!(write("INSERT INTO children VALUES (1)").await.is_err());
        assert_eq!((count(&db, "children").await, db.work().commits), (0, commits));
        write("INSERT INTO parents VALUES (1)").await.unwrap();
        write("INSERT INTO children VALUES (1)").await.unwrap();
        assert_eq!(count(&db, "children").await, 1);
        db.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
