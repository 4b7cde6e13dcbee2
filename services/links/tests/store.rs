//! The store: a file, and what is in it.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use std::fs;
use std::sync::Arc;

use common::Folder;
use links::{Code, OpenError, Store, StoreError, Target};

fn target(text: &str) -> Target {
    Target::new(text.to_owned()).unwrap()
}

fn code(text: &str) -> Code {
    Code::new(text.to_owned()).unwrap()
}

#[tokio::test]
async fn keeps_finds_and_forgets() {
    let folder = Folder::new("keeps");
    let store = Store::open(&folder.database()).unwrap();
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
async fn a_taken_code_keeps_its_target() {
    let folder = Folder::new("taken");
    let store = Store::open(&folder.database()).unwrap();
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
async fn one_refused_write_spoils_none_of_its_batch() {
    let folder = Folder::new("batch");
    let store = Arc::new(Store::open(&folder.database()).unwrap());
    store
        .add(target("http://example.org/"), Some(code("taken")))
        .await
        .unwrap();
    let writes: Vec<_> = (0..200)
        .map(|n| {
            let store = Arc::clone(&store);
            let wanted = (n % 10 == 0).then(|| code("taken"));
            tokio::spawn(async move { store.add(target("http://example.org/"), wanted).await })
        })
        .collect();
    let mut kept = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(link) => {
                assert!(store.target(code(&link.code)).await.unwrap().is_some());
                kept += 1;
            }
            Err(StoreError::Taken(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(kept, 180);
}

#[tokio::test]
async fn pages_hold_each_link_once_while_others_come_and_go() {
    let folder = Folder::new("pages");
    let store = Store::open(&folder.database()).unwrap();
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
        // One that was seen goes, and one comes: neither shifts what follows.
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
async fn a_page_that_is_just_full_has_no_next() {
    let folder = Folder::new("full");
    let store = Store::open(&folder.database()).unwrap();
    for _ in 0..3 {
        store.add(target("http://example.org/"), None).await.unwrap();
    }
    assert_eq!(store.page(0, 3).await.unwrap().next, None);
    assert!(store.page(0, 2).await.unwrap().next.is_some());
}

#[tokio::test]
async fn what_was_kept_is_there_after_closing() {
    let folder = Folder::new("closing");
    let store = Store::open(&folder.database()).unwrap();
    let link = store.add(target("http://example.org/"), None).await.unwrap();
    assert!(store.target(code(&link.code)).await.unwrap().is_some());
    drop(store);
    // A clean end folds SQLite's log into the database.
    assert!(!folder.0.join("links.db-wal").exists());
    let store = Store::open(&folder.database()).unwrap();
    assert!(store.target(code(&link.code)).await.unwrap().is_some());
}

#[tokio::test]
async fn two_at_one_file_see_each_others_links() {
    let folder = Folder::new("two");
    let one = Store::open(&folder.database()).unwrap();
    let other = Store::open(&folder.database()).unwrap();
    let link = one.add(target("http://example.org/"), None).await.unwrap();
    assert!(other.target(code(&link.code)).await.unwrap().is_some());
    other.remove(code(&link.code)).await.unwrap();
    assert_eq!(one.target(code(&link.code)).await.unwrap(), None);
}

#[test]
fn refuses_what_is_no_database() {
    let folder = Folder::new("foreign");
    fs::write(
        folder.database(),
        "not a database, but long enough to be taken for one".repeat(40),
    )
    .unwrap();
    let error = Store::open(&folder.database()).unwrap_err();
    assert!(matches!(error, OpenError::Sqlite(_)), "{error}");
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[test]
fn refuses_a_folder_that_is_not_there() {
    let folder = Folder::new("missing");
    let error = Store::open(&folder.0.join("no/links.db")).unwrap_err();
    assert!(
        error.to_string().contains("unable to open database file"),
        "{error}"
    );
}
