//! `digest`.

use std::fs;

use crate::common::{image_check, layout, Layer, Pack, Scratch};
use serde_json::{json, Value};

#[test]
fn writes_digest_of_only_entry() {
    let scratch = Scratch::new();
    let image = scratch.0.join("image");
    layout(&image, &json!({}), vec![(Layer::new(), Pack::None)]);
    let out = scratch.0.join("out");
    let call = [
        "digest",
        image.to_str().unwrap(),
        "--output",
        out.to_str().unwrap(),
    ];
    image_check(&call).expect(0, &[]);
    let file = image.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    assert_eq!(fs::read_to_string(&out).unwrap(), digest + "\n");

    let manifests = index["manifests"].as_array_mut().unwrap();
    manifests.push(manifests[0].clone());
    fs::write(&file, index.to_string()).unwrap();
    image_check(&call).expect(64, &["more than one image"]);
}
