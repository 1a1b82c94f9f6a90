//! How reads and writes reach the database, and how the two databases differ. The difference
//! lives here and nowhere else.
//!
//! A write is a closure, given to [`Db::write`]. On SQLite one task runs the queued closures one
//! after another and commits the batch once before it answers any of them; should one of them
//! fail, the batch is undone and run again, each in a savepoint of its own.
//! On PostgreSQL each is a transaction from the pool, run again on serialization failure.

mod held;
mod reader;
mod sqlite;
mod tx;

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbErr, Statement, TransactionTrait as _,
};

pub(crate) use self::reader::Reader;
use self::reader::Readers;
pub use self::tx::Tx;
use crate::{Fault, change::Change};

/// How often a PostgreSQL transaction is run again before its failure is given up to the caller.
const RETRIES: u32 = 8;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    reader: Reader,
    writer: Writer,
    counts: Counts,
    on_change: Arc<OnceLock<Listener>>,
}

type Listener = Box<dyn Fn(&[Change]) + Send + Sync>;

fn tell(listener: &OnceLock<Listener>, changes: &[Change]) {
    if !changes.is_empty()
        && let Some(listener) = listener.get()
    {
        listener(changes);
    }
}

enum Writer {
    Sqlite(sqlite::Queue),
    Postgres(DatabaseConnection),
}

impl Writer {
    fn connection(&self) -> &DatabaseConnection {
        match self {
            Self::Sqlite(queue) => queue.connection(),
            Self::Postgres(pool) => pool,
        }
    }
}

/// What tests count.
#[derive(Clone, Default)]
struct Counts {
    statements: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
}

/// How much work the database was given so far; subtract two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Statements, transaction control not counted.
    pub statements: u64,
    /// Transactions that wrote.
    pub commits: u64,
}

