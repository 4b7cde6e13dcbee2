#![doc = include_str!("../README.md")]

/// A file beside `src`.
pub const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/page.html"));

/// A variable of the BUILD file, which cargo does not have.
pub const FROM_BUILD_FILE: Option<&str> = option_env!("FROM_BUILD_FILE");
