//! Trace context (W3C Trace Context, level 1) and `x-request-id` of a request.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::task::futures::TaskLocalFuture;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// The header of a request id.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_REQUEST_ID: usize = 128;

/// The minimum that the specification requires vendors to propagate.
const MAX_TRACESTATE: usize = 512;

tokio::task_local! {
    static CURRENT: Trace;
}

/// An extractor of the trace context, to propagate it to other services. It never rejects.
///
/// If the chassis does not serve the request, as in a test of the routes, the context is created from the request's headers.
///
/// ```
/// # use axum::http::HeaderMap;
/// # use chassis_telemetry::trace::Trace;
/// async fn call_upstream(trace: Trace) -> String {
///     let mut headers = HeaderMap::new();
///     trace.inject(&mut headers);
///     // Send a request with these headers.
///     trace.traceparent()
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(call_upstream));
/// ```
#[derive(Clone, Debug)]
pub struct Trace(Arc<TraceInner>);

#[derive(Debug)]
struct TraceInner {
    trace_id: String,
    /// Created on first use.
    span_id: OnceLock<String>,
    sampled: bool,
    tracestate: Option<HeaderValue>,
    /// `None` if the client sent no valid id.
    request_id: Option<HeaderValue>,
}

/// Reads the headers of a request and generates what is missing or invalid.
pub fn from_headers(headers: &HeaderMap) -> Trace {
    let mut parents = headers.get_all(&TRACEPARENT).iter();
    let parent = match (parents.next(), parents.next()) {
        (Some(parent), None) => parent.to_str().ok().and_then(parse),
        // Multiple values are invalid.
        _ => None,
    };
    // `tracestate` is ignored if `traceparent` is invalid.
    let tracestate = parent.as_ref().and_then(|_| tracestate(headers));
    let (trace_id, sampled) = parent.unwrap_or_else(|| (format!("{:032x}", fastrand::u128(1..)), false));
    let request_id = headers.get(&REQUEST_ID);
    Trace(Arc::new(TraceInner {
        trace_id,
        span_id: OnceLock::new(),
        sampled,
        tracestate,
        request_id: request_id
            .filter(|value| is_request_id(value.as_bytes()))
            .cloned(),
    }))
}

impl Trace {
    /// Returns the trace id, 32 lower case hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.0.trace_id
    }

    /// Returns the value of `traceparent` for calls of other services. It is the same for all calls of a request.
    pub fn traceparent(&self) -> String {
        let flags = if self.0.sampled { "01" } else { "00" };
        let span_id = || format!("{:016x}", fastrand::u64(1..));
        format!(
            "00-{}-{}-{flags}",
            self.trace_id(),
            self.0.span_id.get_or_init(span_id)
        )
    }

    /// Returns the value of `tracestate` for calls of other services, if the client sent a valid one.
    pub fn tracestate(&self) -> Option<&str> {
        self.0.tracestate.as_ref()?.to_str().ok()
    }

    /// Returns the client's `x-request-id` if it consists of 1 to 128 ASCII letters, digits, `-`, `_` and `.`,
    /// otherwise the trace id.
    pub fn request_id(&self) -> &str {
        let request_id = self.0.request_id.as_ref();
        request_id
            .and_then(|value| value.to_str().ok())
            .unwrap_or(self.trace_id())
    }

    /// Sets `traceparent`, `tracestate` and `x-request-id` in the headers of a call of another service.
    pub fn inject(&self, headers: &mut HeaderMap) {
        if let Ok(traceparent) = HeaderValue::try_from(self.traceparent()) {
            headers.insert(&TRACEPARENT, traceparent);
        }
        if let Some(tracestate) = &self.0.tracestate {
            headers.insert(&TRACESTATE, tracestate.clone());
        }
        if let Ok(request_id) = HeaderValue::from_str(self.request_id()) {
            headers.insert(&REQUEST_ID, request_id);
        }
    }

    /// Wraps a future so that its log lines have the trace id. A task of `tokio::spawn` has no trace without it:
    ///
    /// ```
    /// # use chassis_telemetry::trace::Trace;
    /// async fn refresh(trace: Trace) {
    ///     tokio::spawn(trace.scope(async {
    ///         // Log lines have the trace id.
    ///     }));
    /// }
    /// ```
    pub fn scope<F: Future>(&self, future: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self.clone(), future)
    }

    /// As [`Self::scope`], for a function, such as that of `tokio::task::spawn_blocking`.
    pub fn in_scope<T>(&self, call: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), call)
    }

    /// Returns the trace of the current request or [`Self::scope`], for handlers without extractors, such as those of tonic.
    /// `None` in other tasks, or if the chassis does not serve the request.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }
}

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::current().unwrap_or_else(|| from_headers(&parts.headers)))
    }
}

