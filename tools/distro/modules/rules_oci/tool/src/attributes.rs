//! The files that hold an attribute's value: arguments, pairs and comma separated names.

use std::fs;
use std::path::Path;

use crate::error::{IoContext, Problem, Result};

/// How a newline inside one argument is written in the file.
const NEWLINE: &str = "%5Cn";

/// Reads a file as text.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).doing("reading", path)?;
    String::from_utf8(bytes).map_err(|error| {
        Problem::NotText {
            found: error.utf8_error(),
        }
        .at(path)
    })
}

/// The lines that are not empty.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty())
}

/// Reads arguments, one a line.
pub fn read_arguments(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    Ok(lines(&text).map(|line| line.replace(NEWLINE, "\n")).collect())
}

/// Reads `KEY=VALUE` lines in their order.
pub fn read_pairs(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    pairs(&text).map_err(|problem| problem.at(path))
}

fn pairs(text: &str) -> std::result::Result<Vec<(String, String)>, Problem> {
    let numbered = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
    numbered
        .map(|(text, line)| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(Problem::NotPair {
                line,
                found: text.to_owned(),
            }),
        })
        .collect()
}

/// Reads names that are separated by commas or newlines.
pub fn read_names(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let names = text.split([',', '\n']).map(str::trim);
    Ok(names.filter(|n| !n.is_empty()).map(str::to_owned).collect())
}

/// Reads a value of one line.
pub fn read_value(path: &Path, wanted: &'static str) -> Result<String> {
    let text = read_text(path)?;
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err(Problem::EmptyFile { wanted }.at(path));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn arguments_keep_spaces_and_encoded_newlines() {
        let scratch = Scratch::new();
        let path = scratch.file("cmd", b"sh\n\n-c\necho 1%5Cnecho 2\n");
        assert_eq!(read_arguments(&path).unwrap(), ["sh", "-c", "echo 1\necho 2"]);
    }

    #[test]
    fn the_first_equals_sign_separates() {
        let pairs = pairs("A=1\n\nB=x=y\nC=\n").unwrap();
        let expected = [("A", "1"), ("B", "x=y"), ("C", "")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.into(), v.into())));
    }

    #[test]
    fn a_line_without_a_key_is_named() {
        for text in ["A=1\nnothing\n", "A=1\n=x\n"] {
            let error = pairs(text).unwrap_err().to_string();
            assert!(error.starts_with("line 2: "), "{error}");
        }
    }

    #[test]
    fn names_come_by_comma_or_line() {
        let scratch = Scratch::new();
        let path = scratch.file("ports", b"80/tcp, 53/udp,\n443\n");
        assert_eq!(read_names(&path).unwrap(), ["80/tcp", "53/udp", "443"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let scratch = Scratch::new();
        let path = scratch.file("env", b"A=\xff\n");
        let error = read_pairs(&path).unwrap_err().to_string();
        assert!(error.contains("env: the file is not UTF-8 text"), "{error}");
    }

    #[test]
    fn an_empty_value_is_refused() {
        let scratch = Scratch::new();
        let path = scratch.file("created", b"\n");
        let error = read_value(&path, "a time").unwrap_err().to_string();
        assert!(error.contains("write a time into it"), "{error}");
    }
}
