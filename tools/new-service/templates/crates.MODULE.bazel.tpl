"""The crates of services/{{name}}, whose versions and features are separate from those of other services."""

thimble = use_extension("{{thimble}}//:extensions.bzl", "thimble")
thimble.workspace(
    cargo_lock = "{{crate}}_cargo_lock",
    cargo_toml = "//services/{{name}}:Cargo.toml",
    crates = "@{{crate}}_crates//:defs.bzl",
)
use_repo(thimble, "{{crate}}_cargo_lock")

crate = use_extension("@rules_rust//crate_universe:extensions.bzl", "crate")
crate.from_cargo(
    name = "{{crate}}_crates",
    cargo_config = "@{{crate}}_cargo_lock//:config.toml",
    cargo_lockfile = "@{{crate}}_cargo_lock//:Cargo.lock",
    manifests = ["@{{crate}}_cargo_lock//services/{{name}}:Cargo.toml"],
    supported_platform_triples = [
        "aarch64-apple-darwin",
        "aarch64-unknown-linux-gnu",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "x86_64-unknown-linux-gnu",
        "x86_64-unknown-linux-musl",
    ],
)
crate.render_config(
    platforms_template = "@@//platforms/triples:{triple}",
    repositories = ["{{crate}}_crates"],
)
use_repo(crate, "{{crate}}_crates")
