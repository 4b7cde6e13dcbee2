//! Pushes an image or an image index: blobs, manifests by digest, then tags.

use std::collections::HashSet;

use crate::registry::Client;
use oci_tool::error::{Located, Result};
use oci_tool::layout::{Layout, Role};
use oci_tool::spec::{media_type, Descriptor, Digest};

/// What was sent.
#[derive(Debug, Default)]
pub struct Pushed {
    /// How many blobs and manifests were sent.
    pub sent: usize,
    /// Their bytes.
    pub sent_bytes: u64,
    /// How many were there already.
    pub present: usize,
}

/// What happens with a blob or a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is about to be sent.
    Sending,
    /// The registry has it.
    Present,
}

/// Pushes what a layout holds, and sets the tags once all of it is there.
///
/// Layers that are not to be distributed are sent only if `nondistributable`.
pub fn push(
    layout: &Layout,
    client: &Client,
    tags: &[String],
    nondistributable: bool,
    progress: &mut dyn FnMut(&Descriptor, Step),
) -> Result<Pushed> {
    let root = layout.root().in_attribute("image")?;
    let bytes = layout.read_blob(root).in_attribute("image")?;
    let mut push = Push {
        layout,
        client,
        nondistributable,
        progress,
        seen: HashSet::new(),
        pushed: Pushed::default(),
    };
    push.manifest(root)?;
    for tag in tags {
        client.push_manifest(Some(tag), root, &bytes)?;
    }
    Ok(push.pushed)
}

struct Push<'a> {
    layout: &'a Layout,
    client: &'a Client,
    nondistributable: bool,
    progress: &'a mut dyn FnMut(&Descriptor, Step),
    seen: HashSet<Digest>,
    pushed: Pushed,
}

impl Push<'_> {
    /// An entry of an index: an image, an artifact, an index, or something of another type, which a registry keeps as a blob.
    fn entry(&mut self, descriptor: &Descriptor) -> Result<()> {
        match Role::of_entry(descriptor) {
            Role::Other => self.blob(descriptor),
            _ => self.manifest(descriptor),
        }
    }

    /// A manifest or an index, by its digest. A registry takes it only after what it names, so one that has it has that too.
    fn manifest(&mut self, descriptor: &Descriptor) -> Result<()> {
        if !self.seen.insert(descriptor.digest.clone()) {
            return Ok(());
        }
        if self.client.has_manifest(&descriptor.digest)? {
            self.skip(descriptor);
            return Ok(());
        }
        if media_type::is_index(&descriptor.media_type) {
            let index = self.layout.read_index(descriptor).in_attribute("image")?;
            for image in &index.manifests {
                self.entry(image)?;
            }
        } else {
            let manifest = self.layout.read_manifest(descriptor).in_attribute("image")?;
            for layer in &manifest.layers {
                self.blob(layer)?;
            }
            self.blob(&manifest.config)?;
        }
        let bytes = self.layout.read_blob(descriptor).in_attribute("image")?;
        self.client.push_manifest(None, descriptor, &bytes)?;
        self.count(descriptor);
        Ok(())
    }

    fn blob(&mut self, blob: &Descriptor) -> Result<()> {
        let is_kept_back = !self.nondistributable && media_type::is_nondistributable(&blob.media_type);
        if is_kept_back || !self.seen.insert(blob.digest.clone()) {
            return Ok(());
        }
        let path = self.layout.check_size(blob).in_attribute("image")?;
        if self.client.has_blob(&blob.digest)? {
            self.skip(blob);
            return Ok(());
        }
        (self.progress)(blob, Step::Sending);
        self.client.push_blob(blob, &path)?;
        self.count(blob);
        Ok(())
    }

    fn skip(&mut self, present: &Descriptor) {
        self.pushed.present += 1;
        (self.progress)(present, Step::Present);
    }

    fn count(&mut self, sent: &Descriptor) {
        self.pushed.sent += 1;
        self.pushed.sent_bytes += sent.size;
    }
}
