//! Every subcommand, on small graphs and on SBOMs with one fault each.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use oci_layout::{Layout, MANIFEST_MEDIA_TYPE};
use serde_json::{json, Value};

/// Absolute under cargo, relative to the working directory under Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_sbom");

const LOCK: &str = r#"
version = 4
[[package]]
name = "my-app"
version = "0.1.0"
[[package]]
name = "own-lib"
version = "0.2.0"
[[package]]
name = "left"
version = "1.0.0+7"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aa"
"#;

/// A target of a crate of the workspace.
fn member(id: &str, (name, version): (&str, &str), license: &str, deps: &[&str]) -> Value {
    json!({"id": id, "name": name, "version": version, "locked": false, "license": license, "manifest": null, "deps": deps})
}

struct Case(PathBuf);

impl Case {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = parent.join(format!(
            "sbom-test.{}.{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        fs::create_dir_all(&dir).unwrap();
        let case = Self(dir);
        case.write("Cargo.lock", LOCK);
        case.write(
            "left.toml",
            "[package]\nname = \"left\"\nlicense = \"MIT/Zlib\"\n",
        );
        case.write("deny.toml", "[licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\n");
        case.write_base();
        case.targets(&[
            json!({"id": "left", "name": "left", "version": "1.0.0+7", "locked": true, "license": null, "manifest": case.path("left.toml"), "deps": []}),
            member("own", ("own-lib", "0.2.0"), "Apache-2.0", &["left"]),
            member("app_lib", ("my-app", "0.1.0"), "Apache-2.0", &["own", "left"]),
            member("app", ("my-app", "0.1.0"), "Apache-2.0", &["app_lib", "own", "left"]),
        ]);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn targets(&self, targets: &[Value]) {
        let lines: Vec<_> = targets.iter().map(Value::to_string).collect();
        self.write("targets", lines.join("\n"));
    }

    /// Writes a layout of an image without layers, and so without packages.
    fn write_base(&self) {
        let layout = Layout::create(&self.path("base")).unwrap();
        let write = |media_type: &str, content: Value| {
            layout
                .write_blob(media_type, content.to_string().as_bytes())
                .unwrap()
        };
        let config = write(
            "application/vnd.oci.image.config.v1+json",
            json!({"os": "linux", "architecture": "amd64", "rootfs": {}}),
        );
        let manifest = write(MANIFEST_MEDIA_TYPE, json!({"config": config, "layers": []}));
        layout.write_index(&[manifest]).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        // The path may be relative to the test's working directory.
        let binary = std::path::absolute(BINARY).unwrap();
        let output = Command::new(binary)
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .unwrap();
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.code().unwrap(), printed)
    }

    /// Writes the SBOMs, and a program with the crate list.
    fn generate(&self) -> (i32, String) {
        let crate_list = [
            "link_tool",
            "crate-list",
            "--targets",
            &self.path("targets").to_string_lossy(),
            "--lock",
            &self.path("Cargo.lock").to_string_lossy(),
            "--output",
            &self.path("list").to_string_lossy(),
        ]
        .map(OsString::from);
        let strip = [
            "link_tool",
            "strip",
            "--input",
            &std::env::current_exe().unwrap().to_string_lossy(),
            "--crate-list",
            &self.path("list").to_string_lossy(),
            "--output",
            &self.path("program").to_string_lossy(),
        ]
        .map(OsString::from);
        let linked =
            link_tool::run(crate_list, &mut Vec::new()).and_then(|()| link_tool::run(strip, &mut Vec::new()));
        let generated = self.run(&[
            "generate",
            "--targets",
            "targets",
            "--lock",
            "Cargo.lock",
            "--base",
            "base",
            "--output",
            "sbom",
        ]);
        assert_eq!(linked.is_ok(), generated.0 == 0, "{linked:?}, {generated:?}");
        generated
    }

    fn check(&self) -> (i32, String) {
        self.run(&[
            "check",
            "--binary",
            "program",
            "--sbom",
            "sbom",
            "--policy",
            "deny.toml",
        ])
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn expect((code, printed): (i32, String), expected: i32, texts: &[&str]) {
    assert_eq!(code, expected, "{printed}");
    for text in texts {
        assert!(printed.contains(text), "no {text:?} in {printed}");
    }
}

#[test]
fn sboms_list_every_crate() {
    let case = Case::new();
    expect(case.generate(), 0, &[]);
    let bom = case.json("sbom/sbom.cdx.json");
    assert_eq!(bom["metadata"]["component"]["purl"], "pkg:cargo/my-app@0.1.0");
    let left = &bom["components"][0];
    assert_eq!(left["purl"], "pkg:cargo/left@1.0.0%2B7");
    assert_eq!(left["hashes"][0]["content"], "aa");
    assert_eq!(left["licenses"][0]["expression"], "MIT OR Zlib");
    assert_eq!(bom["components"][1]["licenses"][0]["expression"], "Apache-2.0");
    let own = json!({"ref": "pkg:cargo/own-lib@0.2.0", "dependsOn": ["pkg:cargo/left@1.0.0%2B7"]});
    assert!(bom["dependencies"].as_array().unwrap().contains(&own), "{bom:#}");
    let spdx = case.json("sbom/sbom.spdx.json");
    assert_eq!(spdx["packages"].as_array().unwrap().len(), 3);
    expect(
        case.check(),
        0,
        &[
            "3 crates in the program",
            "3 crates in CycloneDX: ok",
            "3 crates in SPDX: ok",
            "not checked: advisories",
        ],
    );
}

#[test]
fn output_is_reproducible() {
    let case = Case::new();
    let files = ["sbom/sbom.cdx.json", "sbom/sbom.spdx.json", "list"];
    let read = || files.map(|name| fs::read(case.path(name)).unwrap());
    case.generate();
    let first = read();
    case.generate();
    assert_eq!(first, read());
}

#[test]
fn rejects_sboms_of_other_program() {
    let case = Case::new();
    case.generate();
    fs::rename(case.path("sbom"), case.path("old")).unwrap();
    case.targets(&[member("app", ("my-app", "0.1.0"), "Apache-2.0", &[])]);
    case.generate();
    expect(case.check(), 0, &["1 crates in the program"]);
    fs::remove_dir_all(case.path("sbom")).unwrap();
    fs::rename(case.path("old"), case.path("sbom")).unwrap();
    expect(
        case.check(),
        1,
        &[
            "CycloneDX: FAIL",
            "SPDX: FAIL",
            "not in the program: left 1.0.0+7",
            "SBOMs and program list other crates",
        ],
    );
}

#[test]
fn rejects_licenses_not_allowed() {
    let case = Case::new();
    case.generate();
    case.write("deny.toml", "[licenses]\nallow = [\"Apache-2.0\"]\n");
    expect(
        case.check(),
        1,
        &[
            "license not allowed: left 1.0.0+7 has MIT OR Zlib; needed by my-app 0.1.0, own-lib 0.2.0",
            "under exceptions",
        ],
    );
    case.write(
        "deny.toml",
        "[licenses]\nallow = [\"Apache-2.0\"]\nexceptions = [{ crate = \"left\", allow = [\"Zlib\"] }]\n",
    );
    expect(case.check(), 0, &[]);
    case.write("deny.toml", "[licenses]\nallow = [\"Apache\"]\n");
    expect(case.check(), 1, &["invalid license \"Apache\""]);
}

#[test]
fn clarifies_missing_licenses() {
    let case = Case::new();
    case.write("left.toml", "[package]\nname = \"left\"\n");
    case.generate();
    expect(
        case.check(),
        1,
        &[
            "license missing: left 1.0.0+7 has no SPDX license expression; needed by",
            "[[licenses.clarify]]\n    crate = \"left@1.0.0\"\n",
        ],
    );
    let clarify = "[[licenses.clarify]]\ncrate = \"left@1.0.0\"\nexpression = ";
    let allow = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\n";
    case.write("deny.toml", format!("{allow}{clarify}\"MIT\"\n"));
    expect(case.check(), 0, &["2 Apache-2.0", "1 MIT"]);
    case.write("deny.toml", format!("{allow}{clarify}\"Zlib\"\n"));
    expect(case.check(), 1, &["license not allowed: left 1.0.0+7 has Zlib"]);
}

#[test]
fn checks_licenses_of_members() {
    let case = Case::new();
    let check = |license: &str| {
        case.targets(&[
            member("own", ("own-lib", "0.2.0"), license, &[]),
            member("app", ("my-app", "0.1.0"), "Apache-2.0", &["own"]),
        ]);
        expect(case.generate(), 0, &[]);
        case.check()
    };
    expect(
        check("GPL-3.0-only"),
        1,
        &["own-lib 0.2.0 has GPL-3.0-only; needed by my-app 0.1.0"],
    );
    expect(check(""), 1, &["own-lib 0.2.0 has no SPDX license expression"]);
    expect(check("MIT"), 0, &["1 MIT", "1 Apache-2.0"]);
}

#[test]
fn crates_without_package_have_the_license_of_the_program() {
    let case = Case::new();
    case.targets(&[
        json!({"id": "code", "name": "code", "version": "0.0.0", "locked": false, "license": null, "manifest": null, "deps": []}),
        member("app", ("my-app", "0.1.0"), "MIT", &["code"]),
    ]);
    expect(case.generate(), 0, &[]);
    expect(case.check(), 0, &["2 MIT"]);
}

#[test]
fn rejects_crates_missing_from_lock() {
    let case = Case::new();
    case.write("Cargo.lock", LOCK.replace("1.0.0+7", "1.0.0+8"));
    expect(
        case.generate(),
        1,
        &[
            "left 1.0.0+7, which left links, is missing",
            "cargo update --workspace",
        ],
    );
}

#[test]
fn rejects_program_without_crate_list() {
    let case = Case::new();
    case.generate();
    case.write("program", fs::read(BINARY).unwrap());
    expect(case.check(), 1, &["no list of crates in it (section .dep-v0)"]);
}

#[test]
fn referrers_have_the_image_as_subject() {
    let case = Case::new();
    case.generate();
    let call = [
        "referrers",
        "--image",
        "base",
        "--sbom",
        "sbom",
        "--output",
        "layout",
        "--tag",
        "tag",
    ];
    expect(case.run(&call), 0, &[]);
    let subject = case.json("base/index.json")["manifests"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        fs::read_to_string(case.path("tag")).unwrap(),
        subject.replace(':', "-") + "\n"
    );
    let read = |descriptor: &Value| {
        let digest = descriptor["digest"]
            .as_str()
            .unwrap()
            .trim_start_matches("sha256:")
            .to_owned();
        case.json(&format!("layout/blobs/sha256/{digest}"))
    };
    let index = read(&case.json("layout/index.json")["manifests"][0]);
    for (at, kind, name) in [
        (0, "application/vnd.cyclonedx+json", "sbom/sbom.cdx.json"),
        (1, "application/spdx+json", "sbom/sbom.spdx.json"),
    ] {
        assert_eq!(index["manifests"][at]["artifactType"], kind);
        let manifest = read(&index["manifests"][at]);
        assert_eq!(manifest["artifactType"], kind);
        assert_eq!(manifest["subject"]["digest"], subject.as_str());
        assert_eq!(read(&manifest["layers"][0]), case.json(name));
    }
}

#[test]
fn checks_licenses_of_cargo_metadata() {
    let case = Case::new();
    let package = |name: &str, license: Value| json!({"name": name, "version": "1.0.0", "license": license});
    let metadata =
        |packages: &[Value]| case.write("metadata.json", json!({ "packages": packages }).to_string());
    let check = || case.run(&["licenses", "--metadata", "metadata.json", "--policy", "deny.toml"]);
    metadata(&[package("a", json!("MIT")), package("b", json!("Apache-2.0"))]);
    expect(check(), 0, &["licenses of 2 crates", "not checked: advisories"]);
    metadata(&[package("a", json!("GPL-3.0-only")), package("b", json!(null))]);
    expect(
        check(),
        1,
        &[
            "a 1.0.0 has GPL-3.0-only",
            "b 1.0.0 has no SPDX license expression",
        ],
    );
}

#[test]
fn usage_errors_exit_64() {
    let case = Case::new();
    for (arguments, message) in [
        (&[][..], "missing subcommand"),
        (&["bake"], "unknown subcommand \"bake\""),
        (&["check", "--binary", "a"], "missing --sbom"),
        (&["check", "--fast"], "--fast"),
    ] {
        expect(case.run(arguments), 64, &[message]);
    }
    let missing = ["licenses", "--metadata", "none", "--policy", "none"];
    expect(case.run(&missing), 2, &["cannot read none"]);
    let help = case.run(&["--help"]);
    expect(
        help,
        0,
        &["sbom generate", "sbom referrers", "sbom check", "sbom licenses"],
    );
}
