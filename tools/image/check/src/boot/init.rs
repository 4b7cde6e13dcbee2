//! The init process: process 1 of the PID namespace creates the root filesystem and executes the program.

use std::convert::Infallible;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{symlink, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::mount::{
    mount, mount_bind, mount_bind_recursive, mount_change, mount_remount, unmount, MountFlags,
    MountPropagationFlags, UnmountFlags,
};
use rustix::process::{chdir, pivot_root, set_parent_process_death_signal, Signal};
use rustix::stdio::{dup2_stdin, stdin};
use rustix::thread::{
    capability_is_in_bounding_set, remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
    CapabilitySet, CapabilitySets,
};

use super::container::monotonic_time;
use super::namespaces::unshare_mounts;
use super::plan::{Plan, Reply};
use crate::image::Image;
use crate::tar::Kind;
use crate::tree::{Entry, Tree};
use crate::Error;

const DEVICES: [&str; 5] = ["full", "null", "random", "urandom", "zero"];
/// The emulator's name in /dev, which is not the image's, so that the image's files stay unchanged.
const EMULATOR: &str = "emulator";
const TMPFS: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

/// Reads a plan from the socket at standard input and executes the program; returns only on failure.
pub(crate) fn run() -> Result<bool, Error> {
    let mut socket = UnixStream::from(stdin().try_clone_to_owned()?);
    let Err(failed) = start(&mut socket);
    let reply = serde_json::to_vec(&Reply::Failed(failed.clone())).unwrap_or_default();
    socket.write_all(&reply)?;
    Err(Error::Failed(failed))
}

fn start(socket: &mut UnixStream) -> Result<Infallible, String> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    socket.read_to_end(&mut json).map_err(|error| error.to_string())?;
    // Fails if the parent exited before its death signal was set.
    let plan: Plan = serde_json::from_slice(&json).map_err(|error| format!("invalid plan: {error}"))?;
    let null = File::open("/dev/null").map_err(context("open /dev/null"))?;
    dup2_stdin(&null).map_err(context("set standard input"))?;

    let proc = create_root(&plan)?;
    enter_root(&plan.root).map_err(context("change the root directory"))?;
    drop_privileges().map_err(context("drop the capabilities"))?;
    let ready = serde_json::to_vec(&Reply::Ready {
        proc,
        at: monotonic_time(),
    })
    .map_err(|error| error.to_string())?;
    socket.write_all(&ready).map_err(context("reply"))?;
    let Some((program, arguments)) = plan.argv.split_first() else {
        return Err("no entrypoint".to_owned());
    };
    let error = command(plan.emulator.is_some(), program)
        .args(arguments)
        .env_clear()
        .envs(&plan.env)
        .current_dir(&plan.working_dir)
        .exec();
    let hint = plan.emulator.as_ref().map_or_else(String::new, |emulator| {
        format!("; the emulator {} must be a static program", emulator.display())
    });
    Err(format!(
        "cannot start {program} as uid {} in {}: {error}{hint}",
        plan.uid, plan.working_dir
    ))
}

fn command(emulated: bool, program: &str) -> Command {
    if !emulated {
        return Command::new(program);
    }
    let mut emulator = Command::new(Path::new("/dev").join(EMULATOR));
    // The program's argv[0], then its path.
    emulator.args(["-0", program, program]);
    emulator
}

fn context<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("cannot {what}: {error}")
}

/// Unpacks the image into memory and mounts the filesystems that a container engine mounts; returns the origin of /proc.
fn create_root(plan: &Plan) -> Result<String, String> {
    let image = Image::open(&plan.layout, plan.platform.as_deref()).map_err(|error| error.to_string())?;
    let tree = Tree::new(&image).map_err(|error| error.to_string())?;
    unshare_mounts().map_err(context("create a mount namespace"))?;
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
        .map_err(context("make the mounts private"))?;
    mount_tmpfs(&plan.root, 0o755).map_err(context("mount a filesystem in memory"))?;
    unpack(&tree, plan)?;

    let proc = plan.root.join("proc");
    let dev = plan.root.join("dev");
    for dir in [&proc, &dev] {
        fs::create_dir_all(dir).map_err(context("create the mount points"))?;
    }
    let proc = mount_proc(&proc);
    mount_dev(&dev, plan.emulator.as_deref()).map_err(context("mount /dev"))?;
    if plan.root.join("tmp").is_dir() {
        mount_tmpfs(&plan.root.join("tmp"), 0o1777).map_err(context("mount /tmp"))?;
    }
    for volume in &plan.volumes {
        mount_volume(plan, volume).map_err(context(&format!("mount the volume {volume}")))?;
    }
    remount_read_only(&plan.root).map_err(context("make the root read-only"))?;
    Ok(proc.to_owned())
}

