//! The write connection, on a dedicated thread.
//!
//! Queued changes share one transaction, one wait for the lock of another process and one sync. Replies are sent after
//! the sync.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::reader::{link, Pool};
use super::{schema, OpenError, StoreError, BUSY_TIMEOUT};
use crate::link::{Code, Link, Target};

const QUEUE: usize = 1024;
const BATCH: usize = 256;

/// How long SQLite waits for the lock in one attempt. Between attempts, expired and abandoned commands leave the batch.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

/// The interval of attempts for which SQLite does not wait.
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// Shorter than the timeout of readiness checks in the chassis.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// Attempts to generate an unused code. A collision is rare, so several in a row indicate another fault.
const MAX_ATTEMPTS: usize = 8;

/// A change of the database. Its result is the added or removed link, if any.
pub(super) enum Change {
    Add(Target, Option<Code>),
    Remove(Code),
    /// Inserts a row of the maximum size and removes it.
    Probe,
}

type Reply = Result<Option<Link>, StoreError>;

struct Command {
    change: Change,
    deadline: Instant,
    reply: oneshot::Sender<Reply>,
}

pub(super) struct Writer {
    queue: Option<mpsc::Sender<Command>>,
    thread: Option<thread::JoinHandle<()>>,
    state: Arc<Mutex<State>>,
}

/// The result of the last change.
#[derive(Default)]
enum State {
    /// No change since the start.
    #[default]
    Unknown,
    Writable,
    Failing(String),
}

struct WriterThread {
    commands: mpsc::Receiver<Command>,
    state: Arc<Mutex<State>>,
    // Dropped before the connection: only the last connection checkpoints the log, and only if it can write.
    pool: Arc<Pool>,
    connection: Option<Connection>,
}

impl Writer {
    /// Starts the thread with a connection, or with the error that prevented it.
    pub(super) fn start(connection: Result<Connection, StoreError>, pool: Arc<Pool>) -> io::Result<Self> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let state = Arc::default();
        let connection = connection.map_err(|error| record(&state, Err(&error))).ok();
        let writer = WriterThread {
            commands,
            state: Arc::clone(&state),
            pool,
            connection,
        };
        let thread = thread::Builder::new()
            .name("writer".into())
            .spawn(|| writer.run())?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            state,
        })
    }

    /// Makes a change; after `timeout` it is not started.
    pub(super) async fn apply(&self, change: Change, timeout: Duration) -> Reply {
        let (reply, replied) = oneshot::channel();
        let command = Command {
            change,
            deadline: Instant::now() + timeout,
            reply,
        };
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        replied.await.map_err(|_| StoreError::Closed)?
    }

    /// Checks that changes can be written. Unless the last change succeeded it makes a test write, because a service that is
    /// not ready receives no requests.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        if self.queue.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(StoreError::Closed);
        }
        if !matches!(*lock(&self.state), State::Writable) {
            // The state keeps the reason while another process holds the lock.
            let _ = self.apply(Change::Probe, PROBE_TIMEOUT).await;
        }
        match &*lock(&self.state) {
            State::Failing(reason) => Err(StoreError::Unavailable(format!("cannot write: {reason}"))),
            State::Unknown | State::Writable => Ok(()),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn record(state: &Mutex<State>, result: Result<&Vec<Option<Link>>, &StoreError>) {
    let mut state = lock(state);
    let failing = matches!(*state, State::Failing(_));
    match result {
        // A transaction without changes also succeeds on a full volume.
        Ok(links) if links.iter().any(Option::is_some) => {
            if failing {
                tracing::info!("can write to the database again");
            }
            *state = State::Writable;
        }
        Err(StoreError::Unavailable(reason) | StoreError::Sqlite(reason)) => {
            if !failing {
                tracing::error!(error = reason, "cannot write to the database");
            }
            *state = State::Failing(reason.clone());
        }
        _ => {}
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    /// Waits for the current transaction and for the checkpoint of the log. The callers of queued commands have already given
    /// up.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // After a panic, the dropped commands have already reported the failure.
            let _ = thread.join();
        }
    }
}

impl WriterThread {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.commands.blocking_recv_many(&mut batch, BATCH) > 0 {
            while !batch.is_empty() {
                self.attempt(&mut batch);
            }
        }
    }

    /// Writes a batch and sends the replies; keeps the batch if another process holds the lock.
    fn attempt(&mut self, batch: &mut Vec<Command>) {
        expire(batch);
        if batch.is_empty() {
            return;
        }
        let written = self.write(batch);
        record(&self.state, written.as_ref());
        // Sending fails if the caller has given up.
        match written {
            Ok(links) => {
                for (command, link) in batch.drain(..).zip(links) {
                    let _ = command.reply.send(Ok(link));
                }
            }
            Err(StoreError::Busy) => {}
            Err(error) => {
                for command in batch.drain(..) {
                    let _ = command.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn write(&mut self, batch: &mut Vec<Command>) -> Result<Vec<Option<Link>>, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) if self.pool.has_writer_files() => connection,
            // Changes of a file that was removed or replaced would be lost at the exit, and those of a log at a crash. The last
            // connection that is closed writes the log to the database.
            closed => self.pool.open_writer(|| {
                drop(closed);
                open(self.pool.path(), OpenFlags::empty(), LOCK_TIMEOUT)
            })?,
        };
        let written = transact(&mut connection, batch);
        let error = written.as_ref().err();
        // SQLite opens a file that cannot be written read-only, and the connection stays read-only.
        if error.and_then(rusqlite::Error::sqlite_error_code) != Some(ErrorCode::ReadOnly) {
            self.connection = Some(connection);
        }
        Ok(written?)
    }
}

