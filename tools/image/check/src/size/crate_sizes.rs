//! `size-report`: the sizes of a program's crates, by its symbols.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use object::elf::{FileHeader64, SHT_SYMTAB, STT_FUNC, STT_OBJECT};
use object::read::elf::{FileHeader, Sym};
use object::Endianness;

use super::linked;
use crate::report::bytes;
use crate::Error;

const NOT_RUST: &str = "(C and assembly)";

pub(crate) struct Options {
    /// The unstripped program.
    pub(crate) file: PathBuf,
    /// The crates of the program, JSON.
    pub(crate) crates: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    print(&options.file, None, out)?;
    if let Some(crates) = &options.crates {
        print_features(crates, out)?;
    }
    Ok(true)
}

/// Lists the crates with their features and the requests for them.
fn print_features(file: &Path, out: &mut dyn Write) -> Result<(), Error> {
    writeln!(out, "features, and the Cargo.toml files that request them")?;
    for (key, it) in &linked::read(file)? {
        let colon = if it.features.is_empty() { "" } else { ": " };
        writeln!(out, "  {key}{colon}{}", it.features.join(", "))?;
        let requests = linked::requests(it, it.features.iter().map(String::as_str));
        if !requests.is_empty() {
            writeln!(out, "    {requests}")?;
        }
    }
    Ok(())
}

/// Lists the crates, the largest first: at most `shown`, and the sum of the others.
pub(super) fn print(file: &Path, shown: Option<usize>, out: &mut dyn Write) -> Result<(), Error> {
    let data = fs::read(file).map_err(|source| Error::Read {
        path: file.to_owned(),
        source,
    })?;
    let sizes = sizes(&data).map_err(|error| Error::failed(format!("{}: {error}", file.display())))?;
    if sizes.is_empty() {
        return Err(Error::failed(format!(
            "{}: no symbols: pass the unstripped program",
            file.display()
        )));
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), name.clone()));
    let sum = |sizes: &[(String, u64)]| bytes(sizes.iter().map(|(_, size)| size).sum());
    let (largest, rest) = sizes.split_at(shown.unwrap_or(sizes.len()).min(sizes.len()));
    writeln!(out, "crates of {}", file.display())?;
    for (name, size) in largest {
        writeln!(out, "  {:>12}  {name}", bytes(*size))?;
    }
    if !rest.is_empty() {
        writeln!(out, "  {:>12}  {} smaller crates", sum(rest), rest.len())?;
    }
    writeln!(
        out,
        "  {:>12}  code and constants with a symbol, of {} crates; the file has {} bytes with its symbols",
        sum(&sizes),
        sizes.len(),
        bytes(data.len() as u64)
    )?;
    Ok(())
}

fn sizes(data: &[u8]) -> object::Result<BTreeMap<String, u64>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let symbols = header.sections(endian, data)?.symbols(endian, data, SHT_SYMTAB)?;
    let mut sizes = BTreeMap::new();
    for symbol in symbols.iter() {
        if !matches!(symbol.st_type(), STT_FUNC | STT_OBJECT) {
            continue;
        }
        let name = String::from_utf8_lossy(symbol.name(endian, symbols.strings())?);
        *sizes.entry(crate_of(&name)).or_insert(0) += symbol.st_size(endian);
    }
    Ok(sizes)
}

/// The crate of a symbol: `a` in `a::b`, `<a::B as c::D>::e` and `<&mut [a::B] as c::D>::e`.
fn crate_of(symbol: &str) -> String {
    let Ok(name) = rustc_demangle::try_demangle(symbol) else {
        return NOT_RUST.to_owned();
    };
    let name = format!("{name:#}");
    let path = name.split("::").next().unwrap_or_default();
    let is_identifier = |c: char| c.is_alphanumeric() || c == '_';
    let last = path.rsplit(|c| !is_identifier(c)).next().unwrap_or_default();
    if last.is_empty() {
        "(other)".to_owned()
    } else {
        last.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{crate_of, NOT_RUST};

    #[test]
    fn finds_the_crate_of_symbols() {
        assert_eq!(crate_of("_ZN4core3fmt5write17h0123456789abcdefE"), "core");
        let implemented = "_ZN51_$LT$hyper..Error$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE";
        assert_eq!(crate_of(implemented), "hyper");
        assert_eq!(crate_of("_RNvCs1234_7mycrate3foo"), "mycrate");
        assert_eq!(crate_of("memcpy"), NOT_RUST);
    }
}
