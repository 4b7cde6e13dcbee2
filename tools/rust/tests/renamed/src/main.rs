//! A program whose name differs from the package.

fn main() {
    println!("{} {}", env!("CARGO_BIN_NAME"), cargo_features::features().len());
}

#[cfg(test)]
mod tests {
    #[test]
    fn runs_unit_tests_of_programs() {
        assert_eq!(env!("CARGO_BIN_NAME"), "renamed");
    }
}
