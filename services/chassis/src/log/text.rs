//! Text that is put together from many short pieces.

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
        self.append(piece);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.used).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// How many bytes there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.room.len()
    }

    fn put_bytes(&mut self, piece: &[u8]) {
        self.append(piece);
    }

    #[expect(
        clippy::inline_always,
        reason = "what is known of the piece's length is known here"
    )]
    #[inline(always)]
    fn append(&mut self, piece: &[u8]) {
        let end = self.used + piece.len();
        if self.room.len() < end {
            self.grow(end);
        }
        if let Some(place) = self.room.get_mut(self.used..end) {
            place.copy_from_slice(piece);
            self.used = end;
        }
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
        for _ in 0..2 {
            text.clear();
            assert_eq!(text.as_bytes(), b"");
            text.mark(b"<");
            text.put(&"x".repeat(1000));
            text.mark(b"</>");
            text.put("");
            assert_eq!(text.as_bytes(), format!("<{}</>", "x".repeat(1000)).as_bytes());
        }
        assert!(text.capacity() >= 1004);
    }
}
