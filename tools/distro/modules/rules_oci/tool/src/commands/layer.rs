//! `oci-tool layer`: describes a tar, so assembling an image does not read it.

use crate::error::{LocationContext, Result};
use crate::layer::Layer;
use crate::options::{required, unknown_option, Options};
use crate::output;
use crate::warning;

/// `--tar FILE --output FILE [--target LABEL]`
pub fn run(mut options: Options) -> Result<()> {
    let (mut tar, mut output, mut target) = (None, None, String::new());
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "tar" => tar = Some(options.path()?),
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            _ => return unknown_option(&name),
        }
    }
    let (tar, output) = (required("tar", tar)?, required("output", output)?);
    let found = Layer::inspect(&tar).in_attribute("tars").in_target(&target)?;
    warning::print(&target, &tar, &found.warnings);
    output::write_text(&output, &found.layer.to_json())
}
