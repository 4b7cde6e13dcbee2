//! One connection, from its first byte to its last.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::coop::has_budget_remaining;
use tokio::time::{sleep_until, Instant, Sleep};

use super::activity::Overdue;
use super::closing::{has_been_told, told};
use super::watched::Watched;
use crate::request::{Client, Requests};
use crate::settings::Limits;

/// As many streams as a browser opens at a time.
const STREAMS: u32 = 128;

/// What waits to be sent on an HTTP/2 stream, in bytes.
const STREAM_BUFFER: usize = 1 << 16;

/// Serves a connection until it ends by itself, is overdue, or has come to its end after `closing` was told.
pub(super) async fn serve(stream: TcpStream, requests: Requests, closing: watch::Receiver<bool>) {
    let client = requests.client();
    let limits = *client.handler.limits();
    // Answers are written whole; to hold back a small one helps nobody.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Watched {
        stream,
        client: Arc::clone(&client),
    });
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection(io, requests));
    let mut woken = pin!(told(closing.clone()));
    let mut watch = Watch::new(client, limits);
    let mut asked = Asked::default();
    let mut parted = false;

    poll_fn(|context| loop {
        // How a client left is its own business.
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let closed = has_been_told(&closing);
        let told = closed && !parted && watch.client.activity.closed(Instant::now);
        let part = match watch.poll(context) {
            Poll::Ready(Overdue::Stalled) => return Poll::Ready(()),
            Poll::Ready(Overdue::Idle) => true,
            Poll::Pending => told,
        };
        if !part {
            // Told since it was looked at above, it would not wake this task again.
            if !closed && asked.by_another(context) && woken.as_mut().poll(context).is_ready() {
                continue;
            }
            return Poll::Pending;
        }
        parted = true;
        watch.client.activity.part(Instant::now);
        connection.as_mut().graceful_shutdown();
    })
    .await;
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(limits.header as usize)
        // The limit is the activity's.
        .header_read_timeout(None::<Duration>);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(limits.header)
        .max_send_buf_size(STREAM_BUFFER);
    builder
}

/// Looks at the clock for an [`Activity`](super::Activity).
struct Watch {
    client: Arc<Client>,
    limits: Limits,
    sleep: Pin<Box<Sleep>>,
    asked: Asked,
}

/// Who was the last to ask something that wakes it: to ask again on each turn of a busy connection costs, and changes nothing.
#[derive(Default)]
struct Asked(Option<Waker>);

impl Asked {
    /// Whether somebody asks who has not, and so has to.
    fn by_another(&mut self, context: &Context<'_>) -> bool {
        let same = self
            .0
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()));
        // A task that has used up its turn is told to wait, and is not remembered.
        if !same && has_budget_remaining() {
            self.0 = Some(context.waker().clone());
        }
        !same
    }
}

impl Watch {
    fn new(client: Arc<Client>, limits: Limits) -> Self {
        Self {
            client,
            limits,
            sleep: Box::pin(sleep_until(Instant::now() + limits.header_read)),
            asked: Asked::default(),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Overdue> {
        loop {
            let due = self.client.activity.due(&self.limits, Instant::now);
            // A sleep that ends too early looks again, so only a later one has to be moved.
            let sooner = due.filter(|(at, _)| *at < self.sleep.deadline());
            if let Some((at, _)) = sooner {
                self.sleep.as_mut().reset(at);
            }
            let ask = self.asked.by_another(context) || sooner.is_some() || self.sleep.is_elapsed();
            if !ask || self.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            match due {
                Some((at, overdue)) if at <= now => return Poll::Ready(overdue),
                Some((at, _)) => self.sleep.as_mut().reset(at),
                None => self.sleep.as_mut().reset(now + self.limits.keep_alive),
            }
        }
    }
}
