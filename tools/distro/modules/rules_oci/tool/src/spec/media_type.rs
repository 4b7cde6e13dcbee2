//! Media types of the OCI image specification, and docker's for the same content.

/// An image's config.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// An image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// A layer: a tar archive.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer, compressed with gzip.
pub const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer, compressed with zstd.
pub const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// The prefix of the media types of nondistributable layers.
const NONDISTRIBUTABLE: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar";

/// The prefix of docker's media types of nondistributable layers.
const DOCKER_FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar";

const DOCKER: &str = "application/vnd.docker.";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// The equivalent OCI media type of a docker document; other media types are returned unchanged.
fn to_oci(media_type: &str) -> &str {
    match media_type {
        "application/vnd.docker.distribution.manifest.v2+json" => MANIFEST,
        "application/vnd.docker.distribution.manifest.list.v2+json" => INDEX,
        "application/vnd.docker.container.image.v1+json" => CONFIG,
        _ => media_type,
    }
}

/// Whether a media type is docker's.
pub fn is_docker(media_type: &str) -> bool {
    media_type.starts_with(DOCKER)
}

/// Docker's equivalent of an OCI layer's media type.
pub fn to_docker_layer(media_type: &str) -> String {
    media_type.replace(LAYER, DOCKER_LAYER).replace('+', ".")
}

/// Whether a media type is that of an image manifest, OCI's or docker's.
pub fn is_manifest(media_type: &str) -> bool {
    to_oci(media_type) == MANIFEST
}

/// Whether a media type is that of an image index or of docker's manifest list.
pub fn is_index(media_type: &str) -> bool {
    to_oci(media_type) == INDEX
}

/// Whether a media type is that of an image's config, not of an artifact's.
pub fn is_config(media_type: &str) -> bool {
    // Old versions of docker pushed configs as octet streams.
    to_oci(media_type) == CONFIG || media_type == "application/octet-stream"
}

/// Whether a media type is that of a layer that must not be pushed to other registries.
pub fn is_nondistributable(media_type: &str) -> bool {
    media_type.starts_with(NONDISTRIBUTABLE) || media_type.starts_with(DOCKER_FOREIGN)
}

/// Whether a media type is that of a zstd layer.
pub fn is_zstd(media_type: &str) -> bool {
    let is_layer = [LAYER, NONDISTRIBUTABLE, DOCKER_LAYER, DOCKER_FOREIGN]
        .iter()
        .any(|start| media_type.starts_with(start));
    is_layer && media_type.ends_with("zstd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_docker_media_types() {
        let docker = "application/vnd.docker.distribution.manifest";
        assert!(is_manifest(&format!("{docker}.v2+json")));
        assert!(is_index(&format!("{docker}.list.v2+json")));
        assert!(!is_manifest("text/plain"));
        assert!(is_config("application/vnd.docker.container.image.v1+json"));
        assert!(!is_config("application/vnd.oci.empty.v1+json"));
    }

    #[test]
    fn nondistributable_layers() {
        for suffix in ["", "+gzip", "+zstd"] {
            assert!(is_nondistributable(&format!("{NONDISTRIBUTABLE}{suffix}")));
        }
        for suffix in ["", ".gzip", ".zstd"] {
            assert!(is_nondistributable(&format!("{DOCKER_FOREIGN}{suffix}")));
        }
        assert!(!is_nondistributable(LAYER_ZSTD));
    }

    #[test]
    fn zstd_layers() {
        assert!(is_zstd(LAYER_ZSTD));
        assert!(is_zstd(&format!("{NONDISTRIBUTABLE}+zstd")));
        assert!(is_zstd(&to_docker_layer(LAYER_ZSTD)));
        assert!(is_zstd(&format!("{DOCKER_FOREIGN}.zstd")));
        assert!(!is_zstd("application/vnd.in-toto+zstd"));
        assert!(!is_zstd(LAYER_GZIP));
    }
}
