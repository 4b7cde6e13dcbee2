//! Links in SQLite: one connection writes, a few read (WAL).

mod reader;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::link::{Code, Link, Target};
use reader::Readers;
use writer::Writer;

/// Another program at the same file (a backup, the instance that this one replaces) is waited for this long.
const BUSY: Duration = Duration::from_secs(5);

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite could not.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Another program's.
    #[error("it is a database of another program")]
    Foreign,
    /// A newer program's.
    #[error("its schema is number {found}, this program knows {known}: start the newer program")]
    Newer {
        /// The schema's number.
        found: i32,
        /// The last that this program knows.
        known: i32,
    },
    /// A file system without shared memory.
    #[error("it can't be in WAL mode (it is in {0:?}): the volume must be a local file system")]
    NoWal(String),
    /// No thread to write.
    #[error("no thread for it: {0}")]
    Thread(std::io::Error),
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The code leads elsewhere already.
    #[error("code {0:?} is taken")]
    Taken(String),
    /// SQLite could not; nothing was changed.
    #[error("the database: {0}")]
    Sqlite(String),
    /// The store is closed, or its thread has died.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
}

/// A page of links, oldest first.
#[derive(Debug)]
pub struct Page {
    /// The links.
    pub links: Vec<Link>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

/// The links of one database file.
#[derive(Debug)]
pub struct Store {
    // First, so that it is dropped first: only a connection that writes, and is the last, folds SQLite's log in.
    readers: Readers,
    writer: Writer,
}

impl Store {
    /// Opens the database at `path`, making it if there is none, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let mut connection = connect(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode != "wal" {
            return Err(OpenError::NoWal(mode));
        }
        // What was acknowledged outlives the machine's power, not only the process.
        connection.pragma_update(None, "synchronous", "FULL")?;
        schema::migrate(&mut connection)?;
        Ok(Self {
            readers: Readers::new(path),
            writer: Writer::start(connection).map_err(OpenError::Thread)?,
        })
    }

    /// Keeps a link; without `code` the store chooses one. When this returns it is on the disk.
    pub async fn add(&self, target: Target, code: Option<Code>) -> Result<Link, StoreError> {
        self.writer.add(target, code).await
    }

    /// Forgets a link; whether there was one.
    pub async fn remove(&self, code: Code) -> Result<bool, StoreError> {
        self.writer.remove(code).await
    }

    /// Where a code leads.
    pub async fn target(&self, code: Code) -> Result<Option<String>, StoreError> {
        self.readers.target(code).await
    }

    /// At most `limit` links, of those that come after `after`.
    pub async fn page(&self, after: i64, limit: u32) -> Result<Page, StoreError> {
        self.readers.page(after, limit).await
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.readers.page(i64::MAX, 1).await.map(|_| ())
    }
}

fn connect(path: &PathBuf, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
