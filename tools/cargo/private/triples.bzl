"""The Rust targets that dependencies are resolved for, the same as `supported_platform_triples` in MODULE.bazel."""

# The execution platforms and the image platforms.
TRIPLES = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
]
