//! Who the image runs as.

use crate::tree::{read_text, Tree};

/// The ids that an image's `User` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// Reads `user[:group]`, numbers or names of the image's own `/etc/passwd` and `/etc/group`.
    pub(crate) fn find(user: &str, tree: &Tree<'_>) -> Result<Self, String> {
        let passwd = read_text(tree, "/etc/passwd").unwrap_or_default();
        let group = read_text(tree, "/etc/group").unwrap_or_default();
        Self::parse(user, &passwd, &group)
    }

    fn parse(user: &str, passwd: &str, group: &str) -> Result<Self, String> {
        let (name, wanted_group) = user.split_once(':').unwrap_or((user, ""));
        let name = if name.is_empty() { "0" } else { name };
        let entry =
            lines(passwd).find(|fields| fields.first() == Some(&name) || fields.get(2) == Some(&name));
        let number = |entry: &Vec<&str>, at: usize| entry.get(at).and_then(|id| id.parse().ok());
        let uid = name
            .parse()
            .ok()
            .or_else(|| number(entry.as_ref()?, 2))
            .ok_or_else(|| {
                format!(
                    "the image's user {user:?} is not in its /etc/passwd; give it by number or add it there"
                )
            })?;
        let gid = if wanted_group.is_empty() {
            entry.and_then(|entry| number(&entry, 3)).unwrap_or(0)
        } else {
            let find = || lines(group).find(|fields| fields.first() == Some(&wanted_group));
            wanted_group.parse().ok().or_else(|| number(&find()?, 2)).ok_or_else(|| {
                format!("the image's group {wanted_group:?} is not in its /etc/group; give it by number or add it there")
            })?
        };
        Ok(Self { uid, gid })
    }
}

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

#[cfg(test)]
mod tests {
    use super::User;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65531:nonroot:/home/nonroot:\n";
    const GROUP: &str = "root:x:0:\nnonroot:x:65531:\nstaff:x:50:nonroot\n";

    fn parse(user: &str) -> Option<(u32, u32)> {
        User::parse(user, PASSWD, GROUP)
            .ok()
            .map(|user| (user.uid, user.gid))
    }

    #[test]
    fn by_number_and_by_name() {
        assert_eq!(parse(""), Some((0, 0)));
        assert_eq!(parse("65532"), Some((65532, 65531)));
        assert_eq!(parse("nonroot"), Some((65532, 65531)));
        assert_eq!(parse("nonroot:staff"), Some((65532, 50)));
        assert_eq!(parse("1234:5"), Some((1234, 5)));
        assert_eq!(parse("1234"), Some((1234, 0)));
    }

    #[test]
    fn unknown_names() {
        assert_eq!(parse("nobody"), None);
        assert_eq!(parse("0:nobody"), None);
    }
}
