//! Finds the credentials of a registry in the files of docker and podman: config.json and containers-auth.json(5).

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Deserializer, Value};

use super::credential_helper::{query, HelperResponse};
use super::credentials::Credentials;
use super::reference::Repository;
use oci_tool::error::{Error, IoContext, Problem, Result};

/// The key of Docker Hub in credential stores.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Credentials files, in order of precedence.
#[derive(Debug, Default)]
pub struct Keychain {
    files: Vec<PathBuf>,
    missing_helpers: RefCell<Vec<String>>,
}

impl Keychain {
    /// The files named by the process's environment.
    pub fn from_environment() -> Self {
        Self::new(|name| env::var_os(name))
    }

    /// The files named by variables.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name| {
            variable(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let home = get("HOME");
        let in_home = |path| home.as_ref().map(|home| home.join(path));
        let config = get("XDG_CONFIG_HOME").or_else(|| in_home(".config"));
        let files = [
            get("DOCKER_CONFIG").map(|directory| directory.join("config.json")),
            get("REGISTRY_AUTH_FILE"),
            get("XDG_RUNTIME_DIR").map(|directory| directory.join("containers/auth.json")),
            config.map(|directory| directory.join("containers/auth.json")),
            in_home(".docker/config.json"),
        ];
        Self {
            files: files.into_iter().flatten().collect(),
            missing_helpers: RefCell::default(),
        }
    }

    /// The credentials in the first file with the registry. Skips a helper that is not installed, because the image may be
    /// public.
    pub fn find(&self, repository: &Repository) -> Result<Option<Credentials>> {
        for path in self.files.iter().filter(|path| path.is_file()) {
            if let Some(found) = self.find_in(&read(path)?, repository, path)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Describes the sources of credentials, for messages.
    pub fn describe(&self) -> String {
        let list = |is_file: bool| {
            let files = self.files.iter().filter(|path| path.is_file() == is_file);
            files
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let files = match (list(true).as_str(), list(false).as_str()) {
            ("", "") => "no variable names a credentials file".into(),
            ("", missing) => format!("no credentials file exists ({missing})"),
            (read, _) => format!("credentials are read from {read}"),
        };
        match self.missing_helpers.borrow().join(", ") {
            missing if missing.is_empty() => files,
            missing => format!("{files}, with credential helpers that are not on PATH: {missing}"),
        }
    }

    fn find_in(&self, config: &Value, repository: &Repository, path: &Path) -> Result<Option<Credentials>> {
        let host = &repository.host;
        let helpers = entries(&config["credHelpers"]);
        if let Some((key, helper)) = helpers.iter().find(|(key, _)| host_of(key) == *host) {
            if let Some(helper) = helper.as_str().filter(|helper| !helper.is_empty()) {
                return self.query_helper(helper, key);
            }
        }
        for (key, entry) in auths(&config["auths"], repository) {
            let found = Credentials::parse(entry);
            if let Some(found) = found.map_err(|found| invalid(path, format!("auths, {key}: {found}")))? {
                return Ok(Some(found));
            }
        }
        match config["credsStore"].as_str().filter(|helper| !helper.is_empty()) {
            Some(helper) => self.query_helper(helper, store_key(host)),
            None => Ok(None),
        }
    }

    fn query_helper(&self, helper: &str, key: &str) -> Result<Option<Credentials>> {
        match query(helper, key)? {
            HelperResponse::Credentials(found) => Ok(Some(found)),
            HelperResponse::Unknown => Ok(None),
            HelperResponse::NotInstalled(program) => {
                let mut missing = self.missing_helpers.borrow_mut();
                if !missing.contains(&program) {
                    missing.push(program);
                }
                Ok(None)
            }
        }
    }
}

/// Parses the first JSON value of a file and ignores the rest, as docker does. An empty file is null.
fn read(path: &Path) -> Result<Value> {
    let bytes = fs::read(path).context("reading", path)?;
    match Deserializer::from_slice(&bytes).into_iter().next() {
        None => Ok(Value::Null),
        Some(Ok(config @ (Value::Object(_) | Value::Null))) => Ok(config),
        Some(Ok(_)) => Err(invalid(path, "expected a JSON object")),
        Some(Err(error)) => Err(invalid(path, error)),
    }
}

fn invalid(path: &Path, found: impl ToString) -> Error {
    let found = found.to_string();
    let what = "credentials file";
    Problem::InvalidDocument { what, found }.at(path)
}

fn entries(object: &Value) -> Vec<(&String, &Value)> {
    object.as_object().into_iter().flatten().collect()
}

/// The entries of a repository: podman's by path, the longest first, then docker's by host.
fn auths<'a>(object: &'a Value, repository: &Repository) -> Vec<(&'a String, &'a Value)> {
    let name = repository.to_string();
    let rank = |key: &str| match namespace(key) {
        Some(key) if name == key || name.starts_with(&format!("{key}/")) => Some(key.len()),
        _ => (host_of(key) == repository.host).then_some(0),
    };
    let mut found: Vec<_> = entries(object)
        .into_iter()
        .filter_map(|(key, entry)| Some((rank(key)?, key, entry)))
        .collect();
    found.sort_by(|(one, _, _), (other, _, _)| other.cmp(one));
    found.into_iter().map(|(_, key, entry)| (key, entry)).collect()
}

/// A key `HOST[/PATH]` of containers-auth.json(5); `None` for docker's keys with a scheme.
fn namespace(key: &str) -> Option<String> {
    let key = key.trim_end_matches('/');
    (!key.contains("://")).then(|| match key.split_once('/') {
        Some((_, path)) => format!("{}/{path}", host_of(key)),
        None => host_of(key),
    })
}

/// The host and port of a key, without scheme and path, as docker and crane match it.
fn host_of(key: &str) -> String {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = key.split('/').next().unwrap_or_default();
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".into(),
        host => host.to_owned(),
    }
}

fn store_key(host: &str) -> &str {
    match host {
        "docker.io" => HUB_KEY,
        host => host,
    }
}

#[cfg(test)]
#[path = "keychain_tests.rs"]
mod tests;
