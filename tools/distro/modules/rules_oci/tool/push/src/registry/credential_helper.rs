//! Programs that keep credentials: `docker-credential-<name> get`.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::credentials::Credentials;
use oci_tool::error::{Problem, Result};

/// What came of asking a helper.
pub enum HelperResponse {
    /// What it has for the registry.
    Credentials(Credentials),
    /// It doesn't know the registry.
    Unknown,
    /// There is no such program on PATH.
    NotInstalled(String),
}

/// Asks a helper for what it has under a key.
///
/// # Errors
///
/// A helper that fails or whose answer is not JSON.
pub fn ask(helper: &str, key: &str) -> Result<HelperResponse> {
    let program = format!("docker-credential-{helper}");
    let failed = |found: String| {
        Problem::Usage(format!(
            "the credential helper `{program} get` failed for {key}: {found}; mend it, or log in without it"
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
        // A helper that doesn't read what it is asked says so by its status.
        let _ = writeln!(input, "{key}");
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        // The helpers' protocol: these words, for a registry that they don't know.
        if text.contains("credentials not found") {
            return Ok(HelperResponse::Unknown);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{} {} {}", output.status, text.trim(), said.trim())).into());
    }
    let answer: Value = serde_json::from_str(&text).map_err(|_| failed("its answer is not JSON".into()))?;
    let get = |key: &str| answer[key].as_str().unwrap_or_default();
    Ok(match get("Secret") {
        "" => HelperResponse::Unknown,
        secret => HelperResponse::Credentials(Credentials::new(get("Username"), secret)),
    })
}
