//! `structure`, on images with a fault each.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{blob_path, digest, image_check, layout, layout_with, Layer, Outcome, Pack, Scratch};
use serde_json::{json, Value};
use tar::EntryType;

struct Case {
    scratch: Scratch,
    layout: PathBuf,
    base: Option<PathBuf>,
}

impl Case {
    fn new(run: &Value, layers: Vec<(Layer, Pack)>) -> Self {
        let scratch = Scratch::new();
        let dir = scratch.0.join("layout");
        layout(&dir, run, layers);
        Self {
            scratch,
            layout: dir,
            base: None,
        }
    }

    /// The same image, checked as one that is based on an image of `layers`.
    fn on(mut self, layers: Vec<(Layer, Pack)>) -> Self {
        let dir = self.scratch.0.join("base");
        layout(&dir, &json!({}), layers);
        self.base = Some(dir);
        self
    }

    fn with(layer: Layer) -> Self {
        Self::new(&json!({"User": "65532"}), vec![(layer, Pack::None)])
    }

    fn check(&self, expectation: &Value, arguments: &[&str]) -> Outcome {
        let expect = self.scratch.file("expect.json", expectation.to_string());
        let mut call = vec![
            "structure",
            self.layout.to_str().unwrap(),
            "--expect",
            expect.to_str().unwrap(),
        ];
        if let Some(base) = &self.base {
            call.extend(["--base", base.to_str().unwrap()]);
        }
        image_check(&[&call, arguments].concat())
    }
}

fn root() -> Layer {
    Layer::new().dir("./", 0o755).dir("./tmp", 0o1777)
}

/// Of two layers, as most bases have several.
fn base() -> Vec<(Layer, Pack)> {
    let release = Layer::new().file("./etc/os-release", 0o644, "ID=thimble\n");
    vec![(root(), Pack::Gzip), (release, Pack::None)]
}

fn hello() -> Case {
    let run = json!({
        "User": "65532",
        "Entrypoint": ["/hello"],
        "Cmd": null,
        "Env": ["PATH=/"],
        "WorkingDir": "/",
        "ExposedPorts": {"8888/tcp": {}},
        "Labels": {"title": "hello", "revision": "0123abc"},
    });
    let mut layers = base();
    layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
    Case::new(&run, layers).on(base())
}

fn hello_expectation() -> Value {
    json!({
        "platform": "linux/amd64",
        "user": "65532",
        "entrypoint": ["/hello"],
        "cmd": [],
        "env": ["PATH=/"],
        "working_dir": "/",
        "exposed_ports": ["8888/tcp"],
        "volumes": [],
        "labels": {"title": "hello", "revision": "*"},
        "created": "1970-01-01T00:00:00Z",
        "layers": 1,
    })
}

#[test]
fn the_image_expected_passes() {
    hello()
        .check(&hello_expectation(), &[])
        .expect(0, &["blobs", "shells none none ok"]);
    hello().check(&json!({}), &[]).expect(0, &[]);
}

#[test]
fn each_difference_is_shown() {
    for (field, value, shown) in [
        ("user", json!("1000"), "+ \"user\": \"65532\""),
        ("entrypoint", json!(["/hullo"]), "+ \"/hello\""),
        ("cmd", json!(["--fast"]), "- \"--fast\""),
        ("env", json!(["PATH=/bin"]), "- \"PATH=/bin\""),
        ("working_dir", json!("/srv"), "- \"working_dir\": \"/srv\""),
        ("exposed_ports", json!([]), "+ \"8888/tcp\""),
        ("labels", json!({"title": "hello"}), "+ \"revision\": \"0123abc\""),
        (
            "labels",
            json!({"title": "hello", "revision": "*", "license": "*"}),
            "- \"license\": \"*\"",
        ),
        ("layers", json!(3), "- \"layers\": 3"),
    ] {
        let mut expectation = hello_expectation();
        expectation[field] = value;
        hello()
            .check(&expectation, &[])
            .expect(1, &[shown, "this test with -- --update"]);
    }
    hello()
        .check(&json!({"user": "0"}), &["--update-command", "bazel run :it"])
        .expect(1, &["if it is wanted:", "bazel run :it"]);
}

