//! Formats sizes.

/// A size in decimal units, as docker prints it.
pub fn format_size(bytes: u64) -> String {
    match bytes {
        0..=999_999 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.2} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::format_size;

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(format_size(771_234), "771.2 kB");
        assert_eq!(format_size(18_450_000), "18.45 MB");
    }
}
