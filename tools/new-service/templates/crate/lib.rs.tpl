//! Greetings.

#![forbid(unsafe_code)]

/// Returns a greeting for `name`.
pub fn greeting(name: &str) -> String {
    format!("Hello {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_name() {
        assert_eq!(greeting("World"), "Hello World");
    }
}
