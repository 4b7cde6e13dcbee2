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

/// The numbered lines of a file, empty ones included.
///
/// A carriage return at the end of one would become part of the value.
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

/// Reads arguments, one a line; empty lines are dropped.
pub fn read_arguments(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let lines = lines(&text).map_err(|problem| problem.at(path))?;
    let arguments = lines.into_iter().filter(|(_, line)| !line.is_empty());
    Ok(arguments.map(|(_, line)| line.replace(NEWLINE, "\n")).collect())
}

/// Reads `KEY=VALUE` lines in their order; a line without `=` is a key with an empty value, empty lines are dropped.
pub fn read_pairs(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    pairs(&text, |line| !line.is_empty()).map_err(|problem| problem.at(path))
}

/// Reads variables: as `read_pairs`, but rules_oci makes a variable without a name of an empty line.
pub fn read_variables(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    pairs(&text, |_| true).map_err(|problem| problem.at(path))
}

fn pairs(text: &str, is_pair: fn(&str) -> bool) -> std::result::Result<Vec<(String, String)>, Problem> {
    let lines = lines(text)?.into_iter().filter(|(_, text)| is_pair(text));
    lines
        .map(|(line, text)| match text.split_once('=').unwrap_or((text, "")) {
            ("", _) => Err(Problem::NoKey {
                line,
                found: text.to_owned(),
            }),
            (key, value) => Ok((key.to_owned(), value.to_owned())),
        })
        .collect()
}

/// Reads names that are separated by commas alone.
///
/// rules_oci takes everything else into the names: line breaks, spaces around them, and nothing between two commas.
pub fn read_names(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let names: Vec<&str> = match text.as_str() {
        "" => vec![],
        text => text.split(',').collect(),
    };
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(Problem::BadName {
            found: (*name).to_owned(),
            mend: write_command(&separated(&text).join(","), path),
        }
        .at(path)),
        None => Ok(names.into_iter().map(str::to_owned).collect()),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && !name.contains(['\n', '\r'])
}

fn separated(text: &str) -> Vec<&str> {
    let names = text.split([',', '\n']).map(str::trim);
    names.filter(|name| !name.is_empty()).collect()
}

/// Reads words that are separated by spaces, tabs and line breaks, as a shell does.
pub fn read_words(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let words = text.split([' ', '\t', '\n']).filter(|word| !word.is_empty());
    Ok(words.map(str::to_owned).collect())
}

/// Reads a time, which rules_oci takes with its line break.
pub fn read_time(path: &Path) -> Result<String> {
    let text = read_text(path)?;
    if text.trim().is_empty() {
        let wanted = "a time as in 1970-01-01T00:00:00Z";
        return Err(Problem::EmptyFile { wanted }.at(path));
    }
    if text.trim() != text || text.contains(['\n', '\r']) {
        let first = text.trim().lines().next().unwrap_or_default();
        return Err(Problem::BadTime {
            mend: write_command(first.trim(), path),
            found: text,
        }
        .at(path));
    }
    Ok(text)
}

/// The command that writes a file without a line break at its end.
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
    fn the_first_equals_sign_separates() {
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
        assert!(
            error.starts_with(r#"line 1: "A=1\r" ends in a carriage return"#),
            "{error}"
        );
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
    fn rejects_names_with_white_space_around() {
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
        assert!(error.contains("env: the file is not UTF-8 text"), "{error}");
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
    fn an_empty_value_is_refused() {
        let scratch = Scratch::new();
        let path = scratch.file("created", b"\n");
        let error = read_time(&path).unwrap_err().to_string();
        assert!(error.contains("write a time as in"), "{error}");
    }
}
