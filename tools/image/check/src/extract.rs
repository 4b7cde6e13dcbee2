//! `extract`: a file of an image.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::image::Image;
use crate::tree::Tree;
use crate::Error;

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) path: String,
    pub(crate) output: PathBuf,
    pub(crate) platform: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<bool, Error> {
    let image = Image::open(&options.layout, options.platform.as_deref())?;
    let tree = Tree::new(&image)?;
    let entry = tree.require(&options.layout, &options.path)?;
    fs::write(&options.output, tree.content(entry))
        .and_then(|()| fs::set_permissions(&options.output, Permissions::from_mode(entry.inode.mode & 0o777)))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", options.output.display())))?;
    Ok(true)
}