/// A new volume has the owner of its directory in the image, or root if there is none.
fn mount_volume(plan: &Plan, path: &str) -> io::Result<()> {
    let at = plan.root.join(path.trim_start_matches('/'));
    let mode = match fs::metadata(&at) {
        Ok(metadata) => metadata.permissions().mode() & 0o7777,
        Err(_) if plan.uid == 0 => 0o755,
        Err(_) => 0o555,
    };
    fs::create_dir_all(&at)?;
    mount_tmpfs(&at, mode)
}

fn mount_tmpfs(at: &Path, mode: u32) -> io::Result<()> {
    mount("tmpfs", at, "tmpfs", TMPFS, None)?;
    fs::set_permissions(at, Permissions::from_mode(mode))
}

fn remount_read_only(at: &Path) -> rustix::io::Result<()> {
    mount_remount(at, MountFlags::BIND | MountFlags::RDONLY | TMPFS, "")
}

/// The kernel rejects a new /proc if parts of the current one are hidden, as in containers.
fn mount_proc(at: &Path) -> &'static str {
    if mount("proc", at, "proc", TMPFS | MountFlags::NOEXEC, None).is_ok() {
        "new"
    } else if mount_bind_recursive("/proc", at).is_ok() {
        "the host's"
    } else {
        "none"
    }
}

fn mount_dev(dev: &Path, emulator: Option<&Path>) -> io::Result<()> {
    mount_tmpfs(dev, 0o755)?;
    let bind = |from: &Path, at: PathBuf| {
        File::create(&at)?;
        mount_bind(from, &at).map_err(io::Error::from)
    };
    for device in DEVICES {
        bind(&Path::new("/dev").join(device), dev.join(device))?;
    }
    if let Some(emulator) = emulator {
        bind(emulator, dev.join(EMULATOR))?;
    }
    remount_read_only(dev)?;
    Ok(())
}

fn unpack(tree: &Tree<'_>, plan: &Plan) -> Result<(), String> {
    let at = |path: &str| -> PathBuf { plan.root.join(path.trim_start_matches('/')) };
    for entry in tree.iter() {
        write_entry(tree, entry, plan, &at(&entry.path))
            .map_err(context(&format!("unpack {}", entry.path)))?;
    }
    // Last, and from the bottom up: afterwards a directory may not be writable.
    for entry in tree.iter().rev().filter(|entry| entry.inode.kind == Kind::Dir) {
        let permissions = Permissions::from_mode(mode_for(entry, plan));
        fs::set_permissions(at(&entry.path), permissions).map_err(context(&entry.path))?;
    }
    Ok(())
}

fn write_entry(tree: &Tree<'_>, entry: &Entry, plan: &Plan, at: &Path) -> io::Result<()> {
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent)?;
    }
    match entry.inode.kind {
        Kind::Dir => fs::create_dir_all(at),
        Kind::Symlink => symlink(&entry.inode.link, at),
        Kind::File => {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(at)?;
            file.write_all(tree.content(entry))?;
            file.set_permissions(Permissions::from_mode(mode_for(entry, plan)))
        }
        Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => Ok(()),
    }
}

/// The mode whose owner bits are the permissions of the image's user: the namespace has one user, who owns all files.
fn mode_for(entry: &Entry, plan: &Plan) -> u32 {
    let inode = &entry.inode;
    let shift = if plan.uid == 0 || inode.uid == plan.uid {
        6
    } else if inode.gid == plan.gid || plan.groups.contains(&inode.gid) {
        3
    } else {
        0
    };
    (inode.mode & 0o7077) | (((inode.mode >> shift) & 0o7) << 6)
}

fn enter_root(root: &Path) -> rustix::io::Result<()> {
    chdir(root)?;
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    chdir("/")
}

fn drop_privileges() -> rustix::io::Result<()> {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match capability_is_in_bounding_set(capability) {
            Ok(true) => remove_capability_from_bounding_set(capability)?,
            Ok(false) => {}
            // The kernel defines no further capabilities.
            Err(_) => break,
        }
    }
    let none = CapabilitySet::empty();
    set_capabilities(
        None,
        CapabilitySets {
            effective: none,
            permitted: none,
            inheritable: none,
        },
    )?;
    set_no_new_privs(true)
}
