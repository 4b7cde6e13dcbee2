//! Tests of the tool as a whole.

mod archives;
mod common;
mod documents;
mod fuzz;
mod images;
mod vectors;
