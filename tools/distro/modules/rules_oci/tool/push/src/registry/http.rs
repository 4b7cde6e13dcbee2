//! Sends requests, with time limits and a bounded number of further attempts.

use std::cell::OnceCell;
use std::env;
use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ureq::http::{HeaderMap, Request as HttpRequest, StatusCode};
use ureq::tls::{parse_pem, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, SendBody};

use oci_tool::error::{Error, IoContext, Problem, Result};

const BUFFER: usize = 256 * 1024;
const LONGEST_ANSWER: u64 = 4 << 20;
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How long and how often a request is tried.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How often at most.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each.
    pub delay: Duration,
    /// The longest wait that a registry may ask for by Retry-After.
    pub longest_wait: Duration,
    /// How long the other side may be silent.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            delay: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            timeout: Duration::from_secs(60),
        }
    }
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// Bytes at hand.
    Bytes(&'a [u8]),
    /// A file of a size, which is streamed.
    File(&'a Path, u64),
}

/// A request.
pub struct Request<'a> {
    /// HEAD, GET, POST or PUT.
    pub method: &'static str,
    /// The whole address.
    pub url: &'a str,
    /// Names and values; those without a value are left out.
    pub headers: &'a [(&'static str, Option<&'a str>)],
    /// The body.
    pub body: Body<'a>,
}

/// What came back.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why nothing came back.
pub enum Trouble {
    /// The way to the other side.
    Transport(ureq::Error),
    /// Something on this side.
    Here(Error),
}

impl From<ureq::Error> for Trouble {
    fn from(error: ureq::Error) -> Self {
        Self::Transport(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

/// A client for any number of servers.
pub struct Http {
    policy: Policy,
    plain: Agent,
    secure: OnceCell<Agent>,
}

impl Http {
    /// A client that has not connected yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            plain: agent(policy, TlsConfig::default()),
            secure: OnceCell::new(),
        }
    }

    /// How long the other side may be silent.
    pub fn timeout(&self) -> Duration {
        self.policy.timeout
    }

    /// Sends a request, once.
    pub fn send(&self, request: &Request) -> Result<Answer, Trouble> {
        let mut builder = HttpRequest::builder().method(request.method).uri(request.url);
        for (name, value) in request.headers {
            if let Some(value) = value {
                builder = builder.header(*name, *value);
            }
        }
        let body = match request.body {
            Body::Empty => SendBody::none(),
            Body::Bytes(content) => {
                builder = builder.header("Content-Length", content.len());
                SendBody::from_owned_reader(Cursor::new(content.to_vec()))
            }
            Body::File(path, size) => {
                let file = File::open(path).doing("opening", path)?;
                builder = builder.header("Content-Length", size);
                SendBody::from_owned_reader(BufReader::with_capacity(BUFFER, file))
            }
        };
        let request = builder.body(body).map_err(ureq::Error::Http)?;
        let mut response = self.agent(request.uri().scheme_str())?.run(request)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(LONGEST_ANSWER)
            .read_to_vec()?;
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }

    /// Tries until an answer is there that more attempts would not change, or there were enough.
    pub fn retry(&self, mut once: impl FnMut() -> Result<Answer, Trouble>) -> Result<Answer, Trouble> {
        let mut attempt = 1;
        loop {
            let outcome = once();
            let wait = match &outcome {
                Ok(answer) if is_passing(answer.status) => retry_after(answer),
                Err(Trouble::Transport(error)) if is_transient(error) => None,
                _ => return outcome,
            };
            let wait = wait.unwrap_or_else(|| self.policy.delay * 2_u32.pow(attempt - 1));
            if attempt >= self.policy.attempts || wait > self.policy.longest_wait {
                return outcome;
            }
            attempt += 1;
            thread::sleep(wait);
        }
    }

    fn agent(&self, scheme: Option<&str>) -> Result<&Agent, Error> {
        if scheme != Some("https") {
            return Ok(&self.plain);
        }
        if self.secure.get().is_none() {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let tls = TlsConfig::builder()
                .root_certs(roots()?)
                .unversioned_rustls_crypto_provider(provider)
                .build();
            let _ = self.secure.set(agent(self.policy, tls));
        }
        Ok(self.secure.get().unwrap_or(&self.plain))
    }
}

fn agent(policy: Policy, tls: TlsConfig) -> Agent {
    let limit = Some(policy.timeout);
    // No limit to the whole of a request: a layer of any size over any line takes what it takes.
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("oci-tool/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(limit)
        .timeout_connect(limit)
        .timeout_recv_response(limit)
        .timeout_per_read(limit)
        .timeout_per_write(limit)
        .tls_config(tls);
    config.build().new_agent()
}

fn roots() -> Result<RootCerts> {
    let path = env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
    let path = path.map_or_else(|| PathBuf::from(SYSTEM_ROOTS), PathBuf::from);
    let pem = fs::read(&path).doing(
        "reading the certificates of authorities, which SSL_CERT_FILE can name,",
        &path,
    )?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let (what, found) = ("file of certificates", "it holds none in PEM".to_owned());
        return Err(Problem::Document { what, found }.at(path));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Whether a status may be another the next time.
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502..=504)
}

fn is_transient(error: &ureq::Error) -> bool {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Io(error) => !matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::InvalidData | ErrorKind::NotFound
        ),
        ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    // The other form, a date, is rare and would need the clock to be right.
    let seconds = answer.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
