//! The config, the manifest and the user.

use std::fs;

use super::common::{extended, extended_expectation, hello, hello_expectation, Case, LISTING};
use crate::common::{image_check, Layer, Pack};
use serde_json::{json, Value};

#[test]
fn accepts_expected_image() {
    hello()
        .check(&hello_expectation(), &[])
        .expect(0, &["blobs", "shells none none ok"]);
    hello().check(&json!({}), &[]).expect(0, &[]);
}

#[test]
fn shows_each_difference() {
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
        .expect(1, &["to accept it:", "bazel run :it"]);
}

#[test]
fn compares_all_config_fields() {
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
fn update_adds_absent_fields() {
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
fn update_writes_passing_files() {
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
    image_check(&call).expect(0, &["new.mtree equal equal ok"]);
    assert_eq!(fs::read_to_string(mtree).unwrap(), LISTING);
}

#[test]
fn update_keeps_invalid_expectation() {
    let case = hello();
    let path = case.scratch.0.join("expect.json");
    let invalid = json!({"users": "0"});
    let hint = "replace its content with {}, then, `bazel run` this test with -- --update";
    case.check(&invalid, &[])
        .expect(2, &["unknown field `users`", hint]);
    case.check(&invalid, &["--update"]).expect(2, &[hint]);
    assert_eq!(fs::read_to_string(&path).unwrap(), invalid.to_string());
    case.check(&invalid, &["--update-command", "bazel run :it"])
        .expect(2, &["then:", "bazel run :it"]);
    case.check(&json!({}), &["--update"]).expect(0, &["wrote "]);
    assert!(fs::read_to_string(&path).unwrap().contains("entrypoint"));
}

#[test]
fn expects_platform_of_option() {
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
fn index_requires_platform() {
    let case = hello();
    let file = case.layout.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut other = index["manifests"][0].clone();
    index["manifests"][0]["platform"] = json!({"os": "linux", "architecture": "amd64"});
    other["platform"] = json!({"os": "linux", "architecture": "arm64"});
    index["manifests"].as_array_mut().unwrap().push(other);
    fs::write(&file, index.to_string()).unwrap();
    case.check(&json!({}), &[]).expect(
        64,
        &["more than one image: [linux/amd64, linux/arm64]: select one with --platform"],
    );
    case.check(&json!({}), &["--platform", "linux/amd64"])
        .expect(0, &[]);
    case.check(&json!({}), &["--platform", "linux/s390x"])
        .expect(1, &["no image for linux/s390x, has [linux/amd64, linux/arm64]"]);
}

#[test]
fn rejects_unknown_field() {
    hello()
        .check(&json!({"usr": "1"}), &[])
        .expect(2, &["unknown field `usr`"]);
}

#[test]
fn rejects_root() {
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
fn rejects_names_of_root() {
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
fn rejects_numeric_names() {
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
