//! `strip`, of this very test.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{image_check, Outcome, Scratch};
use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use object::Endianness;

fn strip(file: &Path, output: &Path) -> Outcome {
    let (file, output) = (file.to_str().unwrap(), output.to_str().unwrap());
    image_check(&["strip", file, "--output", output])
}

/// The content of the segments that are loaded, but for the file's own header.
fn loaded(data: &[u8]) -> Vec<&[u8]> {
    let header = FileHeader64::<Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let segments = header.program_headers(endian, data).unwrap();
    let own = size_of::<FileHeader64<Endianness>>();
    segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_LOAD)
        .map(|segment| segment.data(endian, data).unwrap())
        .map(|content| {
            let own = if content.starts_with(b"\x7fELF") { own } else { 0 };
            content.get(own..).unwrap()
        })
        .collect()
}

#[test]
fn takes_the_symbols_and_nothing_that_is_loaded() {
    let this = env::current_exe().unwrap();
    let scratch = Scratch::new();
    let stripped = scratch.0.join("stripped");
    strip(&this, &stripped).expect(0, &[]);
    let (before, after) = (fs::read(&this).unwrap(), fs::read(&stripped).unwrap());
    assert_eq!(loaded(&before), loaded(&after));
    assert!(after.len() < before.len());
    let path = stripped.to_str().unwrap();
    image_check(&["crates", path]).expect(1, &["it has no symbols"]);
    let elf = image_check(&["elf", path]);
    assert!(elf.stdout.contains("symbol table         absent"), "{elf:?}");

    let listed = Command::new(&stripped).arg("--list").output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
}

#[test]
fn nothing_is_left_to_strip() {
    let scratch = Scratch::new();
    let (once, twice) = (scratch.0.join("once"), scratch.0.join("twice"));
    strip(&env::current_exe().unwrap(), &once).expect(0, &[]);
    strip(&once, &twice).expect(0, &[]);
    assert_eq!(fs::read(&once).unwrap(), fs::read(&twice).unwrap());
}

#[test]
fn says_what_it_cannot_strip() {
    let scratch = Scratch::new();
    let script = scratch.file("script", "#!/bin/sh\n");
    strip(&script, &scratch.0.join("out")).expect(1, &["script: "]);
    strip(&scratch.0.join("none"), &scratch.0.join("out")).expect(2, &["cannot read"]);
    image_check(&["strip", "a"]).expect(2, &["--output FILE is missing"]);
    let this = fs::read(env::current_exe().unwrap()).unwrap();
    let cut = scratch.file("cut", this.get(..this.len() / 2).unwrap());
    strip(&cut, &scratch.0.join("out")).expect(1, &["cut: "]);
}
