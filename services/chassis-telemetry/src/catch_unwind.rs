//! Futures that may panic.

use std::future::{poll_fn, Future};
use std::panic::AssertUnwindSafe;
use std::pin::{pin, Pin};
use std::task::Poll;

use axum::BoxError;

/// A panic. It has no message because the panic hook has logged it.
#[derive(Debug, thiserror::Error)]
#[error("panicked")]
pub struct Panicked;

/// Returns a panic of the future as an error. Takes a pinned future, because an async function would copy another one twice.
pub async fn catch_unwind<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, Panicked> {
    poll_fn(|context| {
        // Unwind safe because state that the panic left inconsistent is dropped with the future.
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        std::panic::catch_unwind(poll).map_or(Poll::Ready(Err(Panicked)), |poll| poll.map(Ok))
    })
    .await
}

/// The future of a readiness check or of a background task.
pub type BoxFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// Boxes the error of a future, or its panic.
pub async fn box_error<T, E: Into<BoxError>>(
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, BoxError> {
    catch_unwind(pin!(future)).await?.map_err(Into::into)
}
