//! `elf`: checks that a file is a static, position-independent, hardened and stripped executable.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use memchr::memmem;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::Endianness;

use crate::image::Image;
use crate::report::Report;
use crate::tree::Tree;
use crate::Error;

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) file: PathBuf,
    /// The layout of the image that contains `file`; if none, `file` is a path of the host.
    pub(crate) image: Option<PathBuf>,
    pub(crate) platform: Option<String>,
    pub(crate) machine: Option<Machine>,
    pub(crate) allow_non_pie: bool,
    pub(crate) forbidden: Vec<String>,
}

/// A CPU that images are built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    X86_64,
    Aarch64,
}

impl Machine {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::X86_64, Self::Aarch64]
            .into_iter()
            .find(|machine| machine.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    fn of(machine: elf::Machine) -> Option<Self> {
        match machine {
            elf::EM_X86_64 => Some(Self::X86_64),
            elf::EM_AARCH64 => Some(Self::Aarch64),
            _ => None,
        }
    }
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let data = read(options)?;
    let mut report = Report::new(format!("elf {}", options.file.display()));
    match File::parse(&data) {
        Ok(file) => file.check(options, &mut report),
        Err(error) => {
            let hint = "pass a 64-bit executable, not a script or an archive";
            report.check("format", "ELF64", error, false, hint);
        }
    }
    Ok(report.print(out)?)
}

fn read(options: &Options) -> Result<Vec<u8>, Error> {
    let Some(layout) = &options.image else {
        return fs::read(&options.file).map_err(|source| Error::Read {
            path: options.file.clone(),
            source,
        });
    };
    let image = Image::open(layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let file = tree.require(layout, &options.file.to_string_lossy())?;
    Ok(tree.content(file).to_vec())
}

struct File<'a> {
    data: &'a [u8],
    endian: Endianness,
    header: &'a FileHeader64<Endianness>,
    segments: &'a [ProgramHeader64<Endianness>],
    dynamic: Vec<(elf::DynamicTag, u64)>,
}

