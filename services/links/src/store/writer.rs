//! The connection that writes, on a thread of its own.
//!
//! Whatever waits when it comes round goes into one transaction, and is answered when that is on the disk: under load
//! many writes share one sync.

use std::fmt;
use std::io;
use std::thread;

use rusqlite::{Connection, ErrorCode, OptionalExtension};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use crate::link::{Code, Link, Target};

const QUEUE: usize = 1024;
const BATCH: usize = 256;

/// Two random codes meet once in millions; a row of them means that something else is wrong.
const ATTEMPTS: usize = 8;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Command {
    Add {
        target: Target,
        code: Option<Code>,
        answer: Answer<Link>,
    },
    Remove {
        code: Code,
        answer: Answer<bool>,
    },
}

/// A command that was done and waits for its transaction.
enum Done {
    Add(Answer<Link>, Result<Link, StoreError>),
    Remove(Answer<bool>, Result<bool, StoreError>),
}

pub(super) struct Writer {
    queue: Option<mpsc::Sender<Command>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("writer".into())
            .spawn(|| run(connection, commands))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    pub(super) async fn add(&self, target: Target, code: Option<Code>) -> Result<Link, StoreError> {
        self.ask(|answer| Command::Add { target, code, answer }).await
    }

    pub(super) async fn remove(&self, code: Code) -> Result<bool, StoreError> {
        self.ask(|answer| Command::Remove { code, answer }).await
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue
            .send(command(answer))
            .await
            .map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    /// Waits for what is queued, and for SQLite to fold its log into the database.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that died has told whoever waited for it.
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, mut commands: mpsc::Receiver<Command>) {
    let mut batch = Vec::with_capacity(BATCH);
    while commands.blocking_recv_many(&mut batch, BATCH) > 0 {
        let mut done = Vec::with_capacity(batch.len());
        let committed = commit(&mut connection, &mut batch, &mut done);
        let failed = committed.err().map(|error| error.to_string());
        for one in done {
            one.answer(failed.as_deref());
        }
        // Those that were not reached are dropped with their answers: "closed" to whoever waits.
        batch.clear();
    }
}

fn commit(
    connection: &mut Connection,
    batch: &mut Vec<Command>,
    done: &mut Vec<Done>,
) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    for command in batch.drain(..) {
        done.push(match command {
            Command::Add { target, code, answer } => Done::Add(answer, add(&transaction, &target, code)),
            Command::Remove { code, answer } => Done::Remove(answer, remove(&transaction, &code)),
        });
    }
    transaction.commit()
}

fn add(connection: &Connection, target: &Target, code: Option<Code>) -> Result<Link, StoreError> {
    if let Some(code) = code {
        return insert(connection, target, &code)?.ok_or_else(|| StoreError::Taken(code.as_str().to_owned()));
    }
    for _ in 0..ATTEMPTS {
        let random: i64 = connection.query_row("SELECT random()", [], |row| row.get(0))?;
        if let Some(link) = insert(connection, target, &Code::from_random(random.cast_unsigned()))? {
            return Ok(link);
        }
    }
    Err(StoreError::Sqlite(format!("{ATTEMPTS} random codes were taken")))
}

/// The link, or none if the code is taken.
fn insert(connection: &Connection, target: &Target, code: &Code) -> Result<Option<Link>, rusqlite::Error> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO link (code, url) VALUES (?1, ?2)
             RETURNING code, url, strftime('%Y-%m-%dT%H:%M:%SZ', created, 'unixepoch')",
        )?
        .query_row([code.as_str(), target.as_str()], super::reader::link)
        .optional();
    match inserted {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(None),
        other => other,
    }
}

fn remove(connection: &Connection, code: &Code) -> Result<bool, StoreError> {
    let rows = connection
        .prepare_cached("DELETE FROM link WHERE code = ?1")?
        .execute([code.as_str()])?;
    Ok(rows > 0)
}

impl Done {
    fn answer(self, failed: Option<&str>) {
        let failed = || failed.map(|error| StoreError::Sqlite(error.to_owned()));
        // Whoever asked may be gone; what was done stays done.
        match self {
            Self::Add(answer, result) => drop(answer.send(failed().map_or(result, Err))),
            Self::Remove(answer, result) => drop(answer.send(failed().map_or(result, Err))),
        }
    }
}
