//! The methods of the service.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chassis::Shutdown;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::buckets::Buckets;
use crate::key::check_key;
use crate::v1::quota_server::Quota;
use crate::v1::{TakeReply, TakeRequest, WatchReply, WatchRequest};
use crate::watchers::Watchers;
use crate::Settings;

/// The service `quota.v1.Quota`.
#[derive(Debug)]
pub(crate) struct QuotaService {
    settings: Settings,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    buckets: Buckets,
    watchers: Watchers,
}

type Reply = Result<WatchReply, Status>;

impl QuotaService {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: Mutex::new(State {
                buckets: Buckets::new(settings),
                watchers: Watchers::default(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_amount(&self, amount: u32) -> Result<u32, Status> {
        let limit = self.settings.limit;
        if (1..=limit).contains(&amount) {
            return Ok(amount);
        }
        Err(Status::invalid_argument(format!(
            "invalid amount {amount}: expected 1 to {limit}"
        )))
    }

    fn too_many_keys(&self) -> Status {
        let max = self.settings.max_keys;
        Status::resource_exhausted(format!("more than {max} keys"))
    }
}

#[tonic::async_trait]
impl Quota for QuotaService {
    type WatchStream = ReceiverStream<Reply>;

    async fn take(&self, request: Request<TakeRequest>) -> Result<Response<TakeReply>, Status> {
        let TakeRequest { key, amount } = request.into_inner();
        let key = check_key(key)?;
        let amount = self.check_amount(amount)?;
        let mut state = self.lock();
        let taken = state.buckets.take(&key, amount, Instant::now());
        let taken = taken.ok_or_else(|| self.too_many_keys())?;
        state.watchers.send(&key, taken.remaining);
        Ok(Response::new(TakeReply {
            granted: taken.granted,
            remaining: taken.remaining,
            retry_after_ms: u32::try_from(taken.retry_after.as_millis()).unwrap_or(u32::MAX),
        }))
    }

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let shutdown = Shutdown::from_extensions(request.extensions());
        let key = check_key(request.into_inner().key)?;
        let remaining = {
            let State { buckets, watchers } = &mut *self.lock();
            let remaining = buckets.remaining(&key, Instant::now());
            watchers.add(&key, remaining, self.settings.max_keys)
        };
        let remaining = remaining.ok_or_else(|| self.too_many_keys())?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            tokio::select! {
                () = forward(remaining, &sender) => {}
                () = sender.closed() => {}
                () = shutdown.requested() => {
                    // Waits until the client has read the queued value.
                    let _ = sender.send(Err(Status::unavailable("the service is shutting down"))).await;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// Sends each new value, and only the latest one to a client that reads slowly.
async fn forward(mut remaining: watch::Receiver<u32>, sender: &mpsc::Sender<Reply>) {
    loop {
        let reply = WatchReply {
            remaining: *remaining.borrow_and_update(),
        };
        if sender.send(Ok(reply)).await.is_err() || remaining.changed().await.is_err() {
            return;
        }
    }
}
