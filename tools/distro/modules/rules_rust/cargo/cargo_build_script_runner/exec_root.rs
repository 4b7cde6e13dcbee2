//! The paths of the execution root and of `OUT_DIR` in build scripts, and the symlinks and Rust sources that they leave in `OUT_DIR`.
//!
//! Each sandbox has another path, and build scripts compile such paths into programs: OpenSSL contains the path of its compiler and its
//! installation directory. The runner therefore runs itself in a mount namespace with both directories at fixed paths. Where the kernel
//! refuses the namespace, scripts run with the paths of the sandbox, and a warning names the outputs that contain them.

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int, c_uint, c_ulong, c_void};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::{env, fs, io, process, ptr};

/// `CARGO_MANIFEST_DIR` of compile actions for the execution platform starts with it: see rules_rust.sh.
const PLACEHOLDER: &str = "/proc/self/cwd/./.";

/// An empty directory of each Debian system. Not in /tmp: a program must not trust a path that any user can create at its run time.
const MOUNT_POINT: &str = "/usr/local/src";

/// The execution root in the mount namespace, of the length of the placeholder.
const EXEC_ROOT: &str = "/usr/local/src/pwd";

/// `OUT_DIR` in the mount namespace. Scripts expect cargo's target directory three levels above.
const OUT_DIR: &str = "/usr/local/src/target/build/package/out";

/// The execution root in outputs of the runner, which rules_rust replaces by its path.
const VARIABLE: &str = "${pwd}";

/// Calls `runner` with the execution root and `OUT_DIR` at fixed paths, in a copy of this process, or at those of the sandbox, in this one.
///
/// # Errors
///
/// `runner` fails, or an output of the build script cannot be read.
pub fn run(runner: fn() -> Result<(), String>) -> Result<(), String> {
    if is_mounted() {
        return runner();
    }
    match run_mounted() {
        Ok(status) => process::exit(status.code().unwrap_or(1)),
        Err(error) => {
            runner()?;
            warn_of_paths(&error)
                .map_err(|error| format!("cannot read the outputs of the build script: {error}"))
        }
    }
}

/// Returns the path of `OUT_DIR` for the build script.
pub fn out_dir(exec_root: &Path, argument: String) -> PathBuf {
    if is_mounted() {
        PathBuf::from(OUT_DIR)
    } else {
        exec_root.join(argument)
    }
}

/// Copies a file of the package, with its time, which make compares, so that the build script can write over it; links other files.
///
/// # Errors
///
/// Reading or writing fails.
pub fn place(source: &Path, target: &Path) -> io::Result<()> {
    let is_of_package =
        env::var_os("CARGO_MANIFEST_DIR").map_or(false, |package| target.starts_with(package));
    if !is_of_package || !source.is_file() {
        return std::os::unix::fs::symlink(source, target);
    }
    fs::copy(source, target)?;
    let metadata = fs::metadata(source)?;
    fs::set_permissions(target, fs::Permissions::from_mode(metadata.mode() | 0o200))?;
    fs::OpenOptions::new()
        .write(true)
        .open(target)?
        .set_modified(metadata.modified()?)
}

/// Replaces the paths of the execution root, of the package and of `OUT_DIR` by a variable, which the process wrapper expands.
///
/// Exits with an error if the value contains the variable itself, which the process wrapper would expand, too.
pub fn redact(value: &str, root: &str) -> String {
    if value.contains(VARIABLE) {
        eprintln!(
            "unsupported output \"{value}\" of the build script: rules_rust replaces {VARIABLE} by a path"
        );
        process::exit(1);
    }
    let mut value = value.to_owned();
    if let Some((from, to)) = package_paths(root, VARIABLE) {
        value = value.replace(&from, &to);
    }
    if is_mounted() {
        if let Some(out_dir) = out_dir_argument() {
            value = value.replace(OUT_DIR, &format!("{VARIABLE}/{out_dir}"));
        }
    }
    replace_root(&value.replace(&exec_root(), VARIABLE), root, VARIABLE)
}

/// Replaces the path of the execution root.
///
/// A worker of remote execution may have it at `/`, where other absolute paths start, too. Paths of build scripts are in its `bazel-out`.
fn replace_root(text: &str, root: &str, by: &str) -> String {
    if root != "/" {
        return text.replace(root, by);
    }
    // The path of `${pwd}/bazel-out` starts with two slashes.
    text.replace("//bazel-out/", "/bazel-out/")
        .replace("/bazel-out/", &format!("{by}/bazel-out/"))
        .replace(&by.repeat(2), by)
}

/// Returns the path of the execution root, the working directory of this process, with the length of the placeholder.
///
/// Unlike the placeholder, it is valid in processes with another working directory, such as make.
fn exec_root() -> String {
    if is_mounted() {
        return EXEC_ROOT.to_owned();
    }
    let path = format!("/proc/{}/cwd", process::id());
    format!("{:/<width$}", path, width = PLACEHOLDER.len())
}

