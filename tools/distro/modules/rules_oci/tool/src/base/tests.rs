use std::io::Read;
use std::path::Path;

use tar::{Builder, EntryType, Header};

use super::*;
use crate::scratch::Scratch;

enum Item {
    Dir(&'static str, u32),
    File(&'static str, &'static str),
    Sym(&'static str, &'static str),
    Hard(&'static str, &'static str),
}
use Item::{Dir, File, Hard, Sym};

fn package(scratch: &Scratch, name: &str, items: &[Item]) -> Package {
    let mut tar = Builder::new(vec![]);
    let copyright = format!("./usr/share/doc/{name}/copyright");
    let mut add = |path: &str, kind: EntryType, mode: u32, content: &str, target: &str| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(1000);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        match target {
            "" => tar.append_data(&mut header, path, content.as_bytes()),
            _ => tar.append_link(&mut header, path, target),
        }
        .unwrap();
    };
    for item in items {
        match *item {
            Dir(path, mode) => add(path, EntryType::Directory, mode, "", ""),
            File(path, content) => add(path, EntryType::Regular, 0o644, content, ""),
            Sym(path, target) => add(path, EntryType::Symlink, 0o777, "", target),
            Hard(path, target) => add(path, EntryType::Link, 0o644, "", target),
        }
    }
    add(&copyright, EntryType::Regular, 0o644, "free\n", "");
    add(
        "./usr/share/doc/x/changelog.gz",
        EntryType::Regular,
        0o644,
        "long\n",
        "",
    );
    let control = format!("Package: {name}\nVersion: 1\n");
    Package {
        name: name.to_owned(),
        files: scratch.file(&format!("{name}.tar"), &tar.into_inner().unwrap()),
        control: scratch.file(&format!("{name}.control"), control.as_bytes()),
    }
}

fn packages(scratch: &Scratch) -> Vec<Package> {
    let skeleton = [
        Dir("./", 0o755),
        Dir("./tmp/", 0o1777),
        Dir("./root/", 0o700),
        Dir("./usr/share/man/", 0o755),
        File("./usr/lib/os-release", "ID=debian\n"),
        Sym("./etc/os-release", "../usr/lib/os-release"),
        Sym("./bin", "usr/bin"),
        File("./usr/share/common-licenses/GPL-3", "..."),
        File("./etc/update-motd.d/10-uname", "#!/bin/sh\n"),
    ];
    let zones = [
        File("./usr/share/zoneinfo/Etc/UTC", "TZif"),
        Hard("./usr/share/zoneinfo/Etc/Zulu", "./usr/share/zoneinfo/Etc/UTC"),
        Sym("./usr/share/zoneinfo/Zulu", "Etc/Zulu"),
    ];
    let certificates = [
        File("./usr/share/ca-certificates/mozilla/B.crt", "BBB"),
        File("./usr/share/ca-certificates/mozilla/A.crt", "AAA\n"),
        File("./usr/sbin/update-ca-certificates", "#!/bin/sh\n"),
    ];
    vec![
        package(scratch, "base-files", &skeleton),
        package(scratch, "netbase", &[File("./etc/services", "http 80/tcp\n")]),
        package(scratch, "media-types", &[File("./etc/mime.types", "text/html\n")]),
        package(scratch, "tzdata", &zones),
        package(scratch, "ca-certificates", &certificates),
        package(scratch, "busybox-static", &[File("./usr/bin/busybox", "ELF")]),
    ]
}

fn content<'a>(tree: &'a Tree, path: &str) -> &'a str {
    match tree.get(path) {
        Some(Node::File { content, .. }) => std::str::from_utf8(content).unwrap(),
        other => panic!("{path} is {other:?}"),
    }
}

