//! Links in SQLite in WAL mode: one connection writes, several read.

mod error;
mod reader;
mod schema;
mod writer;

use std::future::Future;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use crate::link::{Code, Link, Target};
pub use error::{OpenError, StoreError};
use reader::Readers;
use writer::{Change, Writer};

/// How long a request waits for previous requests and for the lock of another process, such as a backup or the instance that
/// this one replaces. Shorter than the default of `DRAIN_TIMEOUT`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A page of links, oldest first.
#[derive(Debug)]
pub struct Page {
    /// The links.
    pub links: Vec<Link>,
    /// The cursor of the next page, if there is one.
    pub next: Option<i64>,
}

/// The links of one database file.
#[derive(Debug)]
pub struct Store {
    readers: Readers,
    writer: Writer,
}

impl Store {
    /// Opens the database at `path`, creates it if it is missing, and migrates its schema.
    ///
    /// A database of the current schema that cannot be written is opened for reading. Each change and each
    /// [`check`](Self::check) tries to open it for writing again.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let name = path.as_os_str().as_bytes();
        if name.starts_with(b"file:") || name.starts_with(b":") {
            return Err(OpenError::NotAPath);
        }
        let readers = Readers::new(path.to_owned());
        let connection = match readers.pool().open_writer(|| writer::create(path)) {
            Ok(connection) => Ok(connection),
            Err(OpenError::Unavailable(error)) if readers.can_serve() => Err(error.into()),
            Err(error) => return Err(error),
        };
        let writer = Writer::start(connection, readers.pool()).map_err(OpenError::Thread)?;
        Ok(Self { readers, writer })
    }

    /// Adds a link and syncs it to disk; without `code` the store generates one.
    pub async fn add(&self, target: Target, code: Option<Code>) -> Result<Link, StoreError> {
        let taken = code.as_ref().map(|code| code.as_str().to_owned());
        let added = self.writer.apply(Change::Add(target, code), BUSY_TIMEOUT).await?;
        added.ok_or_else(|| match taken {
            Some(code) => StoreError::Taken(code),
            None => StoreError::Sqlite("all random codes were taken".to_owned()),
        })
    }

    /// Removes a link; returns whether it existed.
    pub async fn remove(&self, code: Code) -> Result<bool, StoreError> {
        let removed = self.writer.apply(Change::Remove(code), BUSY_TIMEOUT).await?;
        Ok(removed.is_some())
    }

    /// The target of a code.
    pub async fn target(&self, code: Code) -> Result<Option<String>, StoreError> {
        self.read(|| self.readers.target(code.clone())).await
    }

    /// At most `limit` links after the cursor `after`.
    pub async fn page(&self, after: i64, limit: u32) -> Result<Page, StoreError> {
        self.read(|| self.readers.page(after, limit)).await
    }

    /// Checks that the database can be read, and that the last change, or else a test write, succeeded.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.page(i64::MAX, 1).await?;
        self.writer.check().await
    }

    /// Reads; if the files were removed, again after the writer has opened them.
    async fn read<T, F>(&self, read: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        match read().await {
            Err(StoreError::Removed) => {
                self.writer.apply(Change::Probe, BUSY_TIMEOUT).await?;
                read().await
            }
            result => result,
        }
    }
}
