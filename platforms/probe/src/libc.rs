//! Bindings to `libc.c`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, CStr};

extern "C" {
    fn probe_libc() -> *const c_char;
    fn probe_time_bytes() -> c_int;
    fn probe_count(by: c_int) -> c_int;
}

/// Returns the name of the C library.
pub(crate) fn name() -> String {
    // SAFETY: the pointer is a string literal, which ends with a zero.
    unsafe { CStr::from_ptr(probe_libc()) }
        .to_string_lossy()
        .into_owned()
}

/// Returns the size of C's `time_t` in bytes.
pub(crate) fn time_bytes() -> c_int {
    // SAFETY: the function has no arguments and no side effects.
    unsafe { probe_time_bytes() }
}

/// Adds to the thread-local counter, which starts at 1, and returns the sum.
pub(crate) fn count(by: c_int) -> c_int {
    // SAFETY: the function accesses only thread-local memory.
    unsafe { probe_count(by) }
}