#[test]
fn static_base_has_no_program() {
    let scratch = Scratch::new();
    let tree = compose(Kind::Static, &packages(&scratch)).unwrap();
    assert_eq!(content(&tree, "etc/ssl/certs/ca-certificates.crt"), "AAA\nBBB\n");
    assert!(content(&tree, "etc/passwd").contains("nonroot:x:65532:65532:nonroot:/home/nonroot:"));
    assert_eq!(
        content(&tree, "var/lib/dpkg/status.d/tzdata"),
        "Package: tzdata\nVersion: 1\n"
    );
    assert_eq!(content(&tree, "usr/share/doc/netbase/copyright"), "free\n");
    let directory = |mode, owner| Some(Node::Directory(Attributes { mode, owner }));
    assert_eq!(tree.get("tmp").cloned(), directory(0o1777, 0));
    assert_eq!(tree.get("root").cloned(), directory(0o700, 0));
    assert_eq!(tree.get("home/nonroot").cloned(), directory(0o700, 65532));
    assert_eq!(tree.get("bin").cloned(), directory(0o755, 0));
    for absent in [
        "bin/busybox",
        "usr/share/man",
        "usr/share/doc/x/changelog.gz",
        "usr/share/common-licenses/GPL-3",
        "usr/sbin/update-ca-certificates",
        "etc/update-motd.d/10-uname",
    ] {
        assert!(tree.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn parents_precede_paths() {
    let scratch = Scratch::new();
    let tree = compose(Kind::Static, &packages(&scratch)).unwrap();
    for path in tree.paths() {
        if let Some(parent) = Path::new(path).parent().and_then(Path::to_str) {
            assert!(parent.is_empty() || tree.get(parent).is_some(), "{path}");
        }
    }
}

#[test]
fn busybox_comes_with_its_applets() {
    let scratch = Scratch::new();
    let tree = compose(Kind::Busybox, &packages(&scratch)).unwrap();
    assert_eq!(content(&tree, "bin/busybox"), "ELF");
    for applet in ["sh", "ls", "cat", "["] {
        let path = format!("bin/{applet}");
        assert_eq!(tree.get(&path), Some(&Node::Symlink("busybox".into())));
    }
    assert!(content(&tree, "etc/passwd").starts_with("root:x:0:0:root:/root:/bin/sh\n"));
}

#[test]
fn base_layer_is_reproducible() {
    let scratch = Scratch::new();
    let write = |packages: &[Package]| {
        let mut bytes = vec![];
        let tree = compose(Kind::Static, packages).unwrap();
        tree.write_gzip(&mut bytes).unwrap();
        bytes
    };
    let mut packages = packages(&scratch);
    let bytes = write(&packages);
    packages.reverse();
    assert_eq!(bytes, write(&packages));
    assert_eq!(bytes[4..8], [0; 4], "the time in gzip's header");

    let mut tar = vec![];
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_end(&mut tar)
        .unwrap();
    let mut links = vec![];
    for entry in tar::Archive::new(&tar[..]).entries().unwrap() {
        let entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        let owner = if path.ends_with("nonroot") { 65532 } else { 0 };
        assert_eq!(header.uid().unwrap(), owner, "{}", path.display());
        if header.entry_type() == EntryType::Link {
            links.push((path, entry.link_name().unwrap().unwrap().into_owned()));
        }
    }
    let hard = ["usr/share/zoneinfo/Etc/Zulu", "usr/share/zoneinfo/Etc/UTC"];
    assert_eq!(links, [(hard[0].into(), hard[1].into())]);
}

#[test]
fn names_missing_packages_and_files() {
    let scratch = Scratch::new();
    let mut all = packages(&scratch);
    all.retain(|package| package.name != "tzdata");
    let error = compose(Kind::Static, &all).unwrap_err().to_string();
    assert_eq!(
        error,
        "missing package \"tzdata\": required by a static base; add it to the packages of the base"
    );

    let mut all = packages(&scratch);
    all[4] = package(&scratch, "ca-certificates", &[]);
    let error = compose(Kind::Static, &all).unwrap_err().to_string();
    assert!(
        error.contains("incomplete package \"ca-certificates\": expected certificates"),
        "{error}"
    );

    let mut all = packages(&scratch);
    all[1].control = scratch.file("other.control", b"Package: other\n");
    let error = compose(Kind::Static, &all).unwrap_err().to_string();
    assert!(
        error.contains("incomplete package \"netbase\": expected control text"),
        "{error}"
    );
}
