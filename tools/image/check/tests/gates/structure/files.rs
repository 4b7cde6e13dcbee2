//! Blobs, layers and the rules for files.

use std::fs;

use super::common::{hello, root, Case};
use crate::common::{Layer, Pack};
use oci_layout::{digest, Layout};
use serde_json::json;
use tar::EntryType;

#[test]
fn rejects_shells() {
    for layer in [
        Layer::new().file("bin/busybox", 0o755, "x"),
        Layer::new().file("bin/box", 0o755, "x").symlink("bin/sh", "box"),
        Layer::new()
            .file("bin/box", 0o755, "x")
            .hardlink("bin/ash", "bin/box"),
    ] {
        let case = Case::with(layer);
        case.check(&json!({}), &[])
            .expect(1, &["shells: expected none, found /bin/"]);
        case.check(&json!({"allow_shell": true}), &[]).expect(0, &[]);
    }
    Case::with(Layer::new().file("etc/sh", 0o644, "no program"))
        .check(&json!({}), &[])
        .expect(0, &[]);
}

#[test]
fn rejects_setuid() {
    let case = Case::with(Layer::new().file("a", 0o4755, "").file("b", 0o2755, ""));
    case.check(&json!({}), &[])
        .expect(1, &["setuid or setgid: expected none, found /a /b"]);
    case.check(&json!({"allow_setuid": ["/a", "/b"]}), &[])
        .expect(0, &[]);
}

#[test]
fn rejects_setuid_of_hard_link() {
    let app = || Layer::new().file("a", 0o755, "");
    Case::with(app().hardlink_with_mode("b", "a", 0o4755))
        .check(&json!({}), &[])
        .expect(1, &["setuid or setgid: expected none, found /a /b"]);
    Case::with(
        Layer::new()
            .file("a", 0o4755, "")
            .hardlink_with_mode("b", "a", 0o755),
    )
    .check(&json!({}), &[])
    .expect(0, &[]);
    // Removing a hard link does not undo its mode.
    let layers = vec![
        (app().hardlink_with_mode("b", "a", 0o4755), Pack::None),
        (Layer::new().file(".wh.b", 0o644, ""), Pack::None),
    ];
    Case::new(&json!({"User": "1"}), layers)
        .check(&json!({}), &[])
        .expect(1, &["setuid or setgid: expected none, found /a"]);
}

#[test]
fn rejects_file_capabilities() {
    let net_bind = || Layer::new().file_with_xattr("a", "security.capability", b"\x01\0\0\x02");
    let case = Case::with(net_bind().file_with_xattr("b", "user.note", b"1"));
    let outcome = case.check(&json!({}), &[]);
    outcome.expect(1, &["file capabilities: expected none, found /a"]);
    case.check(&json!({"allow_capabilities": ["/a"]}), &[])
        .expect(0, &[]);
    case.check(&json!({"allow_setuid": ["/a"]}), &[])
        .expect(1, &["file capabilities"]);
    Case::with(net_bind().hardlink("b", "a"))
        .check(&json!({"allow_capabilities": ["/a"]}), &[])
        .expect(1, &["file capabilities: expected none, found /b"]);
}

#[test]
fn rejects_access_control_lists() {
    for name in ["system.posix_acl_access", "system.posix_acl_default"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"\x02\0\0\0"));
        case.check(&json!({"allow_xattrs": [name]}), &[])
            .expect(1, &["access control lists: expected none, found /a"]);
    }
}

#[test]
fn rejects_unknown_attributes() {
    for name in ["security.selinux", "trusted.note", "nonsense"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"1"));
        let shown = format!("extended attributes: expected none, found {name} of /a");
        case.check(&json!({}), &[]).expect(1, &[&shown]);
        case.check(&json!({"allow_xattrs": [name]}), &[]).expect(0, &[]);
    }
}

#[test]
fn rejects_attributes_engines_ignore() {
    for key in [
        "LIBARCHIVE.xattr.user.note",
        "SCHILY.acl.access",
        "RHT.security.selinux",
    ] {
        let case = Case::with(Layer::new().file_with_record("a", key, b"1"));
        let shown = format!("extended attributes: expected none, found {key} of /a");
        case.check(&json!({}), &[]).expect(1, &[&shown]);
    }
}

#[test]
fn rejects_overlayfs_attributes() {
    for name in ["trusted.overlay.opaque", "user.overlay.redirect"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"y"));
        case.check(&json!({"allow_xattrs": [name]}), &[]).expect(
            1,
            &[&format!(
                "\"a\": extended attribute \"{name}\", which overlayfs interprets"
            )],
        );
    }
}

