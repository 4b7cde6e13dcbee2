//! Runs the program as build scripts run protoc.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use protox::prost_reflect::{DescriptorPool, Kind};

/// An absolute path under cargo, a path relative to the runfiles under Bazel.
const BINARY: &str = env!("CARGO_BIN_EXE_protoc");

const EVENT: &str = r#"syntax = "proto3";
package calendar.v1;
import "google/protobuf/timestamp.proto";
import "calendar/v1/place.proto";
// Something that happens.
message Event {
  google.protobuf.Timestamp at = 1;
  optional Place place = 2;
}
service Calendar { rpc Add(Event) returns (Event); }
"#;

const PLACE: &str = "syntax = \"proto3\";\npackage calendar.v1;\nmessage Place { string name = 1; }\n";

struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = Self(parent.join(format!("protoc-test.{}.{next}", std::process::id())));
        directory.write("proto/calendar/v1/event.proto", EVENT);
        directory.write("proto/calendar/v1/place.proto", PLACE);
        directory
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Returns the exit code, standard output and standard error.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(fs::canonicalize(BINARY).unwrap())
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn compile(&self, arguments: &[&str]) -> DescriptorPool {
        assert_eq!(self.run(arguments), (Some(0), String::new(), String::new()));
        DescriptorPool::decode(fs::read(self.0.join("set.bin")).unwrap().as_slice()).unwrap()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32, message: &str) {
        let (found, stdout, stderr) = self.run(arguments);
        assert_eq!((found, stdout.as_str()), (Some(code), ""), "{stderr}");
        assert!(stderr.contains(message), "no {message:?} in {stderr:?}");
        assert!(!self.0.join("set.bin").exists());
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The arguments of prost-build, with all optional ones.
const PROST_BUILD: [&str; 9] = [
    "--include_imports",
    "--include_source_info",
    "-o",
    "set.bin",
    "-I",
    "proto",
    "--experimental_allow_proto3_optional",
    "proto/calendar/v1/event.proto",
    "proto/calendar/v1/place.proto",
];

#[test]
fn compiles_for_prost_build() {
    let pool = Directory::new().compile(&PROST_BUILD);
    let names: Vec<_> = pool.files().map(|file| file.name().to_owned()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "google/protobuf/timestamp.proto",
            "calendar/v1/place.proto",
            "calendar/v1/event.proto"
        ]
    );
    let event = pool.get_message_by_name("calendar.v1.Event").unwrap();
    let Kind::Message(at) = event.get_field_by_name("at").unwrap().kind() else {
        unreachable!("a message field");
    };
    assert_eq!(at.full_name(), "google.protobuf.Timestamp");
    assert!(event.get_field_by_name("place").unwrap().supports_presence());
    let info = event
        .parent_file_descriptor_proto()
        .source_code_info
        .clone()
        .unwrap();
    let comments = info
        .location
        .iter()
        .filter_map(|it| it.leading_comments.as_deref());
    assert_eq!(comments.collect::<Vec<_>>(), [" Something that happens.\n"]);
}

#[test]
fn reads_both_spellings_of_options() {
    for paths in [
        &["-I", "proto"][..],
        &["-Iproto"],
        &["--proto_path=proto"],
        &["--proto_path", "proto"],
        &["-I", "nowhere:proto"],
        &["-I", "nowhere", "-I", "proto"],
    ] {
        for output in [
            &["-o", "set.bin"][..],
            &["-oset.bin"],
            &["--descriptor_set_out=set.bin"],
            &["--descriptor_set_out", "set.bin"],
        ] {
            let rest = ["--include_imports", "calendar/v1/event.proto"];
            let pool = Directory::new().compile(&[paths, output, &rest].concat());
            assert_eq!(pool.files().count(), 3, "{paths:?} {output:?}");
        }
    }
}

#[test]
fn searches_current_directory_by_default() {
    let directory = Directory::new();
    directory.write("single.proto", PLACE);
    let pool = directory.compile(&["-o", "set.bin", "single.proto"]);
    let file = pool.get_file_by_name("single.proto").unwrap();
    assert_eq!(file.file_descriptor_proto().source_code_info, None);
}

#[test]
fn reports_positions_of_invalid_files() {
    let directory = Directory::new();
    for (text, message) in [
        (
            "syntax = \"proto3\";\nmessage A {\n  string = 1;\n}\n",
            "a.proto:3:10: ",
        ),
        (
            "syntax = \"proto3\";\nmessage A { Missing b = 1; }\n",
            "a.proto:2:13: ",
        ),
        (
            "import \"none.proto\";\n",
            "a.proto:1:1: import 'none.proto' not found",
        ),
        ("edition = \"2023\";\n", "a.proto:1:1: "),
    ] {
        directory.write("a.proto", text);
        directory.fails(&["-o", "set.bin", "a.proto"], 1, message);
    }
    directory.fails(&["-o", "set.bin", "none.proto"], 1, "none.proto");
    directory.fails(
        &["-o", "none/set.bin", "-Iproto", "calendar/v1/place.proto"],
        1,
        "cannot write \"none/set.bin\"",
    );
}

#[test]
fn rejects_unsupported_options() {
    let directory = Directory::new();
    for (arguments, message) in [
        (
            &["--cpp_out=.", "a.proto"][..],
            "unsupported option \"--cpp_out\": generators",
        ),
        (
            &["--plugin=protoc-gen-x", "a.proto"],
            "unsupported option \"--plugin\": generators",
        ),
        (&["--decode_raw"], "invalid option '--decode_raw'"),
        (&["a.proto"], "missing option --descriptor_set_out=FILE"),
        (&["-o", "set.bin"], "missing argument PROTO"),
        (
            &["-I", "a=b", "-o", "set.bin", "a.proto"],
            "invalid option --proto_path \"a=b\": expected a directory",
        ),
    ] {
        directory.fails(arguments, 64, message);
    }
}

#[test]
fn prints_version_and_help() {
    let directory = Directory::new();
    let (code, stdout, _) = directory.run(&["--version"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "libprotoc 26.1\n"));
    let (code, stdout, _) = directory.run(&["--help"]);
    assert!(
        code == Some(0) && stdout.contains("--include_imports"),
        "{stdout}"
    );
}
