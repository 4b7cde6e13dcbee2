//! `size`: does the image stay within its budgets of bytes?

use std::cmp::Reverse;
use std::io::{self, Write};
use std::path::PathBuf;

use flate2::write::GzEncoder;
use flate2::Compression;

use crate::layout::{Image, Layer};
use crate::report::{bytes, Report};
use crate::tree::{entries, Kind, Tree};
use crate::Error;

const BIGGEST: usize = 10;

/// What the command line says; a budget that is not given is not checked.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
    pub(crate) max_unpacked: Option<u64>,
    pub(crate) max_compressed: Option<u64>,
    pub(crate) max_binaries: Vec<(String, u64)>,
}

struct LayerSize {
    unpacked: u64,
    compressed: u64,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let layers = layer_sizes(&image)?;
    print_ledger(&image, &layers, &tree, out)?;

    let mut report = Report::new(format!("size {}", options.layout.display()));
    let unpacked = tree.size();
    let compressed = layers.iter().map(|layer| layer.compressed).sum();
    let hint = "see the ledger above for what grew; raise the budget if the growth is wanted";
    check(
        &mut report,
        "unpacked",
        options.max_unpacked,
        Some(unpacked),
        hint,
    );
    check(
        &mut report,
        "compressed",
        options.max_compressed,
        Some(compressed),
        hint,
    );
    for (path, max) in &options.max_binaries {
        let found = tree.file(path).map(|entry| tree.content(entry).len() as u64);
        let hint = if found.is_some() {
            hint
        } else {
            "no such file in the image: mend the path of this budget"
        };
        check(&mut report, path, Some(*max), found, hint);
    }
    Ok(report.print(out)?)
}

fn check(report: &mut Report, name: &str, max: Option<u64>, found: Option<u64>, hint: &str) {
    let expected = max.map_or_else(|| "any".to_owned(), |max| format!("at most {}", bytes(max)));
    let shown = found.map_or_else(|| "absent".to_owned(), bytes);
    let ok = found.is_some_and(|found| max.is_none_or(|max| found <= max));
    report.check(name, expected, shown, ok, hint);
}

fn layer_sizes(image: &Image) -> Result<Vec<LayerSize>, Error> {
    let mut sizes = Vec::new();
    for (index, layer) in image.layers.iter().enumerate() {
        let unpacked = entries(image, index)?.iter().map(|entry| entry.size).sum();
        sizes.push(LayerSize {
            unpacked,
            compressed: compressed(layer)?,
        });
    }
    Ok(sizes)
}

/// A registry gets a plain layer compressed, so it is counted as gzip -9 would leave it.
fn compressed(layer: &Layer) -> io::Result<u64> {
    if layer.is_compressed() {
        return Ok(layer.descriptor.size);
    }
    let mut gzip = GzEncoder::new(Count(0), Compression::best());
    gzip.write_all(&layer.tar)?;
    Ok(gzip.finish()?.0)
}

struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn print_ledger(image: &Image, sizes: &[LayerSize], tree: &Tree<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "image {}", image.digest)?;
    writeln!(
        out,
        "  {:<5}  {:>12}  {:>12}  digest",
        "layer", "unpacked", "compressed"
    )?;
    for (index, (layer, size)) in image.layers.iter().zip(sizes).enumerate() {
        let estimate = if layer.is_compressed() {
            ""
        } else {
            " (as gzip -9)"
        };
        let (unpacked, compressed) = (bytes(size.unpacked), bytes(size.compressed));
        writeln!(
            out,
            "  {index:<5}  {unpacked:>12}  {compressed:>12}  {}{estimate}",
            layer.descriptor.digest
        )?;
    }
    let mut files: Vec<_> = tree.iter().filter(|entry| entry.kind == Kind::File).collect();
    files.sort_by_key(|entry| (Reverse(entry.size), entry.path.clone()));
    writeln!(out, "  biggest of {} files", files.len())?;
    for entry in files.iter().take(BIGGEST) {
        writeln!(out, "  {:>19}  {}", bytes(entry.size), entry.path)?;
    }
    Ok(())
}
