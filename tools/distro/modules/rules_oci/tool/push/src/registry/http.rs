//! Sends requests, with time limits and a bounded number of further attempts.

use std::cell::OnceCell;
use std::env;
use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, Request as HttpRequest, StatusCode};
use ureq::tls::{parse_pem, PemItem, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, SendBody};

use super::address::{Address, Origin};
use super::early_response::EarlyResponseConnector;
use super::proxy::Proxies;

use oci_tool::error::{Error, IoContext, Problem, Result};

const BUFFER: usize = 256 * 1024;
const MAX_RESPONSE_BYTES: u64 = 4 << 20;
const MAX_REDIRECTS: u32 = 10;
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How long and how often a request is tried.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How often at most.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each.
    pub delay: Duration,
    /// The longest wait that a registry may ask for by Retry-After.
    pub max_retry_after: Duration,
    /// How long the other side may be silent.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            delay: Duration::from_millis(500),
            max_retry_after: Duration::from_secs(60),
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

/// The value of the header Authorization, and the only origin that gets it.
pub type Authorization<'a> = (&'a Origin, &'a str);

/// A request.
pub struct Request<'a> {
    /// HEAD, GET, POST, PATCH or PUT.
    pub method: &'static str,
    /// Where it goes.
    pub address: &'a Address,
    /// What the registry wants to see of the user.
    pub authorization: Option<Authorization<'a>>,
    /// Names and values; those without a value are left out.
    pub headers: &'a [(&'static str, Option<&'a str>)],
    /// The body.
    pub body: Body<'a>,
}

/// What came back.
pub struct Response {
    /// Where it came from: the request's address, or where that redirected to.
    pub address: Address,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why nothing came back.
pub enum SendError {
    /// The way to the other side.
    Transport(ureq::Error),
    /// The other side sends the client where it must not or can't go.
    Redirect(String),
    /// Something on this side.
    Here(Error),
}

impl From<ureq::Error> for SendError {
    fn from(error: ureq::Error) -> Self {
        Self::Transport(error)
    }
}

impl From<Error> for SendError {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

/// A client for any number of servers.
pub struct Http {
    policy: Policy,
    proxies: Proxies,
    plain: Agent,
    secure: OnceCell<Agent>,
}

impl Http {
    /// A client that has not connected yet.
    pub fn new(policy: Policy, proxies: Proxies) -> Self {
        Self {
            policy,
            proxies,
            plain: agent(policy, TlsConfig::default()),
            secure: OnceCell::new(),
        }
    }

    /// How long the other side may be silent.
    pub fn timeout(&self) -> Duration {
        self.policy.timeout
    }

    /// Sends a request, again where that is redirected, with the same method and body unless the status is 303.
    ///
    /// # Errors
    ///
    /// No response, more than ten redirects, or one from HTTPS to plain HTTP.
    pub fn send(&self, request: &Request) -> Result<Response, SendError> {
        let (mut method, mut body) = (request.method, request.body);
        let mut address = request.address.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(request, method, &address, body)?;
            let status = response.status.as_u16();
            let location = response.header("location").filter(|text| !text.is_empty());
            let (301..=303 | 307 | 308, Some(location)) = (status, location) else {
                return Ok(response);
            };
            let Some(next) = address.resolve(location) else {
                let found = format!("{address} redirects to \"{location}\", which is not an HTTP address");
                return Err(SendError::Redirect(found));
            };
            if next.is_plain() && !address.is_plain() {
                let found = format!("{address} redirects from HTTPS to plain HTTP, {next}");
                return Err(SendError::Redirect(found));
            }
            if status == 303 && method != "HEAD" {
                (method, body) = ("GET", Body::Empty);
            }
            address = next;
        }
        let found = format!("{} redirects more than {MAX_REDIRECTS} times", request.address);
        Err(SendError::Redirect(found))
    }

    fn send_once(
        &self,
        request: &Request,
        method: &str,
        address: &Address,
        body: Body,
    ) -> Result<Response, SendError> {
        let mut builder = HttpRequest::builder().method(method).uri(address.uri().clone());
        let authorization = request
            .authorization
            .filter(|(origin, _)| **origin == address.origin());
        let authorization = ("Authorization", authorization.map(|(_, value)| value));
        for (name, value) in request.headers.iter().chain([&authorization]) {
            if let Some(value) = value {
                builder = builder.header(*name, *value);
            }
        }
        let body = match body {
            Body::Empty if matches!(method, "POST" | "PUT" | "PATCH") => {
                builder = builder.header("Content-Length", 0);
                SendBody::none()
            }
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
        let agent = self.agent(address)?;
        let request = builder.body(body).map_err(ureq::Error::Http)?;
        let proxy = self.proxies.for_address(address)?;
        let request = agent.configure_request(request).proxy(proxy).build();
        let mut response = agent.run(request)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_RESPONSE_BYTES)
            .read_to_vec()?;
        Ok(Response {
            address: address.clone(),
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }

    /// Tries until an answer is there that more attempts would not change, or there were enough.
    pub fn retry(
        &self,
        mut once: impl FnMut() -> Result<Response, SendError>,
    ) -> Result<Response, SendError> {
        let mut attempt = 1;
        loop {
            let outcome = once();
            let wait = match &outcome {
                Ok(response) if is_temporary(response.status) => retry_after(response),
                Err(SendError::Transport(error)) if is_transient(error) => None,
                _ => return outcome,
            };
            let wait = wait.unwrap_or_else(|| self.policy.delay * 2_u32.pow(attempt - 1));
            if attempt >= self.policy.attempts || wait > self.policy.max_retry_after {
                return outcome;
            }
            attempt += 1;
            thread::sleep(wait);
        }
    }

    fn agent(&self, address: &Address) -> Result<&Agent, Error> {
        if address.is_plain() {
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
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(tls);
    let connector = ConnectProxyConnector::default()
        .chain(TcpConnector::default())
        .chain(EarlyResponseConnector)
        .chain(RustlsConnector::default());
    Agent::with_parts(config.build(), connector, DefaultResolver::default())
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
fn is_temporary(status: StatusCode) -> bool {
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

/// What the header Retry-After asks for: seconds or a date (RFC 9110, section 10.2.3). A date that has passed asks for nothing.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
