"""The Rust targets that dependencies are resolved for; `supported_platform_triples` in MODULE.bazel names the same."""

# The machines that build, and what images are built for.
TRIPLES = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
]
