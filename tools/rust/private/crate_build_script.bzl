"""The build script of a Cargo package."""

load("@rules_rust//cargo:defs.bzl", "cargo_build_script")
load(":build_script_output.bzl", "build_script_output", "build_script_program_output")
load(":cargo_package.bzl", "EXECROOT", "config_env", "merged_labels", "package_env", "rust_sources")
load(":crate_deps.bzl", "crate_deps")
load(":lints.bzl", "TOOL_EXEMPTIONS")
load(":profile.bzl", "RELEASE_SCRIPT_ENV")

def _script_env(package, directory):
    """Returns the variables that cargo sets for a build script and rules_rust does not.

    Args:
        package: result of `cargo_package`.
        directory: `CARGO_MANIFEST_DIR` of the build script.
    """
    links = {"CARGO_MANIFEST_LINKS": package["links"]} if package["links"] else {}
    return links | {
        "CARGO": "$${pwd}/$(CARGO)",
        # cargo omits `[lints]`, which would fail the probes of autocfg.
        "CARGO_ENCODED_RUSTFLAGS": "--sysroot=$${pwd}/$(RUST_SYSROOT)",
        "CARGO_CFG_FEATURE": ",".join(package["features"]),
        # The default of the target; cargo ignores `panic` of the profile.
        "CARGO_CFG_PANIC": "unwind",
        "CARGO_MANIFEST_PATH": directory + "/Cargo.toml",
        "RUSTDOC": "$${pwd}/$(RUSTDOC)",
    } | select({
        Label("//tools/rust:release_profile"): RELEASE_SCRIPT_ENV,
        Label("//tools/rust:opt"): {},
        "//conditions:default": {"CARGO_CFG_DEBUG_ASSERTIONS": ""},
    })

# buildifier: disable=unnamed-macro
def crate_build_script(crate):
    """Declares the build script, which a Rust target runs that has `<name>_build_script_output` among its `deps`.

    Targets created: the private `<name>_build_script`, `<name>_build_script_output`, and for programs of a package with a library
    `<name>_build_script_program_output`.

    Args:
        crate: result of `cargo_crate`.
    """
    package = crate.package
    env = package_env(package)
    env.pop("CARGO_MANIFEST_DIR")
    env.pop("CARGO_MANIFEST_PATH")
    sources = rust_sources("", exclude = ["tests/**", "benches/**", "examples/**"])
    data = merged_labels(crate.compile_data, crate.settings.build_script_data)
    protoc = [Label("//tools/protoc")] if package["uses_protoc"] else []
    run = crate.name + "_build_script"
    directory = "/".join([
        part
        for part in ["$${pwd}/$(BINDIR)", native.package_name(), run + ".cargo_runfiles", native.repo_name() or "_main", native.package_name()]
        if part
    ])
    manifest_directory = "/".join([part for part in [EXECROOT, native.repo_name() and "external/" + native.repo_name(), native.package_name()] if part])
    cargo_build_script(
        name = run,
        # A script may include modules of the library, and read them when it runs.
        srcs = sources,
        build_script_env = _script_env(package, directory) | env | config_env(package, "$${pwd}") | {"PROTOC": "$(execpath {})".format(label) for label in protoc} | crate.settings.build_script_env,
        compile_data = data,
        crate_features = package["features"],
        crate_root = crate.build_script,
        data = merged_labels(data, sources),
        edition = package["edition"],
        link_deps = crate_deps(package, ["normal"])["deps"],
        links = package["links"],
        pkg_name = package["name"],
        rustc_env = env | {"CARGO_MANIFEST_DIR": manifest_directory, "CARGO_MANIFEST_PATH": manifest_directory + "/Cargo.toml"},
        # It overrides `rustc_env`, which cannot be a select: the runner of rules_rust does not replace EXECROOT.
        rustc_env_files = select({
            Label("//platforms:closed_network"): [],
            "//conditions:default": [Label("//tools/rust/private:relative_manifest.env")],
        }),
        # The script is a tool, so the bans for services do not apply.
        rustc_flags = crate.rustc_flags + TOOL_EXEMPTIONS,
        toolchains = [Label("@rules_rust//rust/toolchain:current_rust_toolchain")],
        tools = protoc + crate.settings.build_script_tools,
        version = package["version"],
        visibility = ["//visibility:private"],
        **crate_deps(package, ["build"])
    )
    build_script_output(
        name = crate.name + "_build_script_output",
        links = package["links"],
        run = run,
        script = crate.build_script,
        visibility = ["//visibility:private"],
    )
    if crate.library:
        build_script_program_output(
            name = crate.name + "_build_script_program_output",
            output = crate.name + "_build_script_output",
            visibility = ["//visibility:private"],
        )
