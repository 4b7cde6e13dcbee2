//! The parts of gRPC that the chassis implements: deadlines, statuses, and rejections. It does not decode messages.
//!
//! Specification: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

mod call;
mod code;
mod method;
mod rejection;

pub(crate) use call::Call;
pub(crate) use code::Code;
pub(crate) use method::count;
pub(crate) use rejection::{reject, status_headers};
