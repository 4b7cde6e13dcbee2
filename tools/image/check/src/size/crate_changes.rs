//! Changes of a program's crates since its sizes were recorded, and the Cargo.toml files that request them.

use std::collections::BTreeSet;

use super::linked::{self, Features, Linked, LinkedCrates};

/// The changes, one line each.
pub(super) fn changes(recorded: &Features, crates: &LinkedCrates) -> Vec<String> {
    let comparison = Comparison { recorded, crates };
    let changed = crates.iter().filter_map(|(key, it)| comparison.change(key, it));
    let missing = recorded.keys().filter(|key| !crates.contains_key(*key));
    // A new version of a crate has a line already.
    let removed = missing.filter(|key| comparison.successor(key).is_none());
    changed
        .chain(removed.map(|key| format!("{key}: no longer linked")))
        .collect()
}

struct Comparison<'a> {
    recorded: &'a Features,
    crates: &'a LinkedCrates,
}

impl Comparison<'_> {
    fn change(&self, key: &str, it: &Linked) -> Option<String> {
        let Some(predecessor) = self.predecessor(key) else {
            let by = requested_by(it, &it.features);
            let needed = match self.dependents(it, |dependent| self.crates.contains_key(dependent)) {
                none if none.is_empty() => none,
                some => format!(", needed by {some}"),
            };
            return Some(format!(
                "{key}: new crate with {}{needed}{by}",
                features(&it.features)
            ));
        };
        let old: BTreeSet<_> = self.recorded.get(predecessor)?.split_whitespace().collect();
        let new: Vec<_> = it
            .features
            .iter()
            .filter(|it| !old.contains(it.as_str()))
            .cloned()
            .collect();
        let dropped = old.iter().filter(|old| !it.features.iter().any(|it| it == *old));
        let mut text = Vec::new();
        if predecessor != key {
            text.push(format!("was {}", version(predecessor)));
        }
        if !new.is_empty() {
            text.push(format!("new {}{}", features(&new), self.origin(it, &new)));
        }
        let dropped: Vec<_> = dropped.map(|it| (*it).to_owned()).collect();
        if !dropped.is_empty() {
            text.push(format!("without {}", features(&dropped)));
        }
        (!text.is_empty()).then(|| format!("{key}: {}", text.join("; ")))
    }

    /// The requests for new features. Third-party crates may request them, too, but their manifests are unknown.
    fn origin(&self, it: &Linked, new: &[String]) -> String {
        let by = requested_by(it, new);
        let is_suspect = |dependent: &str| match self.crates.get(dependent) {
            Some(linked) => linked.manifest.is_none() && self.has_grown(dependent, linked),
            None => true,
        };
        let mut suspects = self.dependents(it, is_suspect);
        let rest: Vec<_> = new
            .iter()
            .filter(|feature| !it.requests.contains_key(*feature))
            .cloned()
            .collect();
        if !by.is_empty() && (rest.is_empty() || suspects.is_empty()) {
            return by;
        }
        if suspects.is_empty() {
            suspects = self.dependents(it, |_| true);
        }
        if by.is_empty() {
            format!(": requested by a dependent crate, by no Cargo.toml of the workspace: {suspects}")
        } else {
            format!(
                "{by}; {} implied by these, or requested by a dependent crate: {suspects}",
                rest.join(", ")
            )
        }
    }

    fn has_grown(&self, key: &str, it: &Linked) -> bool {
        let recorded = self.recorded.get(key);
        recorded.is_none_or(|old| {
            it.features
                .iter()
                .any(|new| !old.split(' ').any(|old| old == new))
        })
    }

    fn dependents(&self, it: &Linked, wanted: impl Fn(&str) -> bool) -> String {
        let found = it.dependents.iter().filter(|(key, _)| wanted(key));
        let found: Vec<_> = found
            .map(|(key, manifests)| linked::dependent(key, manifests, self.crates))
            .collect();
        found.join(", ")
    }

    /// The recorded version of a crate: the same, or another one that is no longer linked.
    fn predecessor(&self, key: &str) -> Option<&str> {
        let same = self.recorded.get_key_value(key).map(|(key, _)| key);
        let other = || {
            let is_removed = |old: &&String| name(old) == name(key) && !self.crates.contains_key(*old);
            self.recorded.keys().rfind(is_removed)
        };
        same.or_else(other).map(String::as_str)
    }

    fn successor(&self, old: &str) -> Option<&str> {
        let mut crates = self.crates.keys();
        let found = crates.find(|key| self.predecessor(key) == Some(old));
        found.map(String::as_str)
    }
}

