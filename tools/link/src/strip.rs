//! `strip`: removes symbols and debug information, with the same output as `lld --strip-all`, and adds the crate list.
//!
//! One link thus yields both the program in the image and the unstripped program, whose symbols attribute bytes to
//! crates. Loaded segments do not change; the remaining sections follow them, then the section header table.
//!
//! The crate list is added here because it must not be an input of the link.

use std::fs;
use std::path::Path;

use object::elf::{
    FileHeader64, SectionFlags, SectionHeader64, SymbolSection, SHF_ALLOC, SHT_NULL, SHT_PROGBITS,
    SHT_STRTAB, SHT_SYMTAB,
};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{pod, Endianness, U32, U64};

use crate::{files, Error};

/// The section of cargo-auditable's format: <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>.
const CRATE_LIST: &[u8] = b".dep-v0";

pub(crate) fn run(input: &Path, crate_list: Option<&Path>, output: &Path) -> Result<(), Error> {
    let crate_list = crate_list.map(files::read).transpose()?;
    let stripped = stripped(&files::read(input)?, crate_list.as_deref())
        .map_err(|problem| files::content(input, problem))?;
    files::write(output, &stripped)?;
    fs::metadata(input)
        .and_then(|metadata| fs::set_permissions(output, metadata.permissions()))
        .map_err(|source| Error::File {
            action: "set the permissions of",
            path: output.to_owned(),
            source,
        })
}

/// A section of the output.
struct Kept<'a> {
    header: SectionHeader64<Endianness>,
    name: &'a [u8],
    place: Place<'a>,
}

enum Place<'a> {
    /// In a loaded segment, whose offset does not change.
    Loaded,
    /// After the last segment.
    Appended(&'a [u8]),
    /// After the last segment: the table of section names.
    Names,
}

/// Alignment of the section header table.
const TABLE_ALIGNMENT: u64 = 8;

fn stripped(data: &[u8], crate_list: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let mut header = *FileHeader64::<Endianness>::parse(data).map_err(text)?;
    let endian = header.endian().map_err(text)?;
    let mut kept = kept_sections(&header, endian, data)?;
    if let Some(content) = crate_list {
        if kept.iter().any(|section| section.name == CRATE_LIST) {
            return Err("section .dep-v0 exists already: pass a program without a crate list".to_owned());
        }
        kept.push(new_section(endian, CRATE_LIST, content));
    }
    let mut names = Vec::new();
    for section in &mut kept {
        section.header.sh_name.set(endian, number(names.len())?);
        names.extend(section.name);
        names.push(0);
    }

    let mut out = loaded_part(&header, endian, data)?.to_vec();
    for (index, section) in kept.iter_mut().enumerate() {
        let content = match section.place {
            Place::Loaded => continue,
            Place::Appended(content) => content,
            Place::Names => {
                header.e_shstrndx.set(endian, SymbolSection(number(index)?));
                &names
            }
        };
        pad(&mut out, section.header.sh_addralign(endian))?;
        section.header.sh_offset.set(endian, number(out.len())?);
        section.header.sh_size.set(endian, number(content.len())?);
        out.extend(content);
    }
    pad(&mut out, TABLE_ALIGNMENT)?;
    header.e_shoff.set(endian, number(out.len())?);
    header.e_shnum.set(endian, number(kept.len())?);
    for section in &kept {
        out.extend(pod::bytes_of(&section.header));
    }
    let header = pod::bytes_of(&header);
    out.get_mut(..header.len())
        .ok_or("the ELF header is not in a segment")?
        .copy_from_slice(header);
    Ok(out)
}

/// A section that is not loaded.
fn new_section<'a>(endian: Endianness, name: &'a [u8], content: &'a [u8]) -> Kept<'a> {
    let zero = U64::new(endian, 0);
    let header = SectionHeader64 {
        sh_name: U32::new(endian, 0),
        sh_type: U32::new(endian, SHT_PROGBITS),
        sh_flags: U64::new(endian, SectionFlags::default()),
        sh_addr: zero,
        sh_offset: zero,
        sh_size: zero,
        sh_link: U32::new(endian, 0),
        sh_info: U32::new(endian, 0),
        sh_addralign: U64::new(endian, 1),
        sh_entsize: zero,
    };
    Kept {
        header,
        name,
        place: Place::Appended(content),
    }
}

/// All sections without those of symbols and debug information.
fn kept_sections<'a>(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    data: &'a [u8],
) -> Result<Vec<Kept<'a>>, String> {
    let sections = header.sections(endian, data).map_err(text)?;
    let names_index = header.shstrndx(endian, data).map_err(text)?;
    let (mut kept, mut past_loaded) = (Vec::new(), false);
    for (index, section) in sections.enumerate() {
        let name = sections.section_name(endian, section).map_err(text)?;
        let shown = String::from_utf8_lossy(name);
        let kind = section.sh_type(endian);
        let place = if kind == SHT_NULL || section.sh_flags(endian).contains(SHF_ALLOC) {
            // Dynamic symbols refer to sections by number, so loaded sections must keep theirs.
            if past_loaded {
                return Err(format!(
                    "loaded section {shown} follows a section that is not loaded"
                ));
            }
            Place::Loaded
        } else if index.0 == names_index as usize {
            Place::Names
        } else if matches!(kind, SHT_SYMTAB | SHT_STRTAB) || name.starts_with(b".debug") {
            past_loaded = true;
            continue;
        } else if section.sh_link(endian) != 0 {
            return Err(format!(
                "section {shown} refers to another section: link without --emit-relocs"
            ));
        } else {
            Place::Appended(section.data(endian, data).map_err(text)?)
        };
        past_loaded |= !matches!(place, Place::Loaded);
        kept.push(Kept {
            header: *section,
            name,
            place,
        });
    }
    Ok(kept)
}

/// The part of the file up to the end of the last segment.
fn loaded_part<'a>(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    data: &'a [u8],
) -> Result<&'a [u8], String> {
    let segments = header.program_headers(endian, data).map_err(text)?;
    let end = segments
        .iter()
        .filter_map(|it| it.p_offset(endian).checked_add(it.p_filesz(endian)))
        .max()
        .ok_or("no segments: pass a linked program")?;
    usize::try_from(end)
        .ok()
        .and_then(|end| data.get(..end))
        .ok_or_else(|| "the file ends inside its last segment".to_owned())
}

fn pad(out: &mut Vec<u8>, alignment: u64) -> Result<(), String> {
    let alignment = usize::try_from(alignment.max(1)).map_err(|error| error.to_string())?;
    out.resize(out.len().next_multiple_of(alignment), 0);
    Ok(())
}

fn number<T: TryFrom<usize>>(value: usize) -> Result<T, String> {
    T::try_from(value).map_err(|_| format!("{value} does not fit its field"))
}

#[allow(clippy::needless_pass_by_value, reason = "argument of map_err")]
fn text(error: object::Error) -> String {
    error.to_string()
}
