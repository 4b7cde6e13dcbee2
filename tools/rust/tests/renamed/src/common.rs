#[cfg(test)]
pub const DIRECTORY: &str = "src";
