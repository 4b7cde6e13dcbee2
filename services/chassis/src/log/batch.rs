//! Lines of one thread, and those of all in the order of their time.

use std::time::Duration;

/// Lines, the earliest first.
#[derive(Default)]
pub(super) struct Batch {
    text: Vec<u8>,
    /// Of each line its time, and where in the text it ends.
    lines: Vec<(Duration, usize)>,
}

impl Batch {
    /// In bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn push(&mut self, time: Duration, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.lines.push((time, self.text.len()));
    }

    /// Keeps room for so many bytes.
    pub(super) fn clear(&mut self, kept: usize) {
        self.text.clear();
        self.text.shrink_to(kept);
        self.lines.clear();
        self.lines.shrink_to(kept / size_of::<(Duration, usize)>());
    }

    fn iter(&self) -> impl Iterator<Item = (Duration, &[u8])> {
        let mut start = 0;
        self.lines.iter().map(move |(time, end)| {
            let line = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (*time, line)
        })
    }
}

/// Appends the lines of all batches, the earliest first.
pub(super) fn merge(batches: &[Batch], text: &mut Vec<u8>) {
    let mut rest: Vec<_> = batches
        .iter()
        .filter(|batch| batch.len() > 0)
        .map(|batch| batch.iter().peekable())
        .collect();
    loop {
        let times = rest.iter_mut().map(|lines| lines.peek().map(|(time, _)| *time));
        let first = times.enumerate().filter_map(|(n, time)| Some((time?, n))).min();
        let Some((_, line)) = first.and_then(|(_, n)| rest.get_mut(n)?.next()) else {
            return;
        };
        text.extend_from_slice(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(lines: &[(u64, &str)]) -> Batch {
        let mut batch = Batch::default();
        for (time, line) in lines {
            batch.push(Duration::from_nanos(*time), line.as_bytes());
        }
        batch
    }

    #[test]
    fn lines_are_merged_by_time_and_those_of_a_thread_stay_in_order() {
        let batches = [
            batch(&[(2, "b"), (3, "c"), (3, "d"), (9, "g")]),
            Batch::default(),
            batch(&[(1, "a"), (4, "e"), (5, "f")]),
        ];
        let mut text = Vec::new();
        merge(&batches, &mut text);
        assert_eq!(text, b"abcdefg");
    }

    #[test]
    fn a_cleared_batch_keeps_no_more_than_it_may() {
        let mut batch = batch(&[(1, &"x".repeat(10_000))]);
        batch.clear(100);
        assert_eq!(batch.len(), 0);
        assert!(batch.text.capacity() < 10_000);
    }
}
