//! `oci-tool index`: assembles an image index.

use crate::error::{LocationContext, Result};
use crate::index::{assemble, IndexSpec};
use crate::options::{required, unknown_option, Options};

/// `--output DIR [--target LABEL] (--image DIR)...`
pub fn run(mut options: Options) -> Result<()> {
    let (mut spec, mut output, mut target) = (IndexSpec::default(), None, String::new());
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            "image" => spec.images.push(options.path()?),
            _ => return unknown_option(&name),
        }
    }
    let output = required("output", output)?;
    assemble(&spec, &output).in_target(&target).map(drop)
}
