//! Loads an archive into a container engine.

use std::collections::VecDeque;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use crate::error::{Error, Problem, Result};

const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];
const BUFFER: usize = 256 * 1024;

/// The engine to load into.
#[derive(Debug, PartialEq, Eq)]
pub enum Engine {
    /// An engine found on PATH. `load` reads the archive from standard input.
    Detected(PathBuf),
    /// The program of the attribute `loader`, run with `load --input FILE`.
    Configured(PathBuf),
}

impl Engine {
    /// Returns `loader`, or the first engine on `path` that responds: docker, podman or nerdctl.
    ///
    /// If none responds, returns the first, whose failure `load` reports.
    pub fn find(loader: Option<&Path>, path: Option<&OsStr>) -> Result<Self, Problem> {
        if let Some(loader) = loader {
            return Ok(Self::Configured(loader.to_owned()));
        }
        let directories: Vec<_> = path.map(env::split_paths).into_iter().flatten().collect();
        let found = ENGINES.iter().filter_map(|name| {
            let mut candidates = directories.iter().map(|directory| directory.join(name));
            candidates.find(|file| is_executable(file))
        });
        let mut engines = found.map(Self::Detected).collect::<VecDeque<_>>();
        let first = engines.pop_front().ok_or_else(|| Problem::EngineNotFound {
            expected: ENGINES.join(", "),
        })?;
        if engines.is_empty() || first.responds() {
            return Ok(first);
        }
        let Some(other) = engines.into_iter().find(Self::responds) else {
            return Ok(first);
        };
        let (ignored, used) = (first.program().display(), other.program().display());
        eprintln!("{ignored} info fails; loading into {used}");
        Ok(other)
    }

    fn responds(&self) -> bool {
        self.query(&["info"]).is_some()
    }

    fn program(&self) -> &Path {
        match self {
            Self::Detected(path) | Self::Configured(path) => path,
        }
    }

    fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Detected(_) => vec!["load".into()],
            Self::Configured(_) => ["load", "--input", "/dev/stdin"].map(Into::into).into(),
        }
    }

    /// Whether each tag refers to an image whose ID is one of `digests`.
    ///
    /// A failed query counts as no: the following load reports the engine's error.
    pub fn has_image(&self, tags: &[String], digests: &[String]) -> bool {
        !tags.is_empty()
            && tags.iter().all(|tag| {
                let id = self.query(&["image", "inspect", "--format", "{{.Id}}", tag]);
                id.is_some_and(|id| {
                    let id = id.trim().trim_start_matches("sha256:");
                    digests
                        .iter()
                        .any(|digest| digest.trim_start_matches("sha256:") == id)
                })
            })
    }

    /// The name of an engine found on PATH.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Detected(program) => program.file_name()?.to_str(),
            Self::Configured(_) => None,
        }
    }

    /// The standard output of a command of an engine found on PATH. None on failure.
    pub fn query(&self, arguments: &[&str]) -> Option<String> {
        let Self::Detected(program) = self else {
            return None;
        };
        let mut command = Command::new(program);
        let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then_some(text)
    }

    /// Adds names to an image.
    pub fn tag(&self, image: &str, names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["tag".into(), image.into()];
        arguments.extend(names.iter().map(Into::into));
        let status = Command::new(self.program()).args(&arguments).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(self.failed(&arguments, status.to_string())),
            Err(error) => Err(self.failed(&arguments, error.to_string())),
        }
    }

    /// Runs the engine with the output of `write` as its standard input.
    ///
    /// The engine's standard output is redirected to standard error; the caller prints the result.
    pub fn load<T>(&self, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
        let spawned = Command::new(self.program())
            .args(self.arguments())
            .stdin(Stdio::piped())
            .stdout(io::stderr())
            .spawn();
        let mut child = spawned.map_err(|error| self.load_failed(error.to_string()))?;
        let written = match child.stdin.take() {
            Some(input) => stream(input, write),
            None => Err(self.load_failed("no standard input".into())),
        };
        let status = self.wait(child)?;
        match written {
            // A broken pipe is a consequence of the engine's failure.
            Err(error) if !error.is_broken_pipe() => Err(error),
            Ok(value) if status.success() => Ok(value),
            _ => Err(self.load_failed(status.to_string())),
        }
    }

    fn wait(&self, mut child: Child) -> Result<ExitStatus> {
        child.wait().map_err(|error| self.load_failed(error.to_string()))
    }

    fn load_failed(&self, found: String) -> Error {
        self.failed(&self.arguments(), found)
    }

    fn failed(&self, arguments: &[OsString], found: String) -> Error {
        let program = self.program().display();
        let arguments = arguments.join(OsStr::new(" "));
        Problem::EngineFailed {
            command: format!("{program} {}", arguments.display()),
            found,
            probe: format!("{program} info"),
        }
        .into()
    }
}

