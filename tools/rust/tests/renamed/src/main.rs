//! A program with a name of its own.

fn main() {
    println!("{} {}", env!("CARGO_BIN_NAME"), cargo_features::features().len());
}

#[cfg(test)]
mod tests {
    #[test]
    fn unit_tests_of_programs_run() {
        assert_eq!(env!("CARGO_BIN_NAME"), "renamed");
    }
}
