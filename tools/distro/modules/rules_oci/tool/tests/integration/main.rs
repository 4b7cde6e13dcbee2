//! Tests of the tool as a whole.

mod archives;
mod common;
mod images;
mod vectors;
