"""Targets of a Cargo package: those that Cargo.toml declares and those that cargo discovers.

Source: https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery.
"""

_DIRECTORIES = {
    "bench": "benches",
    "bin": "src/bin",
    "example": "examples",
    "test": "tests",
}

def _discovered(package, section):
    """Returns a dict from the name of a discovered target to its path."""
    directory = _DIRECTORIES[section]
    files = native.glob(
        ["{}/*.rs".format(directory), "{}/*/main.rs".format(directory)],
        allow_empty = True,
        # cargo ignores hidden directories, and `*.rs` does not match hidden files.
        exclude = ["{}/.*/main.rs".format(directory)],
    )
    found = {
        path.removeprefix(directory + "/").removesuffix(".rs").removesuffix("/main"): path
        for path in files
    }
    if section == "bin" and native.glob(["src/main.rs"], allow_empty = True):
        found[package["name"]] = "src/main.rs"
    return found

def cargo_targets(package, section, enabled = True):
    """Lists the targets of a section whose required features are enabled.

    Args:
        package: result of `cargo_package`.
        section: "bin", "example", "test" or "bench".
        enabled: whether their required features are enabled; False lists those that cargo skips.

    Returns:
        A list of dicts with `name`, `path`, `harness` (bool), `required_features` and `test` (bool), sorted by name. Fails if a
        declared target has no file.
    """
    found = _discovered(package, section)
    targets = {}
    for declared in package[section]:
        name = declared["name"]
        path = declared["path"] or found.get(name)
        if not path or not native.glob([path], allow_empty = True):
            fail("//{0}: missing file \"{1}\" of [[{2}]] \"{3}\" in {0}/Cargo.toml".format(
                native.package_name(),
                declared["path"] or "{}/{}.rs".format(_DIRECTORIES[section], name),
                section,
                name,
            ))
        targets[name] = declared | {"path": path}
    paths = [target["path"] for target in targets.values()]
    for name, path in found.items() if section in package["auto"] else []:
        if name not in targets and path not in paths:
            targets[name] = {
                "harness": True,
                "name": name,
                "path": path,
                "required_features": [],
                "test": section in ["bin", "test"],
            }
    return [
        targets[name]
        for name in sorted(targets)
        if enabled == all([feature in package["features"] for feature in targets[name]["required_features"]])
    ]

def find_program(package, target, name, expected):
    """Finds a program of a package by its name.

    Args:
        package: result of `cargo_package`.
        target: name of the target that contains it.
        name: name of the program.
        expected: what a package without the program lacks, such as "a [[bin]]".

    Returns:
        An element of the result of `cargo_targets`. Fails without such a program, or if its required features are disabled.
    """
    programs = {program["name"]: program for program in cargo_targets(package, "bin")}
    if name in programs:
        return programs[name]
    prefix = "//{0}:{1}: ".format(native.package_name(), target)
    for program in cargo_targets(package, "bin", enabled = False):
        if program["name"] == name:
            disabled = [feature for feature in program["required_features"] if feature not in package["features"]]
            fail("{}program \"{}\" needs the disabled features {}: expected them in \"default\" of [features] in {}/Cargo.toml".format(
                prefix,
                name,
                disabled,
                native.package_name(),
            ))
    fail("{}no program \"{}\" in {}/Cargo.toml: expected {}".format(prefix, name, native.package_name(), expected))

def has_library(package):
    """Reports whether a package has a library.

    Args:
        package: result of `cargo_package`.

    Returns:
        A bool. Fails if Cargo.toml declares a library whose file does not exist.
    """
    library = package["lib"]
    exists = (library["declared"] or library["auto"]) and bool(native.glob([library["path"]], allow_empty = True))
    if library["declared"] and not exists:
        fail("//{0}: missing file \"{1}\" of [lib] in {0}/Cargo.toml".format(native.package_name(), library["path"]))
    return exists
