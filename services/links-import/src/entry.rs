//! One link of a file.

use links::{Code, Target};

use crate::LineError;

/// A link to import.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) code: Code,
    pub(crate) target: Target,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    code: String,
    url: String,
}

impl Entry {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, LineError> {
        // serde would also accept an array of the fields.
        if !line.starts_with(b"{") {
            return Err(LineError::Json("expected an object".to_owned()));
        }
        let fields: Fields =
            serde_json::from_slice(line).map_err(|error| LineError::Json(message(&error)))?;
        Ok(Self {
            code: Code::new(fields.code)?,
            target: Target::new(fields.url)?,
        })
    }
}

/// The message of an error without its line number, which is always 1.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((message, _)) => format!("{message} at column {}", error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_code_and_url() {
        let entry = Entry::parse(br#"{"url": "http://example.org/", "code": "a"}"#).unwrap();
        assert_eq!(
            (entry.code.as_str(), entry.target.as_str()),
            ("a", "http://example.org/")
        );
    }

    #[test]
    fn rejects_invalid_entries() {
        for (line, error) in [
            ("a,b", "expected an object"),
            (r#"["a", "http://a/"]"#, "expected an object"),
            (r#"{"code": "a"}"#, "missing field `url` at column 13"),
            (
                r#"{"code": "a", "url": "http://a/", "created": 1}"#,
                "unknown field `created`, expected `code` or `url` at column 43",
            ),
            (
                r#"{"code": "a b", "url": "http://a/"}"#,
                "invalid code \"a b\": expected 1 to 32 of A-Z, a-z, 0-9, '_' and '-'",
            ),
            (
                r#"{"code": "a", "url": "ftp://a/"}"#,
                "invalid url \"ftp://a/\": expected an absolute http or https URL, in ASCII",
            ),
        ] {
            assert_eq!(Entry::parse(line.as_bytes()).unwrap_err().to_string(), error);
        }
    }
}
