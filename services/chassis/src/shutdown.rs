//! The drain signal.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Resolves when it is time to end: an extractor for handlers, and the argument of a background task.
///
/// A handler's is requested when the port closes, after `DRAIN_GRACE`; a task's after the last request. The default is never
/// requested.
///
/// ```
/// # use chassis::Shutdown;
/// async fn events(shutdown: Shutdown) -> &'static str {
///     tokio::select! {
///         () = shutdown.requested() => "the service is shutting down",
///         // Or whatever a long answer waits for.
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(events));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Option<watch::Receiver<bool>>);

/// Requests the [`Shutdown`] of its receivers.
#[derive(Debug)]
pub(crate) struct ShutdownSender(watch::Sender<bool>);

impl ShutdownSender {
    pub(crate) fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(Some(receiver)))
    }

    pub(crate) fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until the shutdown is requested.
    pub async fn requested(&self) {
        match self.0.clone() {
            // An error means that the sender is gone, and the service with it.
            Some(mut receiver) => drop(receiver.wait_for(|requested| *requested).await),
            None => pending().await,
        }
    }

    /// Waits like [`Shutdown::requested`], but for `duration` at most: the pause of a periodic task. Whether the shutdown was
    /// requested.
    pub async fn requested_within(&self, duration: Duration) -> bool {
        timeout(duration, self.requested()).await.is_ok()
    }

    /// Whether the shutdown was requested.
    pub fn is_requested(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }
}
