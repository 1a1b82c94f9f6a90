//! Reading what is committed.
//!
//! SQLite's connections are held here and not in a pool of the library: the pool asks a connection
//! after each statement whether it lives, which costs as many switches of thread as the statement.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values,
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _,
        sqlite::{SqliteConnectOptions, SqliteConnection},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many statements SQLite reads with at once.
const READERS: usize = 4;

/// A connection for reading what is committed; it does not write.
pub(crate) enum Reader {
    Sqlite(Box<Readers>),
    Postgres(DatabaseConnection),
}

/// Connections to SQLite that nobody reads with at the moment.
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    places: Semaphore,
    statements: Arc<AtomicU64>,
}

/// A connection that somebody reads with. Dropped in the middle of a statement it is as good as
/// before: SQLite's thread stops at a row that nobody takes, and goes on to the next statement.
struct Lent<'a> {
    connection: Option<SqliteConnection>,
    of: &'a Readers,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    /// Opens the first connection, the others when they are needed; counts `statements`.
    pub(super) async fn open(options: SqliteConnectOptions, statements: Arc<AtomicU64>) -> Result<Self, DbErr> {
        let options = options.disable_statement_logging().pragma("query_only", "on");
        let first = options.connect().await.map_err(not_open)?;
        Ok(Self { options, idle: Mutex::new(vec![first]), places: Semaphore::new(READERS), statements })
    }

    async fn lend(&self) -> Result<Lent<'_>, DbErr> {
        let place = self.places.acquire().await.map_err(|_| not_open(sqlx::Error::PoolClosed))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(not_open)?,
        };
        self.statements.fetch_add(1, Ordering::Relaxed);
        Ok(Lent { connection: Some(connection), of: self, _place: place })
    }

    /// Lets whoever reads finish, then closes the connections.
    pub(super) async fn close(&self) {
        let Ok(places) = u32::try_from(READERS) else { return };
        let Ok(_all) = self.places.acquire_many(places).await else { return };
        self.places.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "the database did not close cleanly");
            }
        }
    }
}

impl Lent<'_> {
    fn connection(&mut self) -> Result<&mut SqliteConnection, DbErr> {
        self.connection.as_mut().ok_or_else(|| not_open(sqlx::Error::WorkerCrashed))
    }

    /// A connection whose thread has ended is not lent again.
    fn failed(&mut self, error: sqlx::Error) -> DbErr {
        if matches!(error, sqlx::Error::WorkerCrashed) {
            self.connection = None;
        }
        DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.of.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
    }
}

fn not_open(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query(statement: Statement) -> sqlx::query::Query<'static, sqlx::Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(sqlx::AssertSqlSafe(statement.sql), SqlxValues(values))
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(connection) => connection.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(readers) => {
                let mut lent = readers.lend().await?;
                let result = lent.connection()?.execute(query(statement)).await;
                result.map(ExecResult::from).map_err(|error| lent.failed(error))
            }
            Self::Postgres(connection) => connection.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(_) => self.execute_raw(Statement::from_string(DbBackend::Sqlite, sql)).await,
            Self::Postgres(connection) => connection.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(readers) => {
                let mut lent = readers.lend().await?;
                let row = lent.connection()?.fetch_optional(query(statement)).await;
                row.map(|row| row.map(QueryResult::from)).map_err(|error| lent.failed(error))
            }
            Self::Postgres(connection) => connection.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(readers) => {
                let mut lent = readers.lend().await?;
                let rows = lent.connection()?.fetch_all(query(statement)).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(|error| lent.failed(error))
            }
            Self::Postgres(connection) => connection.query_all_raw(statement).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

    use super::{super::Db, READERS};
    use crate::Fault;

    fn sql(text: &str) -> Statement {
        Statement::from_string(DbBackend::Sqlite, text)
    }

    async fn one(db: &Db, text: &str) -> i64 {
        db.reader().query_one_raw(sql(text)).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn readers_are_lent_in_turn_survive_who_goes_away_and_do_not_write() {
        let folder = std::env::temp_dir().join(format!("portico-reader-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::connect(&format!("sqlite:{}", folder.join("read.db").display())).await.unwrap();
        db.write((), |tx, ()| {
            Box::pin(async move {
                tx.execute_unprepared("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").await?;
                tx.execute_unprepared("INSERT INTO numbers VALUES (1), (2), (3)").await?;
                Ok::<_, Fault>(())
            })
        })
        .await
        .unwrap();

        // More than there are connections, and all of them counted.
        let before = db.work().statements;
        let read = join_all((0..5 * READERS).map(|_| one(&db, "SELECT COUNT(*) FROM numbers"))).await;
        assert_eq!(read, vec![3; 5 * READERS]);
        assert_eq!(db.work().statements - before, 5 * READERS as u64);

        // Whoever asked goes away in the middle of many rows, as often as there are connections.
        let many = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n FROM c";
        for _ in 0..2 * READERS {
            let mut asked = Box::pin(db.reader().query_all_raw(sql(many)));
            assert!(futures::poll!(&mut asked).is_pending());
            drop(asked);
        }
        let read = join_all((0..2 * READERS).map(|_| one(&db, "SELECT SUM(n) FROM numbers"))).await;
        assert_eq!(read, vec![6; 2 * READERS]);

        // A statement that fails costs nobody the connection; one that writes is refused.
        for _ in 0..2 * READERS {
            assert!(db.reader().query_one_raw(sql("SELECT nothing FROM nowhere")).await.is_err());
            assert!(db.reader().execute_unprepared("INSERT INTO numbers VALUES (4)").await.is_err());
        }
        assert_eq!(one(&db, "SELECT COUNT(*) FROM numbers").await, 3);

        db.close().await;
        assert!(db.reader().query_one_raw(sql("SELECT 1")).await.is_err(), "closed is closed");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn sqlite_is_compiled_as_it_is_meant_to_be() {
        let folder = std::env::temp_dir().join(format!("portico-compiled-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::connect(&format!("sqlite:{}", folder.join("options.db").display())).await.unwrap();
        let used = async |option: &str| one(&db, &format!("SELECT sqlite_compileoption_used('{option}')")).await == 1;
        assert!(used("ENABLE_QPSG").await, "a statement is planned again whenever it is run");
        assert!(used("DEFAULT_MEMSTATUS=0").await);
        assert!(!used("ENABLE_MEMORY_MANAGEMENT").await);
        db.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