/// Writes a copy of the program in which `exec_root` replaces the placeholder.
///
/// Returns the path of the program to run: that of the copy, or the program's if it does not contain the placeholder.
///
/// # Errors
///
/// Reading or writing fails.
pub fn replace_placeholder(program: &Path, copy: &Path) -> io::Result<PathBuf> {
    let mut content = fs::read(program)?;
    if !replace(&mut content, PLACEHOLDER.as_bytes(), exec_root().as_bytes()) {
        return Ok(program.to_owned());
    }
    fs::write(copy, content)?;
    fs::set_permissions(copy, fs::metadata(program)?.permissions())?;
    Ok(copy.to_owned())
}

/// Replaces all occurrences of `from` by `to`, of the same length; returns whether there were any.
fn replace(content: &mut [u8], from: &[u8], to: &[u8]) -> bool {
    let mut start = 0;
    while let Some(at) = find(&content[start..], from) {
        content[start + at..start + at + to.len()].copy_from_slice(to);
        start += at + to.len();
    }
    start > 0
}

fn find(content: &[u8], text: &[u8]) -> Option<usize> {
    let mut start = 0;
    while let Some(first) = content[start..].iter().position(|byte| *byte == text[0]) {
        start += first;
        if content[start..].starts_with(text) {
            return Some(start);
        }
        start += 1;
    }
    None
}

fn is_mounted() -> bool {
    env::current_dir().map_or(false, |directory| directory == Path::new(EXEC_ROOT))
}

/// The directory of the build script's outputs, relative to the execution root.
fn out_dir_argument() -> Option<String> {
    env::args().find_map(|argument| argument.strip_prefix("--out_dir=").map(str::to_owned))
}

fn run_mounted() -> io::Result<ExitStatus> {
    let invalid = |message: &str| io::Error::new(io::ErrorKind::InvalidInput, message);
    let out_dir = out_dir_argument().ok_or_else(|| invalid("missing --out_dir"))?;
    fs::create_dir_all(&out_dir)?;
    let out_dir = CString::new(out_dir)?;
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1));
    // SAFETY: this process has one thread, so its child may allocate.
    unsafe { command.pre_exec(move || mount_directories(&out_dir)) };
    command.status()
}

extern "C" {
    fn geteuid() -> c_uint;
    fn getegid() -> c_uint;
    fn unshare(flags: c_int) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
}

/// Moves this process, which must have one thread, into a namespace with the working directory and `out_dir` at the fixed paths.
fn mount_directories(out_dir: &CStr) -> io::Result<()> {
    const CLONE_NEWNS: c_int = 0x0002_0000;
    const CLONE_NEWUSER: c_int = 0x1000_0000;
    // SAFETY: these functions access no memory of this process.
    let (user, group) = unsafe { (geteuid(), getegid()) };
    // SAFETY: as above.
    check(unsafe { unshare(CLONE_NEWUSER | CLONE_NEWNS) })?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("{} {} 1", group, group))?;
    fs::write("/proc/self/uid_map", format!("{} {} 1", user, user))?;
    mount_temporary(&CString::new(MOUNT_POINT)?)?;
    for (source, target) in &[(CString::new(".")?.as_c_str(), EXEC_ROOT), (out_dir, OUT_DIR)] {
        fs::create_dir_all(target)?;
        bind(source, &CString::new(*target)?)?;
    }
    env::set_current_dir(EXEC_ROOT)
}

fn mount_temporary(target: &CStr) -> io::Result<()> {
    let kind = CString::new("tmpfs")?;
    // SAFETY: the strings outlive the call.
    check(unsafe { mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), 0, ptr::null()) })
}

/// Mounts with all mounts below: the kernel refuses to separate those of another user namespace.
fn bind(source: &CStr, target: &CStr) -> io::Result<()> {
    const MS_BIND: c_ulong = 4096;
    const MS_REC: c_ulong = 16384;
    // SAFETY: the strings outlive the call.
    check(unsafe {
        mount(
            source.as_ptr(),
            target.as_ptr(),
            ptr::null(),
            MS_BIND | MS_REC,
            ptr::null(),
        )
    })
}

