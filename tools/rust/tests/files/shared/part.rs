/// A module outside `src`.
pub const PART: &str = "part";
