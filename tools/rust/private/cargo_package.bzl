"""The Cargo package of a BUILD file, and its attributes for rules_rust."""

load("@thimble_workspaces//:defs.bzl", "IS_LINUX")
load("//tools/cargo/private:readme.bzl", "READMES")
load(":cargo_workspace.bzl", "cargo_workspace")

# The execution root of compile actions, an absolute path that is the same in every sandbox. CARGO_MANIFEST_DIR and CARGO_BIN_EXE_*
# start with it, and cargo_test.sh replaces it with the path of the test's directory tree.
EXECROOT = "/proc/self/cwd/./." if IS_LINUX else "${pwd}"

# Directories of a package at the root of the repository that contain no sources.
_OTHER_DIRECTORIES = [".git/**", "bazel-*/**", "target/**"]

# Files of Bazel and of the image's gates, which a crate does not read.
_OTHER_FILES = _OTHER_DIRECTORIES + [
    "BUILD",
    "BUILD.bazel",
    "*.image.json",
    "*.image.mtree",
    "*.image.size.json",
    "*MODULE.bazel",
]

# buildifier: disable=unnamed-macro
def cargo_package():
    """Returns the Cargo package of the current BUILD file.

    Returns:
        A dict, a value of `members` of `cargo_workspace`. Fails if the directory is not a member of the Cargo workspace.
    """
    package = cargo_workspace().members.get(native.package_name())
    if package == None:
        fail(("//{0}: not a member of the Cargo workspace: expected {0}/Cargo.toml, and \"{0}\" in \"members\" of the " +
              "Cargo.toml of the workspace").format(native.package_name()))
    if package["env"]["CARGO_PKG_README"] == None:
        readmes = [name for name in READMES if native.glob([name], allow_empty = True)]
        return package | {"env": package["env"] | {"CARGO_PKG_README": (readmes + [""])[0]}}
    return package

def rust_sources(root, exclude = []):
    """Lists the Rust files in the directory of a crate root and below.

    Args:
        root: path of the crate root.
        exclude: glob patterns of files that belong to other crates.

    Returns:
        A list of paths.
    """
    directory = root.rpartition("/")[0]
    pattern = directory + "/**/*.rs" if directory else "**/*.rs"
    return native.glob([pattern], allow_empty = True, exclude = _OTHER_DIRECTORIES + exclude)

def program_sources(root):
    """Lists the Rust files that a program may include: those in its directory, and the modules in `src/`.

    Args:
        root: path of the crate root.

    Returns:
        A list of paths.
    """
    return {path: True for path in rust_sources(root) + rust_sources("src/main.rs")}.keys()

def compile_files():
    """Lists the files that a crate may include at compile time: all except its sources, `tests/`, `examples/`, `benches/` and `.env`.

    An untracked `.env` would connect the macros of sqlx to a database, and contain credentials.
    """
    return native.glob(["**"], allow_empty = True, exclude = _OTHER_FILES + [
        "**/.env",
        "**/.env.*",
        "benches/**",
        "build.rs",
        "examples/**",
        "src/**/*.rs",
        "tests/**",
    ])

def test_compile_files():
    """Lists the files that tests, examples and benches may include at compile time in addition to `compile_files`."""
    return native.glob(["benches/**", "examples/**", "tests/**"], allow_empty = True)

def test_files():
    """Lists the files that tests, examples and benches may read at run time: all, as under cargo."""
    return native.glob(["**"], allow_empty = True, exclude = _OTHER_FILES)

# buildifier: disable=unnamed-macro
def merged_labels(*lists):
    """Concatenates lists of labels without duplicates.

    Args:
        *lists: lists of labels, or selects, in which duplicates are not found.

    Returns:
        A list, or a select.
    """
    seen = {}
    merged = []
    for labels in lists:
        if type(labels) == "list":
            unique = {native.package_relative_label(label): label for label in labels}
            labels = [label for key, label in unique.items() if key not in seen]
            seen.update(unique)
        merged = merged + labels
    return merged

def config_env(package, root, escaped = True):
    """Returns the environment variables of `[env]` in `.cargo/config.toml`.

    Args:
        package: result of `cargo_package`.
        root: prefix of paths relative to the root of the Bazel workspace.
        escaped: whether to escape values for attributes that expand variables.

    Returns:
        A dict of strings.
    """
    return {
        name: root + "/" + variable["value"] if variable["relative"] else variable["value"].replace("$", "$$" if escaped else "$")
        for name, variable in package["config_env"].items()
    }

def package_env(package):
    """Returns the environment variables that cargo sets for each crate of a package, escaped for attributes that expand variables.

    Source: https://doc.rust-lang.org/cargo/reference/environment-variables.html.

    Args:
        package: result of `cargo_package`.

    Returns:
        A dict of strings.
    """
    directory = "/".join([EXECROOT, native.package_name()]).removesuffix("/")
    return config_env(package, EXECROOT) | {key: value.replace("$", "$$") for key, value in package["env"].items()} | {
        "CARGO_MANIFEST_DIR": directory,
        "CARGO_MANIFEST_PATH": directory + "/Cargo.toml",
        "CARGO_PRIMARY_PACKAGE": "1",
    }

def check_cfg_flags(package):
    """Returns the `--check-cfg` flags that cargo passes to rustc, which make unknown features warnings.

    Args:
        package: result of `cargo_package`.

    Returns:
        A list of flags.
    """
    values = ", ".join(["\"{}\"".format(feature) for feature in package["known_features"]])
    return ["--check-cfg=cfg(docsrs,test)", "--check-cfg=cfg(feature, values({}))".format(values)]
