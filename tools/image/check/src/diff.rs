//! Unified diffs.

use std::fmt::Write;

const CONTEXT: usize = 2;

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Keep,
    Remove,
    Add,
}

/// The changed lines from `old` to `new` with context; empty if the texts are equal.
pub(crate) fn unified(old: &str, new: &str) -> String {
    let lines = edit_script(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        lines
            .iter()
            .skip(from)
            .take(at + CONTEXT + 1 - from)
            .any(|(op, _)| *op != Op::Keep)
    };
    let mut text = String::new();
    let mut skipped = false;
    for (at, (op, line)) in lines.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if skipped && !text.is_empty() {
            text.push_str("  ...\n");
        }
        skipped = false;
        let mark = match op {
            Op::Keep => ' ',
            Op::Remove => '-',
            Op::Add => '+',
        };
        let _ = writeln!(text, "{mark} {line}");
    }
    text
}

/// The shortest edit script, computed from the longest common subsequence.
fn edit_script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Op, &'a str)> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let length = |lengths: &[u32], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            let best = if left == right {
                length(&lengths, i + 1, j + 1) + 1
            } else {
                length(&lengths, i + 1, j).max(length(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut ops = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(left), Some(right)) if left == right => {
                ops.push((Op::Keep, *left));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right)
                if right.is_none() || length(&lengths, i + 1, j) >= length(&lengths, i, j + 1) =>
            {
                ops.push((Op::Remove, *left));
                i += 1;
            }
            (_, Some(right)) => {
                ops.push((Op::Add, *right));
                j += 1;
            }
            (_, None) => return ops,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn shows_two_lines_of_context() {
        let diff = unified("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nx\n4\n5\n6\n7\n8\n9\n10\n");
        assert_eq!(diff, "  1\n  2\n- 3\n+ x\n  4\n  5\n  ...\n  8\n  9\n+ 10\n");
    }

    #[test]
    fn diffs_with_empty_text() {
        assert_eq!(unified("", "a"), "+ a\n");
        assert_eq!(unified("a", ""), "- a\n");
    }
}
