//! Reads a response that arrives before the request is sent completely.
//!
//! A registry that rejects an upload responds early and closes the connection (RFC 9112, section 9.6). Sending then fails, but
//! the response can be read.

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::Error;

/// Wraps the connections of the preceding connector.
#[derive(Debug)]
pub struct EarlyResponseConnector;

impl<In: Transport> Connector<In> for EarlyResponseConnector {
    type Out = EarlyResponse<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| EarlyResponse {
            inner,
            failure: None,
            is_closed: false,
        }))
    }
}

/// A connection that remains readable after a failure to send.
#[derive(Debug)]
pub struct EarlyResponse<In> {
    inner: In,
    /// The failure to send, until it is reported.
    failure: Option<Error>,
    is_closed: bool,
}

impl<In: Transport> Transport for EarlyResponse<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.is_closed {
            return Ok(());
        }
        match self.inner.transmit_output(amount, timeout) {
            Err(error @ (Error::Io(_) | Error::Timeout(_))) => {
                self.failure = Some(error);
                self.is_closed = true;
                Ok(())
            }
            other => other,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match (self.inner.await_input(timeout), self.failure.take()) {
            // Without a response, the failure to send is the cause.
            (Ok(false) | Err(_), Some(failure)) => Err(failure),
            (outcome, _) => outcome,
        }
    }

    fn is_open(&mut self) -> bool {
        !self.is_closed && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
