//! The size table: bytes of layers and of the largest files.

use std::cmp::Reverse;
use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::Compression;

use crate::image::{Image, Layer};
use crate::report::bytes;
use crate::tree::Tree;
use crate::Error;

/// Number of files that the table lists.
const MAX_FILES: usize = 10;

pub(super) struct LayerSize {
    pub(super) unpacked: u64,
    pub(super) compressed: u64,
}

pub(super) fn layer_sizes(image: &Image) -> Result<Vec<LayerSize>, Error> {
    let mut sizes = Vec::new();
    for layer in &image.layers {
        let unpacked = layer.entries.iter().map(|entry| entry.data.len() as u64).sum();
        sizes.push(LayerSize {
            unpacked,
            compressed: compressed_size(layer)?,
        });
    }
    Ok(sizes)
}

/// An uncompressed layer counts as compressed by gzip -9: pushing compresses it.
fn compressed_size(layer: &Layer) -> io::Result<u64> {
    if layer.is_compressed() {
        return Ok(layer.descriptor.size);
    }
    let mut gzip = GzEncoder::new(ByteCounter(0), Compression::best());
    gzip.write_all(&layer.tar)?;
    Ok(gzip.finish()?.0)
}

struct ByteCounter(u64);

impl Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn print(
    image: &Image,
    sizes: &[LayerSize],
    tree: &Tree<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
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
    let mut files: Vec<_> = tree.files().collect();
    files.sort_by_key(|entry| (Reverse(entry.size()), entry.path.clone()));
    writeln!(out, "  largest of {} files", files.len())?;
    for entry in files.iter().take(MAX_FILES) {
        writeln!(out, "  {:>19}  {}", bytes(entry.size()), entry.path)?;
    }
    Ok(())
}
