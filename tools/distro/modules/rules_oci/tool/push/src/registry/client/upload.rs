//! Uploads of blobs.

use std::path::Path;

use super::Client;
use crate::registry::address::Address;
use crate::registry::http::{Body, Request, Response, SendError};
use oci_tool::error::Result;
use oci_tool::spec::Descriptor;

impl Client {
    /// Uploads a file as a blob: a session (POST), the bytes (PATCH) and the digest (PUT), as docker and crane do, because
    /// not every registry accepts the bytes with the PUT.
    pub fn push_blob(&self, blob: &Descriptor, path: &Path) -> Result<()> {
        let operation = "pushing blob";
        let reference = format!("{}@{}", self.repository, blob.digest);
        let start = self.address("blobs/uploads/")?;
        let content_type = [("Content-Type", Some("application/octet-stream"))];
        // A retry restarts the session, because the state of a failed upload is unknown.
        let response = self.call(operation, &reference, &|authorization| {
            let send = |method, address: &Address, headers, body| {
                self.http.send(&Request {
                    method,
                    address,
                    authorization,
                    headers,
                    body,
                })
            };
            let session = send("POST", &start, &[], Body::Empty)?;
            match session.status.as_u16() {
                202 => {}
                200..=299 => {
                    let found = format!(
                        "expected 202 Accepted to the start of an upload, found {}",
                        session.status
                    );
                    return Err(self.upload_error(operation, &reference, found));
                }
                _ => return Ok(session),
            }
            let upload = self
                .location(&session)
                .map_err(|found| self.upload_error(operation, &reference, found))?;
            let upload = upload.ok_or_else(|| {
                let found = "missing header Location in the response to the start of an upload".into();
                self.upload_error(operation, &reference, found)
            })?;
            let sent = send("PATCH", &upload, &content_type, Body::File(path, blob.size))?;
            if !sent.status.is_success() {
                return Ok(sent);
            }
            let end = self
                .location(&sent)
                .map_err(|found| self.upload_error(operation, &reference, found))?;
            let end = end.unwrap_or(upload);
            let end = end
                .with_parameter("digest", blob.digest.as_str())
                .ok_or_else(|| {
                    let found = format!("invalid upload address {end}: expected one that accepts parameters");
                    self.upload_error(operation, &reference, found)
                })?;
            send("PUT", &end, &content_type, Body::Empty)
        })?;
        self.expect_created(operation, &reference, &response, &blob.digest)
    }

    /// The address for the next request of an upload; `None` without the header Location.
    fn location(&self, response: &Response) -> Result<Option<Address>, String> {
        let Some(location) = response.header("location") else {
            return Ok(None);
        };
        match response.address.resolve(location) {
            Some(address) if self.insecure || !address.is_plain() => Ok(Some(address)),
            Some(address) => Err(format!(
                "the upload address {address} is plain HTTP: expected HTTPS"
            )),
            None => Err(format!(
                "invalid upload address \"{location}\": expected an HTTP address"
            )),
        }
    }

    fn upload_error(&self, operation: &'static str, reference: &str, found: String) -> SendError {
        SendError::Local(self.error(operation, reference, found, 0))
    }
}