fn requested_by(it: &Linked, features: &[String]) -> String {
    let found = linked::requests(it, features.iter().map(String::as_str));
    if found.is_empty() {
        found
    } else {
        format!(": requested by {found}")
    }
}

fn features(names: &[String]) -> String {
    match names {
        [] => "no features".to_owned(),
        [one] => format!("feature {one}"),
        _ => format!("features {}", names.join(", ")),
    }
}

fn name(key: &str) -> &str {
    key.split(' ').next().unwrap_or_default()
}

fn version(key: &str) -> &str {
    key.split(' ').next_back().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(json: &str) -> LinkedCrates {
        serde_json::from_str(json).unwrap()
    }

    fn recorded(features: &[(&str, &str)]) -> Features {
        features
            .iter()
            .map(|(key, it)| ((*key).to_owned(), (*it).to_owned()))
            .collect()
    }

    const HELLO: &str =
        r#"{"dependents": {}, "features": [], "manifest": "services/hello/Cargo.toml", "requests": {}}"#;

    fn tokio(features: &str, requests: &str, dependents: &str) -> LinkedCrates {
        crates(&format!(
            r#"{{"hello 0.1.0": {HELLO}, "tokio 1.54.1": {{"dependents": {dependents}, "features": {features},
                "manifest": null, "requests": {requests}}}}}"#
        ))
    }

    #[test]
    fn names_requesting_manifests() {
        let old = recorded(&[("hello 0.1.0", ""), ("tokio 1.54.1", "net rt")]);
        let requests = r#"{"net": ["services/hello/Cargo.toml"], "full": ["services/other/Cargo.toml"]}"#;
        let found = tokio(
            r#"["fs", "full", "net", "rt"]"#,
            requests,
            r#"{"hello 0.1.0": []}"#,
        );
        assert_eq!(
            changes(&old, &found),
            ["tokio 1.54.1: new features fs, full: requested by services/other/Cargo.toml (full)"]
        );
        let same = recorded(&[("hello 0.1.0", ""), ("tokio 1.54.1", "fs full net rt")]);
        assert!(changes(&same, &found).is_empty());
    }

    #[test]
    fn names_dependent_crates() {
        let old = recorded(&[("hello 0.1.0", ""), ("tokio 1.54.1", "rt")]);
        let dependents = r#"{"hello 0.1.0": [], "reqwest 0.12.1": ["services/other/Cargo.toml"]}"#;
        assert_eq!(
            changes(&old, &tokio(r#"["net", "rt"]"#, "{}", dependents)),
            [
                "tokio 1.54.1: new feature net: requested by a dependent crate, by no Cargo.toml of the \
              workspace: reqwest 0.12.1 (of services/other/Cargo.toml)"
            ]
        );
        let requests = r#"{"full": ["services/other/Cargo.toml"]}"#;
        assert_eq!(
            changes(&old, &tokio(r#"["full", "net", "rt"]"#, requests, dependents)),
            ["tokio 1.54.1: new features full, net: requested by services/other/Cargo.toml (full); net implied by these, or \
              requested by a dependent crate: reqwest 0.12.1 (of services/other/Cargo.toml)"]
        );
    }

    #[test]
    fn reports_added_and_removed_crates() {
        let old = recorded(&[("mio 1.0.0", "os-ext"), ("tokio 1.53.0", "rt time")]);
        let dependents = r#"{"hello 0.1.0": []}"#;
        assert_eq!(
            changes(&old, &tokio(r#"["rt"]"#, "{}", dependents)),
            [
                "hello 0.1.0: new crate with no features",
                "tokio 1.54.1: was 1.53.0; without feature time",
                "mio 1.0.0: no longer linked",
            ]
        );
        let requests = r#"{"rt": ["a", "b", "c", "d"]}"#;
        assert_eq!(
            changes(&recorded(&[("hello 0.1.0", "")]), &tokio(r#"["rt"]"#, requests, dependents)),
            ["tokio 1.54.1: new crate with feature rt, needed by services/hello/Cargo.toml: requested by a (rt), b (rt), c (rt), others"]
        );
    }
}