impl Db {
    /// Opens the database at `url`: `sqlite:path` (created if absent) or `postgres://…`.
    ///
    /// # Errors
    ///
    /// When it cannot be reached or the URL is of another kind.
    pub async fn connect(url: &str) -> Result<Self, Fault> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::connect_sqlite(Path::new(path.trim_start_matches("//"))).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::connect_postgres(url).await
        } else {
            Err(DbErr::Custom("a database URL starts with sqlite: or postgres://".to_owned()).into())
        }
    }

    async fn connect_sqlite(path: &Path) -> Result<Self, Fault> {
        let counts = Counts::default();
        // The writer first: it creates the file and turns the write-ahead log on.
        let writer = counts.watch(Database::connect(sqlite::writer(path)).await?);
        let readers = Readers::open(sqlite::options(path), Arc::clone(&counts.statements)).await?;
        let on_change = Arc::<OnceLock<Listener>>::default();
        let queue = sqlite::Queue::start(writer, counts.commits.clone(), Arc::clone(&on_change));
        Ok(Self::new(Reader::Sqlite(Box::new(readers)), Writer::Sqlite(queue), counts, on_change))
    }

    async fn connect_postgres(url: &str) -> Result<Self, Fault> {
        let counts = Counts::default();
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .sqlx_logging(false);
        let pool = counts.watch(Database::connect(options).await?);
        Ok(Self::new(Reader::Postgres(pool.clone()), Writer::Postgres(pool), counts, Arc::default()))
    }

    fn new(reader: Reader, writer: Writer, counts: Counts, on_change: Arc<OnceLock<Listener>>) -> Self {
        Self { inner: Arc::new(Inner { reader, writer, counts, on_change }) }
    }

    /// Brings the tables up to date. Does nothing when they are.
    ///
    /// # Errors
    ///
    /// When a migration fails; what it had done is rolled back.
    pub async fn migrate(&self) -> Result<(), Fault> {
        Ok(Migrator::up(self.inner.writer.connection(), None).await?)
    }

    /// The names of the migrations that have not run yet.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Fault> {
        let pending = Migrator::get_pending_migrations(self.inner.writer.connection()).await?;
        Ok(pending.iter().map(|m| m.name().to_owned()).collect())
    }

    /// Which database this is: `sqlite` or `postgres`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.inner.writer {
            Writer::Sqlite(_) => "sqlite",
            Writer::Postgres(_) => "postgres",
        }
    }

    /// What reads what is committed. It does not write.
    pub(crate) fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    /// The connections to PostgreSQL, if it is that.
    pub(crate) fn postgres(&self) -> Option<&DatabaseConnection> {
        match &self.inner.writer {
            Writer::Sqlite(_) => None,
            Writer::Postgres(pool) => Some(pool),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&self) -> Result<(), Fault> {
        let statement = Statement::from_string(self.inner.reader.get_database_backend(), "SELECT 1");
        self.inner.reader.query_one_raw(statement).await?;
        Ok(())
    }

    /// The work done so far.
    #[must_use]
    pub fn work(&self) -> Work {
        Work {
            statements: self.inner.counts.statements.load(Ordering::Relaxed),
            commits: self.inner.counts.commits.load(Ordering::Relaxed),
        }
    }

    /// Waits until every queued write is answered, then closes the connections.
    pub async fn close(&self) {
        match &self.inner.writer {
            Writer::Sqlite(queue) => queue.close().await,
            Writer::Postgres(pool) => {
                if let Err(error) = pool.clone().close().await {
                    tracing::warn!(%error, "the database did not close cleanly");
                }
            }
        }
        if let Reader::Sqlite(readers) = &self.inner.reader {
            readers.close().await;
        }
    }

    /// Sets who is told of changes after they are committed. Once, by [`crate::change::follow`].
    pub(crate) fn set_on_change(&self, listener: impl Fn(&[Change]) + Send + Sync + 'static) {
        if self.inner.on_change.set(Box::new(listener)).is_err() {
            tracing::error!("changes of this database are already followed");
        }
    }

    /// Runs `work` in a transaction, commits it, and returns what it returned. An `Err` rolls
    /// back; a refusal whose side effect must survive is returned inside an `Ok`.
    ///
    /// `args` is what the closure works on. The closure can be called more than once, since
    /// PostgreSQL may ask to run a transaction again and a batch of SQLite's may be undone, so it must have no effect outside of the
    /// transaction. Nothing slow (a hash, a request to somebody) belongs inside.
    ///
    /// # Errors
    ///
    /// What `work` returned, or the failure to commit.
    pub async fn write<A, T, E, F>(&self, args: A, work: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Fault> + AsFault + Send + 'static,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        match &self.inner.writer {
            Writer::Sqlite(queue) => queue.write(args, work).await,
            Writer::Postgres(pool) => {
                let (result, changes) = self.write_postgres(pool, &args, &work).await?;
                tell(&self.inner.on_change, &changes);
                Ok(result)
            }
        }
    }

    async fn write_postgres<A, T, E, F>(
        &self,
        pool: &DatabaseConnection,
        args: &A,
        work: &F,
    ) -> Result<(T, Vec<Change>), E>
    where
        E: From<Fault> + AsFault,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>>,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_postgres(pool, args, work).await {
                Err(error) if attempt < RETRIES && error.as_fault().is_some_and(Fault::wants_retry) => {}
                answer => return answer,
            }
        }
    }

    async fn try_postgres<A, T, E, F>(
        &self,
        pool: &DatabaseConnection,
        args: &A,
        work: &F,
    ) -> Result<(T, Vec<Change>), E>
    where
        E: From<Fault>,
        F: for<'a> Fn(&'a Tx, &'a A) -> BoxFuture<'a, Result<T, E>>,
    {
        let tx = Tx::new(Arc::new(pool.begin().await.map_err(Fault::from)?));
        match work(&tx, args).await {
            Ok(result) => {
                tx.announce().await?;
                let changes = tx.commit().await?;
                self.inner.counts.commits.fetch_add(1, Ordering::Relaxed);
                Ok((result, changes))
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }
}

impl Counts {
    fn watch(&self, mut connection: DatabaseConnection) -> DatabaseConnection {
        let statements = Arc::clone(&self.statements);
        connection.set_metric_callback(move |_| {
            statements.fetch_add(1, Ordering::Relaxed);
        });
        connection
    }
}

/// Lets the database see whether an operation's error is an internal one.
pub trait AsFault {
    /// The internal failure, if this is one.
    fn as_fault(&self) -> Option<&Fault>;
}

impl AsFault for Fault {
    fn as_fault(&self) -> Option<&Fault> {
        Some(self)
    }
}
