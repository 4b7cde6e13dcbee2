//! Which request this is: W3C Trace Context level 1, and `x-request-id`.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_REQUEST_ID: usize = 128;

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// Which request this is, as a request's extension: for handlers that call others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "'trace id' is the specification's word")]
pub struct Trace {
    trace_id: Arc<str>,
    span_id: String,
    flags: String,
    request_id: HeaderValue,
}

impl Trace {
    /// Of what a client sent; what it did not send, or sent in another form than it must have, is made.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let parent = single(headers, &TRACEPARENT).and_then(parse);
        let (trace_id, flags) = parent.map_or_else(
            || (hex(2).into(), "00".to_owned()),
            |(id, flags)| (id.into(), flags.to_owned()),
        );
        let request_id = headers
            .get(&REQUEST_ID)
            .filter(|value| is_request_id(value.as_bytes()))
            .cloned();
        Self {
            trace_id,
            span_id: hex(1),
            flags,
            request_id: request_id
                .or_else(|| HeaderValue::try_from(hex(2)).ok())
                .unwrap_or(HeaderValue::from_static("none")),
        }
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The value of `traceparent` for what this request asks of others.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{}", self.trace_id, self.span_id, self.flags)
    }

    /// The request's id: the client's, or one that was made for it.
    pub fn request_id(&self) -> &HeaderValue {
        &self.request_id
    }

    /// Runs a future whose log lines are this request's.
    pub(crate) fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Arc::clone(&self.trace_id), future)
    }
}

/// The trace's id of the request that is being served here, if one is.
pub(crate) fn current() -> Option<Arc<str>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// A header that came once: of two, neither can be trusted.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Trace id and flags of a `traceparent`.
fn parse(value: &str) -> Option<(&str, &str)> {
    let mut fields = value.splitn(5, '-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let more = fields.next().is_some();
    let valid = hex(version, 2)
        && version != "ff"
        && !(version == "00" && more)
        && hex(trace, 32)
        && !zero(trace)
        && hex(parent, 16)
        && !zero(parent)
        && hex(flags, 2);
    // Of the flags only "sampled" is known to this version.
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    valid.then_some((trace, if sampled { "01" } else { "00" }))
}

fn is_request_id(value: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !value.is_empty() && value.len() <= LONGEST_REQUEST_ID && value.iter().all(allowed)
}

/// So many times 16 random hexadecimal digits; std's hasher has its keys from the system.
fn hex(words: usize) -> String {
    (0..words).fold(String::with_capacity(16 * words), |mut text, _| {
        let word = RandomState::new().build_hasher().finish().max(1);
        let _ = write!(text, "{word:016x}");
        text
    })
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
        headers.append(TRACEPARENT, HeaderValue::from_static(PARENT));
        headers.append(TRACEPARENT, HeaderValue::from_static(PARENT));
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
