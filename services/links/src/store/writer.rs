//! The connection that writes, on a thread of its own.
//!
//! All changes that wait at the same time share one transaction, and so one wait for another process's lock and one sync. They
//! are answered when it is on the disk.

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

/// How long SQLite waits for a lock at a time. In between, expired and abandoned commands leave the batch.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

/// Shorter than what the chassis gives a readiness check.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// Two random codes are the same once in millions; several in a row are a sign of another fault.
const ATTEMPTS: usize = 8;

/// A change of the database. It results in the link that was added or removed, if any.
pub(super) enum Change {
    Add(Target, Option<Code>),
    Remove(Code),
    /// Writes what the longest link would, and leaves no row.
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
    // Before the connection, so that it is dropped first: only the last connection, and only if it can write, moves the log
    // into the database.
    pool: Arc<Pool>,
    connection: Option<Connection>,
}

impl Writer {
    /// Starts the thread, with a connection or the reason why there is none yet.
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

    /// Makes a change within a time, or never.
    pub(super) async fn apply(&self, change: Change, within: Duration) -> Reply {
        let (reply, replied) = oneshot::channel();
        let command = Command {
            change,
            deadline: Instant::now() + within,
            reply,
        };
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        replied.await.map_err(|_| StoreError::Closed)?
    }

    /// Whether changes can be written. Unless the last one succeeded this writes: a service that is not ready gets no requests
    /// that would.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        if self.queue.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(StoreError::Closed);
        }
        if !matches!(*lock(&self.state), State::Writable) {
            // The state has the reason, also while another process holds the lock.
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
        // A transaction without a change succeeds on a full volume too.
        Ok(links) if links.iter().any(Option::is_some) => {
            if failing {
                tracing::info!("can write to the database again");
            }
            *state = State::Writable;
        }
        Err(StoreError::Unavailable(reason)) => {
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
    /// Waits for the transaction that is being written, and for SQLite to move its log into the database. Commands that are
    /// still queued have been abandoned.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has dropped its commands, which reported it.
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

    /// Writes and answers a batch; leaves it as it is while another process holds the lock.
    fn attempt(&mut self, batch: &mut Vec<Command>) {
        expire(batch);
        if batch.is_empty() {
            return;
        }
        let written = self.write(batch);
        record(&self.state, written.as_ref());
        // Receivers may be gone.
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
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let path = self.pool.path();
                let opened = self
                    .pool
                    .without_readers(|| open(path, OpenFlags::empty(), LOCK_TIMEOUT));
                none.insert(opened?)
            }
        };
        let written = transact(connection, batch);
        // SQLite opens what cannot be written for reading. Such a connection stays read-only.
        if written
            .as_ref()
            .err()
            .and_then(rusqlite::Error::sqlite_error_code)
            == Some(ErrorCode::ReadOnly)
        {
            self.connection = None;
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
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::NoWal(mode));
    }
    // What was acknowledged survives a loss of power, not only the end of the process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Takes out the commands that have been abandoned, or whose deadline has passed.
fn expire(batch: &mut Vec<Command>) {
    let now = Instant::now();
    for command in batch.extract_if(.., |command| command.deadline <= now || command.reply.is_closed()) {
        let _ = command.reply.send(Err(StoreError::Busy));
    }
}

/// Makes all changes or, at an error of SQLite's, none. SQLite may have rolled back at the error already, after which each
/// further change would be a transaction of its own.
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
    for _ in 0..ATTEMPTS {
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

    /// A database that takes a few links only.
    fn full() -> Connection {
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
    fn makes_no_change_of_a_failed_batch() {
        let mut connection = full();
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
    async fn reports_a_full_volume_until_it_has_room() {
        let readers = Readers::new("unused".into());
        let writer = Writer::start(Ok(full()), readers.pool()).unwrap();
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
        // Changes nothing.
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
