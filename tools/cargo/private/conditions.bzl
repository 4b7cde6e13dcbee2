"""The Rust targets that a dependency applies to."""

load(":cfg.bzl", "cfg_matches")
load(":triples.bzl", "TRIPLES")

def matching_conditions(target, custom, errors):
    """Lists the Rust targets that a `[target.*]` table applies to.

    Args:
        target: the `cfg` expression or triple of the table, or "" for dependencies of all targets.
        custom: names of options that flags of rustc set.
        errors: list of error messages, which is extended.

    Returns:
        A list of the matching elements of `TRIPLES`, or `[""]` for all targets.
    """
    if not target:
        return [""]
    triples = []
    for triple in TRIPLES:
        found = cfg_matches(target, triple, custom)
        if found.error:
            errors.append("\"target.{}\": {}".format(target, found.error))
            return []
        if found.matches:
            triples.append(triple)
    return triples
