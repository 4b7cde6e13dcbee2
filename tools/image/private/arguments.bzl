"""Arguments of `image_check`, one function for each subcommand that several tests run."""

load(":check_test.bzl", "BASES", "CRATES")

def elf_arguments(file, machine):
    """Arguments of `image_check elf`.

    Args:
        file: the program, a string: a `$(rootpath)` expression, or an absolute path in an image.
        machine: CPU of the program, `x86_64` or `aarch64`.

    Returns:
        A list of strings, or a select of lists.
    """
    return [
        file,
        "--machine",
        machine,
        # Paths of Bazel's execution root make a build irreproducible.
        "--forbid-string",
        "/execroot/",
        "--forbid-string",
        "bazel-out/",
    ] + _fixed_address_arguments(machine)

# Upstream's aarch64-unknown-linux-musl links static programs at a fixed address; its x86_64 target links position-independent ones.
def _fixed_address_arguments(machine):
    if machine != "aarch64":
        return []
    return _by_network({
        "closed": [],
        "open": ["--allow-non-pie"],
    })

def structure_arguments(image, expect, mtree, platform):
    """Arguments of `image_check structure`.

    Args:
        image: label of an OCI layout.
        expect: label of the expected configuration, a JSON file.
        mtree: label of the expected file list, as in mtree(5), or None.
        platform: `os/architecture` of the image in an index, or None.

    Returns:
        A list of strings.
    """
    arguments = [
        "$(rootpath {})".format(image),
        "--expect",
        "$(rootpath {})".format(expect),
        BASES,
    ]
    if mtree:
        arguments.extend(["--mtree", "$(rootpath {})".format(mtree)])
    if platform:
        arguments.extend(["--expect-platform", platform, "--platform", platform])
    return arguments

def size_arguments(name, image, max_unpacked, max_compressed, binary, max_binary, record, symbols, platform):
    """Arguments of `image_check size`.

    Args:
        name: name of the test, for errors.
        image: label of an OCI layout.
        max_unpacked: budget of the image's files, in bytes: an int, or a dict of ints by network.
        max_compressed: budget of the image's compressed layers, in bytes: an int, or a dict of ints by network.
        binary: absolute path of the program in the image, or None.
        max_binary: budget of the program, in bytes: an int, a dict of ints by network, or None.
        record: label of the file of recorded sizes, or None.
        symbols: label of the program with its symbols, or None.
        platform: `os/architecture` of the image in an index, or None.

    Returns:
        A list of strings, or a select of lists.
    """
    budgets = [("max_unpacked", ["--max-unpacked"], max_unpacked), ("max_compressed", ["--max-compressed"], max_compressed)]
    if max_binary:
        budgets.append(("max_binary", ["--max-binary", binary], max_binary))
    arguments = ["$(rootpath {})".format(image)]
    if record:
        arguments.extend(["--record", "$(rootpath {})".format(record), binary, BASES])
    if platform:
        arguments.extend(["--platform", platform])
    if symbols:
        arguments.extend(["--symbols", "$(rootpath {})".format(symbols), "--crates", CRATES])
    return arguments + _by_network({
        network: ["--network", network] + [
            argument
            for attribute, option, budget in budgets
            for argument in option + [str(_budget_of(name, attribute, budget, network))]
        ]
        for network in NETWORKS
    })

# The values of //platforms:closed_network: the network that supplies compilers and base images.
NETWORKS = ["closed", "open"]

def _budget_of(name, attribute, budget, network):
    if type(budget) == "int":
        return budget
    if type(budget) != "dict" or sorted(budget) != NETWORKS:
        fail("//{}:{}: invalid attribute '{}': {}: expected bytes, or a dict of bytes with the keys \"closed\" and \"open\"".format(
            native.package_name(),
            name,
            attribute,
            repr(budget),
        ))
    return budget[network]

def _by_network(values):
    return select({
        Label("//platforms:closed_network"): values["closed"],
        "//conditions:default": values["open"],
    })

def probe_arguments(image, probe, env, port, ready_seconds, stop_seconds, max_rss, cpu, platform):
    """Arguments of `image_check boot` or `image_check run`, including the emulator of the image's CPU.

    Args:
        image: label of an OCI layout.
        probe: a probe of `//tools/rust:defs.bzl`: a struct with `check`, "boot" or "run", and `arguments`, a list of strings.
        env: dict of environment variables.
        port: TCP port of the service, or None.
        ready_seconds: time limit until the port accepts connections, in seconds; used by "boot" only.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; used by "boot" only.
        max_rss: budget of resident memory, in bytes, or None.
        cpu: CPU of the image, a name of `@platforms//cpu`.
        platform: `os/architecture` of the image in an index, or None.

    Returns:
        A list of strings, or a select of lists.
    """
    arguments = ["$(rootpath {})".format(image)] + probe.arguments
    if probe.check == "boot":
        arguments.extend(["--ready-timeout", str(ready_seconds), "--stop-timeout", str(stop_seconds)])
        if port:
            arguments.extend(["--port", str(port)])
    for name, value in env.items():
        arguments.extend(["--env", "{}={}".format(name, value)])
    if max_rss:
        arguments.extend(["--max-rss", str(max_rss)])
    if platform:
        arguments.extend(["--platform", platform])
    return arguments + emulator_arguments(cpu)

# buildifier: disable=unnamed-macro
def run_command(label):
    """The command line that runs a target of this workspace, a string."""
    return "tools/bazel run " + str(native.package_relative_label(label)).removeprefix("@@")

def emulator_arguments(cpu):
    """The option that names the emulator of a CPU; empty if the test runs on that CPU.

    Args:
        cpu: a name of `@platforms//cpu`.

    Returns:
        A select of lists of strings.
    """
    return _unless_on(cpu, ["--emulator", "$(rootpath {})".format(_emulator(cpu))])

def emulator_data(cpu):
    """The files that `emulator_arguments` names, for `data`.

    Args:
        cpu: a name of `@platforms//cpu`.

    Returns:
        A select of lists of labels.
    """
    return _unless_on(cpu, [_emulator(cpu)])

# A Label, because other modules don't see the repository `@emulators`.
def _emulator(cpu):
    return Label("@emulators//:" + cpu)

def _unless_on(cpu, values):
    return select({
        Label("@platforms//cpu:" + cpu): [],
        "//conditions:default": values,
    })
