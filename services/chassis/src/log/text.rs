//! Text that is put together from many short pieces.

use crate::quote::{is_plain_byte, odd_bits};

/// Bytes, and behind them room for more: to have a `Vec` grow by each piece takes longer than to copy it.
#[derive(Default)]
pub(super) struct Text {
    room: Vec<u8>,
    used: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self {
            room: Vec::new(),
            used: 0,
        }
    }

    pub(super) fn put(&mut self, piece: &str) {
        self.put_bytes(piece.as_bytes());
    }

    /// A piece that is known when this is compiled.
    #[expect(
        clippy::inline_always,
        reason = "one store, where a copy of any length is a call"
    )]
    #[inline(always)]
    pub(super) fn mark<const LENGTH: usize>(&mut self, piece: &[u8; LENGTH]) {
        if let Some(place) = self.place(LENGTH).and_then(|place| place.first_chunk_mut()) {
            *place = *piece;
        }
    }

    /// A piece, and what is around it.
    pub(super) fn enclose<const BEFORE: usize, const AFTER: usize>(
        &mut self,
        before: &[u8; BEFORE],
        piece: &str,
        after: &[u8; AFTER],
    ) {
        let place = self.place(BEFORE + piece.len() + AFTER);
        let Some((start, rest)) = place.and_then(<[u8]>::split_first_chunk_mut) else {
            return;
        };
        if let Some((middle, end)) = rest.split_last_chunk_mut() {
            *start = *before;
            middle.copy_from_slice(piece.as_bytes());
            *end = *after;
        }
    }

    /// A piece that stands for itself in JSON; whether it does, else it is not put. Looked at and copied at once, eight bytes at
    /// a time: for a log line this is most of the work.
    pub(super) fn put_plain(&mut self, piece: &str) -> bool {
        let piece = piece.as_bytes();
        let before = self.used;
        let Some(place) = self.place(piece.len()) else {
            return false;
        };
        let plain = if let (Some(last), Some(last_place)) = (piece.last_chunk(), place.last_chunk_mut()) {
            // What the words leave over is at the end of the last eight bytes, too.
            *last_place = *last;
            let mut odd = odd_bits(*last);
            for (word, place) in piece.as_chunks().0.iter().zip(place.as_chunks_mut().0) {
                *place = *word;
                odd |= odd_bits(*word);
            }
            odd == 0
        } else {
            place.copy_from_slice(piece);
            piece.iter().copied().all(is_plain_byte)
        };
        if !plain {
            self.used = before;
        }
        plain
    }

    /// Puts other bytes where some are already.
    pub(super) fn overwrite<const LENGTH: usize>(&mut self, at: usize, bytes: &[u8; LENGTH]) {
        let place = self.room.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = *bytes;
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.used).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Takes back what is behind so many bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.used = self.used.min(length);
    }

    /// How many bytes there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.room.len()
    }

    fn put_bytes(&mut self, piece: &[u8]) {
        if let Some(place) = self.place(piece.len()) {
            place.copy_from_slice(piece);
        }
    }

    /// The next so many bytes.
    #[expect(
        clippy::inline_always,
        reason = "what is known of the piece's length is known here"
    )]
    #[inline(always)]
    fn place(&mut self, length: usize) -> Option<&mut [u8]> {
        let start = self.used;
        let end = start + length;
        if self.room.len() < end {
            self.grow(end);
        }
        self.used = end;
        self.room.get_mut(start..end)
    }

    /// To twice of what it must hold.
    #[cold]
    fn grow(&mut self, end: usize) {
        self.room.resize((2 * end).max(512), 0);
    }
}

impl std::io::Write for Text {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.put_bytes(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_one_another_whatever_room_there_is() {
        let mut text = Text::default();
        let long = "x".repeat(1000);
        for _ in 0..2 {
            text.truncate(0);
            assert_eq!(text.as_bytes(), b"");
            text.mark(b"<");
            text.put(&long);
            text.mark(b"</>");
            text.put("");
            text.enclose(b"<", "name", b"/>");
            assert_eq!(text.as_bytes(), format!("<{long}</><name/>").as_bytes());
        }
        assert!(text.capacity() >= 1011);
        text.overwrite(1, b"abc");
        text.truncate(4);
        text.truncate(9);
        assert_eq!(text.as_bytes(), b"<abc");
    }

    #[test]
    fn puts_what_is_plain_and_nothing_of_what_is_not() {
        for length in 0..40 {
            let plain = "~".repeat(length);
            let mut text = Text::default();
            text.mark(b"<");
            assert!(text.put_plain(&plain));
            assert_eq!(text.as_bytes(), format!("<{plain}").as_bytes());
            for place in 0..length {
                let odd = format!("{}\"{}", "~".repeat(place), "~".repeat(length - place - 1));
                assert!(!text.put_plain(&odd), "{odd}");
                assert_eq!(text.as_bytes(), format!("<{plain}").as_bytes());
            }
        }
    }
}
