//! An ELF object file of one section, for the linker to put into the program.

/// The machines that images are built for, by the name of their ELF gate.
pub(crate) fn machine(name: &str) -> Option<u16> {
    match name {
        "x86_64" => Some(62),
        "aarch64" => Some(183),
        _ => None,
    }
}

const HEADER: usize = 64;
const NAMES: &[u8] = b"\0.dep-v0\0.note.GNU-stack\0.shstrtab\0";
const SHT_PROGBITS: u32 = 1;
const SHT_STRTAB: u32 = 3;
const SHF_ALLOC: u64 = 0x2;
/// Kept by --gc-sections though nothing refers to it.
const SHF_GNU_RETAIN: u64 = 0x20_0000;

/// A relocatable file whose section `.dep-v0` holds `content`; its empty `.note.GNU-stack` asks for no executable stack.
pub(crate) fn file(machine: u16, content: &[u8]) -> Vec<u8> {
    let names_at = HEADER + content.len();
    let table_at = (names_at + NAMES.len()).next_multiple_of(8);
    // ELFCLASS64, little endian, version 1, the ABI that has the flag above.
    let mut file = b"\x7fELF\x02\x01\x01\x03\0\0\0\0\0\0\0\0".to_vec();
    let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
    let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
    let long = |file: &mut Vec<u8>, value: usize| file.extend((value as u64).to_le_bytes());
    // ET_REL.
    half(&mut file, 1);
    half(&mut file, machine);
    word(&mut file, 1);
    for value in [0, 0, table_at] {
        long(&mut file, value);
    }
    word(&mut file, 0);
    // Sizes: header; no segments; sections, four of them, the last one with their names.
    for value in [64, 0, 0, 64, 4, 3] {
        half(&mut file, value);
    }
    file.extend(content);
    file.extend(NAMES);
    file.resize(table_at, 0);
    let mut section = |name: u32, kind: u32, flags: u64, at: usize, size: usize| {
        word(&mut file, name);
        word(&mut file, kind);
        file.extend(flags.to_le_bytes());
        for value in [0, at, size] {
            long(&mut file, value);
        }
        for value in [0, 0] {
            word(&mut file, value);
        }
        for value in [usize::from(kind != 0), 0] {
            long(&mut file, value);
        }
    };
    section(0, 0, 0, 0, 0);
    section(1, SHT_PROGBITS, SHF_ALLOC | SHF_GNU_RETAIN, HEADER, content.len());
    section(9, SHT_PROGBITS, 0, names_at, 0);
    section(25, SHT_STRTAB, 0, names_at, NAMES.len());
    file
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_where_the_sections_say() {
        for (at, name) in [(1, ".dep-v0"), (9, ".note.GNU-stack"), (25, ".shstrtab")] {
            assert!(super::NAMES[at..].starts_with(name.as_bytes()), "{name}");
        }
    }
}
