//! Package URLs (ECMA-427).

use std::fmt::Write;

use image_check::DebianPackage;
use link_tool::Key;

/// `pkg:cargo/...`.
pub(crate) fn of_crate(key: &Key) -> String {
    format!("pkg:cargo/{}@{}", encode(&key.0), encode(&key.1))
}

/// `pkg:deb/debian/...`.
pub(crate) fn of_package(package: &DebianPackage, distribution: Option<&str>) -> String {
    let mut purl = format!(
        "pkg:deb/debian/{}@{}?arch={}",
        encode(&package.name),
        encode(&package.version),
        encode(&package.architecture)
    );
    if let Some(distribution) = distribution {
        purl = format!("{purl}&distro={}", encode(distribution));
    }
    purl
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        // The specification never encodes a colon.
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_reserved_characters() {
        let key = ("a_b-c".to_owned(), "1.0.0+2".to_owned());
        assert_eq!(of_crate(&key), "pkg:cargo/a_b-c@1.0.0%2B2");
        let package = DebianPackage {
            name: "busybox-static".to_owned(),
            version: "1:1.38.0-3+b1".to_owned(),
            architecture: "amd64".to_owned(),
        };
        assert_eq!(
            of_package(&package, Some("debian-13")),
            "pkg:deb/debian/busybox-static@1:1.38.0-3%2Bb1?arch=amd64&distro=debian-13"
        );
    }
}
