//! Sends requests with timeouts and a limited number of retries.

mod message;
mod retry;

use std::cell::{Cell, OnceCell};
use std::env;
use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ureq::http::Request as HttpRequest;
use ureq::tls::{parse_pem, PemItem, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, Proxy, ProxyProtocol, SendBody};

use super::address::Address;
use super::early_response::EarlyResponseConnector;
use super::proxy::Proxies;
use oci_tool::error::{Error, IoContext, Problem, Result};

pub use message::{Authorization, Body, Request, Response, SendError};
pub use retry::Policy;

use retry::{is_temporary, is_transient, retry_after};

const BUFFER: usize = 256 * 1024;
const MAX_RESPONSE_BYTES: u64 = 4 << 20;
const MAX_REDIRECTS: u32 = 10;
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// An HTTP client.
pub struct Http {
    policy: Policy,
    proxies: Proxies,
    plain: Agent,
    secure: OnceCell<Agent>,
    /// Whether each request has its own connection: a server closed one that was kept.
    close: Cell<bool>,
}

impl Http {
    /// Creates a client; does not connect.
    pub fn new(policy: Policy, proxies: Proxies) -> Self {
        Self {
            policy,
            proxies,
            plain: agent(policy, TlsConfig::default()),
            secure: OnceCell::new(),
            close: Cell::new(false),
        }
    }

    /// The timeout of each read, write and connection.
    pub fn timeout(&self) -> Duration {
        self.policy.timeout
    }

    /// Sends a request and follows redirects with the same method and body, except for the status 303.
    ///
    /// # Errors
    ///
    /// No response, more than ten redirects, or a redirect from HTTPS to plain HTTP.
    pub fn send(&self, request: &Request) -> Result<Response, SendError> {
        let (mut method, mut body) = (request.method, request.body);
        let mut address = request.address.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(request, method, &address, body)?;
            let status = response.status.as_u16();
            let (301..=303 | 307 | 308, Some(location)) = (status, response.header("location")) else {
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
        let connection = ("Connection", self.close.get().then_some("close"));
        for (name, value) in request.headers.iter().chain([&authorization, &connection]) {
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
                let file = File::open(path).context("opening", path)?;
                builder = builder.header("Content-Length", size);
                SendBody::from_owned_reader(BufReader::with_capacity(BUFFER, file))
            }
        };
        let request = builder.body(body).map_err(ureq::Error::Http)?;
        let proxy = self.proxies.for_address(address)?;
        let is_https_proxy = |proxy: &Proxy| proxy.protocol() == ProxyProtocol::Https;
        let agent = self.agent(address.is_plain() && !proxy.as_ref().is_some_and(is_https_proxy))?;
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

    /// Repeats a request until its outcome is permanent or the attempts are exhausted.
    pub fn retry(
        &self,
        mut once: impl FnMut() -> Result<Response, SendError>,
    ) -> Result<Response, SendError> {
        let mut attempt = 1;
        loop {
            let outcome = once();
            let wait = match &outcome {
                Ok(response) if is_temporary(response.status) => retry_after(response),
                Err(SendError::Transport(error)) if is_transient(error) => {
                    self.close.set(true);
                    None
                }
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

    fn agent(&self, is_plain: bool) -> Result<&Agent, Error> {
        if is_plain {
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
    // No timeout of the whole request, because its duration depends on the layer's size.
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
    let pem = fs::read(&path).context(
        "reading the certificate authorities (set SSL_CERT_FILE to use another file)",
        &path,
    )?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let (what, found) = ("certificate file", "no certificate in PEM format".to_owned());
        return Err(Problem::InvalidDocument { what, found }.at(path));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
