//! `oci-tool digest`: writes the digest of an image or an index.

use crate::error::{LocationContext, Result};
use crate::layout::Layout;
use crate::options::{required, unknown_option, Options};
use crate::output;

/// `--image DIR --output FILE [--target LABEL]`
pub fn run(mut options: Options) -> Result<()> {
    let (mut image, mut output, mut target) = (None, None, String::new());
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "image" => image = Some(options.path()?),
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            _ => return unknown_option(&name),
        }
    }
    let (image, output) = (required("image", image)?, required("output", output)?);
    let digest = Layout::open(&image)
        .and_then(|layout| Ok(layout.root()?.digest.clone()))
        .in_attribute("image")
        .in_target(&target)?;
    output::write_text(&output, &format!("{digest}\n"))
}
