//! Bindings to `cxx.cc`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, CStr};

extern "C" {
    fn probe_caught(message: *const c_char) -> c_int;
}

/// Returns whether C++ catches its own exception.
pub(crate) fn catches_exceptions(message: &CStr) -> bool {
    // SAFETY: the message outlives the call, which does not retain it.
    unsafe { probe_caught(message.as_ptr()) == 1 }
}
