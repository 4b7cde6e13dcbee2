//! Extended attributes: where a tar has them, and what they mean to the kernel.

/// star's prefix, which Go's archive/tar and with it podman and docker read.
const UNPACKED: &str = "SCHILY.xattr.";
/// Prefixes of programs whose records podman and docker pass over: bsdtar, GNU tar, star.
const PASSED_OVER: [&str; 3] = ["LIBARCHIVE.xattr.", "RHT.security.", "SCHILY.acl."];

/// File capabilities, which a process gains by running the file.
pub(crate) const CAPABILITY: &str = "security.capability";
const ACLS: &str = "system.posix_acl_";
const OVERLAY: [&str; 2] = ["trusted.overlay.", "user.overlay."];

/// The attribute of a pax record, if it is one: its name, or the whole key where engines pass over it.
pub(crate) fn of_record(key: &str) -> Option<&str> {
    let passed_over = || PASSED_OVER.iter().any(|prefix| key.starts_with(prefix));
    key.strip_prefix(UNPACKED)
        .or_else(|| passed_over().then_some(key))
}

/// Whether podman and docker set the attribute.
pub(crate) fn is_unpacked(name: &str) -> bool {
    !PASSED_OVER.iter().any(|prefix| name.starts_with(prefix))
}

/// Access control lists, which give rights that the mode does not show.
pub(crate) fn is_acl(name: &str) -> bool {
    name.starts_with(ACLS)
}

/// What overlayfs itself keeps: hides or replaces files of lower layers.
pub(crate) fn is_overlay(name: &str) -> bool {
    OVERLAY.iter().any(|prefix| name.starts_with(prefix))
}

/// Notes of programs, which the kernel gives no meaning.
pub(crate) fn is_user(name: &str) -> bool {
    name.starts_with("user.")
}
