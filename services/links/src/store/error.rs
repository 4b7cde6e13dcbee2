//! Why a database cannot be opened, read or written.

use rusqlite::ErrorCode;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A database of another program.
    #[error("it is a database of another program")]
    Foreign,
    /// A schema of a newer program.
    #[error("its schema is number {found}, this program knows {known}: start the newer program")]
    Newer {
        /// The schema's number.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
    /// A file system without shared memory.
    #[error("its journal mode is {0:?} and cannot be WAL: the volume must be a local file system")]
    NoWal(String),
    /// The thread that writes could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// Why the store could not do what was asked. Except by [`Sqlite`](Self::Sqlite), nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The code has a link already.
    #[error("code {0:?} is taken")]
    Taken(String),
    /// Another process held the lock, or other requests the queue, until the request's deadline.
    #[error("the database is busy")]
    Busy,
    /// The volume is full, read-only or failing.
    #[error("{0}")]
    Unavailable(String),
    /// SQLite failed otherwise.
    #[error("{0}")]
    Sqlite(String),
    /// The store is closed, or its thread has ended.
    #[error("the store is closed")]
    Closed,
}

/// Whether SQLite failed for a state of the volume, which may pass.
pub(super) fn is_unavailable(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure)
    )
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_extended_error_code().unwrap_or_default();
        let message = format!("{error} (SQLite result code {code})");
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
            Self::Busy
        } else if is_unavailable(&error) {
            Self::Unavailable(message)
        } else {
            Self::Sqlite(message)
        }
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Sqlite(error) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
