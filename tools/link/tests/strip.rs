//! `strip`, on this test's program.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::env;
use std::fs;
use std::process::Command;

use common::{link_tool, Outcome, Scratch};
use object::elf::{FileHeader64, PT_LOAD, SHF_ALLOC, SHT_SYMTAB};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::Endianness;

fn strip(input: &str, output: &str) -> Outcome {
    link_tool(&["strip", "--input", input, "--output", output])
}

fn strip_with_list(input: &str, list: &str, output: &str) -> Outcome {
    link_tool(&[
        "strip",
        "--input",
        input,
        "--crate-list",
        list,
        "--output",
        output,
    ])
}

fn this() -> String {
    env::current_exe().unwrap().to_str().unwrap().to_owned()
}

/// The content of the loaded segments without the ELF header.
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

fn has_symbols(data: &[u8]) -> bool {
    let header = FileHeader64::<Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    sections
        .iter()
        .any(|section| section.sh_type(endian) == SHT_SYMTAB)
}

/// The content of section `.dep-v0` and its flags.
fn crate_list(data: &[u8]) -> Option<(Vec<u8>, bool)> {
    let header = FileHeader64::<Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    let (_, section) = sections.section_by_name(endian, b".dep-v0")?;
    let loaded = section.sh_flags(endian).contains(SHF_ALLOC);
    Some((section.data(endian, data).unwrap().to_vec(), loaded))
}

#[test]
fn keeps_loaded_segments() {
    let scratch = Scratch::new();
    let stripped = scratch.path("stripped");
    strip(&this(), &stripped).expect(0, "");
    let (before, after) = (fs::read(this()).unwrap(), fs::read(&stripped).unwrap());
    assert_eq!(loaded(&before), loaded(&after));
    assert!(after.len() < before.len());
    assert!(has_symbols(&before) && !has_symbols(&after));

    let listed = Command::new(&stripped).arg("--list").output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
}

#[test]
fn is_idempotent() {
    let scratch = Scratch::new();
    let (once, twice) = (scratch.path("once"), scratch.path("twice"));
    strip(&this(), &once).expect(0, "");
    strip(&once, &twice).expect(0, "");
    assert_eq!(fs::read(&once).unwrap(), fs::read(&twice).unwrap());
}

#[test]
fn adds_crate_list() {
    let scratch = Scratch::new();
    let (plain, listed) = (scratch.path("plain"), scratch.path("listed"));
    strip(&this(), &plain).expect(0, "");
    let list = scratch.file("list", "some bytes");
    strip_with_list(&this(), &list, &listed).expect(0, "");
    let (plain, after) = (fs::read(plain).unwrap(), fs::read(&listed).unwrap());
    assert_eq!(crate_list(&plain), None);
    assert_eq!(crate_list(&after), Some((b"some bytes".to_vec(), false)));
    assert_eq!(loaded(&plain), loaded(&after));
    let started = Command::new(&listed).arg("--list").output().unwrap();
    assert!(started.status.success(), "{started:?}");

    let twice = scratch.path("twice");
    strip_with_list(&listed, &list, &twice).expect(1, "section .dep-v0 exists already");
    strip_with_list(&this(), &scratch.path("none"), &twice).expect(2, "cannot read");
}

#[test]
fn rejects_invalid_programs() {
    let scratch = Scratch::new();
    let output = scratch.path("out");
    strip(&scratch.file("script", "#!/bin/sh\n"), &output).expect(1, "script: ");
    strip(&scratch.path("none"), &output).expect(2, "cannot read");
    let this = fs::read(this()).unwrap();
    let cut = scratch.file("cut", this.get(..this.len() / 2).unwrap());
    strip(&cut, &output).expect(1, "cut: ");
}
