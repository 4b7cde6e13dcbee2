//! The kinds of package and their templates.

use std::str::FromStr;

/// The kind of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A service with an HTTP API.
    #[default]
    Http,
    /// A service with a gRPC API.
    Grpc,
    /// A program that runs to completion.
    Job,
    /// A library that services share.
    Crate,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "http" => Ok(Self::Http),
            "grpc" => Ok(Self::Grpc),
            "job" => Ok(Self::Job),
            "crate" => Ok(Self::Crate),
            _ => Err(format!(
                "invalid kind {text:?}: expected http, grpc, job or crate"
            )),
        }
    }
}

/// A file of a new package.
pub(crate) struct Template {
    /// Relative to the package's directory; also a template.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! templates {
    ($($path:literal: $file:literal,)*) => {
        &[$(Template { path: $path, text: include_str!(concat!("../templates/", $file, ".tpl")) },)*]
    };
}

impl Kind {
    /// Returns the templates of all files.
    pub(crate) fn templates(self) -> &'static [Template] {
        match self {
            Self::Http => templates! {
                "BUILD.bazel": "http/BUILD.bazel",
                "Cargo.toml": "http/Cargo.toml",
                "src/lib.rs": "http/lib.rs",
                "src/main.rs": "http/main.rs",
                "tests/app.rs": "http/app.rs",
                "tests/http.rs": "http/http.rs",
                "{{name}}.image.json": "http/image.json",
                "{{name}}.image.mtree": "image.mtree",
                "{{name}}.image.size.json": "image.size.json",
            },
            Self::Grpc => templates! {
                "BUILD.bazel": "grpc/BUILD.bazel",
                "Cargo.toml": "grpc/Cargo.toml",
                "build.rs": "grpc/build.rs",
                "proto/{{crate}}/v1/{{crate}}.proto": "grpc/service.proto",
                "src/greeter.rs": "grpc/greeter.rs",
                "src/lib.rs": "grpc/lib.rs",
                "src/main.rs": "grpc/main.rs",
                "tests/methods.rs": "grpc/methods.rs",
                "tests/program.rs": "grpc/program.rs",
                "{{name}}.image.json": "grpc/image.json",
                "{{name}}.image.mtree": "image.mtree",
                "{{name}}.image.size.json": "image.size.json",
            },
            Self::Job => templates! {
                "BUILD.bazel": "job/BUILD.bazel",
                "Cargo.toml": "job/Cargo.toml",
                "src/lib.rs": "job/lib.rs",
                "src/main.rs": "job/main.rs",
                "tests/program.rs": "job/program.rs",
                "{{name}}.image.json": "job/image.json",
                "{{name}}.image.mtree": "image.mtree",
                "{{name}}.image.size.json": "image.size.json",
            },
            Self::Crate => templates! {
                "BUILD.bazel": "crate/BUILD.bazel",
                "Cargo.toml": "crate/Cargo.toml",
                "src/lib.rs": "crate/lib.rs",
            },
        }
    }

    /// Returns whether the package has an image.
    pub(crate) fn has_image(self) -> bool {
        self != Self::Crate
    }
}
