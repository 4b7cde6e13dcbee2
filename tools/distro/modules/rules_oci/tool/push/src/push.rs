//! Pushes an image or an image index: blobs, manifests by digest, then tags.

use std::collections::HashSet;

use crate::registry::Client;
use oci_tool::error::{LocationContext, Result};
use oci_tool::layout::{Layout, Role};
use oci_tool::spec::{media_type, Descriptor, Digest};

/// The result of a push.
#[derive(Debug, Default)]
pub struct Pushed {
    /// The number of blobs and manifests that were sent.
    pub sent: usize,
    /// Their size in bytes.
    pub sent_bytes: u64,
    /// The number of blobs and manifests that the registry already had.
    pub present: usize,
}

/// The progress of a blob or a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The upload starts.
    Sending,
    /// The registry already has it.
    Present,
}

/// Pushes the content of a layout, then sets the tags.
///
/// Nondistributable layers are sent only if `nondistributable` is set.
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
    push.push_manifest(root)?;
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
    /// Pushes an entry of an index. An entry of an unknown media type is pushed as a blob.
    fn push_entry(&mut self, descriptor: &Descriptor) -> Result<()> {
        match Role::of_entry(descriptor) {
            Role::Other => self.push_blob(descriptor),
            _ => self.push_manifest(descriptor),
        }
    }

    /// Pushes a manifest or an index by digest. If the registry has it, it also has the blobs that it refers to.
    fn push_manifest(&mut self, descriptor: &Descriptor) -> Result<()> {
        if !self.seen.insert(descriptor.digest.clone()) {
            return Ok(());
        }
        if self.client.has_manifest(&descriptor.digest)? {
            self.count_present(descriptor);
            return Ok(());
        }
        if media_type::is_index(&descriptor.media_type) {
            let index = self.layout.read_index(descriptor).in_attribute("image")?;
            for image in &index.manifests {
                self.push_entry(image)?;
            }
        } else {
            let manifest = self.layout.read_manifest(descriptor).in_attribute("image")?;
            for layer in &manifest.layers {
                self.push_blob(layer)?;
            }
            self.push_blob(&manifest.config)?;
        }
        let bytes = self.layout.read_blob(descriptor).in_attribute("image")?;
        self.client.push_manifest(None, descriptor, &bytes)?;
        self.count_sent(descriptor);
        Ok(())
    }

    fn push_blob(&mut self, blob: &Descriptor) -> Result<()> {
        let is_excluded = !self.nondistributable && media_type::is_nondistributable(&blob.media_type);
        if is_excluded || !self.seen.insert(blob.digest.clone()) {
            return Ok(());
        }
        let path = self.layout.check_size(blob).in_attribute("image")?;
        if self.client.has_blob(&blob.digest)? {
            self.count_present(blob);
            return Ok(());
        }
        (self.progress)(blob, Step::Sending);
        self.client.push_blob(blob, &path)?;
        self.count_sent(blob);
        Ok(())
    }

    fn count_present(&mut self, present: &Descriptor) {
        self.pushed.present += 1;
        (self.progress)(present, Step::Present);
    }

    fn count_sent(&mut self, sent: &Descriptor) {
        self.pushed.sent += 1;
        self.pushed.sent_bytes += sent.size;
    }
}
