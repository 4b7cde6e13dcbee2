//! Tar archives: checks that a stream is a whole one, and writes ones that are the same bytes each time.

mod check;
mod header;
mod names;
mod pax;
mod writer;

pub use check::check;
pub use header::is_start;
pub use names::RepeatedNames;
pub use writer::{Attributes, Writer};