/// Opens the database for writing, creates it if it is missing, and migrates its schema.
pub(super) fn create(path: &Path) -> Result<Connection, OpenError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_CREATE, BUSY_TIMEOUT)?;
    connection.busy_timeout(LOCK_TIMEOUT)?;
    Ok(connection)
}

fn open(path: &Path, create: OpenFlags, wait: Duration) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags | create)?;
    connection.busy_timeout(wait)?;
    let mode = enable_wal(&connection, Instant::now() + wait)?;
    if mode != "wal" {
        return Err(OpenError::NoWal(mode));
    }
    // Acknowledged changes survive a power loss.
    connection.pragma_update(None, "synchronous", "FULL")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Returns the new journal mode. SQLite does not wait for the lock while another process creates the same file.
#[expect(
    clippy::disallowed_methods,
    reason = "called on the writer's thread or before the service starts"
)]
fn enable_wal(connection: &Connection, deadline: Instant) -> Result<String, rusqlite::Error> {
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
        let code = mode.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
        if code != Some(ErrorCode::DatabaseBusy) || Instant::now() >= deadline {
            return mode;
        }
        thread::sleep(LOCK_RETRY);
    }
}

/// Removes abandoned commands and those whose deadline has passed.
fn expire(batch: &mut Vec<Command>) {
    let now = Instant::now();
    for command in batch.extract_if(.., |command| command.deadline <= now || command.reply.is_closed()) {
        let _ = command.reply.send(Err(StoreError::Busy));
    }
}

/// Makes all changes, or none if SQLite fails. SQLite may roll back at an error; a change after that would be a separate
/// transaction.
fn transact(
    connection: &mut Connection,
    batch: &mut Vec<Command>,
) -> Result<Vec<Option<Link>>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Deadlines may have passed while SQLite waited for the lock.
    expire(batch);
    let links = batch
        .iter()
        .map(|command| command.change.apply(&transaction))
        .collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(links)
}

impl Change {
    fn apply(&self, connection: &Connection) -> Result<Option<Link>, rusqlite::Error> {
        match self {
            Self::Add(target, Some(code)) => insert(connection, target, code),
            Self::Add(target, None) => insert_random(connection, target),
            Self::Remove(code) => remove(connection, code.as_str()),
            Self::Probe => {
                connection.execute_batch("INSERT INTO link (code, url) VALUES ('', hex(zeroblob(1024)))")?;
                remove(connection, "")
            }
        }
    }
}

fn insert_random(connection: &Connection, target: &Target) -> Result<Option<Link>, rusqlite::Error> {
    for _ in 0..MAX_ATTEMPTS {
        let random: i64 = connection.query_row("SELECT random()", [], |row| row.get(0))?;
        let link = insert(connection, target, &Code::from_random(random.cast_unsigned()))?;
        if link.is_some() {
            return Ok(link);
        }
    }
    Ok(None)
}

/// The link, or none if the code is taken.
fn insert(connection: &Connection, target: &Target, code: &Code) -> Result<Option<Link>, rusqlite::Error> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO link (code, url) VALUES (?1, ?2)
             RETURNING code, url, strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch')",
        )?
        .query_row([code.as_str(), target.as_str()], link)
        .optional();
    match inserted {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(None),
        other => other,
    }
}

fn remove(connection: &Connection, code: &str) -> Result<Option<Link>, rusqlite::Error> {
    connection
        .prepare_cached(
            "DELETE FROM link WHERE code = ?1
             RETURNING code, url, strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch')",
        )?
        .query_row([code], link)
        .optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::reader::Readers;

    const LONG: &str =
        "http://example.org/0123456789012345678901234567890123456789012345678901234567890123456789";

    /// A database with room for a few links.
    fn almost_full() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let pages: i64 = connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
        connection
    }

    fn add() -> Change {
        Change::Add(Target::new(LONG.to_owned()).unwrap(), None)
    }

    #[test]
    fn rolls_back_a_failed_batch() {
        let mut connection = almost_full();
        let (mut batch, _replied): (Vec<_>, Vec<_>) = (0..BATCH)
            .map(|_| {
                let (reply, replied) = oneshot::channel();
                let deadline = Instant::now() + BUSY_TIMEOUT;
                (
                    Command {
                        change: add(),
                        deadline,
                        reply,
                    },
                    replied,
                )
            })
            .unzip();
        let error = transact(&mut connection, &mut batch).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM link", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 0);
    }

    #[tokio::test]
    async fn reports_a_full_volume() {
        let pool = Readers::new("unused".into()).pool();
        let connection = pool.open_writer(|| Ok(almost_full())).unwrap();
        let writer = Writer::start(Ok(connection), pool).unwrap();
        let mut added = Vec::new();
        let error = loop {
            match writer.apply(add(), BUSY_TIMEOUT).await {
                Ok(link) => added.push(Code::new(link.unwrap().code).unwrap()),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(&error, StoreError::Unavailable(reason) if reason.contains("full")),
            "{error}"
        );
        let error = writer.check().await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot write: database or disk is full"),
            "{error}"
        );
        // A change without effect does not prove that the volume can be written.
        let absent = Change::Remove(Code::from_random(0));
        assert!(writer.apply(absent, BUSY_TIMEOUT).await.unwrap().is_none());
        writer.check().await.unwrap_err();
        for code in added {
            writer.apply(Change::Remove(code), BUSY_TIMEOUT).await.unwrap();
        }
        writer.check().await.unwrap();
        assert!(writer.apply(add(), BUSY_TIMEOUT).await.unwrap().is_some());
    }
}
