//! `structure`, on images with one fault each.

mod base;
mod common;
mod configuration;
mod files;