fn stream<T>(input: ChildStdin, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let mut buffered = BufWriter::with_capacity(BUFFER, input);
    let value = write(&mut buffered)?;
    let flushed = buffered.flush();
    flushed.map_err(|source| Problem::io("writing to the engine", source))?;
    Ok(value)
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;
    use crate::scratch::Scratch;

    pub fn script(scratch: &Scratch, name: &str, body: &str) -> PathBuf {
        let path = scratch.file(name, format!("#!/bin/sh\n{body}\n").as_bytes());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn prefers_docker_to_podman() {
        let scratch = Scratch::new();
        let podman = script(&scratch, "podman", "");
        let path = Some(scratch.path().as_os_str());
        scratch.file("docker", b"no program");
        assert_eq!(Engine::find(None, path).unwrap(), Engine::Detected(podman));
        let docker = script(&scratch, "docker", "");
        assert_eq!(Engine::find(None, path).unwrap(), Engine::Detected(docker));
    }

    #[test]
    fn prefers_engine_that_responds() {
        let scratch = Scratch::new();
        let path = Some(scratch.path().as_os_str());
        let docker = script(&scratch, "docker", "exit 1");
        let podman = script(&scratch, "podman", "exit 1");
        assert_eq!(Engine::find(None, path).unwrap(), Engine::Detected(docker));
        script(&scratch, "podman", r#"test "$*" = info"#);
        assert_eq!(Engine::find(None, path).unwrap(), Engine::Detected(podman));
    }

    #[test]
    fn names_engines_if_none_is_found() {
        let error = Engine::find(None, None).unwrap_err().to_string();
        assert!(error.contains("docker, podman, nerdctl"), "{error}");
    }

    #[test]
    fn configured_loader_reads_file() {
        let scratch = Scratch::new();
        let out = scratch.path().join("out");
        let body = format!(
            "test \"$1 $2\" = 'load --input' && cat \"$3\" > {}",
            out.display()
        );
        let loader = script(&scratch, "loader", &body);
        let engine = Engine::find(Some(&loader), None).unwrap();
        engine
            .load(|w| w.write_all(b"tar").map_err(|e| Problem::io("x", e).into()))
            .unwrap();
        assert_eq!(fs::read(out).unwrap(), b"tar");
    }

    #[test]
    fn has_image_under_every_tag() {
        let scratch = Scratch::new();
        let body = r#"test "$1 $2 $3 $4" = "image inspect --format {{.Id}}" || exit 1
            case "$5" in app:1) echo sha256:aa ;; app:2) echo bb ;; app:3) echo sha256:cc ;; *) exit 1 ;; esac"#;
        let engine = Engine::Detected(script(&scratch, "docker", body));
        let digests = ["sha256:aa", "sha256:bb"].map(String::from);
        let has = |tags: &[&str]| {
            engine.has_image(
                &tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>(),
                &digests,
            )
        };
        assert!(has(&["app:1", "app:2"]));
        assert!(!has(&["app:1", "app:3"]));
        assert!(!has(&["app:4"]));
        assert!(!has(&[]));
    }

    #[test]
    fn names_failed_engine() {
        let scratch = Scratch::new();
        let docker = script(&scratch, "docker", "exit 3");
        let error = Engine::Detected(docker)
            .load(|w| {
                w.write_all(&vec![0; 1 << 20])
                    .map_err(|e| Problem::io("x", e).into())
            })
            .unwrap_err()
            .to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(error.ends_with("docker info"), "{error}");
    }
}
