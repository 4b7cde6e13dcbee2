//! Layouts that are written and read back, intact and with one fault each.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use oci_layout::{Descriptor, Layout, Platform, INDEX_MEDIA_TYPE, MANIFEST_MEDIA_TYPE};
use serde_json::{json, Value};

/// A directory that is removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(parent.join(format!("oci-layout-test.{}.{next}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes an image whose manifest is in an index, and returns the layout and its entry.
fn write_nested(scratch: &Scratch) -> (Layout, Descriptor) {
    let layout = Layout::create(&scratch.0).unwrap();
    let config = layout.write_blob("application/json", b"{}").unwrap();
    let manifest = json!({"config": config, "layers": null});
    let mut manifest = layout
        .write_blob(MANIFEST_MEDIA_TYPE, manifest.to_string().as_bytes())
        .unwrap();
    manifest.platform = Some(Platform {
        os: "linux".to_owned(),
        architecture: "arm64".to_owned(),
    });
    let index = json!({"manifests": [manifest]});
    let entry = layout
        .write_blob(INDEX_MEDIA_TYPE, index.to_string().as_bytes())
        .unwrap();
    layout.write_index(std::slice::from_ref(&entry)).unwrap();
    (layout, entry)
}

#[test]
fn reads_manifest_through_indexes() {
    let scratch = Scratch::new();
    write_nested(&scratch);
    let mut layout = Layout::open(&scratch.0);
    let entry = layout.entry(None).unwrap();
    let (descriptor, manifest) = layout.manifest(entry.clone(), Some("linux/arm64")).unwrap();
    assert_eq!(descriptor.media_type, MANIFEST_MEDIA_TYPE);
    assert!(manifest.layers.is_empty());
    let config: Value = layout.read_json(&manifest.config).unwrap();
    assert_eq!(config, json!({}));
    layout.verify_unread_blobs().unwrap();
    let error = layout.manifest(entry, Some("linux/amd64")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no image for linux/amd64, has [linux/arm64]"),
        "{error}"
    );
}

#[test]
fn rejects_changed_blobs() {
    let scratch = Scratch::new();
    let (mut layout, entry) = write_nested(&scratch);
    let path = layout.blob_path(&entry.digest).unwrap();
    let content = fs::read(&path).unwrap();
    let mut read = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        layout.read_blob(&entry).map_err(|error| error.to_string())
    };
    assert_eq!(read(&content).unwrap(), content);
    let error = read(&content[1..]).unwrap_err();
    assert!(error.contains("the size in its descriptor"), "{error}");
    let error = read(&vec![b'x'; content.len()]).unwrap_err();
    assert!(error.contains("has the digest sha256:"), "{error}");
}

#[test]
fn rejects_unreferenced_changed_blobs() {
    let scratch = Scratch::new();
    let (layout, _) = write_nested(&scratch);
    let unused = layout.write_blob("text/plain", b"one").unwrap();
    layout.verify_unread_blobs().unwrap();
    fs::write(layout.blob_path(&unused.digest).unwrap(), "two").unwrap();
    let error = layout.verify_unread_blobs().unwrap_err();
    assert!(error.to_string().contains("has the digest sha256:"), "{error}");
}

#[test]
fn rejects_invalid_layouts() {
    let scratch = Scratch::new();
    let layout = Layout::create(&scratch.0).unwrap();
    let error = layout.entry(None).unwrap_err().to_string();
    assert!(error.starts_with("cannot read "), "{error}");
    fs::write(scratch.0.join("index.json"), "[]").unwrap();
    let error = layout.entry(None).unwrap_err().to_string();
    assert!(error.contains("index.json: invalid document: "), "{error}");
    let error = layout.blob_path("sha256:../x").unwrap_err().to_string();
    assert!(error.contains("invalid digest \"sha256:../x\""), "{error}");
}
