//! Prints properties of the platform, a row of `table.txt`, or an error.

#![deny(unsafe_code)]

mod cxx;
mod libc;

use std::cell::Cell;
use std::fs::File;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// The first second that does not fit into an unsigned 32-bit time, in 2106.
const AFTER_32_BITS: u64 = 1 << 32;
/// The key of the page size in the auxiliary vector; see getauxval(3).
const AT_PAGESZ: usize = 6;

thread_local! {
    static COUNT: Cell<i32> = const { Cell::new(1) };
}

fn main() -> ExitCode {
    match row() {
        Ok(row) => {
            println!("{row}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::FAILURE
        }
    }
}

fn row() -> Result<String, String> {
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    Ok(format!(
        "{platform:<14}  {:<5}  {:<7}  {:<5}  {:<6}  {:<20}  {}",
        libc::name(),
        format!("{}-bit", usize::BITS),
        page_size()?,
        time()?,
        thread_local_storage()?,
        exceptions()?,
    ))
}

fn page_size() -> Result<usize, String> {
    let vector = std::fs::read("/proc/self/auxv").map_err(|error| format!("/proc/self/auxv: {error}"))?;
    let mut values = vector
        .chunks_exact(size_of::<usize>())
        .map(|bytes| usize::from_ne_bytes(bytes.try_into().unwrap_or_default()));
    while let (Some(kind), Some(value)) = (values.next(), values.next()) {
        if kind == AT_PAGESZ {
            return Ok(value);
        }
    }
    Err("/proc/self/auxv: no page size".to_owned())
}

/// Checks the width of `time_t`, and that the kernel stores a file time after 2106.
fn time() -> Result<&'static str, String> {
    let later = UNIX_EPOCH + Duration::from_secs(AFTER_32_BITS);
    let failed = |error: std::io::Error| format!("a file's time in 2106: {error}");
    let file = File::create("/tmp/time").map_err(failed)?;
    file.set_modified(later).map_err(failed)?;
    let found = file.metadata().and_then(|it| it.modified()).map_err(failed)?;
    match (libc::time_bytes(), found == later) {
        (8, true) => Ok("time64"),
        (bytes, kept) => Err(format!(
            "invalid time: expected 8 bytes and a stored 2106, found {bytes} bytes, stored: {kept}"
        )),
    }
}

/// Checks that C++ unwinds to a handler.
fn exceptions() -> Result<&'static str, String> {
    if cxx::catches_exceptions(c"probe") {
        Ok("caught")
    } else {
        Err("C++ exception not caught with its message".to_owned())
    }
}

/// Checks that thread-local values of Rust and C are separate in each thread.
fn thread_local_storage() -> Result<&'static str, String> {
    let count = |by| (COUNT.replace(COUNT.get() + by) + by, libc::count(by));
    let first = count(1);
    let others: Vec<_> = [10, 100].map(|by| thread::spawn(move || count(by))).into();
    let others: Vec<_> = others
        .into_iter()
        .map(|it| it.join().unwrap_or_default())
        .collect();
    let again = count(1);
    if first == (2, 2) && others == [(11, 11), (101, 101)] && again == (3, 3) {
        Ok("a thread's own")
    } else {
        Err(format!(
            "thread-local values are shared: {first:?} {others:?} {again:?}"
        ))
    }
}
