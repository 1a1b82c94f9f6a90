//! What can go wrong inside, as opposed to what a caller may be refused.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// An internal failure. The person is told an id, the log gets the cause.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database failed or refused.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Something in the database does not open with our keys or does not make sense.
    #[error("stored data: {0}")]
    Stored(String),
    /// A cryptographic operation failed, which its inputs do not explain.
    #[error("cryptography: {0}")]
    Crypto(&'static str),
    /// A task that we depend on has stopped.
    #[error("stopped: {0}")]
    Stopped(&'static str),
}

impl Fault {
    /// Whether this is a violation of the unique constraint over `columns` of `table`.
    ///
    /// PostgreSQL names the constraint (`users_email_key`), SQLite the columns
    /// (`users.email_key`); constraints are named so that both follow from the two words.
    #[must_use]
    pub fn violates(&self, constraint: &str, sqlite_columns: &str) -> bool {
        match self {
            Self::Database(error) => match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(text)) => {
                    text.contains(constraint) || text.contains(sqlite_columns)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether PostgreSQL asks to run the transaction again (serialization failure, deadlock).
    pub(crate) fn wants_retry(&self) -> bool {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
            self
        else {
            return false;
        };
        match error.as_ref() {
            sea_orm::SqlxError::Database(error) => matches!(error.code().as_deref(), Some("40001" | "40P01")),
            _ => false,
        }
    }
}

/// Lets `?` turn a database error into an operation's own error type, and the database see whether
/// to run a transaction again.
///
/// The type needs a variant `Fault(#[from] Fault)`.
#[macro_export]
macro_rules! from_database {
    ($($error:ty),+ $(,)?) => {$(
        impl From<sea_orm::DbErr> for $error {
            fn from(error: sea_orm::DbErr) -> Self {
                Self::Fault($crate::Fault::Database(error))
            }
        }

        impl $crate::db::AsFault for $error {
            fn as_fault(&self) -> Option<&$crate::Fault> {
                match self {
                    Self::Fault(fault) => Some(fault),
                    _ => None,
                }
            }
        }
    )+};
}
