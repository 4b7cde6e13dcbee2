"""What the gates hand to `image_check`: one function for each subcommand that several tests run."""

load(":check_test.bzl", "BASES", "CRATES")

def elf_arguments(file, machine):
    """Of `elf`, for a file that the arguments name, or a path in an image."""
    return [
        file,
        "--machine",
        machine,
        # Where Bazel's actions run: a path of it would part the bytes of two machines.
        "--forbid-string",
        "/execroot/",
        "--forbid-string",
        "bazel-out/",
    ] + _fixed_address_arguments(machine)

# The official target aarch64-unknown-linux-musl links static programs at a fixed address, and x86_64's position-independent ones.
def _fixed_address_arguments(machine):
    if machine != "aarch64":
        return []
    return _by_network({
        "closed": [],
        "open": ["--allow-non-pie"],
    })

def structure_arguments(image, expect, mtree, platform):
    """Of `structure`.

    Args:
        image: label of an OCI layout.
        expect: label of the expected configuration, JSON.
        mtree: label of the expected file list; may be None.
        platform: `os/architecture` in an index; may be None.

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

def size_arguments(image, max_unpacked, max_compressed, binary, max_binary, record, symbols, platform):
    """Of `size`.

    Args:
        image: label of an OCI layout.
        max_unpacked: budget of the image's files, in bytes: an int, or a dict by network.
        max_compressed: budget of the image's layers, in bytes; likewise.
        binary: path of the program in the image; may be None.
        max_binary: budget of the program, in bytes; likewise; may be None.
        record: label of the recorded sizes; may be None.
        symbols: label of the program with its symbols; may be None.
        platform: `os/architecture` in an index; may be None.

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
            word
            for attribute, option, budget in budgets
            for word in option + [str(_budget_of(attribute, budget, network))]
        ]
        for network in NETWORKS
    })

# Who supplies compilers and bases: //platforms:closed_network.
NETWORKS = ["closed", "open"]

def _budget_of(attribute, budget, network):
    if type(budget) == "int":
        return budget
    if type(budget) != "dict" or sorted(budget) != NETWORKS:
        fail("{}: invalid budget {}: expected bytes, or a dict of bytes with the keys \"closed\" and \"open\"".format(
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
    """Of `boot` or `run`, with the emulator for the image's CPU.

    Args:
        image: label of an OCI layout.
        probe: a struct of `check`, "boot" or "run", and `arguments`.
        env: environment variables, a dict.
        port: TCP port of the service; may be None.
        ready_seconds: time limit until the service can be connected to; of "boot" alone.
        stop_seconds: time limit from SIGTERM to the end; of "boot" alone.
        max_rss: budget of resident memory, in bytes; may be None.
        cpu: CPU of the image.
        platform: `os/architecture` in an index; may be None.

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
    """What a person types to run a target of this workspace."""
    return "tools/bazel run " + str(native.package_relative_label(label)).removeprefix("@@")

def emulator_arguments(cpu):
    """Of `boot`: the emulator, unless the test runs on that CPU."""
    return _unless_on(cpu, ["--emulator", "$(rootpath {})".format(_emulator(cpu))])

def emulator_data(cpu):
    """What `emulator_arguments` names."""
    return _unless_on(cpu, [_emulator(cpu)])

# As `@emulators` is named in any module.
def _emulator(cpu):
    return Label("@emulators//:" + cpu)

def _unless_on(cpu, values):
    """`values`, unless the test runs on that CPU."""
    return select({
        Label("@platforms//cpu:" + cpu): [],
        "//conditions:default": values,
    })
