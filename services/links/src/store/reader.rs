//! Read connections, at most [`CONNECTIONS`], opened on demand.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::is_unavailable;
use super::{schema, OpenError, Page, StoreError, BUSY_TIMEOUT};
use crate::link::{Code, Link};

const CONNECTIONS: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    pool: Arc<Pool>,
    permits: Arc<Semaphore>,
}

/// Connections of one database file.
#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    /// Each query holds the read lock.
    connections: RwLock<Connections>,
}

#[derive(Debug, Default)]
struct Connections {
    idle: Mutex<Vec<Connection>>,
    /// If set, other files are not read.
    writer_files: Option<FileIds>,
    /// The files that the writer opened last, even if it failed to open others since then.
    last_files: Option<FileIds>,
}

/// Device and inode of the database and of its write-ahead log.
type FileIds = [Option<(u64, u64)>; 2];

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            pool: Arc::new(Pool {
                path,
                connections: RwLock::default(),
            }),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    pub(super) fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    /// Whether the database can be read and has the current schema.
    pub(super) fn can_serve(&self) -> bool {
        let current = |connection: &Connection| Ok(schema::is_current(connection).unwrap_or(false));
        self.pool
            .read(Instant::now() + BUSY_TIMEOUT, current)
            .unwrap_or(false)
    }

    pub(super) async fn target(&self, code: Code) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT url FROM link WHERE code = ?1")?
                .query_row([code.as_str()], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(super) async fn page(&self, after: i64, limit: u32) -> Result<Page, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT code, url, strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch'), id
                 FROM link WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            // One more row shows whether there is a next page.
            let rows = statement
                .query_map((after, i64::from(limit) + 1), |row| Ok((link(row)?, row.get(3)?)))?
                .collect::<Result<Vec<(Link, i64)>, _>>()?;
            let full = rows.len() > limit as usize;
            let rows = rows.into_iter().take(limit as usize);
            let (links, ids): (Vec<_>, Vec<_>) = rows.unzip();
            let next = ids.last().copied().filter(|_| full);
            Ok(Page { links, next })
        })
        .await
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let deadline = Instant::now() + BUSY_TIMEOUT;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let permit = Arc::new(permit);
        let waiting = Arc::downgrade(&permit);
        let pool = self.pool();
        // If no thread can be started, this panics and the closure stays queued. It must not keep the permit then.
        let start = || {
            spawn_blocking(move || {
                let _permit = waiting.upgrade().ok_or(StoreError::Closed)?;
                pool.read(deadline, query)
            })
        };
        let read = catch_unwind(AssertUnwindSafe(start))
            .map_err(|_| StoreError::Unavailable("cannot start a thread".to_owned()))?;
        let result = read.await;
        drop(permit);
        result.map_err(|_| StoreError::Closed)?
    }
}

impl Pool {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn read<T>(
        &self,
        deadline: Instant,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        let (connection, reusable) = self.take(&connections, deadline)?;
        let result = query(&connection)?;
        if reusable {
            let mut idle = connections.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
        }
        Ok(result)
    }

    /// A connection, and whether it can be reused.
    fn take(&self, connections: &Connections, deadline: Instant) -> Result<(Connection, bool), StoreError> {
        let wait = deadline
            .checked_duration_since(Instant::now())
            .ok_or(StoreError::Busy)?;
        let mut idle = connections.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = idle.pop() else {
            drop(idle);
            // The paths lack the changes that are only in the writer's log.
            if connections
                .writer_files
                .is_some_and(|files| files != file_ids(&self.path))
            {
                return Err(StoreError::Removed);
            }
            return Ok(connect(&self.path, wait)?);
        };
        drop(idle);
        connection.busy_timeout(wait)?;
        Ok((connection, true))
    }

    /// Opens the writer's connection without open read connections. The connections of a process share the index of the log: a
    /// connection that was opened while the volume was read-only would keep the index read-only.
    pub(super) fn open_writer(
        &self,
        open: impl FnOnce() -> Result<Connection, OpenError>,
    ) -> Result<Connection, OpenError> {
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        let last_files = connections.last_files;
        *connections = Connections {
            last_files,
            ..Connections::default()
        };
        if last_files.is_some_and(|last| is_log_of_other_file(last, file_ids(&self.path)))
            && has_log(&self.path)
        {
            // Rejects reads, which would combine the file and the log.
            connections.writer_files = last_files;
            return Err(OpenError::LogOfOtherFile(log_path(&self.path)));
        }
        let connection = open()?;
        let files = Some(file_ids(&self.path));
        connections.writer_files = files;
        connections.last_files = files;
        Ok(connection)
    }

    /// Whether the writer's files are neither removed nor replaced.
    pub(super) fn has_writer_files(&self) -> bool {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        connections.writer_files == Some(file_ids(&self.path))
    }
}

/// A new connection, and whether it can be reused.
fn connect(path: &Path, wait: Duration) -> Result<(Connection, bool), rusqlite::Error> {
    match open(path, wait) {
        // Without a log, which cannot be created, the file is complete. The connection is not reused, because another process
        // may create a log at any time.
        Err(error) if is_unavailable(&error) && !has_log(path) => {
            Ok((open(&immutable(path), wait).map_err(|_| error)?, false))
        }
        opened => Ok((opened?, true)),
    }
}

fn open(path: &Path, wait: Duration) -> Result<Connection, rusqlite::Error> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    // SQLite opens the log at the first query.
    connection.execute_batch("SELECT count(*) FROM sqlite_schema")?;
    Ok(connection)
}

#[expect(
    clippy::disallowed_methods,
    reason = "called within spawn_blocking or before the service starts"
)]
fn has_log(path: &Path) -> bool {
    std::fs::metadata(log_path(path)).is_ok_and(|log| log.is_file() && log.len() > 0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "called within spawn_blocking, on the writer's thread or before the service starts"
)]
fn file_ids(path: &Path) -> FileIds {
    [path, &log_path(path)].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    })
}

/// Whether the file was replaced, but not its log.
fn is_log_of_other_file([last_file, last_log]: FileIds, [file, log]: FileIds) -> bool {
    file.is_some() && file != last_file && log == last_log
}

/// The path of the write-ahead log, which SQLite creates beside the target of a symbolic link.
#[expect(
    clippy::disallowed_methods,
    reason = "called within spawn_blocking, on the writer's thread or before the service starts"
)]
fn log_path(path: &Path) -> PathBuf {
    let target = std::fs::canonicalize(path);
    let mut log = target.unwrap_or_else(|_| path.to_owned()).into_os_string();
    log.push("-wal");
    log.into()
}

/// The URI that makes SQLite read a file without locks and without a log.
fn immutable(path: &Path) -> PathBuf {
    let mut uri = if path.is_absolute() { "file://" } else { "file:" }.to_owned();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02x}");
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}

/// Columns 0 to 2 of a row: code, url, created.
pub(super) fn link(row: &Row<'_>) -> Result<Link, rusqlite::Error> {
    Ok(Link {
        code: row.get(0)?,
        url: row.get(1)?,
        created: row.get(2)?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn new_connections_wait_until_the_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("links.db");
        let lock = Connection::open(&path).unwrap();
        let exclusive = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE";
        lock.execute_batch(exclusive).unwrap();
        let readers = Readers::new(path);
        let start = Instant::now();
        let read = readers
            .pool()
            .read(start + Duration::from_millis(100), |_| Ok(()));
        assert!(matches!(read, Err(StoreError::Busy)), "{read:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
}
