//! `list`, with every keyword.

use crate::common::{image_check, layout, Layer, Pack, Scratch};
use serde_json::json;
use tar::EntryType;

#[test]
fn lists_all_keywords() {
    let scratch = Scratch::new();
    let layer = Layer::new()
        .dir("set", 0o2755)
        .file("set/implied/b", 0o644, "hello")
        .hardlink_with_mode("a", "set/implied/b", 0o4711)
        .device("null", EntryType::Char, (1, 3))
        .file_with_xattr("note", "user.note", b"\x01\xff")
        .symlink("with space", "a");
    layout(&scratch.0, &json!({}), vec![(layer, Pack::Zstd)]);
    let outcome = image_check(&["list", scratch.0.to_str().unwrap()]);
    outcome.expect(0, &[]);
    let hello = "size=5 sha256digest=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let empty = "size=0 sha256digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let expected = format!(
        "\
#mtree
./a type=file mode=4711 uid=0 gid=0 {hello}
./note type=file mode=0755 uid=0 gid=0 {empty} xattr.user.note=01ff
./null type=char mode=0600 uid=0 gid=0 device=1,3
./set type=dir mode=2755 uid=0 gid=0
./set/implied type=dir mode=2755 uid=0 gid=0
./set/implied/b type=file mode=4711 uid=0 gid=0 {hello} hardlink=./a
./with\\040space type=link mode=0777 uid=0 gid=0 link=a
"
    );
    assert_eq!(outcome.stdout, expected);
}
