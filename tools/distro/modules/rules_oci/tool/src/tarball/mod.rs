//! Checks tar archives and writes reproducible ones.

mod check;
mod header;
mod names;
mod pax;
mod writer;

pub use check::check;
pub use header::is_start;
pub use names::RepeatedNames;
pub use writer::{Attributes, Writer};
