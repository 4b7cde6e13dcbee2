//! Records of pax headers.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::xattr;

/// The fields that the records replace, and the extended attributes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Records {
    pub(super) path: Option<String>,
    pub(super) link: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) xattrs: BTreeMap<String, Vec<u8>>,
}

/// Parses records of the form `LENGTH KEY=VALUE\n`; the last record with a key wins.
pub(super) fn parse(mut text: &[u8]) -> Result<Records, String> {
    let mut values = BTreeMap::new();
    while !text.is_empty() {
        let (key, value, rest) = record(text).ok_or_else(|| {
            let shown = text.get(..text.len().min(40)).unwrap_or_default();
            format!("malformed pax record {:?}", String::from_utf8_lossy(shown))
        })?;
        values.insert(key, value);
        text = rest;
    }
    let mut records = Records::default();
    // An empty value keeps the header's.
    for (key, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
        match key {
            "path" => records.path = Some(name(key, value)?),
            "linkpath" => records.link = Some(name(key, value)?),
            "size" => records.size = Some(number(key, value)?),
            "uid" => records.uid = Some(number(key, value)?),
            "gid" => records.gid = Some(number(key, value)?),
            "atime" | "ctime" | "mtime" if !is_time(value) => return Err(invalid(key, value)),
            _ if key.starts_with("GNU.sparse.") => {
                return Err(format!(
                    "pax record {key:?}: sparse files are not supported: run tar without --sparse"
                ));
            }
            _ => {
                if let Some(attribute) = xattr::of_record(key) {
                    if attribute.is_empty() || key.contains('\0') {
                        return Err(format!(
                            "pax record {key:?}: invalid name of an extended attribute"
                        ));
                    }
                    records.xattrs.insert(attribute.to_owned(), value.to_vec());
                }
            }
        }
    }
    Ok(records)
}

fn record(text: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let space = text.iter().position(|byte| *byte == b' ')?;
    let digits = std::str::from_utf8(text.get(..space)?).ok()?;
    let length: usize = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    let body = text.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    let key = std::str::from_utf8(body.get(..equals)?).ok()?;
    Some((key, body.get(equals + 1..)?, text.get(length..)?))
}

fn name(key: &str, value: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(value)
        .ok()
        .filter(|text| !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| invalid(key, value))
}

fn number<T: FromStr>(key: &str, value: &[u8]) -> Result<T, String> {
    let digits = std::str::from_utf8(value)
        .ok()
        .filter(|text| !text.starts_with('+'));
    digits
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| invalid(key, value))
}

/// Whether a value is a time in seconds. archive/tar rejects exponents, as in Python's `1e-05`.
fn is_time(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let (seconds, fraction) = text.split_once('.').unwrap_or((&text, ""));
    seconds.parse::<i64>().is_ok() && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

fn invalid(key: &str, value: &[u8]) -> String {
    format!(
        "pax record {key:?}: invalid value {:?}",
        String::from_utf8_lossy(value)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record_of(key: &str, value: &str) -> Vec<u8> {
        let rest = key.len() + value.len() + 3;
        let length = (1..5)
            .find(|digits| (rest + digits).to_string().len() == *digits)
            .unwrap()
            + rest;
        format!("{length} {key}={value}\n").into_bytes()
    }

    #[test]
    fn last_record_wins() {
        let text = [
            record_of("path", "a"),
            record_of("path", "b"),
            record_of("comment", "c"),
        ]
        .concat();
        assert_eq!(parse(&text).unwrap().path.unwrap(), "b");
        let text = [
            record_of("uid", "5"),
            record_of("uid", ""),
            record_of("mtime", "-1.5"),
        ]
        .concat();
        assert_eq!(parse(&text).unwrap(), Records::default());
    }

    #[test]
    fn rejects_malformed_records() {
        let malformed = [
            "8 a=b\n",
            "6 a=b",
            "x a=b\n",
            "+6 a=b\n",
            "5 =b\n",
            "5 ab\n",
            "99999999999999999999 a=b\n",
        ];
        for text in malformed {
            assert!(
                parse(text.as_bytes())
                    .unwrap_err()
                    .contains("malformed pax record"),
                "{text:?}"
            );
        }
        for (key, value) in [
            ("uid", "-1"),
            ("gid", "4294967296"),
            ("size", "1.5"),
            ("mtime", "1e-05"),
            ("atime", "1.x"),
            ("path", "a\0b"),
            ("SCHILY.xattr.", "x"),
            ("SCHILY.xattr.a\0b", "x"),
            ("GNU.sparse.major", "1"),
        ] {
            let error = parse(&record_of(key, value)).unwrap_err();
            assert!(error.contains(&format!("pax record {key:?}")), "{error}");
        }
    }
}
