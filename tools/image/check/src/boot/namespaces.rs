//! Linux namespaces, created without privileges.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{recv, sendto, socket_with, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::process::{getegid, geteuid};
use rustix::thread::{
    capabilities, configure_capability_in_ambient_set, set_capabilities, unshare_unsafe, CapabilitySet,
    UnshareFlags,
};

use crate::user::User;

/// Capabilities that the init process needs although its user is not root in the user namespace.
const INHERITED: [CapabilitySet; 3] = [
    CapabilitySet::SYS_ADMIN,
    CapabilitySet::SETPCAP,
    CapabilitySet::DAC_OVERRIDE,
];

/// Moves this process, which must have one thread, into new namespaces in which it runs as `user`. Its first child is
/// the init of a new PID namespace.
pub(super) fn enter(user: &User) -> Result<(), String> {
    let (outer_user, outer_group) = (geteuid().as_raw(), getegid().as_raw());
    let flags = UnshareFlags::NEWUSER
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    unshare(flags).map_err(|error| {
        format!(
            "cannot create a user namespace: {error}; allow unprivileged processes to: kernel.unprivileged_userns_clone=1, \
             user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0"
        )
    })?;
    let write = |file: &str, text: String| {
        fs::write(file, text).map_err(|error| {
            format!("cannot write {file}: {error}; a security module may restrict user namespaces (kernel.apparmor_restrict_unprivileged_userns)")
        })
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/gid_map", format!("{} {} 1", user.gid, outer_group))?;
    write("/proc/self/uid_map", format!("{} {} 1", user.uid, outer_user))?;
    loopback_up().map_err(|error| format!("cannot bring the loopback interface up: {error}"))?;
    pass_capabilities().map_err(|error| format!("cannot pass capabilities to the init process: {error}"))
}

#[allow(unsafe_code)]
fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: unsafe only for UnshareFlags::FILES, which no caller passes.
    unsafe { unshare_unsafe(flags.difference(UnshareFlags::FILES)) }
}

/// Moves this process into a new mount namespace.
pub(super) fn unshare_mounts() -> rustix::io::Result<()> {
    unshare(UnshareFlags::NEWNS)
}

/// Makes capabilities ambient, so that they survive the execution of the init process.
fn pass_capabilities() -> rustix::io::Result<()> {
    let mut sets = capabilities(None)?;
    for capability in INHERITED {
        sets.inheritable |= capability;
    }
    set_capabilities(None, sets)?;
    INHERITED
        .into_iter()
        .try_for_each(|capability| configure_capability_in_ambient_set(capability, true))
}

/// Brings the loopback interface up by netlink; the ioctl would need unsafe code.
fn loopback_up() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const LOOPBACK: i32 = 1;
    const IFF_UP: u32 = 1;
    let mut message = Vec::new();
    // struct nlmsghdr: length, type, flags, sequence, port.
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    message.extend([0; 8]);
    // struct ifinfomsg: family, type, index, flags, which flags to change.
    message.extend([0; 4]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());

    // Protocol 0 is NETLINK_ROUTE.
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    sendto(
        &socket,
        &message,
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 0),
    )?;
    let mut reply = [0; 1024];
    recv(&socket, reply.as_mut_slice(), RecvFlags::empty())?;
    // struct nlmsgerr follows the header: a negated errno, or 0.
    match reply
        .get(16..20)
        .and_then(|bytes| bytes.try_into().ok())
        .map(i32::from_ne_bytes)
    {
        Some(0) => Ok(()),
        Some(error) => Err(Errno::from_raw_os_error(-error).into()),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}
