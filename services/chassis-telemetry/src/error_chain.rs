//! Formatting of errors with their sources.

use std::error::Error;
use std::iter::successors;

/// Joins an error and its sources with colons. Omits a source that the preceding text already ends with.
pub fn format_error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for source in successors(error.source(), |&error| error.source()) {
        let source = source.to_string();
        if !text.ends_with(&source) {
            text.push_str(": ");
            text.push_str(&source);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("no space")]
        Disk,
        #[error("cannot write")]
        Write(#[source] Box<Failure>),
        #[error("page 7: {0}")]
        Page(#[source] Box<Failure>),
    }

    #[test]
    fn includes_each_source_once() {
        let write = Failure::Write(Failure::Disk.into());
        assert_eq!(format_error_chain(&write), "cannot write: no space");
        assert_eq!(
            format_error_chain(&Failure::Page(write.into())),
            "page 7: cannot write: no space"
        );
        assert_eq!(
            format_error_chain(&Failure::Page(Failure::Disk.into())),
            "page 7: no space"
        );
    }
}