/// Parses the trace id and the sampled flag of a `traceparent`.
fn parse(value: &str) -> Option<(String, bool)> {
    let mut fields = value.splitn(5, '-');
    let (version, trace_id, parent_id, flags) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let more = fields.next().is_some();
    let version_is_valid = is_hex(version, 2) && version != "ff" && !(version == "00" && more);
    let not_zero = |id: &str| id.bytes().any(|byte| byte != b'0');
    let ids_are_valid =
        is_hex(trace_id, 32) && not_zero(trace_id) && is_hex(parent_id, 16) && not_zero(parent_id);
    if !version_is_valid || !ids_are_valid || !is_hex(flags, 2) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((trace_id.to_owned(), flags & 1 == 1))
}

fn is_hex(text: &str, digits: usize) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == digits && text.bytes().all(digit)
}

/// Joins all values; `None` if the result is too long.
fn tracestate(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(&TRACESTATE).iter();
    let values: Vec<&str> = values.map(|value| value.to_str().ok()).collect::<Option<_>>()?;
    let joined = values.join(",");
    let fits = !joined.is_empty() && joined.len() <= MAX_TRACESTATE;
    fits.then(|| HeaderValue::try_from(joined).ok()).flatten()
}

fn is_request_id(value: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !value.is_empty() && value.len() <= MAX_REQUEST_ID && value.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |value: &str| HeaderValue::from_bytes(value.as_bytes()).unwrap();
        let pairs = pairs
            .iter()
            .map(|(name, text)| (HeaderName::from_static(name), value(text)));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    fn trace(name: &'static str, value: &str) -> Trace {
        from_headers(&headers(&[(name, value)]))
    }

    #[test]
    fn continues_trace_with_new_span() {
        let trace = trace("traceparent", PARENT);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let passed = trace.traceparent();
        assert!(passed.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert!(passed.ends_with("-01"));
        assert!(!passed.contains("00f067aa0ba902b7"));
        assert!(parse(&passed).is_some());
    }

    #[test]
    fn ignores_invalid_traceparent() {
        let invalid = [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ];
        for value in invalid {
            let trace = trace("traceparent", value);
            assert!(parse(&trace.traceparent()).is_some(), "{value}");
            assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736", "{value}");
        }
        // A later version may have more fields.
        assert!(parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
    }

    #[test]
    fn ignores_duplicate_traceparent() {
        let trace = from_headers(&headers(&[("traceparent", PARENT), ("traceparent", PARENT)]));
        assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn propagates_tracestate_with_valid_parent() {
        let states = [("tracestate", "a=1"), ("tracestate", "b=2")];
        let with_parent = from_headers(&headers(&[states[0], ("traceparent", PARENT), states[1]]));
        assert_eq!(with_parent.tracestate(), Some("a=1,b=2"));
        let mut passed = HeaderMap::new();
        with_parent.inject(&mut passed);
        assert_eq!(passed["tracestate"], "a=1,b=2");
        assert_eq!(passed["traceparent"], with_parent.traceparent());
        assert_eq!(passed["x-request-id"], with_parent.trace_id());
        assert_eq!(from_headers(&headers(&states)).tracestate(), None);
    }

    #[test]
    fn accepts_request_ids_safe_to_log() {
        assert_eq!(trace("x-request-id", "a-1_B.c").request_id(), "a-1_B.c");
        for value in ["", "a b", "a\"b", "a\u{e4}", &"x".repeat(129)] {
            let created = trace("x-request-id", value);
            assert_eq!(created.request_id().len(), 32, "{value}");
        }
    }

    #[test]
    fn generates_unique_trace_ids() {
        let headers = HeaderMap::new();
        assert_ne!(
            from_headers(&headers).trace_id(),
            from_headers(&headers).trace_id()
        );
    }
}
