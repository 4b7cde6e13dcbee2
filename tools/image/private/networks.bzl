"""Values that differ between the closed and the open network."""

# The values of //platforms:closed_network: the network that supplies compilers and base images.
NETWORKS = ["closed", "open"]

def by_network(values):
    """Selects a value by `//platforms:closed_network`.

    Args:
        values: dict from each of `NETWORKS` to a value.

    Returns:
        A select.
    """
    return select({
        Label("//platforms:closed_network"): values["closed"],
        "//conditions:default": values["open"],
    })