/// The same image with more in its config and its manifest.
fn extended(base_fields: &Value) -> Case {
    let run = json!({
        "User": "65532",
        "Cmd": ["--fast"],
        "ExposedPorts": {"9090/tcp": {}, "8080/tcp": {}},
        "Volumes": {"/data": {}, "/cache": {}},
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD", "/hello"]},
        "OnBuild": null,
        "ArgsEscaped": false,
    });
    let config = json!({"author": "thimble", "variant": "v2", "history": [{"created_by": "x"}]});
    let manifest = json!({"annotations": {"a": "1", "b": "2"}});
    let mut layers = base();
    layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
    let mut case = Case::new(&json!({}), vec![]).on(base());
    case.layout = case.scratch.0.join("extended");
    layout_with(&case.layout, &run, layers, &config, &manifest);
    let fields = |name: &str| base_fields.get(name).cloned().unwrap_or(json!({}));
    let base_dir = case.scratch.0.join("extended-base");
    layout_with(
        &base_dir,
        &json!({}),
        base(),
        &fields("config"),
        &fields("manifest"),
    );
    case.base = Some(base_dir);
    case
}

fn extended_expectation() -> Value {
    json!({
        "platform": "linux/amd64/v2",
        "user": "65532",
        "cmd": ["--fast"],
        "exposed_ports": ["8080/tcp", "9090/tcp"],
        "volumes": ["/cache", "/data"],
        "annotations": {"a": "1", "b": "*"},
        "stop_signal": "SIGQUIT",
        "other": {"author": "thimble", "Healthcheck": {"Test": ["CMD", "/hello"]}},
        "created": "1970-01-01T00:00:00Z",
        "layers": 1,
    })
}

#[test]
fn everything_of_the_config_is_compared() {
    extended(&json!({}))
        .check(&extended_expectation(), &[])
        .expect(0, &[]);
    for (field, shown) in [
        ("cmd", "+ \"--fast\""),
        ("exposed_ports", "+ \"8080/tcp\","),
        ("volumes", "+ \"/cache\","),
        ("annotations", "+ \"a\": \"1\","),
        ("stop_signal", "+ \"stop_signal\": \"SIGQUIT\","),
        ("other", "+ \"author\": \"thimble\""),
        ("created", "+ \"created\": \"1970-01-01T00:00:00Z\","),
        ("layers", "+ \"layers\": 1"),
    ] {
        let mut expectation = extended_expectation();
        expectation.as_object_mut().unwrap().remove(field);
        extended(&json!({})).check(&expectation, &[]).expect(1, &[shown]);
    }
    let mut expectation = extended_expectation();
    expectation["platform"] = json!("linux/amd64");
    extended(&json!({}))
        .check(&expectation, &[])
        .expect(1, &["+ \"platform\": \"linux/amd64/v2\""]);
    expectation.as_object_mut().unwrap().remove("platform");
    extended(&json!({}))
        .check(&expectation, &["--expect-platform", "linux/amd64"])
        .expect(0, &[]);
}

#[test]
fn what_the_base_says_is_not_compared() {
    let base = json!({
        "config": {"author": "thimble"},
        "manifest": {"annotations": {"a": "1", "b": "other"}},
    });
    let mut expectation = extended_expectation();
    extended(&base)
        .check(&expectation, &[])
        .expect(1, &["- \"author\": \"thimble\"", "- \"a\": \"1\","]);
    expectation["annotations"] = json!({"b": "2"});
    expectation["other"].as_object_mut().unwrap().remove("author");
    extended(&base).check(&expectation, &[]).expect(0, &[]);
}

