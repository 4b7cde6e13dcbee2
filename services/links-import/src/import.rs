//! From files into the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chassis::Shutdown;
use links::{Store, StoreError};
use tokio::task::JoinHandle;

use crate::entry::Entry;
use crate::lines::{line_error, Lines};
use crate::{ImportError, LineError};

/// As many changes as share a transaction of the store.
const BATCH: usize = 256;

/// What became of the links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that are new.
    pub added: usize,
    /// Those that were in the database already.
    pub unchanged: usize,
}

/// Imports the links of files, unless one of them has an error, until a shutdown is requested.
pub async fn import(
    store: &Arc<Store>,
    files: &[PathBuf],
    shutdown: &Shutdown,
) -> Result<Counts, ImportError> {
    for path in files {
        for entry in Lines::open(path)? {
            entry?;
        }
    }
    let mut counts = Counts::default();
    for path in files {
        let mut lines = Lines::open(path)?;
        while write_batch(store, path, &mut lines, &mut counts).await? {
            if shutdown.is_requested() {
                return Err(ImportError::Stopped(counts.added + counts.unchanged));
            }
        }
    }
    Ok(counts)
}

/// Writes the next entries of a file; whether there may be more.
async fn write_batch(
    store: &Arc<Store>,
    path: &Path,
    lines: &mut Lines<'_>,
    counts: &mut Counts,
) -> Result<bool, ImportError> {
    let mut writes = Vec::with_capacity(BATCH);
    for entry in lines.take(BATCH) {
        let (line, entry) = entry?;
        writes.push((line, write(Arc::clone(store), entry)));
    }
    let more = writes.len() == BATCH;
    let mut failed = None;
    for (line, write) in writes {
        match write.await.unwrap_or(Err(LineError::Panicked)) {
            Ok(true) => counts.added += 1,
            Ok(false) => counts.unchanged += 1,
            Err(error) => failed = failed.or(Some(line_error(path, line, error))),
        }
    }
    failed.map_or(Ok(more), Err)
}

/// Adds a link, in a task since all of a batch wait together; false if it was there already.
fn write(store: Arc<Store>, Entry { code, target }: Entry) -> JoinHandle<Result<bool, LineError>> {
    tokio::spawn(async move {
        match store.add(target.clone(), Some(code.clone())).await {
            Ok(_) => Ok(true),
            Err(StoreError::Taken(taken)) => match store.target(code).await? {
                Some(url) if url == target.as_str() => Ok(false),
                _ => Err(LineError::Taken(taken)),
            },
            Err(error) => Err(error.into()),
        }
    })
}
