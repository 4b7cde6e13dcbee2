//! Limit of open files.

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

use crate::Error;

/// Raises the soft limit to the hard limit, which child processes inherit. Fails if the hard limit is below `needed`.
pub(crate) fn raise_open_files(needed: u64) -> Result<(), Error> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    check(maximum, needed)?;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(Error::system("raise the limit of open files"))
}

fn check(maximum: Option<u64>, needed: u64) -> Result<(), Error> {
    match maximum {
        Some(limit) if limit < needed => Err(Error::Program(format!(
            "cannot open {needed} files: the hard limit is {limit}; as root, in the same shell:\n    ulimit -n {needed}"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_more_than_hard_limit() {
        let error = check(Some(100), 101).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot open 101 files: the hard limit is 100"),
            "{error}"
        );
        assert!(check(Some(100), 100).is_ok());
        assert!(check(None, 100).is_ok());
    }
}
