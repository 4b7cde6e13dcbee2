//! Errors of the database.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// The reason why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file, its directory or its volume cannot be written.
    #[error("{0}; the file and its directory must be writable")]
    Unavailable(rusqlite::Error),
    /// SQLite failed for another reason.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// A URI or another name that SQLite would not open as the file at that path.
    #[error("expected the path of a file, neither a URI nor a name of SQLite")]
    NotAPath,
    /// A database of another program.
    #[error("not a database of this program")]
    Foreign,
    /// A schema of a newer version of this program.
    #[error(
        "unsupported schema version {found}: expected at most {known}; start a newer version of the program"
    )]
    Newer {
        /// The version of the schema.
        found: i32,
        /// The newest version that this program supports.
        known: i32,
    },
    /// A file system that does not support shared memory.
    #[error("unsupported journal mode {0:?}: expected WAL, which requires a local file system")]
    NoWal(String),
    /// The file was replaced. SQLite would apply the log of the previous file.
    #[error("the database file was replaced, but not its log {}; stop the service and restore into an empty directory", .0.display())]
    LogOfOtherFile(PathBuf),
    /// The writer thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// The reason why an operation failed. Except for [`Sqlite`](Self::Sqlite), nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A link with this code already exists.
    #[error("code {0:?} is taken")]
    Taken(String),
    /// Another process held the lock until the deadline of the request, or the queue was full.
    #[error("the database is busy")]
    Busy,
    /// The volume is full, read-only or failing.
    #[error("{0}")]
    Unavailable(String),
    /// The file or its write-ahead log was removed or replaced.
    #[error("the database file or its write-ahead log was removed")]
    Removed,
    /// SQLite failed for another reason.
    #[error("{0}")]
    Sqlite(String),
    /// The store is closed, or its writer thread has exited.
    #[error("the store is closed")]
    Closed,
}

/// Whether SQLite failed because of the volume, which may be temporary.
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

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if is_unavailable(&error) {
            Self::Unavailable(error)
        } else {
            Self::Sqlite(error)
        }
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unavailable(error) | OpenError::Sqlite(error) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