#[test]
fn update_adds_what_the_file_lacks() {
    let case = extended(&json!({}));
    case.check(&json!({"cmd": []}), &["--update"])
        .expect(0, &["wrote "]);
    let written = fs::read_to_string(case.scratch.0.join("expect.json")).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    let mut expected = extended_expectation();
    expected.as_object_mut().unwrap().remove("platform");
    expected["annotations"]["b"] = json!("2");
    for (field, empty) in [
        ("entrypoint", json!([])),
        ("env", json!([])),
        ("working_dir", json!("")),
        ("labels", json!({})),
    ] {
        expected[field] = empty;
    }
    assert_eq!(written, expected);
    case.check(&written, &[]).expect(0, &[]);
}

#[test]
fn update_writes_what_would_pass() {
    let case = hello();
    let (expect, mtree) = (case.scratch.0.join("new.json"), case.scratch.0.join("new.mtree"));
    let call = [
        "structure",
        case.layout.to_str().unwrap(),
        "--expect",
        expect.to_str().unwrap(),
        "--mtree",
        mtree.to_str().unwrap(),
    ];
    let base = ["--base", case.base.as_ref().unwrap().to_str().unwrap()];
    let call = [&call[..], &base].concat();
    image_check(&call).expect(2, &["cannot read"]);
    image_check(&[&call[..], &["--update"]].concat()).expect(0, &["new.json", "new.mtree"]);
    image_check(&call).expect(0, &["new.mtree the same the same ok"]);
    assert_eq!(fs::read_to_string(mtree).unwrap(), LISTING);
}

const LISTING: &str = "#mtree\n./hello type=file mode=0555 uid=0 gid=0\n";

#[test]
fn the_listing_is_of_what_lies_above_the_base() {
    let case = hello();
    let check = |listing: &str| {
        let mtree = case.scratch.file("image.mtree", listing);
        case.check(&json!({}), &["--mtree", mtree.to_str().unwrap()])
    };
    check(LISTING).expect(0, &[]);
    check(&LISTING.replace("gid=0", "gid=0 size=11")).expect(0, &[]);
    check(&LISTING.replace("gid=0", "gid=0 size=12"))
        .expect(1, &["+ ./hello type=file mode=0555 uid=0 gid=0 size=11"]);
    check(&LISTING.replace("0555", "0755")).expect(1, &["+ ./hello type=file mode=0555 uid=0 gid=0"]);
    check("#mtree\n").expect(1, &["+ ./hello type=file"]);
}

#[test]
fn without_a_base_all_layers_count() {
    let mut case = hello();
    case.base = None;
    let mtree = case.scratch.file("image.mtree", LISTING);
    case.check(&hello_expectation(), &["--mtree", mtree.to_str().unwrap()])
        .expect(1, &["+ ./tmp type=dir mode=1777 uid=0 gid=0", "+ \"layers\": 3"]);
}

#[test]
fn another_base_is_named() {
    let other = vec![(Layer::new().dir("./", 0o755), Pack::Gzip)];
    hello()
        .on(other)
        .check(&json!({}), &[])
        .expect(1, &["not those of its base", "base; build the image again"]);
}

#[test]
fn the_platform_may_be_said_apart() {
    let case = hello();
    let mut expectation = hello_expectation();
    expectation.as_object_mut().unwrap().remove("platform");
    case.check(&expectation, &["--expect-platform", "linux/amd64"])
        .expect(0, &["platform linux/amd64 linux/amd64 ok"]);
    case.check(&expectation, &["--expect-platform", "linux/arm64"])
        .expect(1, &["platform: expected linux/arm64, found linux/amd64"]);
    case.check(&json!({}), &["--expect-platform", "linux/amd64", "--update"])
        .expect(0, &["wrote "]);
    let written = fs::read_to_string(case.scratch.0.join("expect.json")).unwrap();
    assert!(
        written.contains("entrypoint") && !written.contains("platform"),
        "{written}"
    );
}

