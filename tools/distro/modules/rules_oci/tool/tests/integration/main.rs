//! Tests of the command line.

mod archives;
mod common;
mod documents;
mod fuzz;
mod images;
mod invalid_input;
mod vectors;
