//! Bodies that tell of their end.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use http_body_util::{LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::record::Record;
use super::trace::Trace;

pin_project_lite::pin_project! {
    /// A request's body.
    pub(super) struct Upload {
        #[pin]
        pub(super) inner: Limited<Incoming>,
        pub(super) trace: Trace,
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = <Limited<Incoming> as Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.project();
        let poll = this.inner.poll_frame(context);
        match &poll {
            Poll::Ready(None) => this.trace.progress().note_body_read(),
            Poll::Ready(Some(Err(error))) if error.is::<LengthLimitError>() => {
                this.trace.progress().note_body_too_long();
            }
            _ => {}
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project_lite::pin_project! {
    /// An answer's body; the request's record ends with it.
    pub(crate) struct Download {
        #[pin]
        pub(super) inner: axum::body::Body,
        pub(super) record: Record,
    }
}

impl Download {
    pub(super) fn new(inner: axum::body::Body, mut record: Record) -> Self {
        // Such a body is never polled.
        record.answered = inner.is_end_stream();
        Self { inner, record }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.project();
        let mut inner = this.inner;
        let poll = inner.as_mut().poll_frame(context);
        let record = this.record;
        record.answered = match &poll {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => inner.is_end_stream(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        // After its last part a body is not asked again, but dropped.
        if !record.answered {
            record.offers(matches!(poll, Poll::Ready(Some(_))));
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