#[test]
fn rejects_malformed_records() {
    for (key, shown) in [
        ("SCHILY.xattr.", "invalid name of an extended attribute"),
        ("uid", "pax record \"uid\": invalid value \"x\""),
        ("GNU.sparse.major", "sparse files are not supported"),
    ] {
        let case = Case::with(Layer::new().file_with_record("a", key, b"x"));
        case.check(&json!({}), &[]).expect(1, &[shown]);
    }
}

#[test]
fn rejects_device_nodes() {
    for kind in [EntryType::Char, EntryType::Block] {
        Case::with(Layer::new().device("dev/sda", kind, (8, 0)))
            .check(&json!({}), &[])
            .expect(1, &["device nodes: expected none, found /dev/sda"]);
    }
    Case::with(Layer::new().device("a", EntryType::Char, (0, 0)))
        .check(&json!({}), &[])
        .expect(
            1,
            &["character device 0,0, which overlayfs interprets as a whiteout"],
        );
}

#[test]
fn limits_metadata() {
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        for pack in [Pack::None, Pack::Gzip, Pack::Zstd] {
            let layer = Layer::new().metadata(kind, (1 << 20) + 1).file("a", 0o644, "");
            Case::new(&json!({"User": "1"}), vec![(layer, pack)])
                .check(&json!({}), &[])
                .expect(1, &["of 1048577 bytes: podman and docker accept at most 1048576"]);
        }
    }
}

#[test]
fn rejects_entries_engines_reject() {
    let file = || Layer::new().file("a", 0o644, "");
    for (upper, shown) in [
        (
            file().file("./a", 0o644, ""),
            "\"a\": podman and docker reject two entries with one name",
        ),
        (
            Layer::new().hardlink("b", "lower"),
            "a hard link to \"lower\", which is not an earlier file of the layer",
        ),
        (
            file().file(".wh.a", 0o644, ""),
            "a whiteout of \"/a\", which the layer itself contains",
        ),
        (
            file().file("a/b", 0o644, ""),
            "\"/a\" is not a directory in this layer",
        ),
        (
            Layer::new().symlink("l", "dir").file("l/b", 0o644, ""),
            "\"/l\" does not exist",
        ),
        (Layer::new().file("../a", 0o644, ""), "\"../a\" leaves the image"),
    ] {
        let lower = Layer::new().file("lower", 0o644, "").dir("dir", 0o755);
        let layers = vec![(lower, Pack::None), (upper, Pack::None)];
        Case::new(&json!({"User": "1"}), layers)
            .check(&json!({}), &[])
            .expect(1, &[shown]);
    }
}

#[test]
fn rejects_files_of_supplementary_groups() {
    let check = |user: &str| {
        let files = Layer::new()
            .file("etc/passwd", 0o644, "app:x:1000:1000::/:\n")
            .file("etc/group", 0o644, "data:x:50:other,app\n")
            .owned_file("srv/data", 0o464, 50);
        Case::new(&json!({"User": user}), vec![(files, Pack::None)]).check(&json!({}), &[])
    };
    for user in ["app", "1000"] {
        check(user).expect(1, &["writable by user: expected none, found /srv/data"]);
    }
    check("app:1000").expect(0, &[]);
}

#[test]
fn rejects_writable_files() {
    let world = Case::with(root().file("srv/data", 0o666, ""));
    world
        .check(&json!({}), &[])
        .expect(1, &["world-writable: expected none, found /srv/data"]);
    world
        .check(&json!({"allow_writable": ["/tmp", "/srv/data"]}), &[])
        .expect(0, &[]);
    let own = Case::with(root().owned_file("srv/data", 0o644, 65532));
    own.check(&json!({}), &[])
        .expect(1, &["writable by user: expected none, found /srv/data"]);
    // The owner can change the mode.
    Case::with(root().owned_file("srv/data", 0o444, 65532))
        .check(&json!({}), &[])
        .expect(1, &["writable by user: expected none, found /srv/data"]);
    let loose = Case::with(Layer::new().dir("tmp", 0o777));
    loose
        .check(&json!({}), &[])
        .expect(1, &["shared but not sticky: expected none, found /tmp", "1777"]);
}

