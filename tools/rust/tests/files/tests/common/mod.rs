//! A module of unit tests, integration tests and examples.

/// The content of `static/page.html`.
pub const PAGE: &str = "<p>page</p>\n";
