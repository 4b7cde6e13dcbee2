//! Servers that services are measured beside. Each answers `/` as hello does, and `/allocate` by an answer that takes
//! many small allocations.

#![forbid(unsafe_code)]

use std::fmt::Write;

use axum::routing::get;
use axum::Router;

mod bare;

pub use bare::{serve, serve_with};

const WORDS: usize = 200;

/// An answer of about 3 kB, from strings of many lengths that live side by side for a while.
pub fn allocate() -> String {
    let words: Vec<String> = (0..WORDS)
        .map(|length| "thimble ".repeat(length % 5 + 1))
        .collect();
    words.iter().fold(String::new(), |mut text, word| {
        let _ = write!(text, "{:.20}", word.to_uppercase());
        text
    })
}

/// The same answers as an axum router gives them.
pub fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello World" }))
        .route("/allocate", get(|| async { allocate() }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn allocates_what_it_says() {
        let lengths = (0..super::WORDS).map(|length| (8 * (length % 5 + 1)).min(20));
        assert_eq!(super::allocate().len(), lengths.sum());
    }
}
