//! The environment of an image: the base's variables, with new ones merged onto them.

/// Variables in the order in which they first appeared.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Takes `KEY=VALUE` strings as a config has them.
    pub fn from_config<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut environment = Self::default();
        for entry in entries {
            let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
            environment.set(key, value.to_owned());
        }
        environment
    }

    /// Sets a variable after expanding `$NAME` and `${NAME}` in its value.
    pub fn merge(&mut self, key: &str, value: &str) {
        let expanded = self.expand(value);
        self.set(key, expanded);
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

    fn expand(&self, value: &str) -> String {
        let mut expanded = String::new();
        let mut rest = value;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            match reference(after) {
                Some((name, length)) => {
                    expanded.push_str(self.get(name));
                    rest = &after[length..];
                }
                None => {
                    expanded.push('$');
                    rest = after;
                }
            }
        }
        expanded + rest
    }
}

/// The name that is referred to after a dollar sign, and how long the reference is.
fn reference(text: &str) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix('{') {
        let name = &inner[..name_length(inner)];
        let closed = inner[name.len()..].starts_with('}');
        return (closed && !name.is_empty()).then_some((name, name.len() + 2));
    }
    let length = name_length(text);
    (length > 0).then(|| (&text[..length], length))
}

fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    bytes.iter().take_while(is_part).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &[&str], new: &[(&str, &str)]) -> Vec<String> {
        let mut environment = Environment::from_config(base.iter().copied());
        for (key, value) in new {
            environment.merge(key, value);
        }
        environment.into_config()
    }

    #[test]
    fn a_known_name_keeps_its_place() {
        let base = ["PATH=/bin", "HOME=/"];
        let new = [("PATH", "/app:$PATH"), ("NEW", "${HOME}x")];
        assert_eq!(merged(&base, &new), ["PATH=/app:/bin", "HOME=/", "NEW=/x"]);
    }

    #[test]
    fn what_is_no_reference_stays() {
        let new = [("A", "5$ $1 ${} ${x $ é$")];
        assert_eq!(merged(&[], &new), ["A=5$ $1 ${} ${x $ é$"]);
    }

    #[test]
    fn unknown_names_become_empty() {
        assert_eq!(merged(&[], &[("A", "<$NOPE-${NOPE}>")]), ["A=<->"]);
    }

    #[test]
    fn a_variable_without_a_value_is_kept() {
        assert_eq!(merged(&["BARE"], &[]), ["BARE="]);
    }
}
