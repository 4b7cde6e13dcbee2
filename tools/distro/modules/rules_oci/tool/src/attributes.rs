//! Reads the files of attribute values: arguments, pairs, comma-separated names, tags and times.

use std::fs;
use std::path::Path;

use crate::error::{IoContext, Problem, Result};

/// The encoding of a line feed within an argument.
const NEWLINE: &str = "%5Cn";

/// Reads a file as text.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).context("reading", path)?;
    String::from_utf8(bytes).map_err(|error| {
        Problem::InvalidUtf8 {
            found: error.utf8_error(),
        }
        .at(path)
    })
}

/// The numbered lines of a file, including empty ones.
///
/// Rejects a final carriage return, which would be part of the value.
fn lines(text: &str) -> std::result::Result<Vec<(usize, &str)>, Problem> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let numbered = (1..).zip(text.split('\n'));
    let checked = numbered.map(|(line, text)| match text.ends_with('\r') {
        true => Err(Problem::CarriageReturn {
            line,
            found: text.to_owned(),
        }),
        false => Ok((line, text)),
    });
    match text {
        "" => Ok(vec![]),
        _ => checked.collect(),
    }
}

/// Reads arguments, one per line; empty lines are skipped.
pub fn read_arguments(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let lines = lines(&text).map_err(|problem| problem.at(path))?;
    let arguments = lines.into_iter().filter(|(_, line)| !line.is_empty());
    Ok(arguments.map(|(_, line)| line.replace(NEWLINE, "\n")).collect())
}

/// Reads `KEY=VALUE` lines in order. A line without `=` is a key with an empty value; empty lines are skipped.
pub fn read_pairs(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    pairs(&text, |line| !line.is_empty()).map_err(|problem| problem.at(path))
}

/// Reads variables, as `read_pairs` does, but rejects empty lines: in rules_oci they are variables without a name.
pub fn read_variables(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    pairs(&text, |_| true).map_err(|problem| problem.at(path))
}

fn pairs(text: &str, is_pair: fn(&str) -> bool) -> std::result::Result<Vec<(String, String)>, Problem> {
    let lines = lines(text)?.into_iter().filter(|(_, text)| is_pair(text));
    lines
        .map(|(line, text)| match text.split_once('=').unwrap_or((text, "")) {
            ("", _) => Err(Problem::MissingKey {
                line,
                found: text.to_owned(),
            }),
            (key, value) => Ok((key.to_owned(), value.to_owned())),
        })
        .collect()
}

/// Reads comma-separated names.
///
/// Rejects surrounding white space, line breaks and empty names, which rules_oci accepts as part of a name.
pub fn read_names(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let names: Vec<&str> = match text.as_str() {
        "" => vec![],
        text => text.split(',').collect(),
    };
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(Problem::InvalidName {
            found: (*name).to_owned(),
            fix: write_command(&split_names(&text).join(","), path),
        }
        .at(path)),
        None => Ok(names.into_iter().map(str::to_owned).collect()),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && !name.contains(['\n', '\r'])
}

fn split_names(text: &str) -> Vec<&str> {
    let names = text.split([',', '\n']).map(str::trim);
    names.filter(|name| !name.is_empty()).collect()
}

/// Reads tags, separated by spaces, tabs or line feeds.
pub fn read_tags(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let tags = text.split([' ', '\t', '\n']).filter(|tag| !tag.is_empty());
    Ok(tags.map(str::to_owned).collect())
}

/// Reads a creation time. Rejects white space, which rules_oci accepts as part of the time.
pub fn read_time(path: &Path) -> Result<String> {
    let text = read_text(path)?;
    if text.trim().is_empty() {
        let expected = "a time as in 1970-01-01T00:00:00Z";
        return Err(Problem::EmptyFile { expected }.at(path));
    }
    if text.trim() != text || text.contains(['\n', '\r']) {
        let first = text.trim().lines().next().unwrap_or_default();
        return Err(Problem::InvalidTime {
            fix: write_command(first.trim(), path),
            found: text,
        }
        .at(path));
    }
    Ok(text)
}

/// The command that writes a file without a final line break.
fn write_command(text: &str, path: &Path) -> String {
    let quoted = text.replace('\'', "'\\''");
    format!("printf '%s' '{quoted}' > {}", path.display())
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
    fn splits_at_first_equals_sign() {
        let pairs = pairs("A=1\n\nB=x=y\nC=\nD\n", |line| !line.is_empty()).unwrap();
        let expected = [("A", "1"), ("B", "x=y"), ("C", ""), ("D", "")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.into(), v.into())));
    }

    #[test]
    fn rejects_lines_without_key() {
        for text in ["A=1\n\nB=2", "A=1\n=x\n", "A=1\n\n"] {
            let error = pairs(text, |_| true).unwrap_err().to_string();
            assert!(error.starts_with("line 2: "), "{error}");
        }
    }

    #[test]
    fn rejects_carriage_returns() {
        let error = pairs("A=1\r\n", |_| true).unwrap_err().to_string();
        assert!(error.starts_with(r#"line 1: invalid value "A=1\r""#), "{error}");
        assert!(pairs("A=1\r2\n", |_| true).is_ok());
    }

    fn names(content: &[u8]) -> std::result::Result<Vec<String>, String> {
        let scratch = Scratch::new();
        read_names(&scratch.file("ports", content)).map_err(|error| error.to_string())
    }

    #[test]
    fn splits_names_at_commas() {
        assert_eq!(names(b"80/tcp,/my data").unwrap(), ["80/tcp", "/my data"]);
        assert_eq!(names(b"").unwrap(), [""; 0]);
    }

    #[test]
    fn rejects_whitespace_around_names() {
        for (content, found) in [
            (&b"80/tcp,53/udp\n"[..], r#"invalid name "53/udp\n""#),
            (b"80/tcp\n53/udp", r#"invalid name "80/tcp\n53/udp""#),
            (b"80/tcp, 53/udp", r#"invalid name " 53/udp""#),
            (b"80/tcp,,53/udp", r#"invalid name """#),
            (b"80/tcp,53/udp,", r#"invalid name """#),
        ] {
            let error = names(content).unwrap_err();
            assert!(error.contains(found), "{error}");
            assert!(error.contains("\n    printf '%s' '80/tcp,53/udp' > /"), "{error}");
        }
    }

    #[test]
    fn rejects_invalid_utf8() {
        let scratch = Scratch::new();
        let path = scratch.file("env", b"A=\xff\n");
        let error = read_pairs(&path).unwrap_err().to_string();
        assert!(error.contains("env: invalid UTF-8"), "{error}");
    }

    #[test]
    fn rejects_times_with_line_breaks() {
        let scratch = Scratch::new();
        let path = scratch.file("created", b"1970-01-01T00:00:00Z\n");
        let error = read_time(&path).unwrap_err().to_string();
        assert!(
            error.contains(r#"invalid time "1970-01-01T00:00:00Z\n""#),
            "{error}"
        );
        assert!(error.contains("printf '%s' '1970-01-01T00:00:00Z' > "), "{error}");
    }

    #[test]
    fn rejects_empty_time() {
        let scratch = Scratch::new();
        let path = scratch.file("created", b"\n");
        let error = read_time(&path).unwrap_err().to_string();
        assert!(error.contains("empty file: expected a time"), "{error}");
    }
}