fn check(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Makes the files that the build script left in `OUT_DIR` valid in later actions.
///
/// - Symlinks to files in `OUT_DIR` become relative, copies replace those to other files, and those that are dangling or lead to a parent
///   directory are removed.
/// - In Rust sources, paths in `OUT_DIR`, in the package and in the execution root become those of compile actions.
///
/// # Errors
///
/// Reading or writing fails.
pub fn make_portable() -> Result<(), String> {
    let out_dir = match out_dir_argument() {
        Some(out_dir) => out_dir,
        None => return Ok(()),
    };
    replace_symlinks_in(Path::new(&out_dir))
        .map_err(|error| format!("cannot replace the symlinks in OUT_DIR: {error}"))?;
    replace_paths_in(&out_dir).map_err(|error| format!("cannot replace the paths in OUT_DIR: {error}"))
}

/// Replaces the paths of this action in the Rust sources that the build script wrote.
fn replace_paths_in(out_dir: &str) -> io::Result<()> {
    let root = env::current_dir()?.to_string_lossy().into_owned();
    let mut paths = Vec::new();
    paths.extend(package_paths(&root, PLACEHOLDER));
    if is_mounted() {
        paths.push((OUT_DIR.to_owned(), format!("{PLACEHOLDER}/{out_dir}")));
    }
    visit(Path::new(out_dir), &mut |path, kind| {
        if !kind.is_file() || path.extension() != Some("rs".as_ref()) {
            return Ok(());
        }
        let content = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(()),
            content => content?,
        };
        let mut portable = content.clone();
        for (from, to) in &paths {
            portable = portable.replace(from, to);
        }
        portable = replace_root(&portable, &root, PLACEHOLDER);
        if portable != content {
            fs::remove_file(path)?;
            fs::write(path, portable)?;
        }
        Ok(())
    })
}

/// Returns the path of the package's copy in this action, and that of its sources in later ones, in the execution root `by`.
fn package_paths(root: &str, by: &str) -> Option<(String, String)> {
    let package = env::var("CARGO_MANIFEST_DIR").ok()?;
    let (_, repository) = package.split_once(".cargo_runfiles/")?;
    let source = match repository.strip_prefix("_main") {
        Some(directory) => format!("{by}{directory}"),
        None => format!("{by}/external/{repository}"),
    };
    let copy = Path::new(root).join(&package);
    Some((copy.to_string_lossy().into_owned(), source))
}

/// In the mount namespace the directory has a second path, `OUT_DIR`.
fn replace_symlinks_in(out_dir: &Path) -> io::Result<()> {
    let root = if is_mounted() { Path::new(OUT_DIR) } else { out_dir };
    let root = fs::canonicalize(root)?;
    let mut parents = vec![root.clone(), fs::canonicalize(out_dir)?];
    visit(&root, &mut |link, kind| {
        if !kind.is_symlink() {
            return Ok(());
        }
        let target = fs::canonicalize(link);
        fs::remove_file(link)?;
        match target {
            Ok(target) if link.starts_with(&target) => Ok(()),
            Ok(target) => match target.strip_prefix(&root) {
                Ok(inner) => std::os::unix::fs::symlink(relative(&root, link, inner), link),
                Err(_) => copy(&target, link, &mut parents),
            },
            Err(_) => Ok(()),
        }
    })
}

/// Returns the target of a symlink in `root` to the path `target` in it.
fn relative(root: &Path, link: &Path, target: &Path) -> PathBuf {
    let depth = link
        .strip_prefix(root)
        .map_or(0, |path| path.components().count() - 1);
    let up: PathBuf = (0..depth).map(|_| "..").collect();
    Path::new(".").join(up).join(target)
}

/// Copies a file or a directory with the targets of its symlinks, except those that contain a directory of `parents`.
fn copy(source: &Path, target: &Path, parents: &mut Vec<PathBuf>) -> io::Result<()> {
    if parents.iter().any(|parent| parent.starts_with(source)) {
        return Ok(());
    }
    if source.is_file() {
        return fs::copy(source, target).map(|_| ());
    }
    if !source.is_dir() {
        return Ok(());
    }
    fs::create_dir(target)?;
    parents.push(source.to_owned());
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        if let Ok(source) = fs::canonicalize(entry.path()) {
            copy(&source, &target.join(entry.file_name()), parents)?;
        }
    }
    parents.pop();
    Ok(())
}

/// Names an output that contains the path of the execution root, which differs between sandboxes and workers.
fn warn_of_paths(cause: &io::Error) -> io::Result<()> {
    let root = env::current_dir()?;
    let mut first = None;
    // A worker of remote execution may have all execution roots at `/`.
    if let Some(out_dir) = out_dir_argument().filter(|_| root != Path::new("/")) {
        visit(Path::new(&out_dir), &mut |path, kind| {
            if first.is_none()
                && kind.is_file()
                && find(&fs::read(path)?, root.as_os_str().as_bytes()).is_some()
            {
                first = Some(path.to_owned());
            }
            Ok(())
        })?;
    }
    if let Some(path) = first {
        eprintln!(
            "build script output \"{}\" contains the path \"{}\" and is not reproducible: cannot mount the execution root at {}: {}; expected \
             that directory and user namespaces where build scripts run:\n    sysctl -w user.max_user_namespaces=15000",
            path.display(),
            root.display(),
            MOUNT_POINT,
            cause
        );
    }
    Ok(())
}

/// Calls `action` for all files and symlinks below a directory, sorted by name.
fn visit(directory: &Path, action: &mut dyn FnMut(&Path, fs::FileType) -> io::Result<()>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            visit(&entry.path(), action)?;
        } else {
            action(&entry.path(), kind)?;
        }
    }
    Ok(())
}
