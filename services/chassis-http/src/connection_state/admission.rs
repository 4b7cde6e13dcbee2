//! Admission of the requests of a connection, which bounds the response bytes in memory for a client that does not read.

use std::time::Duration;

use tokio::time::{timeout, Instant};

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

    /// Waits until at most `max_unsent` bytes are unsent and the concurrency limit allows another request. Without the limit, all
    /// requests of a burst would run before their responses show that the client does not read. Handlers may respond late, so the
    /// limit doubles after each `growth_interval` in which a request waits.
    pub(crate) async fn wait_for_admission(&self, max_unsent: usize, growth_interval: Duration) {
        if self.try_admit(max_unsent) {
            return;
        }
        self.lock().waiting += 1;
        let _guard = WaitingGuard(self);
        loop {
            let admitted =
                self.wait_until(|inner| inner.unsent <= max_unsent && inner.admitted() < inner.concurrency);
            if timeout(growth_interval, admitted).await.is_ok() {
                return;
            }
            self.double_concurrency(max_unsent, growth_interval, Instant::now());
        }
    }

    /// Doubles the concurrency limit, at most once in an interval, unless it has no effect because of unsent bytes.
    fn double_concurrency(&self, max_unsent: usize, interval: Duration, now: Instant) {
        let mut inner = self.lock();
        if inner.unsent > max_unsent
            || inner
                .concurrency_doubled
                .is_some_and(|last| now < last + interval)
        {
            return;
        }
        inner.concurrency_doubled = Some(now);
        inner.concurrency = MAX_CONCURRENCY.min(inner.concurrency * 2);
        drop(inner);
        self.capacity_changed.notify_waiters();
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

    #[tokio::test]
    async fn concurrency_doubles_while_requests_wait() {
        let (state, interval) = (state(), Duration::from_millis(100));
        for _ in 0..=INITIAL_CONCURRENCY {
            state.start_request(true);
        }
        let start = Instant::now();
        state.double_concurrency(0, interval, start);
        for _ in 0..INITIAL_CONCURRENCY {
            assert!(is_admitted(&state, 0).await);
            state.start_request(true);
        }
        assert!(!is_admitted(&state, 0).await);
        // Several requests wait for the same interval.
        state.double_concurrency(0, interval, start + interval / 2);
        assert!(!is_admitted(&state, 0).await);
        state.double_concurrency(0, interval, start + interval);
        assert!(is_admitted(&state, 0).await);
    }

    #[tokio::test]
    async fn concurrency_does_not_double_for_unsent_bytes() {
        let state = state();
        state.change_unsent(0, 1);
        state.double_concurrency(0, Duration::ZERO, Instant::now());
        state.change_unsent(1, 0);
        for _ in 0..=INITIAL_CONCURRENCY {
            state.start_request(true);
        }
        assert!(!is_admitted(&state, 0).await);
    }

    #[tokio::test]
    async fn every_stream_is_admitted_although_no_handler_responds() {
        let state = state();
        for _ in 0..MAX_CONCURRENCY {
            state.start_request(true);
            state.wait_for_admission(0, Duration::from_millis(1)).await;
        }
    }
}
