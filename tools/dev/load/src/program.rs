//! A service process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

use crate::Error;

/// A process of a service, killed on drop.
pub(crate) struct Program {
    child: Child,
    /// Address of the service port.
    pub(crate) address: SocketAddr,
    /// Address of the operations port.
    pub(crate) operations: SocketAddr,
}

impl Program {
    /// Starts `path` on free loopback ports and waits for its log line `listening`.
    pub(crate) fn start(path: &Path, variables: &[(&str, &str)]) -> Result<Self, Error> {
        let mut child = Command::new(path)
            .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("OPS_PORT", "0")])
            .envs([("LOG_FORMAT", "json"), ("LOG_LEVEL", "info")])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::system(format!("start {}", path.display())))?;
        let lines = child.stdout.take().map(BufReader::new).map(BufRead::lines);
        // Created before anything can fail, because dropping it kills the process.
        let mut program = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            operations: ([127, 0, 0, 1], 0).into(),
        };
        let mut lines = lines.into_iter().flatten();
        for line in lines.by_ref() {
            let line = line.map_err(Error::system(format!("read the output of {}", path.display())))?;
            if let Some((address, operations)) = addresses(&line) {
                (program.address, program.operations) = (address, operations);
                // Drains the log, which must not fill the pipe.
                thread::spawn(move || lines.for_each(drop));
                return Ok(program);
            }
        }
        Err(Error::Program(format!(
            "{} exited without a log line \"listening\" with its addresses",
            path.display()
        )))
    }

    /// Resident memory (`VmRSS`), in bytes.
    pub(crate) fn rss(&self) -> Result<u64, Error> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).map_err(Error::system(format!("read {path}")))?;
        rss_of(&status).ok_or_else(|| Error::Program(format!("{path} has no VmRSS: the program exited")))
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> Result<(), Error> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(Error::system("send SIGTERM"))
    }

    /// Waits for the process to exit.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus, Error> {
        self.child.wait().map_err(Error::system("wait for the program"))
    }

    /// Whether the process is running.
    pub(crate) fn is_running(&mut self) -> Result<bool, Error> {
        let status = self.child.try_wait().map_err(Error::system("poll the program"))?;
        Ok(status.is_none())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn addresses(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| line.get(name)?.as_str()?.parse().ok();
    (line.get("message")?.as_str()? == "listening").then_some(())?;
    Some((address("address")?, address("operations")?))
}

fn rss_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_of_listening_line() {
        let line = r#"{"message":"listening","address":"127.0.0.1:1","operations":"127.0.0.1:2"}"#;
        let (address, operations) = addresses(line).unwrap();
        assert_eq!((address.port(), operations.port()), (1, 2));
        for other in [
            "listening on http://127.0.0.1:1",
            r#"{"message":"draining","address":"127.0.0.1:1","operations":"127.0.0.1:2"}"#,
            r#"{"message":"listening","address":"127.0.0.1:1"}"#,
            r#"{"message":"listening","address":"here","operations":"127.0.0.1:2"}"#,
        ] {
            assert_eq!(addresses(other), None, "{other}");
        }
    }

    #[test]
    fn reads_resident_bytes() {
        assert_eq!(rss_of("Name:\ta\nVmRSS:\t    1024 kB\n"), Some(1 << 20));
        assert_eq!(rss_of("Name:\ta\n"), None);
    }

    #[test]
    fn rejects_programs_without_listening_line() {
        let error = Program::start(Path::new("/bin/true"), &[]).err().unwrap();
        assert!(error.to_string().contains("exited without a log line"), "{error}");
        let error = Program::start(Path::new("/nothing"), &[]).err().unwrap();
        assert!(
            error.to_string().starts_with("cannot start /nothing: "),
            "{error}"
        );
    }
}
