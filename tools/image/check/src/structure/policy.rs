//! The rules for production images.

use std::collections::BTreeSet;

use super::expectation::Expectation;
use crate::image::Image;
use crate::report::Report;
use crate::tar::Kind;
use crate::tree::{Entry, Tree};
use crate::user::User;
use crate::xattr;

const SHELLS: [&str; 12] = [
    "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "toybox", "zsh",
];
/// Number of paths that a failure lists.
const MAX_PATHS: usize = 5;

pub(super) fn check(expected: &Expectation, image: &Image, tree: &Tree<'_>, report: &mut Report) {
    let name = &image.config.run.user;
    let user = match User::resolve(name, tree) {
        Ok(user) => user,
        Err(error) => return report.check("user", "known", format!("{name:?}"), false, &error),
    };
    if !expected.allow_root {
        let hint = "set the image's user to a user other than root, as in 65532, or set \"allow_root\": true";
        report.check(
            "user",
            "not root",
            format!("uid {}", user.uid),
            user.uid != 0,
            hint,
        );
    }
    if !expected.allow_shell {
        let hint = "remove the shell, which the service does not run, or set \"allow_shell\": true";
        check_none(
            report,
            "shells",
            tree.iter().filter(|entry| is_shell(entry)),
            hint,
        );
    }
    let setuid = tree.iter().filter(|entry| {
        let inode = &entry.inode;
        inode.kind == Kind::File && inode.mode & 0o6000 != 0 && !expected.allow_setuid.contains(&entry.path)
    });
    check_none(
        report,
        "setuid or setgid",
        setuid,
        "remove the bits with chmod u-s,g-s, also from its hard links in the tar, or list it in \"allow_setuid\"",
    );
    check_xattrs(expected, tree, report);
    let devices = tree
        .iter()
        .filter(|entry| matches!(entry.inode.kind, Kind::CharDevice | Kind::BlockDevice));
    let hint = "remove it: engines mount their own /dev";
    check_none(report, "device nodes", devices, hint);

    let default = BTreeSet::from(["/tmp".to_owned()]);
    let allowed = expected.allow_writable.as_ref().unwrap_or(&default);
    let is_refused = |entry: &&Entry| !allowed.contains(&entry.path);
    let world = tree
        .iter()
        .filter(|entry| can_write(entry, 0o002))
        .filter(is_refused);
    check_none(
        report,
        "world-writable",
        world,
        "run chmod o-w, or list it in \"allow_writable\"",
    );
    // Root can write to every file.
    let own = tree
        .iter()
        .filter(|entry| user.uid != 0 && user_can_write(entry, &user))
        .filter(is_refused);
    let hint =
        "change its owner to root, so that a compromised service cannot modify it, or list it in \"allow_writable\"";
    check_none(report, "writable by user", own, hint);
    let loose = tree.iter().filter(|entry| {
        entry.inode.kind == Kind::Dir && entry.inode.mode & 0o1002 == 0o002 && !is_refused(entry)
    });
    check_none(report, "shared but not sticky", loose, "set its mode to 1777");
}

fn check_none<'a>(report: &mut Report, name: &str, found: impl Iterator<Item = &'a Entry>, hint: &str) {
    let paths: Vec<_> = found.map(|entry| entry.path.clone()).collect();
    check_no_text(report, name, &paths, hint);
}

fn check_no_text(report: &mut Report, name: &str, found: &[String], hint: &str) {
    let mut shown = found
        .iter()
        .take(MAX_PATHS)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    if found.is_empty() {
        "none".clone_into(&mut shown);
    } else if found.len() > MAX_PATHS {
        shown = format!("{shown} and {} more", found.len() - MAX_PATHS);
    }
    report.check(name, "none", shown, found.is_empty(), hint);
}

fn is_shell(entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let is_executable =
        entry.inode.kind == Kind::Symlink || entry.inode.kind == Kind::File && entry.inode.mode & 0o111 != 0;
    is_executable && SHELLS.contains(&name)
}

fn can_write(entry: &Entry, bit: u32) -> bool {
    // The mode of a symlink has no effect.
    entry.inode.kind != Kind::Symlink && entry.inode.mode & bit != 0
}

/// An owner can always write: it can change the mode.
fn user_can_write(entry: &Entry, user: &User) -> bool {
    let inode = &entry.inode;
    let in_group = inode.gid == user.gid || user.groups.contains(&inode.gid);
    inode.kind != Kind::Symlink && inode.uid == user.uid || in_group && can_write(entry, 0o020)
}

/// Checks extended attributes, which can grant permissions beyond owner and mode.
fn check_xattrs(expected: &Expectation, tree: &Tree<'_>, report: &mut Report) {
    let capable = tree.iter().filter(|entry| {
        entry.inode.xattrs.contains_key(xattr::CAPABILITY)
            && !expected.allow_capabilities.contains(&entry.path)
    });
    let hint = "run setcap -r, or list it in \"allow_capabilities\"";
    check_none(report, "file capabilities", capable, hint);
    let acls = tree
        .iter()
        .filter(|entry| entry.inode.xattrs.keys().any(|name| xattr::is_acl(name)));
    let hint = "run setfacl --remove-all --remove-default: podman and docker apply lists differently";
    check_none(report, "access control lists", acls, hint);
    let is_refused = |name: &str| {
        let has_own_rule = name == xattr::CAPABILITY || xattr::is_acl(name) || xattr::is_user(name);
        !has_own_rule && !expected.allow_xattrs.contains(name)
    };
    let other = tree.iter().flat_map(|entry| {
        let names = entry.inode.xattrs.keys().filter(|name| is_refused(name));
        names.map(move |name| format!("{name} of {}", entry.path))
    });
    let hint = "run tar without --xattrs, or list the attribute in \"allow_xattrs\"";
    check_no_text(report, "extended attributes", &other.collect::<Vec<_>>(), hint);
}
