//! The archive: GNU tar format, compressed by gzip.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::Compression;
use tar::{Builder, EntryType, Header};

use crate::spec::{Attributes, Entry, Kind};
use crate::Error;

type Archive = Builder<GzEncoder<BufWriter<File>>>;

pub(crate) fn write(entries: &[Entry], output: &Path) -> Result<(), Error> {
    let failed = |source| Error::File {
        action: "write",
        path: output.to_owned(),
        source,
    };
    let file = BufWriter::new(File::create(output).map_err(failed)?);
    let mut archive = Builder::new(GzEncoder::new(file, Compression::best()));
    for entry in entries {
        match &entry.kind {
            Kind::File { attributes, source } => {
                append_file(&mut archive, &entry.path, attributes, source).map_err(|error| Error::File {
                    action: "archive",
                    path: source.clone(),
                    source: error,
                })?;
            }
            Kind::Directory { attributes } => {
                let mut header = header(EntryType::Directory, attributes);
                // Readers of the oldest tar format recognize directories by the trailing slash.
                let path = format!("{}/", entry.path);
                archive
                    .append_data(&mut header, path, io::empty())
                    .map_err(failed)?;
            }
            Kind::Symlink { target } => {
                let mut header = header(EntryType::Symlink, &SYMLINK);
                archive
                    .append_link(&mut header, &entry.path, target)
                    .map_err(failed)?;
            }
        }
    }
    let gzip = archive.into_inner().map_err(failed)?;
    gzip.finish().and_then(|mut file| file.flush()).map_err(failed)
}

/// The attributes of symlink(2).
const SYMLINK: Attributes = Attributes {
    mode: 0o777,
    uid: 0,
    gid: 0,
};

fn append_file(archive: &mut Archive, path: &str, attributes: &Attributes, source: &Path) -> io::Result<()> {
    let file = File::open(source)?;
    let mut header = header(EntryType::Regular, attributes);
    header.set_size(file.metadata()?.len());
    archive.append_data(&mut header, path, file)
}

fn header(kind: EntryType, attributes: &Attributes) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mtime(0);
    header.set_mode(attributes.mode);
    header.set_uid(attributes.uid.into());
    header.set_gid(attributes.gid.into());
    header
}
