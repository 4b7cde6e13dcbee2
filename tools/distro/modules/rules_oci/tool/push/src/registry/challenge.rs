//! Parses the header WWW-Authenticate (RFC 9110, section 11.6.1).

/// An authentication challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A name and a password in each request.
    Basic,
    /// A token, issued by a token service.
    Bearer {
        /// The token service's address.
        realm: String,
        /// The service that the token is for.
        service: Option<String>,
        /// The permissions that the registry names.
        scope: Option<String>,
    },
}

/// The preferred challenge of WWW-Authenticate headers: Bearer before Basic.
pub fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut basic = None;
    for value in values {
        let mut scheme = String::new();
        let mut parameters: Vec<(String, String)> = vec![];
        for (next_scheme, pair) in split(value).chain([(Some(String::new()), None)]) {
            if let Some(next_scheme) = next_scheme {
                match to_challenge(&scheme, &parameters) {
                    Some(Challenge::Basic) => basic = Some(Challenge::Basic),
                    Some(bearer) => return Some(bearer),
                    None => {}
                }
                scheme = next_scheme;
                parameters.clear();
            }
            parameters.extend(pair);
        }
    }
    basic
}

fn to_challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service"),
            scope: get("scope"),
        }),
        _ => None,
    }
}

type Piece = (Option<String>, Option<(String, String)>);

/// Splits a value at commas. Each piece is the name of a scheme, a parameter, or both.
fn split(value: &str) -> impl Iterator<Item = Piece> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        quoted ^= c == '"';
        match (c, quoted, pieces.last_mut()) {
            (',', false, _) => pieces.push(String::new()),
            (_, _, Some(last)) => last.push(c),
            _ => {}
        }
    }
    pieces.into_iter().filter_map(|piece| parse_piece(piece.trim()))
}

fn parse_piece(piece: &str) -> Option<Piece> {
    let head = piece.split('=').next()?.trim();
    let (scheme, rest) = match head.split_once(char::is_whitespace) {
        Some((scheme, _)) => (Some(scheme.to_owned()), piece[scheme.len()..].trim()),
        None if piece.contains('=') => (None, piece),
        None if piece.is_empty() => return None,
        None => return Some((Some(piece.to_owned()), None)),
    };
    let pair = rest.split_once('=').map(|(key, value)| {
        let value = value.trim().trim_matches('"').to_owned();
        (key.trim().to_owned(), value)
    });
    Some((scheme, pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        })
    }

    #[test]
    fn prefers_token_to_password() {
        let value = r#"Basic realm="a, b", Bearer realm="https://t/x?a=b",service="s",scope="repository:a/b:pull,push""#;
        assert_eq!(
            parse([value].into_iter()),
            bearer("https://t/x?a=b", Some("s"), Some("repository:a/b:pull,push"))
        );
        let two = ["Negotiate", r#"Basic realm="x""#];
        assert_eq!(parse(two.into_iter()), Some(Challenge::Basic));
    }

    #[test]
    fn ignores_other_schemes() {
        assert_eq!(
            parse(["bearer Realm=https://t"].into_iter()),
            bearer("https://t", None, None)
        );
        assert_eq!(parse([r#"Bearer service="x""#].into_iter()), None);
        assert_eq!(parse(["Digest nonce=1", ""].into_iter()), None);
        assert_eq!(parse(["basic"].into_iter()), Some(Challenge::Basic));
    }
}
