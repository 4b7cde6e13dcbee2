//! Users, groups and the name service switch.

use super::{Kind, Node, Tree};

const GROUP: &str = "\
root:x:0:
nobody:x:65534:
tty:x:5:
staff:x:50:
nonroot:x:65532:
";

const NSSWITCH: &str = "\
passwd:    files
group:     files
hosts:     files dns
networks:  files
protocols: files
services:  files
";

/// Adds `/etc/passwd`, `/etc/group` and `/etc/nsswitch.conf`.
pub fn add(tree: &mut Tree, kind: Kind) {
    let shell = match kind {
        Kind::Static => "/sbin/nologin",
        Kind::Busybox => "/bin/sh",
    };
    let passwd = format!(
        "root:x:0:0:root:/root:{shell}\n\
         nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n\
         nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
    );
    tree.add("etc/passwd", Node::file(0o644, passwd));
    tree.add("etc/group", Node::file(0o644, GROUP));
    tree.add("etc/nsswitch.conf", Node::file(0o644, NSSWITCH));
}
