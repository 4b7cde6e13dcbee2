//! `all`, with passing and failing checks.

use crate::common::{image_check, layout, Layer, Pack, Scratch};
use crate::fixture;
use serde_json::json;

#[test]
fn runs_every_check() {
    let scratch = Scratch::new();
    let image = scratch.0.join("image");
    layout(
        &image,
        &json!({"User": "65532"}),
        vec![(Layer::new().file("app", 0o555, "1"), Pack::None)],
    );
    let image = image.to_str().unwrap();
    let good = ["size", image, "--max-unpacked", "1"];
    let bad = ["size", image, "--max-unpacked", "0"];
    let other = ["elf", "/app", "--image", image];
    let all = |checks: &[&[&str]]| image_check(&[&["all"], checks.join(&"--").as_slice()].concat());
    all(&[&good]).expect(0, &["size ok"]);
    all(&[&good, &good]).expect(0, &["size ok, size ok"]);
    all(&[&bad, &good]).expect(1, &["unpacked: expected", "size FAILED, size ok"]);
    all(&[&good, &other]).expect(1, &["format: expected ELF64", "size ok, elf FAILED"]);
    all(&[&other, &bad]).expect(1, &["elf FAILED, size FAILED"]);
}

#[test]
fn runs_programs() {
    let scratch = Scratch::new();
    let image = scratch.0.join("image");
    fixture::image(&image, "job", &json!({}));
    let image = image.to_str().unwrap();
    let expect = scratch.file("expect.json", r#"{"allow_writable": ["/data", "/tmp"]}"#);
    let all = |code: &str| {
        image_check(&[
            "all",
            "structure",
            image,
            "--expect",
            expect.to_str().unwrap(),
            "--",
            "run",
            image,
            "--arg=fast",
            "--expect-exit-code",
            code,
            "--expect-output",
            "this is job",
        ])
    };
    all("0").expect(0, &["structure ok, run ok"]);
    all("3").expect(1, &["found exit 0 after", "structure ok, run FAILED"]);
}

#[test]
fn rejects_usage_errors() {
    image_check(&["all"]).expect(64, &["missing subcommand"]);
    image_check(&["all", "elf", "a", "--"]).expect(2, &["elf did not complete"]);
    image_check(&["all", "--", "elf"]).expect(64, &["missing subcommand before or after \"--\""]);
    image_check(&["all", "bake"]).expect(64, &["unknown subcommand \"bake\"", "bake did not complete"]);
}
