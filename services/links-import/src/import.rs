//! The import of files into the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chassis::Shutdown;
use links::{Store, StoreError};
use tokio::task::JoinHandle;

use crate::entry::Entry;
use crate::lines::{line_error, Lines};
use crate::{ImportError, LineError};

/// The maximum number of changes in a transaction of the store.
const BATCH: usize = 256;

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of new links.
    pub added: usize,
    /// The number of links that the database already contained.
    pub unchanged: usize,
}

/// Validates all files, then imports their links until a shutdown is requested.
pub async fn import(
    store: &Arc<Store>,
    files: &[PathBuf],
    shutdown: &Shutdown,
) -> Result<Counts, ImportError> {
    for path in files {
        for entry in Lines::open(path)? {
            entry?;
            check_shutdown(shutdown, Counts::default())?;
        }
    }
    let mut counts = Counts::default();
    for path in files {
        let mut lines = Lines::open(path)?;
        while write_batch(store, path, &mut lines, &mut counts).await? {
            check_shutdown(shutdown, counts)?;
        }
    }
    Ok(counts)
}

fn check_shutdown(shutdown: &Shutdown, counts: Counts) -> Result<(), ImportError> {
    if shutdown.is_requested() {
        return Err(ImportError::Stopped(counts.added + counts.unchanged));
    }
    Ok(())
}

/// Writes the next entries of a file; returns whether there may be more.
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

/// Adds a link, in a task because the links of a batch are written concurrently; returns false if it already exists.
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

#[cfg(test)]
mod tests {
    use chassis::ShutdownSender;
    use tempfile::tempdir;

    use super::*;

    #[tokio::test]
    async fn stops_while_files_are_validated() {
        let directory = tempdir().unwrap();
        let store = Arc::new(Store::open(&directory.path().join("links.db")).unwrap());
        let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/example.jsonl"));
        let (sender, shutdown) = ShutdownSender::new();
        sender.request();
        let result = import(&store, &[file], &shutdown).await;
        assert!(matches!(result, Err(ImportError::Stopped(0))), "{result:?}");
    }
}
