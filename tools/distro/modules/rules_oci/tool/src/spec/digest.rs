use std::fmt;

/// A digest: `ALGORITHM:ENCODED`, as in `sha256:<64 hexadecimal digits>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    text: String,
    colon: usize,
}

/// The algorithms whose digests have a known number of hexadecimal digits.
const HEXADECIMAL: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

impl Digest {
    /// Reads a digest. Both of its parts are then safe as names of files.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.find(':') {
            Some(colon) if is_algorithm(&text[..colon]) && is_encoded(&text[..colon], &text[colon + 1..]) => {
                Ok(Self {
                    text: text.to_owned(),
                    colon,
                })
            }
            _ => Err(format!(
                "invalid digest {text:?}: expected sha256:<64 hexadecimal digits>"
            )),
        }
    }

    /// The whole digest.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As in `sha256`.
    pub fn algorithm(&self) -> &str {
        &self.text[..self.colon]
    }

    /// What follows the algorithm.
    pub fn encoded(&self) -> &str {
        &self.text[self.colon + 1..]
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

fn is_encoded(algorithm: &str, text: &str) -> bool {
    match HEXADECIMAL.iter().find(|(name, _)| *name == algorithm) {
        Some((_, length)) => {
            text.len() == *length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }
        None => {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_the_colon() {
        let digest = Digest::parse("multihash+base58:QmRZxt2b").unwrap();
        assert_eq!(
            (digest.algorithm(), digest.encoded()),
            ("multihash+base58", "QmRZxt2b")
        );
    }

    #[test]
    fn rejects_what_is_no_digest() {
        let short = format!("sha256:{}", "a".repeat(63));
        let uppercase = format!("sha256:{}", "A".repeat(64));
        for text in [
            "", "sha256", ":a", "a:", "../a:b", "a..b:c", "a:../b", "a:b:c", &short, &uppercase,
        ] {
            let error = Digest::parse(text).unwrap_err();
            assert!(error.starts_with("invalid digest"), "{text}: {error}");
        }
    }
}
