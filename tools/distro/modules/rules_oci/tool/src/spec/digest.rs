use std::fmt;

/// A SHA-256 digest: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    text: String,
}

const ALGORITHM: &str = "sha256";
const DIGITS: usize = 64;

impl Digest {
    /// Parses a digest. Its parts are safe as file names.
    ///
    /// Other algorithms of the specification are rejected, as by crane and the image stores of docker and podman.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = format!("expected {ALGORITHM}:<{DIGITS} hexadecimal digits>");
        match text.split_once(':') {
            Some((ALGORITHM, digits)) if is_hexadecimal(digits) => Ok(Self {
                text: text.to_owned(),
            }),
            Some((algorithm, _)) if algorithm != ALGORITHM && is_algorithm(algorithm) => Err(format!(
                "unsupported algorithm {algorithm:?} in the digest {text:?}: {expected}"
            )),
            _ => Err(format!("invalid digest {text:?}: {expected}")),
        }
    }

    /// The whole digest.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The algorithm, `sha256`.
    pub fn algorithm(&self) -> &str {
        ALGORITHM
    }

    /// The hexadecimal digits.
    pub fn encoded(&self) -> &str {
        &self.text[ALGORITHM.len() + 1..]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_algorithm(text: &str) -> bool {
    let is_component =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split(['+', '.', '_', '-']).all(is_component)
}

fn is_hexadecimal(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_colon() {
        let digits = "0f".repeat(32);
        let digest = Digest::parse(&format!("sha256:{digits}")).unwrap();
        assert_eq!((digest.algorithm(), digest.encoded()), ("sha256", &digits[..]));
    }

    #[test]
    fn rejects_invalid_digests() {
        let short = format!("sha256:{}", "a".repeat(63));
        let uppercase = format!("sha256:{}", "A".repeat(64));
        for text in [
            "", "sha256", ":a", "../a:b", "a..b:c", "a/b:c", &short, &uppercase,
        ] {
            let error = Digest::parse(text).unwrap_err();
            assert!(error.starts_with("invalid digest"), "{text}: {error}");
        }
    }

    #[test]
    fn rejects_other_algorithms() {
        for (algorithm, digits) in [("sha512", 128), ("sha384", 96), ("multihash+base58", 3)] {
            let text = format!("{algorithm}:{}", "0".repeat(digits));
            assert_eq!(
                Digest::parse(&text).unwrap_err(),
                format!("unsupported algorithm {algorithm:?} in the digest {text:?}: expected sha256:<64 hexadecimal digits>")
            );
        }
    }
}
