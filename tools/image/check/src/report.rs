//! The report of a subcommand: a table of checks.

use std::io::{self, Write};

struct Row {
    name: String,
    expected: String,
    found: String,
    hint: Option<String>,
}

/// Checks and their outcomes, in order.
pub(crate) struct Report {
    subject: String,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a check; `hint` is shown if it failed.
    pub(crate) fn check(
        &mut self,
        name: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
        ok: bool,
        hint: &str,
    ) {
        self.rows.push(Row {
            name: name.to_owned(),
            expected: expected.into(),
            found: found.into(),
            hint: (!ok).then(|| hint.to_owned()),
        });
    }

    pub(crate) fn passed(&self) -> bool {
        self.rows.iter().all(|row| row.hint.is_none())
    }

    /// Writes the table, then each failure with its hint; true if all checks passed.
    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<bool> {
        let width = |cell: fn(&Row) -> &str, title: &str| {
            self.rows
                .iter()
                .map(|row| cell(row).chars().count())
                .chain([title.len()])
                .max()
                .unwrap_or(0)
        };
        let name = width(|row| &row.name, "check");
        let expected = width(|row| &row.expected, "expected");
        let found = width(|row| &row.found, "found");
        writeln!(out, "{}", self.subject)?;
        writeln!(
            out,
            "  {:name$}  {:expected$}  {:found$}  result",
            "check", "expected", "found"
        )?;
        for row in &self.rows {
            let result = if row.hint.is_none() { "ok" } else { "FAIL" };
            writeln!(
                out,
                "  {:name$}  {:expected$}  {:found$}  {result}",
                row.name, row.expected, row.found
            )?;
        }
        let failures: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| row.hint.as_ref().map(|hint| (row, hint)))
            .collect();
        if !failures.is_empty() {
            writeln!(
                out,
                "{} of {} checks failed: {}",
                failures.len(),
                self.rows.len(),
                self.subject
            )?;
        }
        for (row, hint) in failures {
            writeln!(
                out,
                "  {}: expected {}, found {}\n    {hint}",
                row.name, row.expected, row.found
            )?;
        }
        Ok(self.passed())
    }
}

/// A byte count with thousands separators.
pub(crate) fn bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_failures_below_the_table() {
        let mut report = Report::new("elf hello");
        report.check("class", "ELF64", "ELF64", true, "never shown");
        report.check("interpreter", "none", "/lib/ld.so", false, "link statically");
        let mut out = Vec::new();
        assert!(!report.print(&mut out).unwrap());
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("interpreter  none      /lib/ld.so  FAIL\n"),
            "{text}"
        );
        assert!(
            text.ends_with("interpreter: expected none, found /lib/ld.so\n    link statically\n"),
            "{text}"
        );
        assert!(!text.contains("never shown"), "{text}");
    }

    #[test]
    fn separates_thousands() {
        assert_eq!(bytes(0), "0");
        assert_eq!(bytes(999), "999");
        assert_eq!(bytes(1_234_567), "1,234,567");
    }
}
