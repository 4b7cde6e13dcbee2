//! The rules that every production image keeps, whatever its expectation file says of the rest.

use std::collections::BTreeSet;

use super::expectation::Expectation;
use crate::layout::Image;
use crate::report::Report;
use crate::tar::Kind;
use crate::tree::{Entry, Tree};
use crate::user::User;
use crate::xattr;

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
        "chmod u-s,g-s it, each of its hard links in the tar too, or list it in \"allow_setuid\"",
    );
    attributes(expected, tree, report);
    let devices = tree
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice));
    let hint = "leave it out: engines mount a /dev of their own";
    none(report, "device nodes", devices, hint);

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
        .filter(|entry| user.uid != 0 && user_can_write(entry, &user))
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
    let paths: Vec<_> = found.map(|entry| entry.path.clone()).collect();
    report_none(report, name, &paths, hint);
}

fn report_none(report: &mut Report, name: &str, found: &[String], hint: &str) {
    let mut shown = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
    if found.is_empty() {
        "none".clone_into(&mut shown);
    } else if found.len() > SHOWN {
        shown = format!("{shown} and {} more", found.len() - SHOWN);
    }
    report.check(name, "none", shown, found.is_empty(), hint);
}

fn is_shell(entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let runs = entry.kind == Kind::Symlink || entry.kind == Kind::File && entry.mode & 0o111 != 0;
    runs && SHELLS.contains(&name)
}

fn can_write(entry: &Entry, bit: u32) -> bool {
    // A symlink's own mode means nothing.
    !matches!(entry.kind, Kind::Symlink) && entry.mode & bit != 0
}

/// An owner can give itself what the mode lacks.
fn user_can_write(entry: &Entry, user: &User) -> bool {
    let in_group = entry.gid == user.gid || user.groups.contains(&entry.gid);
    entry.kind != Kind::Symlink && entry.uid == user.uid || in_group && can_write(entry, 0o020)
}

/// What gives rights or has a meaning beside owner and mode.
fn attributes(expected: &Expectation, tree: &Tree<'_>, report: &mut Report) {
    let capable = tree.iter().filter(|entry| {
        entry.xattrs.contains_key(xattr::CAPABILITY) && !expected.allow_capabilities.contains(&entry.path)
    });
    let hint = "setcap -r it, or list it in \"allow_capabilities\"";
    none(report, "file capabilities", capable, hint);
    let acls = tree
        .iter()
        .filter(|entry| entry.xattrs.keys().any(|name| xattr::is_acl(name)));
    let hint = "setfacl --remove-all --remove-default it: podman and docker apply it differently";
    none(report, "access control lists", acls, hint);
    let refused = |name: &str| {
        let has_own_rule = name == xattr::CAPABILITY || xattr::is_acl(name) || xattr::is_user(name);
        !has_own_rule && !expected.allow_xattrs.contains(name)
    };
    let other = tree.iter().flat_map(|entry| {
        let names = entry.xattrs.keys().filter(|name| refused(name));
        names.map(move |name| format!("{name} of {}", entry.path))
    });
    let hint = "run tar without --xattrs, or list the attribute in \"allow_xattrs\"";
    report_none(report, "extended attributes", &other.collect::<Vec<_>>(), hint);
}
