pub const NAME: &str = env!("CARGO_BIN_NAME");
