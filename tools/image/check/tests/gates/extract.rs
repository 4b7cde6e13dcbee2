//! `extract`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{image_check, layout, Layer, Pack, Scratch};
use serde_json::json;

#[test]
fn writes_a_file_with_its_mode() {
    let scratch = Scratch::new();
    let image = scratch.0.join("image");
    let layer = Layer::new()
        .file("bin/box", 0o755, "busy")
        .hardlink("bin/ash", "bin/box")
        .symlink("bin/sh", "ash");
    layout(&image, &json!({}), vec![(layer, Pack::Gzip)]);
    let out = scratch.0.join("out");
    let extract = |path: &str| {
        let (image, out) = (image.to_str().unwrap(), out.to_str().unwrap());
        image_check(&["extract", image, path, "--output", out])
    };
    for path in ["/bin/box", "/bin/ash", "/bin/sh"] {
        extract(path).expect(0, &[]);
        assert_eq!(fs::read_to_string(&out).unwrap(), "busy");
        fs::remove_file(&out).unwrap();
    }
    extract("/bin/box").expect(0, &[]);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o755);
    extract("/bin/none").expect(1, &["no file /bin/none in the image"]);
}
