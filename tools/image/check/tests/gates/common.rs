//! Small images, and the program.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use oci_layout::{digest, Layout, MANIFEST_MEDIA_TYPE};
use serde_json::{json, Value};
use tar::{Builder, EntryType, Header};

/// Absolute under cargo, relative to the working directory under Bazel.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_image_check");

/// A directory that is removed on drop.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("image-check-test.{}.{next}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A layer under construction.
pub(crate) struct Layer(Builder<Vec<u8>>);

impl Layer {
    pub(crate) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn add(mut self, path: &str, kind: EntryType, mode: u32, uid: u64, link: &str, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(uid);
        header.set_gid(uid);
        header.set_size(content.len() as u64);
        if path.contains("..") {
            // The builder rejects such paths.
            header
                .as_mut_bytes()
                .iter_mut()
                .zip(path.bytes())
                .for_each(|(to, from)| *to = from);
            header.set_cksum();
            self.0.append(&header, content).unwrap();
        } else if link.is_empty() {
            self.0.append_data(&mut header, path, content).unwrap();
        } else {
            self.0.append_link(&mut header, path, link).unwrap();
        }
        self
    }

    pub(crate) fn dir(self, path: &str, mode: u32) -> Self {
        self.add(path, EntryType::Directory, mode, 0, "", &[])
    }

    pub(crate) fn file(self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> Self {
        self.add(path, EntryType::Regular, mode, 0, "", content.as_ref())
    }

    pub(crate) fn owned_file(self, path: &str, mode: u32, uid: u64) -> Self {
        self.add(path, EntryType::Regular, mode, uid, "", &[])
    }

    pub(crate) fn owned_dir(self, path: &str, mode: u32, uid: u64) -> Self {
        self.add(path, EntryType::Directory, mode, uid, "", &[])
    }

    pub(crate) fn file_with_xattr(self, path: &str, name: &str, value: &[u8]) -> Self {
        self.file_with_record(path, &format!("SCHILY.xattr.{name}"), value)
    }

    pub(crate) fn file_with_record(mut self, path: &str, key: &str, value: &[u8]) -> Self {
        self.0.append_pax_extensions([(key, value)]).unwrap();
        self.file(path, 0o755, "")
    }

    pub(crate) fn device(mut self, path: &str, kind: EntryType, (major, minor): (u32, u32)) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        self.0.append_data(&mut header, path, &[][..]).unwrap();
        self
    }

    /// A metadata header for the next entry.
    pub(crate) fn metadata(mut self, kind: EntryType, size: usize) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_cksum();
        self.0.append(&header, vec![b'n'; size].as_slice()).unwrap();
        self
    }

    pub(crate) fn symlink(self, path: &str, to: &str) -> Self {
        self.add(path, EntryType::Symlink, 0o777, 0, to, &[])
    }

    pub(crate) fn hardlink(self, path: &str, to: &str) -> Self {
        self.hardlink_with_mode(path, to, 0o755)
    }

    /// A hard link whose header has its own mode.
    pub(crate) fn hardlink_with_mode(self, path: &str, to: &str, mode: u32) -> Self {
        self.add(path, EntryType::Link, mode, 0, to, &[])
    }

    pub(crate) fn tar(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// Compression of a layer.
#[derive(Clone, Copy)]
pub(crate) enum Pack {
    None,
    Gzip,
    Zstd,
}

fn pack(tar: &[u8], pack: Pack) -> (&'static str, Vec<u8>) {
    match pack {
        Pack::None => ("application/vnd.oci.image.layer.v1.tar", tar.to_vec()),
        Pack::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(tar).unwrap();
            (
                "application/vnd.oci.image.layer.v1.tar+gzip",
                encoder.finish().unwrap(),
            )
        }
        Pack::Zstd => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            (
                "application/vnd.oci.image.layer.v1.tar+zstd",
                ruzstd::encoding::compress_to_vec(tar, level),
            )
        }
    }
}

/// Writes a layout of one image; `run` is the config's `config`.
pub(crate) fn layout(dir: &Path, run: &Value, layers: Vec<(Layer, Pack)>) {
    layout_with(dir, run, layers, &json!({}), &json!({}));
}

/// Writes a layout of one image, with further fields of its config and its manifest.
pub(crate) fn layout_with(
    dir: &Path,
    run: &Value,
    layers: Vec<(Layer, Pack)>,
    config_fields: &Value,
    manifest_fields: &Value,
) {
    let extend = |document: &mut Value, fields: &Value| {
        let fields = fields.as_object().unwrap().clone();
        document.as_object_mut().unwrap().extend(fields);
    };
    let layout = Layout::create(dir).unwrap();
    let (mut descriptors, mut diff_ids) = (Vec::new(), Vec::new());
    for (layer, how) in layers {
        let tar = layer.tar();
        let (media_type, packed) = pack(&tar, how);
        diff_ids.push(digest(&tar));
        descriptors.push(layout.write_blob(media_type, &packed).unwrap());
    }
    let mut config = json!({
        "os": "linux",
        "architecture": "amd64",
        "created": "1970-01-01T00:00:00Z",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    extend(&mut config, config_fields);
    let config = config.to_string();
    let config = layout
        .write_blob("application/vnd.oci.image.config.v1+json", config.as_bytes())
        .unwrap();
    let mut manifest = json!({"schemaVersion": 2, "config": config, "layers": descriptors});
    extend(&mut manifest, manifest_fields);
    let manifest = manifest.to_string();
    let manifest = layout
        .write_blob(MANIFEST_MEDIA_TYPE, manifest.as_bytes())
        .unwrap();
    layout.write_index(&[manifest]).unwrap();
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Outcome {
    /// Asserts the exit code, and that some line of the output contains each of `texts`.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in texts {
            // The width of columns varies.
            let output = format!("{}{}", self.stdout, self.stderr);
            let lines: Vec<_> = output
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            assert!(
                lines.iter().any(|line| line.contains(text)),
                "no {text:?} in {lines:#?}"
            );
        }
    }
}

pub(crate) fn image_check(arguments: &[&str]) -> Outcome {
    Command::new(BINARY).args(arguments).output().unwrap().into()
}
