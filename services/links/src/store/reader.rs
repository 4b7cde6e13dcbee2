//! The connections that read: opened when first needed, at most [`CONNECTIONS`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::{connect, Page, StoreError};
use crate::link::{Code, Link};

const CONNECTIONS: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    free: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            free: Arc::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
        }
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
            // One more than asked for tells whether there is a next page.
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
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let free = Arc::clone(&self.free);
        let path = self.path.clone();
        let read = spawn_blocking(move || {
            let _turn = turn;
            let taken = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match taken {
                Some(connection) => connection,
                None => connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
            };
            let result = query(&connection);
            free.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            result
        });
        Ok(read.await.map_err(|_| StoreError::Closed)??)
    }
}

/// Columns 0 to 2 of a row: code, url, created.
pub(super) fn link(row: &Row<'_>) -> Result<Link, rusqlite::Error> {
    Ok(Link {
        code: row.get(0)?,
        url: row.get(1)?,
        created: row.get(2)?,
    })
}
