//! The query of `GET /links`.

const DEFAULT_LIMIT: u32 = 50;
pub(crate) const MAX_LIMIT: u32 = 100;

/// `limit` and `after`, each at most once. axum's `Query` would link four more crates.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    pub(crate) limit: u32,
    pub(crate) after: i64,
}

impl PageQuery {
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let (mut limit, mut after) = (None, None);
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let parsed = match name {
                "limit" => &mut limit,
                "after" => &mut after,
                _ => return None,
            };
            let digits = value.bytes().all(|byte| byte.is_ascii_digit());
            let value = value.parse::<i64>().ok().filter(|_| digits)?;
            if parsed.replace(value).is_some() {
                return None;
            }
        }
        let limit = limit.map_or(Some(DEFAULT_LIMIT), |limit| u32::try_from(limit).ok())?;
        (1..=MAX_LIMIT).contains(&limit).then_some(Self {
            limit,
            after: after.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_queries() {
        for (raw, limit, after) in [
            ("", 50, 0),
            ("limit=1", 1, 0),
            ("limit=100&after=9223372036854775807", 100, i64::MAX),
            ("after=7&limit=05&", 5, 7),
        ] {
            assert_eq!(PageQuery::parse(raw), Some(PageQuery { limit, after }), "{raw:?}");
        }
    }

    #[test]
    fn rejects_invalid_queries() {
        for raw in [
            "limit",
            "limit=",
            "limit=0",
            "limit=101",
            "limit=4294967297",
            "limit=-1",
            "limit=+1",
            "limit=x",
            "limit=1&limit=1",
            "after=-1",
            "after=x",
            "after=9223372036854775808",
            "after=1&after=1",
            "before=1",
            "=1",
            "limit=1?after=1",
        ] {
            assert_eq!(PageQuery::parse(raw), None, "{raw:?}");
        }
    }
}
