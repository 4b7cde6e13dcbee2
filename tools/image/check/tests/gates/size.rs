//! `size`, within and over each budget.

use crate::common::{image_check, layout, Layer, Outcome, Pack, Scratch};
use serde_json::json;

fn check(arguments: &[&str]) -> Outcome {
    let scratch = Scratch::new();
    let lower = Layer::new()
        .file("data", 0o644, vec![0; 2_000_000])
        .file("old", 0o644, vec![1; 500]);
    let upper = Layer::new()
        .file("app", 0o755, vec![2; 1_000])
        .hardlink("alias", "app")
        .symlink("link", "app")
        .file(".wh.old", 0o644, "");
    layout(
        &scratch.0,
        &json!({}),
        vec![(lower, Pack::None), (upper, Pack::Gzip)],
    );
    image_check(&[&["size", scratch.0.to_str().unwrap()], arguments].concat())
}

#[test]
fn counts_what_is_seen_once() {
    check(&["--max-unpacked", "2001000"]).expect(0, &["unpacked at most 2,001,000 2,001,000 ok"]);
    check(&["--max-unpacked", "2000999"])
        .expect(1, &["unpacked: expected at most 2,000,999, found 2,001,000"]);
}

#[test]
fn a_plain_layer_counts_compressed() {
    check(&["--max-compressed", "10000"]).expect(0, &["(as gzip -9)"]);
    check(&["--max-compressed", "1000"]).expect(1, &["compressed: expected at most 1,000, found"]);
}

#[test]
fn a_binary_has_a_budget_of_its_own() {
    check(&["--max-binary", "/app", "1000"]).expect(0, &["/app at most 1,000 1,000 ok"]);
    check(&["--max-binary", "/link", "999"]).expect(1, &["/link: expected at most 999, found 1,000"]);
    check(&["--max-binary", "/none", "9"])
        .expect(1, &["/none: expected at most 9, found absent", "mend the path"]);
}

#[test]
fn the_ledger_lists_layers_and_files() {
    check(&[]).expect(
        0,
        &[
            "layer unpacked compressed digest",
            "0 2,000,500",
            "1 1,000",
            "2,000,000 /data",
            "1,000 /app",
        ],
    );
}