#[test]
fn an_unknown_field_is_a_wrong_call() {
    hello()
        .check(&json!({"usr": "1"}), &[])
        .expect(64, &["unknown field `usr`"]);
}

#[test]
fn root_fails() {
    for user in ["", "root", "0:65532"] {
        let passwd = Layer::new().file("etc/passwd", 0o644, "root:x:0:0::/root:/\n");
        let case = Case::new(&json!({"User": user}), vec![(passwd, Pack::None)]);
        case.check(&json!({}), &[])
            .expect(1, &["user: expected not root, found uid 0"]);
        case.check(&json!({"allow_root": true}), &[]).expect(0, &[]);
    }
    Case::new(&json!({"User": "ghost"}), vec![])
        .check(&json!({}), &[])
        .expect(1, &["not in its /etc/passwd"]);
}

#[test]
fn a_shell_fails() {
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
fn setuid_fails() {
    let case = Case::with(Layer::new().file("a", 0o4755, "").file("b", 0o2755, ""));
    case.check(&json!({}), &[])
        .expect(1, &["setuid or setgid: expected none, found /a /b"]);
    case.check(&json!({"allow_setuid": ["/a", "/b"]}), &[])
        .expect(0, &[]);
}

#[test]
fn setuid_of_a_link_fails() {
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
    // A link of a lower layer's file keeps what that layer says.
    let layers = vec![
        (app().hardlink_with_mode("b", "a", 0o4755), Pack::None),
        (Layer::new().file(".wh.b", 0o644, ""), Pack::None),
    ];
    Case::new(&json!({"User": "1"}), layers)
        .check(&json!({}), &[])
        .expect(1, &["setuid or setgid: expected none, found /a"]);
}

#[test]
fn file_capabilities_fail() {
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
fn access_control_lists_fail() {
    for name in ["system.posix_acl_access", "system.posix_acl_default"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"\x02\0\0\0"));
        case.check(&json!({"allow_xattrs": [name]}), &[])
            .expect(1, &["access control lists: expected none, found /a"]);
    }
}

#[test]
fn unknown_attributes_fail() {
    for name in ["security.selinux", "trusted.note", "nonsense"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"1"));
        let shown = format!("extended attributes: expected none, found {name} of /a");
        case.check(&json!({}), &[]).expect(1, &[&shown]);
        case.check(&json!({"allow_xattrs": [name]}), &[]).expect(0, &[]);
    }
}

