//! Tar archives of random, partly malformed entries.

use super::random::Random;

const BLOCK: usize = 512;
const TYPES: &[u8] = b"\x00012345670DKLMNSVXgxxLLKK\xff";
const NAMES: [&[u8]; 8] = [
    b"a",
    b"./a",
    b"directory/",
    b"././@LongLink",
    b"",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"../..//",
];
const RECORDS: [&[u8]; 10] = [
    b"9 path=b\n",
    b"11 size=0\n\n",
    b"10 size=5\n",
    b"28 size=18446744073709551615\n",
    b"26 size=9223372036854775807\n",
    b"99 path=b\n",
    b"0 ",
    b"99999999999999999999 a=b\n",
    b"12 path=a\0b\n",
    b"8 size=\n",
];

pub fn archive(random: &mut Random) -> Vec<u8> {
    let mut archive = vec![];
    for _ in 0..random.below(8) {
        add_entry(random, &mut archive);
    }
    archive.resize(archive.len() + BLOCK * random.below(4), 0);
    archive
}

fn add_entry(random: &mut Random, archive: &mut Vec<u8>) {
    let kind = *random.choose(TYPES);
    let data = data(random, kind);
    let mut header = match random.one_in(2) {
        true => tar::Header::new_gnu(),
        false => tar::Header::new_ustar(),
    };
    header.set_size(size(random, data.len() as u64));
    let name = *random.choose(&NAMES);
    let bytes = header.as_mut_bytes();
    bytes[..name.len()].copy_from_slice(name);
    bytes[156] = kind;
    for _ in 0..random.below(3) {
        bytes[random.below(BLOCK)] = random.byte();
    }
    if !random.one_in(8) {
        header.set_cksum();
    }
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(&data);
    if !random.one_in(16) {
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
}

fn data(random: &mut Random, kind: u8) -> Vec<u8> {
    if matches!(kind, b'x' | b'g') {
        return random.choose(&RECORDS).to_vec();
    }
    let length = *random.choose(&[0, 1, 5, BLOCK, BLOCK + 1, 3 * BLOCK]);
    (0..length).map(|_| random.byte()).collect()
}

/// The size of the data, or sometimes a wrong one.
fn size(random: &mut Random, actual: u64) -> u64 {
    match random.below(16) {
        0 => *random.choose(&[0, 1, 1 << 20, (1 << 20) + 1, 600 << 20, 1 << 33, u64::MAX >> 1]),
        _ => actual,
    }
}
