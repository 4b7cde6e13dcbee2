//! `grpc.health.v1.Health`, based on the chassis's readiness.

use std::time::Duration;

use chassis::{Readiness, Shutdown};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Interval of the readiness checks of a watch.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Reports one readiness for the server, whose name is empty, and for all its services.
pub(crate) struct HealthService {
    services: Vec<&'static str>,
}

impl HealthService {
    pub(crate) fn new(services: Vec<&'static str>) -> Self {
        Self { services }
    }

    fn has_service(&self, name: &str) -> bool {
        name.is_empty() || self.services.contains(&name)
    }
}

type Reply = Result<HealthCheckResponse, Status>;

#[tonic::async_trait]
impl Health for HealthService {
    type WatchStream = ReceiverStream<Reply>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.has_service(&request.get_ref().service) {
            return Err(Status::not_found("unknown service"));
        }
        let readiness = Readiness::from_extensions(request.extensions());
        Ok(Response::new(response(status(&readiness).await)))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let readiness = Readiness::from_extensions(request.extensions());
        let shutdown = Shutdown::from_extensions(request.extensions());
        let is_known = self.has_service(&request.get_ref().service);
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            tokio::select! {
                () = watch(&readiness, is_known, &sender) => {}
                () = sender.closed() => {}
                () = shutdown.requested() => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// Sends the status initially and after each change, until the client disconnects.
async fn watch(readiness: &Readiness, is_known: bool, sender: &mpsc::Sender<Reply>) {
    let mut last = None;
    loop {
        let status = if is_known {
            status(readiness).await
        } else {
            ServingStatus::ServiceUnknown
        };
        if last.replace(status) != Some(status) && sender.send(Ok(response(status))).await.is_err() {
            return;
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}

async fn status(readiness: &Readiness) -> ServingStatus {
    match readiness.check().await {
        Ok(()) => ServingStatus::Serving,
        Err(_) => ServingStatus::NotServing,
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}
