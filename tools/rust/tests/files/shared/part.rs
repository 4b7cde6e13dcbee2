/// A module beside `src`.
pub const PART: &str = "part";
