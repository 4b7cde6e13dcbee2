//! Extended attributes: their pax records and their meaning to the kernel.

/// star's prefix, the only one that Go's archive/tar, and so podman and docker, read.
const UNPACKED: &str = "SCHILY.xattr.";
/// Prefixes that podman and docker ignore: those of bsdtar, GNU tar and star.
const IGNORED: [&str; 3] = ["LIBARCHIVE.xattr.", "RHT.security.", "SCHILY.acl."];

/// File capabilities.
pub(crate) const CAPABILITY: &str = "security.capability";
const ACLS: &str = "system.posix_acl_";
const OVERLAY: [&str; 2] = ["trusted.overlay.", "user.overlay."];

/// The attribute that a pax record sets: its name, or the whole key if engines ignore the record.
pub(crate) fn of_record(key: &str) -> Option<&str> {
    let is_ignored = || IGNORED.iter().any(|prefix| key.starts_with(prefix));
    key.strip_prefix(UNPACKED).or_else(|| is_ignored().then_some(key))
}

/// Whether podman and docker set the attribute.
pub(crate) fn is_unpacked(name: &str) -> bool {
    !IGNORED.iter().any(|prefix| name.starts_with(prefix))
}

/// Access control lists, which grant permissions beyond the mode.
pub(crate) fn is_acl(name: &str) -> bool {
    name.starts_with(ACLS)
}

/// overlayfs's own attributes, which hide or replace files of lower layers.
pub(crate) fn is_overlay(name: &str) -> bool {
    OVERLAY.iter().any(|prefix| name.starts_with(prefix))
}

/// Attributes without a meaning to the kernel.
pub(crate) fn is_user(name: &str) -> bool {
    name.starts_with("user.")
}
