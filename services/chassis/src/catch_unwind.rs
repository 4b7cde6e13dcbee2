//! A future that returns a panic as an error.

use std::fmt;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// Resolves to [`Panicked`] if the future panics. Hand-written to avoid a dependency on `futures-util`.
    pub(crate) struct CatchUnwind<F> {
        #[pin]
        pub(crate) future: F,
    }
}

/// Has no message because the panic hook has logged it.
#[derive(Debug, thiserror::Error)]
#[error("panicked")]
pub(crate) struct Panicked;

/// Formats the error of a future, or its panic.
pub(crate) async fn error_text<T, E: fmt::Display>(
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match (CatchUnwind { future }).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panicked) => Err(panicked.to_string()),
    }
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        // Unwind safe because state that the panic left inconsistent is dropped with the future.
        match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}
