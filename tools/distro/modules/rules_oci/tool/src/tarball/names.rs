//! Finds names that occur more than once in an archive.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Limits the memory: names beyond this number are not recorded.
const MAX_NAMES: usize = 1 << 20;
const MAX_EXAMPLES: usize = 3;
const MAX_SHOWN: usize = 100;

/// The hashes of an archive's names.
#[derive(Default)]
pub struct Names {
    seen: HashSet<u64>,
    repeated: RepeatedNames,
}

/// The names that occur more than once in an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepeatedNames {
    entries: u64,
    examples: Vec<String>,
}

impl Names {
    /// Adds the name of an entry.
    pub fn add(&mut self, name: &[u8]) {
        let hash = hash(name);
        if self.seen.contains(&hash) {
            self.repeated.add(name);
        } else if self.seen.len() < MAX_NAMES {
            self.seen.insert(hash);
        }
    }

    /// The names that were added more than once.
    pub fn into_repeated(self) -> RepeatedNames {
        self.repeated
    }
}

impl RepeatedNames {
    /// Whether every name occurs once.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    fn add(&mut self, name: &[u8]) {
        self.entries += 1;
        let name = truncate(name);
        if self.examples.len() < MAX_EXAMPLES && !self.examples.contains(&name) {
            self.examples.push(name);
        }
    }
}

impl fmt::Display for RepeatedNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.entries == 1 {
            "entry repeats"
        } else {
            "entries repeat"
        };
        write!(f, "{} {plural} an earlier name, as in ", self.entries)?;
        for (at, name) in self.examples.iter().enumerate() {
            write!(f, "{}{name:?}", if at > 0 { ", " } else { "" })?;
        }
        f.write_str("; docker and podman reject such a layer, containerd accepts it: write each name once")
    }
}

/// A name, shortened for messages.
pub fn truncate(name: &[u8]) -> String {
    match name.get(..MAX_SHOWN) {
        Some(start) if name.len() > MAX_SHOWN => format!("{}...", String::from_utf8_lossy(start)),
        _ => String::from_utf8_lossy(name).into_owned(),
    }
}

/// The hash of a normalized name: `./a/` equals `a`.
fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let parts = name.split(|byte| *byte == b'/');
    parts
        .filter(|part| !part.is_empty() && *part != b".")
        .for_each(|part| part.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(names: &[&[u8]]) -> RepeatedNames {
        let mut found = Names::default();
        names.iter().for_each(|name| found.add(name));
        found.into_repeated()
    }

    #[test]
    fn different_names_are_not_repeated() {
        assert!(repeated(&[b"a", b"b", b"a/b", b"ab", b""]).is_empty());
    }

    #[test]
    fn normalizes_paths() {
        let found = repeated(&[b"a/b", b"./a//b", b"/a/b/", b"c"]);
        assert_eq!(found.entries, 2);
        assert_eq!(found.examples, ["./a//b", "/a/b/"]);
        assert!(found
            .to_string()
            .starts_with("2 entries repeat an earlier name, as in \"./a//b\", \"/a/b/\"; "));
    }

    #[test]
    fn truncates_long_names() {
        let name = [b'x'; 300];
        assert_eq!(repeated(&[&name, &name]).examples[0].len(), MAX_SHOWN + 3);
    }
}
