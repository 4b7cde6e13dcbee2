//! gRPC over HTTP/2, as far as the chassis takes part in it: it reads deadlines and statuses, and answers by itself what it
//! rejects. Messages are the service's own.
//!
//! The protocol: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

mod call;
mod code;
mod method;
mod rejection;

pub(crate) use call::Call;
pub(crate) use code::Code;
pub(crate) use method::{count, counts, Method};
pub(crate) use rejection::{reject, status_headers};
