//! Notification of a shutdown.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Notifies a handler, a background task or a job that it should return.
///
/// It is an extractor, the argument of `App::task`, and a field of `JobContext`.
/// Handlers are notified after `DRAIN_GRACE`, when the port closes; background tasks after the last request. The default value is
/// never notified.
///
/// ```
/// # use chassis_http::Shutdown;
/// async fn events(shutdown: Shutdown) -> &'static str {
///     tokio::select! {
///         () = shutdown.requested() => "the service is shutting down",
///         // Other branches wait for the next event.
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(events));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Option<watch::Receiver<bool>>);

/// Requests the [`Shutdown`] of its receivers, for example in a test of a background task.
#[derive(Debug)]
pub struct ShutdownSender(watch::Sender<bool>);

impl ShutdownSender {
    /// Creates a sender and its receiver, which can be cloned.
    pub fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(Some(receiver)))
    }

    /// Requests the shutdown.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until the shutdown is requested.
    pub async fn requested(&self) {
        match self.0.clone() {
            // An error means that the sender was dropped, which also is a shutdown.
            Some(mut receiver) => drop(receiver.wait_for(|requested| *requested).await),
            None => pending().await,
        }
    }

    /// Waits at most `duration`, the interval of a periodic task. Returns whether the shutdown was requested.
    pub async fn requested_within(&self, duration: Duration) -> bool {
        timeout(duration, self.requested()).await.is_ok()
    }

    /// Returns whether the shutdown was requested.
    pub fn is_requested(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }
}
