use super::*;
use crate::tarball::header::tests::{entry, header};

const PLAIN: &[u8] = include_bytes!("../../../tests/vectors/layers/a.tar");
const END: &[u8] = &[0; 2 * BLOCK_SIZE];

fn check(parts: &[&[u8]]) -> Result<RepeatedNames, String> {
    super::check(&parts.concat()[..], "tar").map_err(|problem| problem.to_string())
}

fn found(parts: &[&[u8]]) -> String {
    check(parts).unwrap_err()
}

#[test]
fn accepts_complete_archive() {
    assert!(check(&[PLAIN]).unwrap().is_empty());
}

#[test]
fn accepts_empty_archive() {
    check(&[END]).unwrap();
}

#[test]
fn rejects_truncated_archives() {
    assert!(found(&[&PLAIN[..514]]).contains("truncated tar archive: ends at byte 514 in entry 1"));
    assert!(found(&[&PLAIN[..1024], &PLAIN[..100]]).contains("truncated tar archive"));
    let name = entry(b'L', b"././@LongLink", b"name");
    assert!(found(&[&name[..514]]).contains("truncated tar archive: ends at byte 514"));
}

#[test]
fn rejects_archives_without_end_marker() {
    let found = found(&[&PLAIN[..1024]]);
    assert!(
        found.contains("truncated tar archive: no end marker after 1 entries"),
        "{found}"
    );
}

#[test]
fn rejects_text() {
    for text in [&b"no tar at all\n".repeat(100)[..], b"short", b""] {
        assert!(found(&[text]).contains("not a tar archive"));
    }
}

#[test]
fn rejects_data_after_half_end_marker() {
    let file = entry(b'0', b"a", b"x");
    check(&[&file, &END[..BLOCK_SIZE]]).unwrap();
    check(&[&file, END, b"rest"]).unwrap();
    let found = found(&[&file, &END[..BLOCK_SIZE], &file, END]);
    assert!(found.contains("half an end marker"), "{found}");
}

#[test]
fn links_and_directories_have_no_data() {
    let file = entry(b'0', b"a", b"x");
    for kind in b'1'..=b'6' {
        check(&[&header(kind, b"b", 4096), &file, END]).unwrap();
    }
    check(&[&header(0, b"directory/", 4096), &file, END]).unwrap();
    assert!(found(&[&header(0, b"file", 4096), &file, END]).contains("truncated tar archive"));
}

#[test]
fn pax_records_replace_name_and_size() {
    let pax = entry(b'x', b"pax", b"12 size=512\n9 path=b\n");
    let file = [header(b'0', b"a", 0), vec![b'x'; BLOCK_SIZE]].concat();
    assert!(check(&[&pax, &file, &entry(b'0', b"a", b""), END])
        .unwrap()
        .is_empty());
    let repeated = check(&[&pax, &file, &entry(b'0', b"b", b""), END]).unwrap();
    assert!(!repeated.is_empty());
}

#[test]
fn long_name_replaces_name() {
    let long = entry(b'L', b"././@LongLink", b"long\0");
    let file = entry(b'0', b"a", b"x");
    assert!(check(&[&file, &long, &file, END]).unwrap().is_empty());
    assert!(!check(&[&long, &file, &long, &file, END]).unwrap().is_empty());
}

#[test]
fn reports_repeated_names() {
    let file = entry(b'0', b"a", b"x");
    let text = check(&[&file, &entry(b'5', b"d/", b""), &entry(b'0', b"./a", b"y"), END])
        .unwrap()
        .to_string();
    assert!(
        text.starts_with("1 entry repeats an earlier name, as in \"./a\"; "),
        "{text}"
    );
}

#[test]
fn rejects_metadata_beyond_limit() {
    let file = entry(b'0', b"a", b"x");
    let limit = vec![b'n'; MAX_METADATA as usize];
    check(&[&entry(b'L', b"././@LongLink", &limit), &file, END]).unwrap();
    for (kind, what) in [
        (b'L', "GNU long name"),
        (b'K', "GNU long link"),
        (b'x', "pax header"),
        (b'g', "pax header"),
    ] {
        // The header's size is checked before the data is read.
        let found = found(&[&file, &header(kind, b"long", MAX_METADATA + 1)]);
        let expected = format!("entry 2 (\"long\"): {what} of 1048577 bytes: expected at most 1048576");
        assert!(found.contains(&expected), "{found}");
    }
}

#[test]
fn rejects_unsupported_entry_types() {
    for (kind, what) in [
        (b'S', "type 'S' (sparse file)"),
        (b'D', "type 'D' (directory of an incremental backup)"),
        (b'M', "type 'M' (file continued from another volume)"),
        (b'V', "type 'V' (volume label)"),
        (b'7', "type '7'"),
        (0xff, "type '\\xff'"),
    ] {
        let found = found(&[&entry(kind, b"name", b""), END]);
        assert!(
            found.contains(&format!("entry \"name\": unsupported {what}")),
            "{found}"
        );
    }
}

#[test]
fn rejects_malformed_headers() {
    let file = entry(b'0', b"a", b"x");
    let pax = entry(b'x', b"pax", b"9 path=bb\n");
    assert!(found(&[&pax, &file, END]).contains("invalid pax record \"9 path=bb"));
    let global = entry(b'g', b"pax", b"nonsense");
    assert!(found(&[&global, &file, END]).contains("invalid pax record"));
    let long = entry(b'L', b"././@LongLink", b"name");
    assert!(found(&[&file, &long, END]).contains("missing entry after its extended header"));
    let mut wrong = file.clone();
    wrong[0] = b'b';
    assert!(found(&[&file, &wrong, END]).contains("wrong header checksum (at byte 1536, after 1"));
}
