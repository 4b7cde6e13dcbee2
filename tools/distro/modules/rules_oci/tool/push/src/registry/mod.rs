//! Talks to container registries, as the OCI distribution specification says.

mod challenge;
mod client;
mod credentials;
mod failure;
mod http;
mod reference;
mod token;

pub use client::Client;
pub use credentials::{Credentials, Keychain};
pub use failure::Failure;
pub use http::Policy;
pub use reference::{check_tag, Repository};
