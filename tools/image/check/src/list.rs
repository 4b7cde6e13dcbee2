//! `list`: the files of an image as podman and docker unpack them.

use std::io::Write;
use std::path::PathBuf;

use crate::image::Image;
use crate::mtree::full_listing;
use crate::tree::Tree;
use crate::Error;

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) platform: Option<String>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    write!(out, "{}", full_listing(&Tree::new(&image)?))?;
    Ok(true)
}
