//! A client of container registries (OCI distribution specification).

mod address;
mod challenge;
mod client;
mod credential_helper;
mod credentials;
mod early_response;
mod failure;
mod http;
mod keychain;
mod proxy;
mod reference;
mod token;

pub use client::Client;
pub use credentials::Credentials;
pub use failure::Failure;
pub use http::Policy;
pub use keychain::Keychain;
pub use proxy::Proxies;
pub use reference::{check_tag, Repository};
