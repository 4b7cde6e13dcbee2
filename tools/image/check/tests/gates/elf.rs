//! `elf`, on files with one fault each.

use crate::common::{image_check, layout, Layer, Outcome, Pack, Scratch};
use object::elf;
use serde_json::json;

/// The parts of an ELF file that the checks read.
#[derive(Clone)]
struct Fake {
    machine: u16,
    kind: u16,
    segments: Vec<(u32, u32, Vec<u8>)>,
    symbols: bool,
    tail: &'static str,
}

impl Fake {
    fn good() -> Self {
        let read = elf::PF_R.0;
        Self {
            machine: elf::EM_X86_64.0,
            kind: elf::ET_DYN.0,
            segments: vec![
                (elf::PT_LOAD.0, read | elf::PF_X.0, Vec::new()),
                (elf::PT_LOAD.0, read | elf::PF_W.0, Vec::new()),
                (elf::PT_GNU_RELRO.0, read, Vec::new()),
                (elf::PT_GNU_STACK.0, read | elf::PF_W.0, Vec::new()),
            ],
            symbols: false,
            tail: "",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (ehsize, phsize, shsize) = (64_usize, 56_usize, 64_usize);
        let phnum = self.segments.len();
        let shnum = if self.symbols { 2 } else { 0 };
        let shoff = ehsize + phnum * phsize;
        let mut offset = shoff + shnum * shsize;
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        let half =
            |file: &mut Vec<u8>, value: usize| file.extend(u16::try_from(value).unwrap().to_le_bytes());
        let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
        let long = |file: &mut Vec<u8>, value: usize| file.extend((value as u64).to_le_bytes());
        file.extend(self.kind.to_le_bytes());
        file.extend(self.machine.to_le_bytes());
        word(&mut file, 1);
        for value in [0x1000, ehsize, if self.symbols { shoff } else { 0 }] {
            long(&mut file, value);
        }
        word(&mut file, 0);
        for value in [ehsize, phsize, phnum, shsize, shnum, 0] {
            half(&mut file, value);
        }
        let mut content: Vec<u8> = Vec::new();
        for (kind, flags, data) in &self.segments {
            word(&mut file, *kind);
            word(&mut file, *flags);
            // The virtual address is the offset.
            for value in [offset, offset, 0, data.len(), data.len(), 8] {
                long(&mut file, value);
            }
            content.extend(data);
            offset += data.len();
        }
        for kind in [elf::SHT_NULL, elf::SHT_SYMTAB].into_iter().take(shnum) {
            word(&mut file, 0);
            word(&mut file, kind.0);
            file.extend([0; 56]);
        }
        file.extend(content);
        file.extend(self.tail.as_bytes());
        file
    }

    fn check(&self, arguments: &[&str]) -> Outcome {
        let scratch = Scratch::new();
        let file = scratch.file("fake", self.bytes());
        image_check(&[&["elf", file.to_str().unwrap()], arguments].concat())
    }

    fn segment(&mut self, kind: elf::ProgramType) -> &mut (u32, u32, Vec<u8>) {
        self.segments
            .iter_mut()
            .find(|segment| segment.0 == kind.0)
            .unwrap()
    }
}

#[test]
fn accepts_good_file() {
    let outcome = Fake::good().check(&["--machine", "x86_64", "--forbid-string", "/home/"]);
    outcome.expect(
        0,
        &[
            "machine x86_64 x86_64 ok",
            "type pie pie ok",
            "string \"/home/\" absent absent ok",
        ],
    );
}

#[test]
fn rejects_other_machine() {
    let mut file = Fake::good();
    file.check(&["--machine", "aarch64"])
        .expect(1, &["machine: expected aarch64, found x86_64"]);
    file.machine = elf::EM_386.0;
    file.check(&[])
        .expect(1, &["machine: expected x86_64 or aarch64, found machine 3"]);
}

#[test]
fn rejects_fixed_address() {
    let mut file = Fake::good();
    file.kind = elf::ET_EXEC.0;
    file.check(&[])
        .expect(1, &["type: expected pie, found fixed address", "rcrt1.o"]);
    file.check(&["--allow-non-pie"]).expect(0, &[]);
}

#[test]
fn rejects_interpreter() {
    let mut file = Fake::good();
    file.segments.push((
        elf::PT_INTERP.0,
        elf::PF_R.0,
        b"/lib/ld-musl-x86_64.so.1\0".to_vec(),
    ));
    file.check(&[])
        .expect(1, &["interpreter: expected none, found /lib/ld-musl-x86_64.so.1"]);
}

#[test]
fn rejects_needed_library() {
    let mut file = Fake::good();
    file.segment(elf::PT_LOAD).2 = b"libc.so\0".to_vec();
    let table = 64 + 5 * 56_u64;
    let mut dynamic = Vec::new();
    for (tag, value) in [
        (elf::DT_STRTAB.0, table),
        (elf::DT_NEEDED.0, 0),
        (elf::DT_NULL.0, 0),
    ] {
        dynamic.extend(tag.to_le_bytes());
        dynamic.extend(value.to_le_bytes());
    }
    file.segments.push((elf::PT_DYNAMIC.0, elf::PF_R.0, dynamic));
    file.check(&[])
        .expect(1, &["needed libraries: expected none, found libc.so"]);
}

#[test]
fn rejects_missing_hardening() {
    let mut file = Fake::good();
    file.segments.retain(|segment| segment.0 != elf::PT_GNU_RELRO.0);
    file.check(&[])
        .expect(1, &["relro: expected present, found absent"]);

    let mut file = Fake::good();
    file.segment(elf::PT_GNU_STACK).1 |= elf::PF_X.0;
    file.check(&[])
        .expect(1, &["stack: expected not executable, found executable"]);
    file.segments.retain(|segment| segment.0 != elf::PT_GNU_STACK.0);
    file.check(&[])
        .expect(1, &["stack: expected not executable, found unspecified"]);

    let mut file = Fake::good();
    file.segment(elf::PT_LOAD).1 |= elf::PF_W.0;
    file.check(&[])
        .expect(1, &["write+exec segments: expected none, found 0x"]);
}

#[test]
fn rejects_symbol_table() {
    let file = Fake {
        symbols: true,
        ..Fake::good()
    };
    file.check(&[])
        .expect(1, &["symbol table: expected absent, found present"]);
}

#[test]
fn rejects_forbidden_string() {
    let file = Fake {
        tail: "/home/me/src/main.rs\0",
        ..Fake::good()
    };
    file.check(&["--forbid-string", "/src/"]).expect(
        1,
        &["string \"/src/\": expected absent, found \"/home/me/src/main.rs\" at offset 0x128"],
    );
}

#[test]
fn rejects_invalid_elf_files() {
    let scratch = Scratch::new();
    let file = scratch.file("script", "#!/bin/sh\n");
    image_check(&["elf", file.to_str().unwrap()]).expect(1, &["format: expected ELF64, found"]);
    let cut = scratch.file("cut", &Fake::good().bytes()[..80]);
    image_check(&["elf", cut.to_str().unwrap()]).expect(1, &["format: expected ELF64, found"]);
}

#[test]
fn checks_file_of_image() {
    let scratch = Scratch::new();
    let image = scratch.0.join("image");
    let layer = Layer::new()
        .file("good", 0o555, Fake::good().bytes())
        .file("script", 0o555, "#!/bin/sh\n");
    layout(&image, &json!({}), vec![(layer, Pack::Gzip)]);
    let check = |path: &str| image_check(&["elf", path, "--image", image.to_str().unwrap()]);
    check("/good").expect(0, &["machine x86_64 or aarch64 x86_64 ok"]);
    check("/script").expect(1, &["format: expected ELF64, found"]);
    check("/none").expect(1, &["no file /none in the image"]);
}

#[test]
fn rejects_unstripped_test() {
    let this = std::env::current_exe().unwrap();
    image_check(&["elf", this.to_str().unwrap()]).expect(1, &["checks failed: elf "]);
}