#[test]
fn merges_layers_as_overlayfs() {
    let lower = Layer::new()
        .dir("usr", 0o755)
        .symlink("lib", "usr/lib")
        .file("usr/lib/kept", 0o644, "1")
        .file("usr/lib/removed", 0o644, "1")
        .file("var/a", 0o644, "1")
        .file("var/b/c", 0o644, "1")
        .file("opt", 0o644, "1")
        .dir("srv", 0o700)
        .dir("shown", 0o700)
        .file("shown/again", 0o644, "1");
    let upper = Layer::new()
        .file("usr/lib/.wh.removed", 0o644, "")
        .file("lib/new", 0o600, "22")
        .file("var/d", 0o644, "")
        .file("var/.wh..wh..opq", 0o644, "")
        .dir("opt", 0o700)
        .file("srv/e", 0o644, "")
        .file(".wh.shown", 0o644, "")
        .dir("shown", 0o755);
    let case = Case::new(
        &json!({"User": "1"}),
        vec![(lower, Pack::None), (upper, Pack::None)],
    );
    // Symlinks of lower layers are not followed; an implied directory replaces the lower one's attributes; a directory with a whiteout and
    // an entry in one layer is not opaque.
    let listing = "\
#mtree
./lib/new type=file mode=0600 uid=0 gid=0 size=2
./opt type=dir mode=0700 uid=0 gid=0
./shown type=dir mode=0755 uid=0 gid=0
./shown/again type=file mode=0644 uid=0 gid=0
./srv type=dir mode=0755 uid=0 gid=0
./srv/e type=file mode=0644 uid=0 gid=0
./usr type=dir mode=0755 uid=0 gid=0
./usr/lib/kept type=file mode=0644 uid=0 gid=0 size=1
./var/d type=file mode=0644 uid=0 gid=0
";
    let mtree = case.scratch.file("image.mtree", listing);
    case.check(&json!({}), &["--mtree", mtree.to_str().unwrap()])
        .expect(0, &[]);
}

#[test]
fn lists_deleted_files_of_base() {
    let base = || {
        let lowest = Layer::new()
            .file("etc/ca.crt", 0o644, "1")
            .file("etc/same", 0o644, "1")
            .file("opt/a/b", 0o644, "1")
            .file("srv/c", 0o644, "1")
            .file("unlisted", 0o644, "1")
            .file("usr/d", 0o644, "1")
            .file("var/e/f", 0o644, "1");
        let second = Layer::new().file(".wh.unlisted", 0o644, "");
        vec![(lowest, Pack::None), (second, Pack::None)]
    };
    let third = Layer::new()
        .file("etc/.wh.ca.crt", 0o644, "")
        .file("etc/.wh.same", 0o644, "")
        .file(".wh.opt", 0o644, "")
        .dir("srv", 0o755)
        .file("srv/.wh..wh..opq", 0o644, "")
        .file("usr", 0o644, "")
        .symlink("var/e", "/etc");
    let fourth = Layer::new().file("etc/same", 0o644, "1");
    let mut layers = base();
    layers.extend([(third, Pack::None), (fourth, Pack::None)]);
    let case = Case::new(&json!({"User": "1"}), layers).with_base(base());
    let listing = "\
#mtree
./etc/same type=file mode=0644 uid=0 gid=0
./srv type=dir mode=0755 uid=0 gid=0
./usr type=file mode=0644 uid=0 gid=0
./var/e type=link mode=0777 uid=0 gid=0 link=/etc
# deleted: ./etc/ca.crt
# deleted: ./opt
# deleted: ./srv/c
# deleted: ./usr/d
# deleted: ./var/e/f
";
    let mtree = case.scratch.file("image.mtree", listing);
    case.check(&json!({}), &["--mtree", mtree.to_str().unwrap()])
        .expect(0, &[]);
}

#[test]
fn rejects_changed_blob() {
    let case = hello();
    let app = Layer::new().file("hello", 0o555, "hello world").tar();
    let packed =
        ruzstd::encoding::compress_to_vec(app.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let blob = Layout::open(&case.layout).blob_path(&digest(&packed)).unwrap();

    let mut changed = packed.clone();
    changed[20] ^= 1;
    fs::write(&blob, &changed).unwrap();
    case.check(&json!({}), &[]).expect(1, &["has the digest sha256:"]);
    fs::write(&blob, &packed[1..]).unwrap();
    case.check(&json!({}), &[])
        .expect(1, &["the size in its descriptor"]);
    fs::remove_file(&blob).unwrap();
    case.check(&json!({}), &[]).expect(1, &["cannot read"]);

    let elsewhere = case.scratch.file("elsewhere", &packed);
    std::os::unix::fs::symlink(elsewhere, &blob).unwrap();
    case.check(&json!({}), &[]).expect(0, &[]);
}

#[test]
fn rejects_changed_unreferenced_blob() {
    let case = hello();
    fs::write(
        Layout::open(&case.layout).blob_path(&digest(b"one")).unwrap(),
        "two",
    )
    .unwrap();
    case.check(&json!({}), &[]).expect(1, &["has the digest sha256:"]);
}
