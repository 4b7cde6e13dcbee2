//! `grpc.health.v1.Health`, based on the chassis's readiness.

use std::future::{pending, Future};
use std::sync::Arc;
use std::time::Duration;

use chassis::{Readiness, Shutdown};
use tokio::sync::{mpsc, Mutex};
use tokio::time::{sleep_until, Instant};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Interval of the readiness checks of all watches.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Reports one readiness for the server, whose name is empty, and for all its services.
pub(crate) struct HealthService {
    services: Vec<&'static str>,
    watched: Arc<WatchedStatus>,
}

/// The status that all watches share.
#[derive(Default)]
struct WatchedStatus(Mutex<Option<(ServingStatus, Instant)>>);

impl HealthService {
    pub(crate) fn new(services: Vec<&'static str>) -> Self {
        Self {
            services,
            watched: Arc::default(),
        }
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
        let watched = is_known.then(|| Arc::clone(&self.watched));
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            tokio::select! {
                () = watch(&readiness, watched.as_deref(), &sender) => {}
                () = sender.closed() => {}
                () = shutdown.requested() => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

impl WatchedStatus {
    /// Returns the status and its time. Runs `check` at most once per interval, whatever the number of callers.
    async fn get(&self, check: impl Future<Output = ServingStatus>) -> (ServingStatus, Instant) {
        let mut last = self.0.lock().await;
        match *last {
            Some(last) if last.1.elapsed() < WATCH_INTERVAL => last,
            _ => *last.insert((check.await, Instant::now())),
        }
    }
}

/// Sends the status initially and after each change, until the client disconnects. An unknown service has no status.
async fn watch(readiness: &Readiness, watched: Option<&WatchedStatus>, sender: &mpsc::Sender<Reply>) {
    let Some(watched) = watched else {
        let _ = sender.send(Ok(response(ServingStatus::ServiceUnknown))).await;
        return pending().await;
    };
    let mut sent = None;
    loop {
        let (status, time) = watched.get(status(readiness)).await;
        if sent.replace(status) != Some(status) && sender.send(Ok(response(status))).await.is_err() {
            return;
        }
        sleep_until(time + WATCH_INTERVAL).await;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn watches_share_checks() {
        let (watched, runs) = (WatchedStatus::default(), AtomicU32::new(0));
        let check = || async {
            runs.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            ServingStatus::Serving
        };
        let (first, second) = tokio::join!(watched.get(check()), watched.get(check()));
        assert_eq!(first, second);
        assert_eq!(watched.get(check()).await, first);
        assert_eq!(runs.into_inner(), 1);
    }
}