impl<'a> File<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, String> {
        let text = |error: object::Error| error.to_string();
        let header = FileHeader64::<Endianness>::parse(data).map_err(text)?;
        let endian = header.endian().map_err(text)?;
        let segments = header.program_headers(endian, data).map_err(text)?;
        let mut dynamic = Vec::new();
        for segment in segments {
            let entries = segment.dynamic(endian, data).map_err(text)?.unwrap_or_default();
            dynamic.extend(
                entries
                    .iter()
                    .map(|entry| (entry.d_tag(endian), entry.d_val(endian))),
            );
        }
        Ok(Self {
            data,
            endian,
            header,
            segments,
            dynamic,
        })
    }

    fn check(&self, options: &Options, report: &mut Report) {
        report.check("format", "ELF64", "ELF64", true, "");
        self.check_machine(options.machine, report);
        self.check_type(options.allow_non_pie, report);
        self.check_static(report);
        self.check_hardening(report);
        self.check_stripped(report);
        for forbidden in &options.forbidden {
            self.check_absent(forbidden, report);
        }
    }

    fn check_machine(&self, wanted: Option<Machine>, report: &mut Report) {
        let number = self.header.e_machine(self.endian);
        let found = Machine::of(number);
        let expected = wanted.map_or("x86_64 or aarch64", Machine::name);
        let name = found.map_or_else(
            || format!("machine {}", number.0),
            |machine| machine.name().to_owned(),
        );
        let ok = found.is_some() && (wanted.is_none() || wanted == found);
        report.check(
            "machine",
            expected,
            name,
            ok,
            "build it for the platform of the image",
        );
    }

    fn check_type(&self, allow_non_pie: bool, report: &mut Report) {
        let (name, ok) = match self.header.e_type(self.endian) {
            // A shared library has the same type and no entry point.
            elf::ET_DYN if self.header.e_entry(self.endian) != 0 => ("pie".to_owned(), true),
            elf::ET_DYN => ("shared library".to_owned(), false),
            elf::ET_EXEC => ("fixed address".to_owned(), allow_non_pie),
            other => (format!("type {}", other.0), false),
        };
        let expected = if allow_non_pie {
            "pie or fixed address"
        } else {
            "pie"
        };
        report.check(
            "type",
            expected,
            name,
            ok,
            "link a static-pie: relocation-model=pic, crt object rcrt1.o",
        );
    }

    fn check_static(&self, report: &mut Report) {
        let interpreter = self
            .segments
            .iter()
            .find_map(|segment| segment.interpreter(self.endian, self.data).ok().flatten())
            .map(|path| String::from_utf8_lossy(path).into_owned());
        let ok = interpreter.is_none();
        let hint = "link statically: the target platform must be a musl one, and its C toolchain musl's too";
        report.check(
            "interpreter",
            "none",
            interpreter.unwrap_or_else(|| "none".to_owned()),
            ok,
            hint,
        );
        let needed: Vec<_> = self
            .dynamic
            .iter()
            .filter(|(tag, _)| *tag == elf::DT_NEEDED)
            .map(|(_, offset)| self.dynamic_string(*offset).unwrap_or_else(|| "?".to_owned()))
            .collect();
        let found = if needed.is_empty() {
            "none".to_owned()
        } else {
            needed.join(" ")
        };
        report.check("needed libraries", "none", found, needed.is_empty(), hint);
    }

    fn check_hardening(&self, report: &mut Report) {
        let find = |kind| {
            self.segments
                .iter()
                .find(|segment| segment.p_type(self.endian) == kind)
        };
        let has = |segment: &ProgramHeader64<Endianness>, flag: elf::ProgramFlags| {
            segment.p_flags(self.endian).0 & flag.0 != 0
        };
        let relro = find(elf::PT_GNU_RELRO).is_some();
        let found = if relro { "present" } else { "absent" };
        report.check(
            "relro",
            "present",
            found,
            relro,
            "link with -z relro, as rustc does by default",
        );
        let (found, ok) = match find(elf::PT_GNU_STACK) {
            None => ("unspecified", false),
            Some(stack) if has(stack, elf::PF_X) => ("executable", false),
            Some(_) => ("not executable", true),
        };
        let hint = "link with -z noexecstack, or add .note.GNU-stack to the assembly file that lacks it";
        report.check("stack", "not executable", found, ok, hint);
        let writable_code: Vec<_> = self
            .segments
            .iter()
            .filter(|it| it.p_type(self.endian) == elf::PT_LOAD && has(it, elf::PF_W) && has(it, elf::PF_X))
            .map(|it| format!("{:#x}", it.p_vaddr(self.endian)))
            .collect();
        let found = if writable_code.is_empty() {
            "none".to_owned()
        } else {
            writable_code.join(" ")
        };
        let hint = "link without -N / --omagic and without a linker script that merges text and data";
        report.check(
            "write+exec segments",
            "none",
            found,
            writable_code.is_empty(),
            hint,
        );
    }

    fn check_stripped(&self, report: &mut Report) {
        let symbols = self
            .header
            .section_headers(self.endian, self.data)
            .is_ok_and(|sections| {
                sections
                    .iter()
                    .any(|section| section.sh_type(self.endian) == elf::SHT_SYMTAB)
            });
        let found = if symbols { "present" } else { "absent" };
        report.check(
            "symbol table",
            "absent",
            found,
            !symbols,
            "strip it: -Cstrip=symbols or --strip-all",
        );
    }

    fn check_absent(&self, forbidden: &str, report: &mut Report) {
        let found = memmem::find(self.data, forbidden.as_bytes());
        let shown = found.map_or_else(
            || "absent".to_owned(),
            |at| format!("{:?} at offset {at:#x}", self.text_around(at, forbidden.len())),
        );
        let hint = "a build path is embedded in the file: remap it with --remap-path-prefix";
        report.check(
            &format!("string {forbidden:?}"),
            "absent",
            shown,
            found.is_none(),
            hint,
        );
    }

    fn text_around(&self, at: usize, length: usize) -> String {
        const AROUND: usize = 40;
        let printable = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
        let (before, rest) = self.data.split_at_checked(at).unwrap_or_default();
        let (hit, after) = rest.split_at_checked(length).unwrap_or_default();
        let lead = before.iter().rev().take(AROUND).take_while(printable).count();
        let trail = after.iter().take(AROUND).take_while(printable).count();
        let bytes = [
            before.get(before.len() - lead..).unwrap_or_default(),
            hit,
            after.get(..trail).unwrap_or_default(),
        ]
        .concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn dynamic_string(&self, offset: u64) -> Option<String> {
        let table = self.dynamic.iter().find(|(tag, _)| *tag == elf::DT_STRTAB)?.1;
        let address = table.checked_add(offset)?;
        let segment = self.segments.iter().find(|it| {
            let start = it.p_vaddr(self.endian);
            it.p_type(self.endian) == elf::PT_LOAD
                && (start..start.saturating_add(it.p_filesz(self.endian))).contains(&address)
        })?;
        let at = segment
            .p_offset(self.endian)
            .checked_add(address - segment.p_vaddr(self.endian))?;
        let bytes = self
            .data
            .get(usize::try_from(at).ok()?..)?
            .split(|byte| *byte == 0)
            .next()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}
