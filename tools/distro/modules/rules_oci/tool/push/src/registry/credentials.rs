//! Finds the credentials for a registry in the files that docker and podman keep them in.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::Engine as _;
use serde_json::Value;

use super::reference::Repository;
use oci_tool::error::{IoContext, Problem, Result};

/// Who pushes.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password.
    Password(String, String),
    /// A token that the registry's token service exchanges for others.
    Identity(String),
}

/// The files that hold credentials, the most particular one first.
#[derive(Clone, Debug, Default)]
pub struct Keychain {
    files: Vec<PathBuf>,
}

impl Keychain {
    /// The files that the environment names.
    pub fn from_environment() -> Self {
        Self::new(|name| env::var_os(name))
    }

    /// The files that variables name.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name| {
            variable(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let files = [
            get("DOCKER_CONFIG").map(|folder| folder.join("config.json")),
            get("REGISTRY_AUTH_FILE"),
            get("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
            get("HOME").map(|folder| folder.join(".docker/config.json")),
        ];
        Self {
            files: files.into_iter().flatten().collect(),
        }
    }

    /// What the first file that knows the registry has.
    pub fn find(&self, repository: &Repository) -> Result<Option<Credentials>> {
        for path in self.files.iter().filter(|path| path.is_file()) {
            let bytes = fs::read(path).doing("reading", path)?;
            let config: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(path, error))?;
            if let Some(found) = in_config(&config, repository, path)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Where credentials are looked for, in words.
    pub fn describe(&self) -> String {
        let list = |wanted: bool| {
            let files = self.files.iter().filter(|path| path.is_file() == wanted);
            files
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match (list(true).as_str(), list(false).as_str()) {
            ("", "") => "no variable names a file of credentials".into(),
            ("", missing) => format!("there is no file of credentials ({missing})"),
            (read, _) => format!("credentials were looked for in {read}"),
        }
    }
}

fn wrong(path: &Path, found: impl ToString) -> oci_tool::error::Error {
    let found = found.to_string();
    let what = "file of credentials";
    Problem::Document { what, found }.at(path)
}

fn in_config(config: &Value, repository: &Repository, path: &Path) -> Result<Option<Credentials>> {
    let host = &repository.host;
    if let Some(helper) = config["credHelpers"][host].as_str() {
        return ask(helper, host);
    }
    for key in keys(repository) {
        let entry = &config["auths"][&key];
        if let Some(found) = in_entry(entry).map_err(|found| wrong(path, format!("auths, {key}: {found}")))? {
            return Ok(Some(found));
        }
    }
    match config["credsStore"].as_str().filter(|helper| !helper.is_empty()) {
        Some(helper) => ask(helper, store_key(host)),
        None => Ok(None),
    }
}

/// What an entry for the repository may be called: by the longest path first, at last by the host alone.
fn keys(repository: &Repository) -> Vec<String> {
    let host = &repository.host;
    let mut keys = vec![];
    let mut path = repository.path.as_str();
    loop {
        keys.push(format!("{host}/{path}"));
        match path.rsplit_once('/') {
            Some((parent, _)) => path = parent,
            None => break,
        }
    }
    keys.push(host.clone());
    keys.extend(["", "/", "/v1/", "/v2/"].map(|end| format!("https://{host}{end}")));
    if host == "docker.io" {
        keys.extend(["https://index.docker.io/v1/", "index.docker.io"].map(Into::into));
    }
    keys
}

fn store_key(host: &str) -> &str {
    match host {
        "docker.io" => "https://index.docker.io/v1/",
        host => host,
    }
}

fn in_entry(entry: &Value) -> Result<Option<Credentials>, &'static str> {
    let get = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
    if let Some(token) = get("identitytoken") {
        return Ok(Some(Credentials::Identity(token.into())));
    }
    if let (Some(name), Some(password)) = (get("username"), get("password")) {
        return Ok(Some(Credentials::Password(name.into(), password.into())));
    }
    let Some(auth) = get("auth") else { return Ok(None) };
    let decoded = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth));
    let text = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (name, password) = pair.ok_or("`auth` is not the base64 of name:password")?;
    Ok(Some(Credentials::Password(name.into(), password.into())))
}

/// Asks a credential helper.
fn ask(helper: &str, host: &str) -> Result<Option<Credentials>> {
    let program = format!("docker-credential-{helper}");
    let failed = |found: String| {
        Problem::Usage(format!(
            "the credential helper `{program} get` failed for {host}: {found}; install it, or log in without it"
        ))
    };
    let spawned = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that doesn't read what it is asked says so by its status.
        let _ = writeln!(input, "{host}");
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        // The helpers' protocol: these words, for a registry that they don't know.
        if text.contains("credentials not found") {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{} {} {}", output.status, text.trim(), said.trim())).into());
    }
    let answer: Value = serde_json::from_str(&text).map_err(|_| failed("its answer is not JSON".into()))?;
    let get = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    Ok(match (get("Username"), get("Secret")) {
        (_, secret) if secret.is_empty() => None,
        (name, secret) if name == "<token>" => Some(Credentials::Identity(secret)),
        (name, secret) => Some(Credentials::Password(name, secret)),
    })
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
