"""The Cargo package beside a BUILD file: its attributes for the rules of rules_rust."""

load("@thimble_workspaces//:defs.bzl", "IS_LINUX")
load(":cargo_workspace.bzl", "cargo_workspace")

# The execution root of compile actions, as an absolute path that is the same in every sandbox. It starts the paths that crates
# have from CARGO_MANIFEST_DIR and CARGO_BIN_EXE_*, and cargo_test.sh replaces it by the path of a test's own tree.
EXECROOT = "/proc/self/cwd/./." if IS_LINUX else "${pwd}"

# Written or read by the image's gates and by Bazel, never by a crate.
_OTHER_FILES = [
    "BUILD",
    "BUILD.bazel",
    "*.image.json",
    "*.image.mtree",
    "*.image.size.json",
    "target/**",
]

# buildifier: disable=unnamed-macro
def cargo_package():
    """The package of the current BUILD file.

    Returns:
        A dict of `members` of `cargo_workspace`.
    """
    package = cargo_workspace().members.get(native.package_name())
    if package == None:
        fail(("//{0}: no package of the Cargo workspace; write {0}/Cargo.toml, and add it to \"members\" of the " +
              "workspace's Cargo.toml").format(native.package_name()))
    return package

def rust_sources(root, exclude = []):
    """Rust files below the directory of a crate root.

    Args:
        root: path of the crate root.
        exclude: patterns of files that belong to other crates.

    Returns:
        A list of paths.
    """
    directory = root.rpartition("/")[0]
    pattern = directory + "/**/*.rs" if directory else "**/*.rs"
    return native.glob([pattern], allow_empty = True, exclude = [path for path in exclude if path != root])

def compile_files():
    """Files that a crate may include when it is compiled: all but its sources and what tests, examples and benches have."""
    return native.glob(["**"], allow_empty = True, exclude = _OTHER_FILES + [
        "benches/**",
        "build.rs",
        "examples/**",
        "src/**/*.rs",
        "tests/**",
    ])

def included_by_tests():
    """Files that tests may include when they are compiled, besides `compile_files`."""
    return native.glob(["tests/**"], allow_empty = True, exclude = ["**/*.rs"])

def test_files():
    """Files that tests may read when they run: all but the sources of the library and the programs."""
    return native.glob(["**"], allow_empty = True, exclude = _OTHER_FILES + ["src/**/*.rs"])

def package_env(package):
    """The variables that cargo sets for each crate of a package.

    Args:
        package: see `cargo_package`.

    Returns:
        A dict. Source: https://doc.rust-lang.org/cargo/reference/environment-variables.html.
    """
    directory = "/".join([EXECROOT, native.package_name()]).removesuffix("/")
    return package["env"] | {
        "CARGO_MANIFEST_DIR": directory,
        "CARGO_MANIFEST_PATH": directory + "/Cargo.toml",
        "CARGO_PRIMARY_PACKAGE": "1",
    } | ({"CARGO_MANIFEST_LINKS": package["links"]} if package["links"] else {})

def check_cfg_flags(package, build_script):
    """`--check-cfg` as cargo passes it: unknown features are warnings.

    Args:
        package: see `cargo_package`.
        build_script: path of the build script, or a value that is false.

    Returns:
        A list of flags.
    """
    if build_script:
        # rules_rust does not pass on `rustc-check-cfg`, by which a script declares what it sets.
        return ["--allow=unexpected_cfgs"]
    values = ", ".join(["\"{}\"".format(feature) for feature in package["known_features"]])
    return ["--check-cfg=cfg(docsrs,test)", "--check-cfg=cfg(feature, values({}))".format(values)]
