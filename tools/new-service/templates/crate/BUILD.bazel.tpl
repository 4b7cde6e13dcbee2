load("{{rules}}", "rust_crate")

rust_crate(
    name = "{{name}}",
    visibility = ["//services:__subpackages__"],
)
