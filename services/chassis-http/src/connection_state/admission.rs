//! Admission of the requests of a connection, which bounds the response bytes in memory for a client that does not read.

use std::time::Duration;

use tokio::time::timeout;

use super::{ConnectionState, Inner};

/// Concurrent requests of a new connection. Each sent chunk and each response without content adds one.
pub(super) const INITIAL_CONCURRENCY: usize = 16;

/// Equal to the maximum number of streams of an HTTP/2 connection.
const MAX_CONCURRENCY: usize = 128;

impl ConnectionState {
    pub(crate) fn change_unsent(&self, removed: usize, added: usize) {
        let mut inner = self.lock();
        inner.unsent = (inner.unsent + added).saturating_sub(removed);
        drop(inner);
        if added < removed {
            self.capacity_changed.notify_waiters();
        }
    }

    /// A chunk was sent, or a response has no content.
    pub(crate) fn on_chunk_sent(&self) {
        let mut inner = self.lock();
        if inner.concurrency < MAX_CONCURRENCY {
            inner.concurrency += 1;
            drop(inner);
            self.capacity_changed.notify_waiters();
        }
    }

    /// Waits until at most `max_unsent` bytes are unsent and, for at most `concurrency_timeout`, until the concurrency limit
    /// allows another request. Without the concurrency limit, all requests of a burst would run before their responses show that
    /// the client does not read.
    pub(crate) async fn wait_for_admission(&self, max_unsent: usize, concurrency_timeout: Duration) {
        if self.try_admit(max_unsent) {
            return;
        }
        self.lock().waiting += 1;
        let _guard = WaitingGuard(self);
        let below_both =
            self.wait_until(|inner| inner.unsent <= max_unsent && inner.admitted() < inner.concurrency);
        if timeout(concurrency_timeout, below_both).await.is_err() {
            self.wait_until(|inner| inner.unsent <= max_unsent).await;
        }
    }

    fn try_admit(&self, max_unsent: usize) -> bool {
        let mut inner = self.lock();
        if inner.unsent > max_unsent {
            inner.concurrency = INITIAL_CONCURRENCY;
            return false;
        }
        inner.admitted() <= inner.concurrency
    }

    async fn wait_until(&self, condition: impl Fn(&Inner) -> bool) {
        loop {
            let changed = self.capacity_changed.notified();
            if condition(&self.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl Inner {
    /// Number of open requests that do not wait for admission.
    fn admitted(&self) -> usize {
        self.open.saturating_sub(self.waiting)
    }
}

/// Decrements `waiting` when it is dropped.
struct WaitingGuard<'a>(&'a ConnectionState);

impl Drop for WaitingGuard<'_> {
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

    /// Whether a request is admitted immediately.
    async fn is_admitted(state: &ConnectionState, max: usize) -> bool {
        tokio::select! {
            biased;
            () = state.wait_for_admission(max, Duration::MAX) => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn waits_for_unsent_bytes() {
        let state = state();
        state.start_request(true);
        state.change_unsent(0, 10);
        assert!(!is_admitted(&state, 9).await);
        assert!(is_admitted(&state, 10).await);
        let waiting = state.wait_for_admission(9, Duration::MAX);
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            () = &mut waiting => panic!("it did not wait"),
            () = std::future::ready(()) => {}
        }
        state.change_unsent(10, 9);
        waiting.await;
    }

    #[tokio::test]
    async fn concurrency_grows_with_sent_chunks() {
        let state = state();
        for _ in 0..INITIAL_CONCURRENCY {
            state.start_request(true);
            assert!(is_admitted(&state, 0).await);
        }
        let last = state.start_request(true);
        assert!(!is_admitted(&state, 0).await);
        state.on_chunk_sent();
        assert!(is_admitted(&state, 0).await);
        state.end_request(last, Instant::now());
        state.change_unsent(0, 1);
        assert!(!is_admitted(&state, 0).await);
        // The concurrency limit has been reset.
        state.change_unsent(1, 0);
        state.start_request(true);
        assert!(!is_admitted(&state, 0).await);
    }
}