#[test]
fn foreign_attribute_records_fail() {
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
fn overlayfs_attributes_are_refused() {
    for name in ["trusted.overlay.opaque", "user.overlay.redirect"] {
        let case = Case::with(Layer::new().file_with_xattr("a", name, b"y"));
        case.check(&json!({"allow_xattrs": [name]}), &[]).expect(
            1,
            &[&format!(
                "\"a\": extended attribute \"{name}\", which is overlayfs's own"
            )],
        );
    }
}

#[test]
fn malformed_records_are_refused() {
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
fn device_nodes_fail() {
    for kind in [EntryType::Char, EntryType::Block] {
        Case::with(Layer::new().device("dev/sda", kind, (8, 0)))
            .check(&json!({}), &[])
            .expect(1, &["device nodes: expected none, found /dev/sda"]);
    }
    Case::with(Layer::new().device("a", EntryType::Char, (0, 0)))
        .check(&json!({}), &[])
        .expect(1, &["character device 0,0, which overlayfs takes for a whiteout"]);
}

#[test]
fn metadata_is_bounded() {
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
fn entries_that_engines_refuse_fail() {
    let file = || Layer::new().file("a", 0o644, "");
    for (upper, shown) in [
        (
            file().file("./a", 0o644, ""),
            "\"a\": podman and docker refuse two entries of one name",
        ),
        (
            Layer::new().hardlink("b", "lower"),
            "a hard link to \"lower\", which is no file of the same layer",
        ),
        (
            file().file(".wh.a", 0o644, ""),
            "a whiteout of \"/a\", which the layer itself has",
        ),
        (
            file().file("a/b", 0o644, ""),
            "\"/a\" is no directory in this layer",
        ),
        (
            Layer::new().symlink("l", "dir").file("l/b", 0o644, ""),
            "\"/l\" does not exist",
        ),
        (
            Layer::new().file("../a", 0o644, ""),
            "\"../a\" leads out of the image",
        ),
    ] {
        let lower = Layer::new().file("lower", 0o644, "").dir("dir", 0o755);
        let layers = vec![(lower, Pack::None), (upper, Pack::None)];
        Case::new(&json!({"User": "1"}), layers)
            .check(&json!({}), &[])
            .expect(1, &[shown]);
    }
}

#[test]
fn root_behind_a_name_fails() {
    let passwd = "1000:x:0:0::/:\nadmin:x:0:5::/:\nbroken:x\n";
    for user in ["admin", "admin:admin", "broken", "+0"] {
        let files = Layer::new()
            .file("etc/passwd", 0o644, passwd)
            .file("etc/group", 0o644, "admin:x:5:\n");
        Case::new(&json!({"User": user}), vec![(files, Pack::None)])
            .check(&json!({}), &[])
            .expect(1, &["user: expected not root, found uid 0"]);
    }
}

#[test]
fn number_that_is_a_name_fails() {
    for (user, shown) in [
        (
            "1000",
            "the id \"1000\" is also a name in /etc/passwd, with the id 0",
        ),
        (
            "1:77",
            "the id \"77\" is also a name in /etc/group, with the id 0",
        ),
    ] {
        let files =
            Layer::new()
                .file("etc/passwd", 0o644, "1000:x:0:0::/:\n")
                .file("etc/group", 0o644, "77:x:0:\n");
        Case::new(&json!({"User": user}), vec![(files, Pack::None)])
            .check(&json!({}), &[])
            .expect(1, &[shown]);
    }
}

#[test]
fn supplementary_groups_count() {
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
fn what_the_user_can_write_to_fails() {
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
    // Who owns a file can change its mode.
    Case::with(root().owned_file("srv/data", 0o444, 65532))
        .check(&json!({}), &[])
        .expect(1, &["writable by user: expected none, found /srv/data"]);
    let loose = Case::with(Layer::new().dir("tmp", 0o777));
    loose
        .check(&json!({}), &[])
        .expect(1, &["shared but not sticky: expected none, found /tmp", "1777"]);
}

/// As overlayfs shows what podman and docker unpack each layer to.
#[test]
fn layers_lie_on_top_of_each_other() {
    let lower = Layer::new()
        .dir("usr", 0o755)
        .symlink("lib", "usr/lib")
        .file("usr/lib/kept", 0o644, "1")
        .file("usr/lib/gone", 0o644, "1")
        .file("var/a", 0o644, "1")
        .file("var/b/c", 0o644, "1")
        .file("opt", 0o644, "1")
        .dir("srv", 0o700)
        .dir("shown", 0o700)
        .file("shown/again", 0o644, "1");
    let upper = Layer::new()
        .file("usr/lib/.wh.gone", 0o644, "")
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
    // A lower layer's symlink is not followed; a directory without an entry is made anew, root's; a directory that is
    // whited out and made in one layer is not opaque.
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
fn base_layers_are_found() {
    for count in [0, 1, 12] {
        let base = || {
            let layer = |at| (Layer::new().file(&format!("base-{at}"), 0o644, ""), Pack::Gzip);
            (0..count).map(layer).collect::<Vec<_>>()
        };
        let mut layers = base();
        layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
        let case = Case::new(&json!({"User": "1"}), layers).on(base());
        let mtree = case.scratch.file("image.mtree", LISTING);
        let arguments = ["--mtree", mtree.to_str().unwrap()];
        let expectation = json!({"user": "1", "created": "1970-01-01T00:00:00Z", "layers": 1});
        case.check(&expectation, &arguments).expect(0, &[]);
        let other = json!({"user": "1", "created": "1970-01-01T00:00:00Z", "layers": 2});
        case.check(&other, &arguments).expect(1, &["+ \"layers\": 1"]);
    }
}

/// As Go programs write an image of no layers.
#[test]
fn null_is_no_layers() {
    for (rootfs, layers) in [
        (json!({"type": "layers", "diff_ids": null}), Value::Null),
        (json!({}), json!([])),
        (Value::Null, Value::Null),
    ] {
        let scratch = Scratch::new();
        let (base, image) = (scratch.0.join("base"), scratch.0.join("image"));
        let (config, manifest) = (
            json!({"rootfs": rootfs}),
            json!({"layers": layers, "annotations": null}),
        );
        layout_with(&base, &json!({"User": "1"}), vec![], &config, &manifest);
        let app = || (Layer::new().file("hello", 0o555, "hello world"), Pack::Gzip);
        layout(&image, &json!({"User": "1"}), vec![app()]);
        let expect = scratch.file("expect.json", "{}");
        let check = |layout: &Path| {
            image_check(&[
                "structure",
                layout.to_str().unwrap(),
                "--expect",
                expect.to_str().unwrap(),
                "--base",
                base.to_str().unwrap(),
            ])
        };
        check(&base).expect(0, &[]);
        check(&image).expect(0, &[]);
        layout_with(&image, &json!({"User": "1"}), vec![app()], &config, &json!({}));
        check(&image).expect(1, &["the config lists 0 diff_ids, the manifest 1 layers"]);
    }
}

#[test]
fn a_changed_blob_fails() {
    let case = hello();
    let app = Layer::new().file("hello", 0o555, "hello world").tar();
    let packed =
        ruzstd::encoding::compress_to_vec(app.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let blob = blob_path(&case.layout, &digest(&packed));

    let mut changed = packed.clone();
    changed[20] ^= 1;
    fs::write(&blob, &changed).unwrap();
    case.check(&json!({}), &[])
        .expect(1, &["blob sha256:", "holds is sha256:"]);
    fs::write(&blob, &packed[1..]).unwrap();
    case.check(&json!({}), &[]).expect(1, &["its descriptor says"]);
    fs::remove_file(&blob).unwrap();
    case.check(&json!({}), &[]).expect(1, &["cannot read"]);

    let elsewhere = case.scratch.file("elsewhere", &packed);
    std::os::unix::fs::symlink(elsewhere, &blob).unwrap();
    case.check(&json!({}), &[]).expect(0, &[]);
}

#[test]
fn a_stray_blob_that_is_not_what_it_says_fails() {
    let case = hello();
    fs::write(blob_path(&case.layout, &digest(b"one")), "two").unwrap();
    case.check(&json!({}), &[]).expect(1, &["holds is sha256:"]);
}

#[test]
fn two_images_need_a_platform() {
    let case = hello();
    let file = case.layout.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut other = index["manifests"][0].clone();
    index["manifests"][0]["platform"] = json!({"os": "linux", "architecture": "amd64"});
    other["platform"] = json!({"os": "linux", "architecture": "arm64"});
    index["manifests"].as_array_mut().unwrap().push(other);
    fs::write(&file, index.to_string()).unwrap();
    case.check(&json!({}), &[])
        .expect(64, &["pick one of [linux/amd64, linux/arm64] by --platform"]);
    case.check(&json!({}), &["--platform", "linux/amd64"])
        .expect(0, &[]);
    case.check(&json!({}), &["--platform", "linux/s390x"])
        .expect(1, &["no image in it, wanted linux/s390x"]);
}
