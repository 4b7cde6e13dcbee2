//! The lines that a service has in the workspace's own files.

use crate::model::MODEL;
use crate::Error;

const WIDTH: usize = 100;

/// `members` of Cargo.toml, sorted; on lines of their own once they are many.
pub(crate) fn add_member(manifest: &str, name: &str) -> Result<String, Error> {
    let file = "Cargo.toml";
    let (before, list, after) = between(manifest, "members = [", "]", file)?;
    let mut members: Vec<_> = list
        .split(',')
        .map(|it| it.trim().trim_matches('"').to_owned())
        .filter(|it| !it.is_empty())
        .collect();
    members.push(format!("services/{name}"));
    members.sort();
    let quoted: Vec<_> = members.iter().map(|it| format!("\"{it}\"")).collect();
    let line = quoted.join(", ");
    let list = if line.len() > WIDTH {
        format!("\n    {},\n", quoted.join(",\n    "))
    } else {
        line
    };
    Ok(format!("{before}{list}{after}"))
}

/// The entry of Cargo.lock, where cargo would put it: the model's, under another name.
pub(crate) fn add_package(lock: &str, name: &str) -> Result<String, Error> {
    const START: &str = "[[package]]\n";
    let own = format!("name = \"{MODEL}\"");
    let mut parts: Vec<_> = lock.split(START).map(str::to_owned).collect();
    let model = parts.iter().find(|part| part.lines().any(|line| line == own));
    let model = model.ok_or_else(|| Error::Content {
        file: "Cargo.lock",
        problem: format!("no package {MODEL}, which new services are modelled on; bring it up to date:\n  cargo update --workspace"),
    })?;
    let entry = model.trim_end().replacen(&own, &format!("name = \"{name}\""), 1) + "\n\n";
    parts.push(entry);
    // The first part is what stands above the packages.
    if let Some(packages) = parts.get_mut(1..) {
        packages.sort_by(|a, b| package_name(a).cmp(package_name(b)));
        for part in packages {
            *part = part.trim_end().to_owned() + "\n\n";
        }
    }
    Ok(parts.join(START).trim_end().to_owned() + "\n")
}

fn package_name(entry: &str) -> &str {
    entry
        .lines()
        .find_map(|line| line.strip_prefix("name = \""))
        .unwrap_or_default()
        .trim_end_matches('"')
}

fn between<'a>(
    text: &'a str,
    start: &str,
    end: &str,
    file: &'static str,
) -> Result<(&'a str, &'a str, &'a str), Error> {
    let missing = || Error::Content {
        file,
        problem: format!("no list that starts with {:?}", start.trim()),
    };
    let from = text.find(start).ok_or_else(missing)? + start.len();
    let (before, rest) = text.split_at(from);
    let to = rest.find(end).ok_or_else(missing)?;
    let (list, after) = rest.split_at(to);
    Ok((before, list, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_and_broken_into_lines() {
        let short = "[workspace]\nmembers = [\"services/hello\", \"tools/x\"]\nresolver = \"2\"\n";
        let added = add_member(short, "abc").unwrap();
        assert_eq!(
            added,
            "[workspace]\nmembers = [\"services/abc\", \"services/hello\", \"tools/x\"]\nresolver = \"2\"\n"
        );
        let long = add_member(&added, &"y".repeat(60)).unwrap();
        assert!(
            long.contains("members = [\n    \"services/abc\",\n    \"services/hello\",\n"),
            "{long}"
        );
        let longer = add_member(&long, "zzz").unwrap();
        assert!(
            longer.contains("    \"services/zzz\",\n    \"tools/x\",\n]\n"),
            "{longer}"
        );
        assert!(add_member("[package]\n", "abc").is_err());
    }

    #[test]
    fn the_lock_is_as_cargo_writes_it() {
        let lock = "# made\nversion = 4\n\n[[package]]\nname = \"axum\"\nversion = \"1\"\n\n[[package]]\nname = \"hello\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n";
        let added = add_package(lock, "abc").unwrap();
        assert_eq!(
            added,
            "# made\nversion = 4\n\n[[package]]\nname = \"abc\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n\n\
             [[package]]\nname = \"axum\"\nversion = \"1\"\n\n[[package]]\nname = \"hello\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n"
        );
        assert!(add_package("version = 4\n", "abc").is_err());
    }
}
