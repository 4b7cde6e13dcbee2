//! The metric of gRPC requests, with the name and the labels of go-grpc-middleware.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::MetricType;

use crate::grpc;

/// Omits the metric if there were no gRPC requests.
#[derive(Debug)]
pub(super) struct GrpcCollector;

impl Collector for GrpcCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = grpc::counts();
        if counts.is_empty() {
            return Ok(());
        }
        let help =
            "Completed gRPC requests by service, method and code; unknown if no handler responded to the method";
        let mut encoder =
            encoder.encode_descriptor("grpc_server_handled", help, None, MetricType::Counter)?;
        for (service, method, code, count) in counts {
            let labels = [
                ("grpc_service", service.as_str()),
                ("grpc_method", method.as_str()),
                ("grpc_code", code.name()),
            ];
            ConstCounter::new(count).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
