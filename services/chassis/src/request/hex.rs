//! Ids of hexadecimal digits.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// So many lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hex<const DIGITS: usize>(pub(super) [u8; DIGITS]);

impl<const DIGITS: usize> Hex<DIGITS> {
    /// Takes what are just so many digits, of which one is not zero.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().ok()?;
        let valid = digits
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let zero = digits.iter().all(|byte| *byte == b'0');
        (valid && !zero).then_some(Self(digits))
    }

    /// Never zero.
    pub(super) fn random() -> Self {
        let mut digits = [b'0'; DIGITS];
        for part in digits.chunks_mut(16) {
            let mut number = random().max(1);
            for digit in part.iter_mut().rev() {
                let value = (number & 15) as u8;
                *digit = if value < 10 {
                    b'0' + value
                } else {
                    b'a' - 10 + value
                };
                number >>= 4;
            }
        }
        Self(digits)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The next number of this thread's: splitmix64 over two states, which std's hasher seeds from the system. Ids need to differ
/// from one another, not to be hard to guess.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<(u64, u64)> = Cell::new((seed(), seed()));
    }
    STATE.with(|state| {
        let (one, other) = state.get();
        state.set((other, one.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        let mut mixed = one;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn takes_digits_alone() {
        assert_eq!(
            Hex::<4>::parse("0a1f").map(|hex| hex.as_str().to_owned()),
            Some("0a1f".to_owned())
        );
        for text in ["", "0a1", "0a1ff", "0A1F", "0a1g", "0000", "\u{e4}\u{e4}"] {
            assert_eq!(Hex::<4>::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_made_is_taken_and_never_twice_the_same() {
        let made: HashSet<String> = (0..10_000)
            .map(|_| Hex::<32>::random().as_str().to_owned())
            .collect();
        assert_eq!(made.len(), 10_000);
        assert!(made.iter().all(|text| Hex::<32>::parse(text).is_some()));
    }
}
