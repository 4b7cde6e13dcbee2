//! The environment of an image: the base's variables and new ones.

use crate::error::Problem;

/// Variables, in the order of first assignment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Parses the `KEY=VALUE` strings of a config.
    pub fn from_config<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut environment = Self::default();
        for entry in entries {
            let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
            environment.set(key, value.to_owned());
        }
        environment
    }

    /// Sets a variable after expanding `$NAME` and `${NAME}` in its value.
    pub fn merge(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        let invalid = || Problem::InvalidReference {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let expanded = self.expand(value).ok_or_else(invalid)?;
        self.set(key, expanded);
        Ok(())
    }

    /// The `KEY=VALUE` strings.
    pub fn into_config(self) -> Vec<String> {
        let entries = self.0.into_iter();
        entries.map(|(key, value)| format!("{key}={value}")).collect()
    }

    fn set(&mut self, key: &str, value: String) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some(entry) => entry.1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    fn get(&self, key: &str) -> &str {
        let entry = self.0.iter().find(|(name, _)| name == key);
        entry.map_or("", |(_, value)| value)
    }

    /// Expands references; `None` if one has a single brace.
    ///
    /// In rules_oci each brace is optional: it removes the one of `$NAME}` and expands `${NAME:-x}` to the value and `:-x}`.
    fn expand(&self, value: &str) -> Option<String> {
        let mut expanded = String::new();
        let mut rest = value;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            let inner = after.strip_prefix('{');
            let (name, end) = split_name(inner.unwrap_or(after));
            let closed = end.strip_prefix('}');
            rest = match (name, inner, closed) {
                ("", ..) => {
                    expanded.push('$');
                    after
                }
                (name, Some(_), Some(end)) => {
                    expanded.push_str(self.get(name));
                    end
                }
                (name, None, None) => {
                    expanded.push_str(self.get(name));
                    end
                }
                _ => return None,
            };
        }
        Some(expanded + rest)
    }
}

/// Splits a text after the name at its start.
fn split_name(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &[&str], new: &[(&str, &str)]) -> Vec<String> {
        let mut environment = Environment::from_config(base.iter().copied());
        for (key, value) in new {
            environment.merge(key, value).unwrap();
        }
        environment.into_config()
    }

    #[test]
    fn keeps_order_of_replaced_variables() {
        let base = ["PATH=/bin", "HOME=/"];
        let new = [("PATH", "/app:$PATH"), ("NEW", "${HOME}x")];
        assert_eq!(merged(&base, &new), ["PATH=/app:/bin", "HOME=/", "NEW=/x"]);
    }

    #[test]
    fn keeps_text_without_references() {
        let new = [("A", "5$ ${} $ é$")];
        assert_eq!(merged(&[], &new), ["A=5$ ${} $ é$"]);
    }

    #[test]
    fn rejects_references_with_one_brace() {
        for value in ["${X", "{$X}", "${X:-default}"] {
            let error = Environment::default().merge("A", value).unwrap_err();
            let found = format!("variable \"A\": invalid value {value:?}");
            assert!(error.to_string().starts_with(&found), "{error}");
        }
    }

    #[test]
    fn unknown_names_become_empty() {
        assert_eq!(merged(&[], &[("A", "<$NOPE-${NOPE}$1>")]), ["A=<->"]);
    }

    #[test]
    fn keeps_variables_without_value() {
        assert_eq!(merged(&["BARE"], &[]), ["BARE="]);
    }
}
