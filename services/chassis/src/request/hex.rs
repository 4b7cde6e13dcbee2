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

    /// Never zero, where the digits are sixteen or a multiple.
    pub(super) fn random() -> Self {
        let mut digits = [b'0'; DIGITS];
        let mut number = 0;
        for (n, part) in digits.chunks_exact_mut(8).enumerate() {
            number = if n % 2 == 0 { random().max(1) } else { number << 32 };
            part.copy_from_slice(&eight_digits((number >> 32) as u32));
        }
        Self(digits)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A digit for each four bits, all at once: a byte of 10 to 15 carries into its upper half when 6 is added, and is that much
/// further from its letter.
fn eight_digits(number: u32) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let mut bytes = u64::from(number);
    bytes = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    bytes = (bytes | bytes << 8) & 0x00ff_00ff_00ff_00ff;
    bytes = (bytes | bytes << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = ((bytes + 6 * EACH) >> 4) & EACH;
    (bytes + u64::from(b'0') * EACH + u64::from(b'a' - 10 - b'0') * letters).to_be_bytes()
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
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 0x9abc_def0, 0x0123_4567, 0x89ff_00aa, u32::MAX] {
            assert_eq!(eight_digits(number), *format!("{number:08x}").as_bytes());
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
