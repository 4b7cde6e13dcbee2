//! The rules that every production image keeps, whatever its expectation file says of the rest.

use std::collections::BTreeSet;

use super::expectation::Expectation;
use crate::layout::Image;
use crate::report::Report;
use crate::tree::{Entry, Kind, Tree};
use crate::user::User;

const SHELLS: [&str; 12] = [
    "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "toybox", "zsh",
];
const SHOWN: usize = 5;

pub(super) fn check(expected: &Expectation, image: &Image, tree: &Tree<'_>, report: &mut Report) {
    let name = &image.config.run.user;
    let user = match User::find(name, tree) {
        Ok(user) => user,
        Err(error) => return report.check("user", "known", format!("{name:?}"), false, &error),
    };
    if !expected.allow_root {
        let hint = "set the image's user to one that is not root, e.g. 65532, or say \"allow_root\": true";
        report.check(
            "user",
            "not root",
            format!("uid {}", user.uid),
            user.uid != 0,
            hint,
        );
    }
    if !expected.allow_shell {
        let hint = "what a service does not run it does not ship: take it out, or say \"allow_shell\": true";
        none(
            report,
            "shells",
            tree.iter().filter(|entry| is_shell(entry)),
            hint,
        );
    }
    let setuid = tree.iter().filter(|entry| {
        entry.kind == Kind::File && entry.mode & 0o6000 != 0 && !expected.allow_setuid.contains(&entry.path)
    });
    none(
        report,
        "setuid or setgid",
        setuid,
        "chmod u-s,g-s it, or list it in \"allow_setuid\"",
    );

    let capable = tree
        .iter()
        .filter(|entry| entry.has_capabilities && !expected.allow_setuid.contains(&entry.path));
    none(
        report,
        "file capabilities",
        capable,
        "setcap -r it, or list it in \"allow_setuid\"",
    );

    let default = BTreeSet::from(["/tmp".to_owned()]);
    let allowed = expected.allow_writable.as_ref().unwrap_or(&default);
    let refused = |entry: &&Entry| !allowed.contains(&entry.path);
    let world = tree
        .iter()
        .filter(|entry| can_write(entry, 0o002))
        .filter(refused);
    none(
        report,
        "world-writable",
        world,
        "chmod o-w it, or list it in \"allow_writable\"",
    );
    // Root may write to everything anyway.
    let own = tree
        .iter()
        .filter(|entry| user.uid != 0 && can_write(entry, user_write_bit(entry, user)))
        .filter(refused);
    let hint =
        "let root own it, so that a service taken over can't change it, or list it in \"allow_writable\"";
    none(report, "writable by user", own, hint);
    let loose = tree
        .iter()
        .filter(|entry| entry.kind == Kind::Dir && entry.mode & 0o1002 == 0o002 && !refused(entry));
    none(report, "shared but not sticky", loose, "make it mode 1777");
}

fn none<'a>(report: &mut Report, name: &str, found: impl Iterator<Item = &'a Entry>, hint: &str) {
    let paths: Vec<_> = found.map(|entry| entry.path.as_str()).collect();
    let mut shown = paths.iter().take(SHOWN).copied().collect::<Vec<_>>().join(" ");
    if paths.is_empty() {
        "none".clone_into(&mut shown);
    } else if paths.len() > SHOWN {
        shown = format!("{shown} and {} more", paths.len() - SHOWN);
    }
    report.check(name, "none", shown, paths.is_empty(), hint);
}

fn is_shell(entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let runs = matches!(entry.kind, Kind::Symlink | Kind::Hardlink)
        || entry.kind == Kind::File && entry.mode & 0o111 != 0;
    runs && SHELLS.contains(&name)
}

fn can_write(entry: &Entry, bit: u32) -> bool {
    // A symlink's own mode means nothing.
    !matches!(entry.kind, Kind::Symlink) && entry.mode & bit != 0
}

fn user_write_bit(entry: &Entry, user: User) -> u32 {
    if entry.uid == u64::from(user.uid) {
        0o200
    } else if entry.gid == u64::from(user.gid) {
        0o020
    } else {
        0
    }
}
