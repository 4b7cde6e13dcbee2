//! Writes what a platform is, seen from inside an image: a row of the table in `table.txt`, or why it can't.

#![deny(unsafe_code)]

mod cxx;
mod libc;

use std::cell::Cell;
use std::fs::File;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// The first second that an unsigned 32-bit time can't hold, in 2106.
const AFTER_32_BITS: u64 = 1 << 32;
/// Of the auxiliary vector, which the kernel hands to every process.
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
    let mut words = vector
        .chunks_exact(size_of::<usize>())
        .map(|bytes| usize::from_ne_bytes(bytes.try_into().unwrap_or_default()));
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        if kind == AT_PAGESZ {
            return Ok(value);
        }
    }
    Err("/proc/self/auxv has no page size".to_owned())
}

/// C's type is wide enough, and a time past 32 bits comes back from the kernel as it went in.
fn time() -> Result<&'static str, String> {
    let later = UNIX_EPOCH + Duration::from_secs(AFTER_32_BITS);
    let failed = |error: std::io::Error| format!("a file's time in 2106: {error}");
    let file = File::create("/tmp/time").map_err(failed)?;
    file.set_modified(later).map_err(failed)?;
    let found = file.metadata().and_then(|it| it.modified()).map_err(failed)?;
    match (libc::time_bytes(), found == later) {
        (8, true) => Ok("time64"),
        (bytes, kept) => Err(format!("time_t has {bytes} bytes; 2106 is kept: {kept}")),
    }
}

/// C++ unwinds to a handler.
fn exceptions() -> Result<&'static str, String> {
    if cxx::catches(c"probe") {
        Ok("caught")
    } else {
        Err("a C++ exception is not caught with its message".to_owned())
    }
}

/// Every thread starts with values of its own, in Rust and in C, and leaves the others' alone.
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
