//! `oci-tool layout`: creates a layout from files pulled from a registry.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::digest::HashReader;
use crate::error::{IoContext, LocationContext, Problem, Result};
use crate::layout::Layout;
use crate::options::{required, unknown_option, Options};
use crate::spec::ImageIndex;
use crate::writer::LayoutWriter;

/// `--index FILE [--blob FILE]... --output DIR [--target LABEL]`
pub fn run(mut options: Options) -> Result<()> {
    let (mut index, mut blobs, mut output, mut target) = (None, vec![], None, String::new());
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "index" => index = Some(options.path()?),
            "blob" => blobs.push(options.path()?),
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            _ => return unknown_option(&name),
        }
    }
    let (index, output) = (required("index", index)?, required("output", output)?);
    create_layout(&index, &blobs, &output).in_target(&target)
}

/// Links each blob under its digest and checks that none of the image's blobs is missing.
fn create_layout(index: &Path, blobs: &[PathBuf], output: &Path) -> Result<()> {
    let bytes = fs::read(index).context("reading", index)?;
    let document = ImageIndex::parse(&bytes).map_err(|found| {
        let what = "image index";
        Problem::InvalidDocument { what, found }.at(index)
    })?;
    let [image] = &document.manifests[..] else {
        let found = format!("{} images", document.manifests.len());
        let expected = "one image";
        return Err(Problem::NotOneImage { found, expected }.at(index));
    };
    let writer = LayoutWriter::create(output)?;
    for path in blobs {
        let mut reader = HashReader::new(File::open(path).context("opening", path)?);
        reader.drain().context("reading", path)?;
        writer.link(&reader.finish().0, path)?;
    }
    let entry = image.to_value();
    let layout = Layout::with_index(output, document);
    let image = layout.image()?;
    for layer in &image.manifest.layers {
        layout.check_size(layer)?;
    }
    writer.finish(&entry)
}
