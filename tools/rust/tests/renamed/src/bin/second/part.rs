pub(crate) const TEXT: &str = "second";
