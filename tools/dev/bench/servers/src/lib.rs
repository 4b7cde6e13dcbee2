//! Baseline servers for the benchmarks. Each serves the response of hello at `/`, and a response built with many small
//! allocations at `/allocate`.

#![forbid(unsafe_code)]

use std::fmt::Write;

use axum::routing::get;
use axum::Router;

mod bare;

pub use bare::{serve, serve_with};

const WORDS: usize = 200;

/// Returns a text of about 3 kB, built from many strings of different lengths.
pub fn allocate_text() -> String {
    let words: Vec<String> = (0..WORDS)
        .map(|length| "thimble ".repeat(length % 5 + 1))
        .collect();
    words.iter().fold(String::new(), |mut text, word| {
        let _ = write!(text, "{:.20}", word.to_uppercase());
        text
    })
}

/// The same responses as an axum router.
pub fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello World" }))
        .route("/allocate", get(|| async { allocate_text() }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn has_expected_length() {
        let lengths = (0..super::WORDS).map(|length| (8 * (length % 5 + 1)).min(20));
        assert_eq!(super::allocate_text().len(), lengths.sum());
    }
}
