//! The store over a database file.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::database;
use links::{Code, OpenError, Store, StoreError, Target};
use rusqlite::Connection;
use tempfile::{tempdir, TempDir};

fn target(text: &str) -> Target {
    Target::new(text.to_owned()).unwrap()
}

fn code(text: &str) -> Code {
    Code::new(text.to_owned()).unwrap()
}

#[tokio::test]
async fn adds_finds_and_removes() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    let link = store
        .add(target("http://example.org/1"), Some(code("one")))
        .await
        .unwrap();
    assert_eq!(
        (link.code.as_str(), link.url.as_str()),
        ("one", "http://example.org/1")
    );
    assert_eq!(link.created.len(), "2026-01-01T00:00:00Z".len());
    assert_eq!(
        store.target(code("one")).await.unwrap().as_deref(),
        Some("http://example.org/1")
    );
    assert_eq!(store.target(code("One")).await.unwrap(), None);
    assert!(store.remove(code("one")).await.unwrap());
    assert!(!store.remove(code("one")).await.unwrap());
    assert_eq!(store.target(code("one")).await.unwrap(), None);
}

#[tokio::test]
async fn keeps_target_of_taken_code() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    store
        .add(target("http://example.org/1"), Some(code("one")))
        .await
        .unwrap();
    let error = store
        .add(target("http://example.org/2"), Some(code("one")))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Taken(taken) if taken == "one"));
    assert_eq!(
        store.target(code("one")).await.unwrap().as_deref(),
        Some("http://example.org/1")
    );
}

#[tokio::test]
async fn rejects_one_change_of_a_batch() {
    let directory = tempdir().unwrap();
    let store = Arc::new(Store::open(&database(&directory)).unwrap());
    store
        .add(target("http://example.org/"), Some(code("taken")))
        .await
        .unwrap();
    let writes: Vec<_> = (0..200)
        .map(|n| {
            let store = Arc::clone(&store);
            let code = (n % 10 == 0).then(|| code("taken"));
            tokio::spawn(async move { store.add(target("http://example.org/"), code).await })
        })
        .collect();
    let mut added = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(link) => {
                assert!(store.target(code(&link.code)).await.unwrap().is_some());
                added += 1;
            }
            Err(StoreError::Taken(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(added, 180);
}

#[test]
fn rejects_names_of_sqlite() {
    for name in ["file:links.db", "file:/data/links.db?mode=ro", ":memory:"] {
        let opened = Store::open(Path::new(name));
        assert!(matches!(opened, Err(OpenError::NotAPath)), "{name}");
    }
}

#[test]
fn several_processes_create_the_database() {
    for _ in 0..100 {
        let directory = tempdir().unwrap();
        let path = database(&directory);
        thread::scope(|scope| {
            let open = || Store::open(&path).unwrap();
            let stores = [0; 4].map(|_| scope.spawn(open));
            for store in stores {
                store.join().unwrap();
            }
        });
    }
}

#[tokio::test]
async fn pages_contain_each_link_once() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    for n in 0..25 {
        store
            .add(target("http://example.org/"), Some(code(&format!("c{n}"))))
            .await
            .unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = store.page(after, 10).await.unwrap();
        seen.extend(page.links.into_iter().map(|link| link.code));
        // Removing a link does not shift those that follow.
        store.remove(code(&seen[seen.len() - 1])).await.unwrap();
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, (0..25).map(|n| format!("c{n}")).collect::<Vec<_>>());
    assert!(store.page(after, 10).await.unwrap().links.len() <= 5);
}

#[tokio::test]
async fn full_last_page_has_no_next() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    for _ in 0..3 {
        store.add(target("http://example.org/"), None).await.unwrap();
    }
    assert_eq!(store.page(0, 3).await.unwrap().next, None);
    assert!(store.page(0, 2).await.unwrap().next.is_some());
}

