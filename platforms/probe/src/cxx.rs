//! What `cxx.cc` says.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, CStr};

extern "C" {
    fn probe_caught(message: *const c_char) -> c_int;
}

/// Whether C++ catches an exception of its own.
pub(crate) fn catches(message: &CStr) -> bool {
    // SAFETY: the message outlives the call, which keeps nothing of it.
    unsafe { probe_caught(message.as_ptr()) == 1 }
}
