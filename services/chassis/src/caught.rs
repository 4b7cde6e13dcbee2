//! A future whose panic is a value.

use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// Ends with an error where the future panics; the panic hook has told of it by then.
    pub(crate) struct Caught<F> {
        #[pin]
        pub(crate) future: F,
    }
}

#[derive(Debug)]
pub(crate) struct Panicked;

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        // What the panic left half done is dropped with the future; what handlers share, they guard.
        match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}
