//! Requests and responses.

use std::path::Path;

use ureq::http::{HeaderMap, StatusCode};

use crate::registry::address::{Address, Origin};
use oci_tool::error::Error;

/// The body of a request.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// No body.
    Empty,
    /// Bytes in memory.
    Bytes(&'a [u8]),
    /// A file and its size in bytes; the file is streamed.
    File(&'a Path, u64),
}

/// The only origin that receives the header Authorization, and the header's value.
pub type Authorization<'a> = (&'a Origin, &'a str);

/// A request.
pub struct Request<'a> {
    /// HEAD, GET, POST, PATCH or PUT.
    pub method: &'static str,
    /// The address.
    pub address: &'a Address,
    /// The authorization.
    pub authorization: Option<Authorization<'a>>,
    /// Names and values; headers without a value are omitted.
    pub headers: &'a [(&'static str, Option<&'a str>)],
    /// The body.
    pub body: Body<'a>,
}

/// A response.
pub struct Response {
    /// The address that responded, after redirects.
    pub address: Address,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value; `None` if it is empty or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next().filter(|value| !value.is_empty())
    }

    /// The values of all headers of a name that are UTF-8.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| str::from_utf8(value.as_bytes()).ok())
    }
}

/// The cause of a missing response.
pub enum SendError {
    /// A connection failed.
    Transport(ureq::Error),
    /// A redirect is invalid or not allowed.
    Redirect(String),
    /// A local error, such as an unreadable file.
    Local(Error),
}

impl From<ureq::Error> for SendError {
    fn from(error: ureq::Error) -> Self {
        Self::Transport(error)
    }
}

impl From<Error> for SendError {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}
