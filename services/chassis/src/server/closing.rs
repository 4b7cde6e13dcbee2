//! How connections learn that their port is closed.

use tokio::sync::watch;

/// Ends once it is told, or nobody is left who could tell.
pub(super) async fn told(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

/// The same at once, for the price of one load.
pub(super) fn has_been_told(closing: &watch::Receiver<bool>) -> bool {
    closing.has_changed().unwrap_or(true)
}
