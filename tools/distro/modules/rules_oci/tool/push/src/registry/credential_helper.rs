//! Credential helpers: `docker-credential-<name> get`.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::credentials::Credentials;
use oci_tool::error::{Problem, Result};

/// The response of a credential helper.
pub enum HelperResponse {
    /// The registry's credentials.
    Credentials(Credentials),
    /// The helper has no credentials of the registry.
    Unknown,
    /// The program is not on PATH.
    NotInstalled(String),
}

/// Requests the credentials of a key.
///
/// # Errors
///
/// The helper fails or does not print JSON.
pub fn query(helper: &str, key: &str) -> Result<HelperResponse> {
    let program = format!("docker-credential-{helper}");
    let failed = |found: String| {
        Problem::Invalid(format!(
            "the credential helper `{program} get` failed for {key}: {found}; fix it, or log in without it"
        ))
    };
    let spawned = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(HelperResponse::NotInstalled(program))
        }
        Err(error) => return Err(failed(error.to_string()).into()),
    };
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read its input reports the failure by its exit code.
        let _ = writeln!(input, "{key}");
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        // The message of the helpers' protocol for an unknown registry.
        if text.contains("credentials not found") {
            return Ok(HelperResponse::Unknown);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{} {} {}", output.status, text.trim(), message.trim())).into());
    }
    let response: Value = serde_json::from_str(&text).map_err(|_| failed("the output is not JSON".into()))?;
    let get = |key: &str| response[key].as_str().unwrap_or_default();
    Ok(match get("Secret") {
        "" => HelperResponse::Unknown,
        secret => HelperResponse::Credentials(Credentials::new(get("Username"), secret)),
    })
}
