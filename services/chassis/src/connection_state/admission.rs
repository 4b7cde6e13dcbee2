//! Which requests of a connection may run: a client that takes no answers must not have many made.

use std::time::Duration;

use tokio::time::timeout;

use super::{ConnectionState, Inner};

/// Requests of a new connection that run at a time, until its client has taken answers: each one that it takes adds one.
pub(super) const INITIAL_CONCURRENCY: usize = 16;

/// As many as an HTTP/2 connection has streams.
const MAX_CONCURRENCY: usize = 128;

impl ConnectionState {
    /// Changes the number of bytes that wait to be sent from a request's `before` to its `after`.
    pub(crate) fn set_unsent(&self, before: usize, after: usize) {
        let mut inner = self.lock();
        inner.unsent = (inner.unsent + after).saturating_sub(before);
        drop(inner);
        if after < before {
            self.sent.notify_waiters();
        }
    }

    /// The client has taken a part of an answer.
    pub(crate) fn part_taken(&self) {
        let mut inner = self.lock();
        if inner.concurrency < MAX_CONCURRENCY {
            inner.concurrency += 1;
            drop(inner);
            self.sent.notify_waiters();
        }
    }

    /// Waits until at most `max` bytes wait to be sent; and at most `patience` until no more requests than the client is known
    /// to take answers of run at a time. Without the latter, requests that come at once all run before the first answer shows
    /// that the client takes none.
    pub(crate) async fn wait_to_run(&self, max: usize, patience: Duration) {
        if self.may_run(max) {
            return;
        }
        self.lock().waiting += 1;
        let _waiting = Waiting(self);
        let few = self.wait(|inner| inner.unsent <= max && inner.running() < inner.concurrency);
        if timeout(patience, few).await.is_err() {
            self.wait(|inner| inner.unsent <= max).await;
        }
    }

    fn may_run(&self, max: usize) -> bool {
        let mut inner = self.lock();
        if inner.unsent > max {
            inner.concurrency = INITIAL_CONCURRENCY;
            return false;
        }
        inner.running() <= inner.concurrency
    }

    async fn wait(&self, until: impl Fn(&Inner) -> bool) {
        loop {
            let sent = self.sent.notified();
            if until(&self.lock()) {
                return;
            }
            sent.await;
        }
    }
}

impl Inner {
    /// Requests that run, or whose answer has not been taken.
    fn running(&self) -> usize {
        self.open.saturating_sub(self.waiting)
    }
}

/// Counts a request as waiting until it is dropped.
struct Waiting<'a>(&'a ConnectionState);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::time::Instant;

    fn state() -> ConnectionState {
        ConnectionState::new(Instant::now())
    }

    /// Whether a request may run at once.
    async fn runs(state: &ConnectionState, max: usize) -> bool {
        tokio::select! {
            biased;
            () = state.wait_to_run(max, Duration::MAX) => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn requests_wait_for_memory() {
        let state = state();
        state.start_request();
        state.set_unsent(0, 10);
        assert!(!runs(&state, 9).await);
        assert!(runs(&state, 10).await);
        let waiting = state.wait_to_run(9, Duration::MAX);
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            () = &mut waiting => panic!("it did not wait"),
            () = std::future::ready(()) => {}
        }
        state.set_unsent(10, 9);
        waiting.await;
    }

    #[tokio::test]
    async fn concurrency_grows_with_the_parts_taken() {
        let state = state();
        for _ in 0..INITIAL_CONCURRENCY {
            state.start_request();
            assert!(runs(&state, 0).await);
        }
        let last = state.start_request();
        assert!(!runs(&state, 0).await);
        state.part_taken();
        assert!(runs(&state, 0).await);
        state.end_request(last, Instant::now());
        state.set_unsent(0, 1);
        assert!(!runs(&state, 0).await);
        // The client has lost what it gained.
        state.set_unsent(1, 0);
        state.start_request();
        assert!(!runs(&state, 0).await);
    }
}