#[tokio::test]
async fn keeps_links_after_closing() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    let link = store.add(target("http://example.org/"), None).await.unwrap();
    assert!(store.target(code(&link.code)).await.unwrap().is_some());
    drop(store);
    // Closing moves the log into the database.
    assert!(!directory.path().join("links.db-wal").exists());
    let store = Store::open(&database(&directory)).unwrap();
    assert!(store.target(code(&link.code)).await.unwrap().is_some());
}

#[tokio::test]
async fn shares_a_file_with_another_store() {
    let directory = tempdir().unwrap();
    let one = Store::open(&database(&directory)).unwrap();
    let other = Store::open(&database(&directory)).unwrap();
    let link = one.add(target("http://example.org/"), None).await.unwrap();
    assert!(other.target(code(&link.code)).await.unwrap().is_some());
    other.remove(code(&link.code)).await.unwrap();
    assert_eq!(one.target(code(&link.code)).await.unwrap(), None);
}

#[test]
fn rejects_other_files() {
    let directory = tempdir().unwrap();
    fs::write(
        database(&directory),
        "not a database, but long enough to be taken for one".repeat(40),
    )
    .unwrap();
    let error = Store::open(&database(&directory)).unwrap_err();
    assert!(matches!(error, OpenError::Sqlite(_)), "{error}");
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[test]
fn rejects_a_missing_directory() {
    let directory = tempdir().unwrap();
    let error = Store::open(&directory.path().join("no/links.db")).unwrap_err();
    assert!(
        error.to_string().contains("unable to open database file"),
        "{error}"
    );
}

fn lock(directory: &TempDir) -> Connection {
    let connection = Connection::open(database(directory)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test]
async fn expires_all_changes_after_busy_timeout() {
    let directory = tempdir().unwrap();
    let store = Arc::new(Store::open(&database(&directory)).unwrap());
    let lock = lock(&directory);
    let start = Instant::now();
    // More than one batch.
    let changes: Vec<_> = (0..600)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.add(target("http://example.org/"), None).await })
        })
        .collect();
    for change in changes {
        assert!(matches!(change.await.unwrap(), Err(StoreError::Busy)));
    }
    assert!(
        start.elapsed() < Duration::from_millis(6500),
        "{:?}",
        start.elapsed()
    );
    store.check().await.unwrap();

    drop(lock);
    store
        .add(target("http://example.org/"), Some(code("later")))
        .await
        .unwrap();
    let links = store.page(0, 100).await.unwrap().links;
    assert_eq!(links.iter().map(|link| &link.code).collect::<Vec<_>>(), ["later"]);
}

#[tokio::test]
async fn writes_after_the_lock_is_released() {
    let directory = tempdir().unwrap();
    let store = Arc::new(Store::open(&database(&directory)).unwrap());
    let lock = lock(&directory);
    let changes: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.add(target("http://example.org/"), None).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(lock);
    for change in changes {
        change.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn drops_abandoned_changes() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    let lock = lock(&directory);
    let abandoned = store.add(target("http://example.org/"), None);
    tokio::time::timeout(Duration::from_millis(50), abandoned)
        .await
        .unwrap_err();
    drop(lock);
    store
        .add(target("http://example.org/"), Some(code("later")))
        .await
        .unwrap();
    assert_eq!(store.page(0, 10).await.unwrap().links.len(), 1);
}

#[tokio::test]
async fn closes_while_locked() {
    let directory = tempdir().unwrap();
    let store = Store::open(&database(&directory)).unwrap();
    let _lock = lock(&directory);
    let abandoned = store.add(target("http://example.org/"), None);
    tokio::time::timeout(Duration::from_millis(50), abandoned)
        .await
        .unwrap_err();
    let start = Instant::now();
    drop(store);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn opens_while_locked() {
    let directory = tempdir().unwrap();
    drop(Store::open(&database(&directory)).unwrap());
    let _lock = lock(&directory);
    let start = Instant::now();
    let store = Store::open(&database(&directory)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    store.check().await.unwrap();
}
