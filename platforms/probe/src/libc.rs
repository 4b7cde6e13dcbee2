//! What `libc.c` says.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, CStr};

extern "C" {
    fn probe_libc() -> *const c_char;
    fn probe_time_bytes() -> c_int;
    fn probe_count(by: c_int) -> c_int;
}

/// The C library's name.
pub(crate) fn name() -> String {
    // SAFETY: a literal, ended by a zero.
    unsafe { CStr::from_ptr(probe_libc()) }
        .to_string_lossy()
        .into_owned()
}

/// Bytes of C's `time_t`.
pub(crate) fn time_bytes() -> c_int {
    // SAFETY: takes and touches nothing.
    unsafe { probe_time_bytes() }
}

/// Adds to the calling thread's counter, which starts at 1.
pub(crate) fn count(by: c_int) -> c_int {
    // SAFETY: touches this thread's own memory alone.
    unsafe { probe_count(by) }
}
