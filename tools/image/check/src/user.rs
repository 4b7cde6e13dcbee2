//! The user of an image, resolved as runc, podman and docker do.

use crate::tree::{read_text, Tree};

/// The ids of an image's `User`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Supplementary groups; empty if `User` names a group.
    pub(crate) groups: Vec<u32>,
}

const MAX_ID: i64 = i32::MAX as i64;

impl User {
    /// Resolves `user[:group]`: each a number, or a name in the image's `/etc/passwd` or `/etc/group`.
    pub(crate) fn resolve(user: &str, tree: &Tree<'_>) -> Result<Self, String> {
        let passwd = read_text(tree, "/etc/passwd").unwrap_or_default();
        let group = read_text(tree, "/etc/group").unwrap_or_default();
        Self::parse(user, &passwd, &group)
    }

    /// Uses the first matching line. A number is an id, never a name.
    fn parse(user: &str, passwd: &str, group: &str) -> Result<Self, String> {
        let (name, group_name) = user.split_once(':').unwrap_or((user, ""));
        let (passwd, group) = (lines(passwd), lines(group));
        let name = if name.is_empty() { "0" } else { name };
        let entry = entry(&passwd, name);
        let uid = entry.map(|line| id(line, 2)).or(number(name)).ok_or_else(|| {
            format!("the image's user {user:?} is not in its /etc/passwd: use a number or add it there")
        })?;
        let (gid, groups) = if group_name.is_empty() {
            let member = entry.map(|line| field(line, 0)).unwrap_or_default();
            let is_member = |line: &&Vec<&str>| {
                !member.is_empty() && field(line, 3).split(',').any(|name| name == member)
            };
            let groups = group.iter().filter(is_member).map(|line| id(line, 2)).collect();
            (entry.map_or(0, |line| id(line, 3)), groups)
        } else {
            let entry = self::entry(&group, group_name).map(|line| id(line, 2));
            let gid = entry.or(number(group_name)).ok_or_else(|| {
                format!(
                    "the image's group {group_name:?} is not in its /etc/group: use a number or add it there"
                )
            })?;
            (gid, Vec::new())
        };
        reject_numeric_names(&passwd, "/etc/passwd", &[uid])?;
        reject_numeric_names(&group, "/etc/group", &[&[gid], groups.as_slice()].concat())?;
        let checked = |id: i64| {
            let valid = u32::try_from(id).ok().filter(|_| id <= MAX_ID);
            valid.ok_or_else(|| {
                format!("the image's user {user:?} has the id {id}: engines accept 0 to {MAX_ID}")
            })
        };
        Ok(Self {
            uid: checked(uid)?,
            gid: checked(gid)?,
            groups: groups.into_iter().map(checked).collect::<Result<_, _>>()?,
        })
    }
}

/// The first line with this name or, if the name is a number, with this id.
fn entry<'a, 'b>(lines: &'b [Vec<&'a str>], name: &str) -> Option<&'b Vec<&'a str>> {
    let number = number(name);
    lines.iter().find(|line| match number {
        Some(number) => id(line, 2) == number,
        None => field(line, 0) == name,
    })
}

/// Rejects an id that is also the name of another id: engines disagree on which one it is.
fn reject_numeric_names(lines: &[Vec<&str>], file: &str, ids: &[i64]) -> Result<(), String> {
    let other = |line: &&Vec<&str>| {
        let name = number(field(line, 0));
        name.is_some_and(|name| ids.contains(&name) && id(line, 2) != name)
    };
    match lines.iter().find(other) {
        None => Ok(()),
        Some(line) => Err(format!(
            "the id {:?} is also a name in {file}, with the id {}; rename that entry",
            field(line, 0),
            id(line, 2)
        )),
    }
}

fn lines(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.split(':').collect()).collect()
}

fn field<'a>(line: &[&'a str], at: usize) -> &'a str {
    line.get(at).copied().unwrap_or_default()
}

/// Engines treat a missing or invalid id as 0.
fn id(line: &[&str], at: usize) -> i64 {
    number(field(line, at)).unwrap_or(0)
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::User;

    const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65531:nonroot:/home/nonroot:
1000:x:0:0::/:
broken:x:none
admin:x:0:5::/:
";
    const GROUP: &str = "\
root:x:0:
nonroot:x:65531:
staff:x:50:other,nonroot
77:x:0:
disk:x:6:nonroot
";

    fn parse(user: &str) -> Option<(u32, u32, Vec<u32>)> {
        User::parse(user, PASSWD, GROUP)
            .ok()
            .map(|user| (user.uid, user.gid, user.groups))
    }

    #[test]
    fn resolves_numbers_and_names() {
        assert_eq!(parse(""), Some((0, 0, vec![])));
        assert_eq!(parse("65532"), Some((65532, 65531, vec![50, 6])));
        assert_eq!(parse("nonroot"), Some((65532, 65531, vec![50, 6])));
        assert_eq!(parse("nonroot:staff"), Some((65532, 50, vec![])));
        assert_eq!(parse("1234:5"), Some((1234, 5, vec![])));
        assert_eq!(parse("1234"), Some((1234, 0, vec![])));
        assert_eq!(parse(":staff"), Some((0, 50, vec![])));
    }

    #[test]
    fn resolves_names_of_root() {
        for user in ["broken", "+0", "00"] {
            assert_eq!(parse(user).unwrap().0, 0, "{user}");
        }
        assert_eq!(parse("admin"), Some((0, 5, vec![])));
    }

    #[test]
    fn rejects_numbers_that_are_names() {
        for (user, shown) in [
            (
                "1000",
                "the id \"1000\" is also a name in /etc/passwd, with the id 0",
            ),
            (
                "1234:77",
                "the id \"77\" is also a name in /etc/group, with the id 0",
            ),
        ] {
            let error = User::parse(user, PASSWD, GROUP).unwrap_err();
            assert!(error.contains(shown), "{error}");
        }
    }

    #[test]
    fn rejects_unknown_names() {
        for user in ["nobody", "0:nobody", "-1", "4294967296", "1:-1", "2147483648"] {
            assert_eq!(parse(user), None, "{user}");
        }
    }
}
