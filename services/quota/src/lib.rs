//! Limits rates by token buckets, over gRPC. `proto/quota/v1/quota.proto` defines the service.
//!
//! # Errors
//!
//! | code | when |
//! |---|---|
//! | `INVALID_ARGUMENT` | a key is empty or longer than 128 bytes; an amount is 0 or more than `QUOTA_LIMIT` |
//! | `RESOURCE_EXHAUSTED` | `QUOTA_MAX_KEYS` other keys have a bucket that is not full, or are watched |
//! | `UNAVAILABLE` | the service shuts down, which ends streams |
//!
//! and those of the chassis.
//!
//! Buckets are in memory: after a restart all are full. Full buckets are removed from memory.
//!
//! # Settings
//!
//! - `QUOTA_LIMIT`, default 100: the number of tokens of a full bucket.
//! - `QUOTA_REFILL_PER_SECOND`, default 10: the number of tokens added to each bucket per second.
//! - `QUOTA_MAX_KEYS`, default 100000: the maximum number of keys in memory.

#![forbid(unsafe_code)]

mod bucket;
mod buckets;
mod key;
mod service;
mod settings;
mod watchers;

use chassis::App;
use chassis_grpc::Services;

pub use settings::Settings;

/// The messages and the server generated from the `.proto` file.
#[allow(clippy::pedantic, missing_docs, unused_qualifications)]
pub mod v1 {
    tonic::include_proto!("quota.v1");
}

/// The service, independent of any socket.
pub fn app(settings: Settings) -> App {
    let quota = service::QuotaService::new(settings);
    let server = v1::quota_server::QuotaServer::new(quota);
    App::new(Services::new().service(server).into_router())
}
