//! The metric of gRPC requests, with the name and the labels of Go's interceptors.

use std::sync::{Arc, LazyLock};

use prometheus_client::encoding::EncodeLabelSet;

use super::{register, Counter, Family};
use crate::grpc::{Code, Method};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
#[expect(clippy::struct_field_names, reason = "names of the labels")]
struct Labels {
    grpc_service: Arc<str>,
    grpc_method: Arc<str>,
    grpc_code: &'static str,
}

static HANDLED: LazyLock<Family<Labels, Counter>> = LazyLock::new(|| {
    register(
        "grpc_server_handled",
        "gRPC requests by service, method and code; unknown for methods that no handler has answered",
        Family::default(),
    )
});

/// Counts a gRPC request that has ended.
pub(crate) fn grpc_request_ended(method: Option<&Method>, code: Code) {
    let label = |known: fn(&Method) -> &Arc<str>| {
        method.map_or_else(|| "unknown".into(), |method| known(method).clone())
    };
    let labels = Labels {
        grpc_service: label(|method| &method.service),
        grpc_method: label(|method| &method.name),
        grpc_code: code.name(),
    };
    HANDLED.get_or_create(&labels).inc();
}
