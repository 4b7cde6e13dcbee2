"""The gate `image_size_test`."""

load(":check_test.bzl", "BASES", "CRATES", "check_test")
load(":networks.bzl", "NETWORKS", "by_network")

def image_size_test(
        name,
        image,
        max_unpacked,
        max_compressed,
        binary = None,
        max_binary = None,
        record = None,
        symbols = None,
        platform = None,
        **kwargs):
    """Checks the sizes of an image against budgets and recorded sizes, and prints a table of its layers and files.

    A test that fails also prints the largest crates in the program, and the crates and features that are new since `record`, with the
    Cargo.toml files that request them.

    ```starlark
    load("//tools/image:defs.bzl", "image_size_test")

    image_size_test(
        name = "size_test",
        image = ":image",
        max_compressed = 1000000,
        max_unpacked = 2500000,
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of an OCI layout.
        max_unpacked: budget of all files, in bytes: an int, or a dict of ints by network (`//platforms:closed_network`), as in
            `{"closed": 2350000, "open": 4000000}`, because compilers, standard libraries and base images differ.
        max_compressed: budget of all layers, in bytes: an int, or a dict of ints by network. An uncompressed layer counts as compressed
            by `gzip -9`.
        binary: absolute path in the image of the program that `max_binary` and `record` measure. Required with either.
        max_binary: budget of that program, in bytes: an int, or a dict of ints by network. Default: no budget.
        record: label of a JSON file of recorded sizes, by network. The program and the layers above the base may differ from them by
            the larger of 1 % and 4096 bytes. The sizes are not compared if the file has none for the network, or if it names
            another compiler or linker than the program. `bazel run` of the test with `-- --update` writes the file. Default: none.
        symbols: label of the program with its symbols, for the sizes of crates. Default: none; no crates are printed.
        platform: platform of the image in an index, as in `linux/amd64`. Default: none; `image` must contain one image.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
    """
    if (max_binary or record) and not binary:
        fail("//{}:{}: missing attribute 'binary': 'max_binary' and 'record' need the program's path in the image".format(
            native.package_name(),
            name,
        ))
    check_test(
        name = name,
        size = "small",
        arguments = size_arguments(name, image, max_unpacked, max_compressed, binary, max_binary, record, symbols, platform),
        check = "size",
        image = image,
        data = [image] + [file for file in [record, symbols] if file],
        program = symbols,
        requests = Label("@thimble_workspaces//:requests") if symbols else None,
        **kwargs
    )

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
    return arguments + by_network({
        network: ["--network", network] + [
            argument
            for attribute, option, budget in budgets
            for argument in option + [str(_budget_of(name, attribute, budget, network))]
        ]
        for network in NETWORKS
    })

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
