"""The gate over the bills."""

load("//tools/image/private:check_test.bzl", "check_test")

def sbom_test(name, bills, binary, policy = "//:deny.toml", **kwargs):
    """The bills list the very crates that the program says are in it, and each has a licence that is allowed.

    Prints how many crates there are of each licence, and what is not checked.

    Args:
        name: of the test.
        bills: label of the folder of the bills.
        binary: label of the program, with its crate list in section `.dep-v0`.
        policy: label of the licences that are allowed, as cargo-deny's deny.toml has them; default the workspace's.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "--binary",
            "$(rootpath {})".format(binary),
            "--bills",
            "$(rootpath {})".format(bills),
            "--policy",
            "$(rootpath {})".format(policy),
        ],
        check = "check",
        data = [
            bills,
            binary,
            policy,
        ],
        tool = "//tools/sbom",
        **kwargs
    )
