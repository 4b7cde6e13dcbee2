//! The program, and a directory for its files.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that is removed at the end of the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("link-tool-test.{}.{next}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code and output of the program.
pub(crate) struct Outcome(Option<i32>, String);

impl Outcome {
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, text: &str) {
        assert_eq!(self.0, Some(code), "{}", self.1);
        assert!(self.1.contains(text), "no {text:?} in {}", self.1);
    }
}

pub(crate) fn link_tool(arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_link_tool"))
        .args(arguments)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    Outcome(
        output.status.code(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}
