//! Which request this is: W3C Trace Context level 1, and `x-request-id`.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::task::futures::TaskLocalFuture;

use super::hex::Hex;
use super::progress::Progress;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_REQUEST_ID: usize = 128;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A future whose log lines are a request's.
pub(super) type InTrace<F> = TaskLocalFuture<Trace, F>;

/// Which request this is, for handlers that call others: an extractor, which never fails.
///
/// ```
/// # use chassis::Trace;
/// async fn ask_another(trace: Trace) -> String {
///     trace.traceparent()
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(ask_another));
/// ```
#[derive(Clone, Debug)]
pub struct Trace(Arc<Known>);

/// One allocation a request, whoever holds it.
#[derive(Debug)]
struct Known {
    trace: Hex<32>,
    /// Made once somebody asks for it.
    span: OnceLock<Hex<16>>,
    sampled: bool,
    /// The client's.
    request: Option<HeaderValue>,
    progress: Progress,
}

impl Trace {
    /// Of what a client sent; what it did not send, or sent in another form than it must have, is made. A request's id that
    /// is made is the trace's.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // Looked through once: to look up both takes longer than most requests have headers.
        let (mut parents, mut parent, mut request) = (0, None, None);
        for (name, value) in headers {
            if *name == TRACEPARENT {
                (parents, parent) = (parents + 1, Some(value));
            } else if *name == REQUEST_ID {
                request = request.or(Some(value));
            }
        }
        let (trace, sampled) = parent
            // Of two, neither can be trusted.
            .filter(|_| parents == 1)
            .and_then(|value| parse(value.to_str().ok()?))
            .unwrap_or_else(|| (Hex::random(), false));
        let request = request.filter(|value| is_request_id(value.as_bytes())).cloned();
        Self(Arc::new(Known {
            trace,
            span: OnceLock::new(),
            sampled,
            request,
            progress: Progress::default(),
        }))
    }

    /// How far the request is.
    pub(super) fn progress(&self) -> &Progress {
        &self.0.progress
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.0.trace.as_str()
    }

    /// The value of `traceparent` for what this request asks of others: the same each time.
    pub fn traceparent(&self) -> String {
        let flags = if self.0.sampled { "01" } else { "00" };
        let span = self.0.span.get_or_init(Hex::random);
        format!("00-{}-{}-{flags}", self.trace_id(), span.as_str())
    }

    /// The request's id: the client's, up to 128 ASCII letters, digits, `-`, `_` and `.`, or one that was made for it, which is
    /// the trace's.
    pub fn request_id(&self) -> &str {
        self.sent_request_id().unwrap_or_else(|| self.trace_id())
    }

    /// The request's id, if it is the client's.
    pub(super) fn sent_request_id(&self) -> Option<&str> {
        self.0.request.as_ref()?.to_str().ok()
    }

    /// The value of `x-request-id` for the answer.
    pub(crate) fn request_id_header(&self) -> Option<HeaderValue> {
        let made = || HeaderValue::from_str(self.trace_id()).ok();
        self.0.request.clone().or_else(made)
    }

    /// Runs a future whose log lines are this request's.
    pub(super) fn scope<F: Future>(&self, future: F) -> InTrace<F> {
        CURRENT.scope(self.clone(), future)
    }
}

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    /// Where the routes are called without the chassis, as in a test of theirs, it is made of the request's headers.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(current(Self::clone).unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

/// What is asked of the request that is being served here, if one is.
pub(crate) fn current<T>(ask: impl FnOnce(&Trace) -> T) -> Option<T> {
    CURRENT.try_with(ask).ok()
}

/// Trace id of a `traceparent`, and whether it is sampled: of the flags this version knows that alone.
fn parse(value: &str) -> Option<(Hex<32>, bool)> {
    let mut fields = value.splitn(5, '-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let more = fields.next().is_some();
    if two_digits(version)? == 0xff || (version == "00" && more) {
        return None;
    }
    Hex::<16>::parse(parent)?;
    Some((Hex::parse(trace)?, two_digits(flags)? & 1 == 1))
}

fn two_digits(text: &str) -> Option<u8> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == 2 && text.bytes().all(digit)).then(|| u8::from_str_radix(text, 16).ok())?
}

fn is_request_id(value: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !value.is_empty() && value.len() <= LONGEST_REQUEST_ID && value.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn trace(name: &'static str, value: &str) -> Trace {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        Trace::of(&headers)
    }

    #[test]
    fn takes_over_the_trace_and_passes_it_on_with_a_span_of_its_own() {
        let trace = trace("traceparent", PARENT);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let passed = trace.traceparent();
        assert!(passed.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert!(passed.ends_with("-01"));
        assert!(!passed.contains("00f067aa0ba902b7"));
        assert!(parse(&passed).is_some());
    }

    #[test]
    fn begins_a_trace_where_there_is_none_or_a_broken_one() {
        let broken = [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ];
        for value in broken {
            let trace = trace("traceparent", value);
            assert!(parse(&trace.traceparent()).is_some(), "{value}");
            assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736", "{value}");
        }
        // A later version may have more fields.
        assert!(parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
    }

    #[test]
    fn begins_a_trace_where_two_are_sent() {
        let mut headers = HeaderMap::new();
        headers.append(&TRACEPARENT, HeaderValue::from_static(PARENT));
        headers.append(&TRACEPARENT, HeaderValue::from_static(PARENT));
        assert_ne!(Trace::of(&headers).trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn keeps_a_request_id_that_is_safe_to_log() {
        assert_eq!(trace("x-request-id", "a-1_B.c").request_id(), "a-1_B.c");
        for value in ["", "a b", "a\"b", "a\u{e4}", &"x".repeat(129)] {
            let made = trace("x-request-id", value);
            assert_eq!(made.request_id().len(), 32, "{value}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        let headers = HeaderMap::new();
        let (one, other) = (Trace::of(&headers), Trace::of(&headers));
        assert_ne!(one.trace_id(), other.trace_id());
        assert_ne!(one.request_id(), other.request_id());
    }
}
