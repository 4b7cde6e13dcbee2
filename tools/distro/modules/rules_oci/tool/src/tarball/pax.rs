//! Parses the records of a pax header.

use std::str;

/// Fields that a pax header overrides in the next header.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The name.
    pub path: Option<Vec<u8>>,
    /// The size of the data.
    pub size: Option<u64>,
}

impl Records {
    /// Parses records of `LENGTH KEY=VALUE` and a line feed, as strictly as Go's `archive/tar`.
    pub fn parse(mut data: &[u8]) -> Result<Self, String> {
        let mut records = Self::default();
        while !data.is_empty() {
            let (record, rest) =
                split_record(data).ok_or_else(|| describe(data, "LENGTH KEY=VALUE and a line feed"))?;
            records
                .apply(record)
                .ok_or_else(|| describe(data, "a key and a value that engines accept"))?;
            data = rest;
        }
        Ok(records)
    }

    fn apply(&mut self, record: &[u8]) -> Option<()> {
        let equals = record.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        let is_valid = match key {
            b"path" | b"linkpath" | b"uname" | b"gname" => !value.contains(&0),
            _ => !key.is_empty() && !key.contains(&0),
        };
        if !is_valid {
            return None;
        }
        match key {
            // The name of a sparse file; its header contains a placeholder.
            b"path" | b"GNU.sparse.name" => self.path = Some(value.to_vec()).filter(|path| !path.is_empty()),
            b"size" if value.is_empty() => self.size = None,
            b"size" => self.size = Some(decimal(value)?),
            b"atime" | b"ctime" | b"mtime" if !value.is_empty() => check_time(value)?,
            b"gid" | b"uid" if !value.is_empty() => check_integer(value)?,
            _ => {}
        }
        Some(())
    }
}

/// Splits off the first record; returns its `KEY=VALUE` and the remaining records.
fn split_record(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&data[..space])?).ok()?;
    let (record, rest) = data.split_at_checked(length)?;
    let (newline, record) = record.get(space + 1..)?.split_last()?;
    (*newline == b'\n').then_some((record, rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let is_decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(digits).ok().filter(|_| is_decimal)?;
    let value: i64 = text.parse().ok()?;
    u64::try_from(value).ok()
}

fn check_integer(digits: &[u8]) -> Option<()> {
    str::from_utf8(digits).ok()?.parse::<i64>().ok().map(drop)
}

/// Checks a time in seconds. `archive/tar` rejects exponents, as in Python's `1e-05`.
fn check_time(value: &[u8]) -> Option<()> {
    let (seconds, fraction) = match value.iter().position(|byte| *byte == b'.') {
        Some(point) => (&value[..point], &value[point + 1..]),
        None => (value, &[][..]),
    };
    check_integer(seconds).filter(|()| fraction.iter().all(u8::is_ascii_digit))
}

fn describe(data: &[u8], expected: &str) -> String {
    const MAX_SHOWN: usize = 40;
    let start = String::from_utf8_lossy(&data[..data.len().min(MAX_SHOWN)]);
    format!("invalid pax record {start:?}: expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_record_wins() {
        let records = Records::parse(b"9 path=a\n10 size=5\n9 path=b\n").unwrap();
        assert_eq!(records.path.as_deref(), Some(&b"b"[..]));
        assert_eq!(records.size, Some(5));
        assert_eq!(
            Records::parse(b"10 size=5\n8 size=\n").unwrap(),
            Records::default()
        );
        assert_eq!(
            Records::parse(b"14 mtime=-1.5\n9 atime=\n9 uid=-1\n").unwrap(),
            Records::default()
        );
    }

    #[test]
    fn rejects_malformed_records() {
        for data in [
            &b"9 path=bb\n"[..],
            b"90 path=a\n",
            b"path=a\n",
            b"5 a=\n\n",
            b"6 =ab\n",
            b"0 a=b\n",
            b"10 path=a\0\n",
            b"10 size=x\n",
            b"11 size=-5\n",
            b"9 uid=1x\n",
            b"15 mtime=1e-05\n",
            b"13 atime=1.x\n",
            b"99999999999999999999999 a=b\n",
        ] {
            let found = Records::parse(data).unwrap_err();
            assert!(found.starts_with("invalid pax record"), "{found}");
        }
    }
}
