//! Computes SHA-256 digests of bytes and streams.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::spec::Digest;

/// The digest of bytes in memory.
pub fn of_bytes(bytes: &[u8]) -> Digest {
    render(Sha256::digest(bytes).as_slice())
}

fn render(hash: &[u8]) -> Digest {
    let mut text = String::from("sha256:");
    for byte in hash {
        let _ = write!(text, "{byte:02x}");
    }
    Digest::parse(&text).expect("32 bytes in hexadecimal are a sha256 digest")
}

/// Hashes and counts the bytes that are read through it.
pub struct HashReader<R> {
    inner: R,
    hash: Sha256,
    size: u64,
}

impl<R: Read> HashReader<R> {
    /// Wraps a reader.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            size: 0,
        }
    }

    /// Reads to the end.
    pub fn drain(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(drop)
    }

    /// The digest and the size of the bytes read.
    pub fn finish(self) -> (Digest, u64) {
        (render(self.hash.finalize().as_slice()), self.size)
    }
}

impl<R: Read> Read for HashReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_known_bytes() {
        assert_eq!(
            of_bytes(b"{}").as_str(),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }

    #[test]
    fn digests_stream() {
        let mut reader = HashReader::new(&b"abc"[..]);
        reader.drain().unwrap();
        assert_eq!(reader.finish(), (of_bytes(b"abc"), 3));
    }
}
