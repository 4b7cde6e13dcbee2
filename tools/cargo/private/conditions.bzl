"""Dependencies grouped by the Rust targets that they apply to."""

load(":cfg.bzl", "cfg_matches")
load(":triples.bzl", "TRIPLES")

def conditions_of(target, errors):
    """The conditions of a `[target.*]` table.

    Args:
        target: the expression, or "".
        errors: list of messages; extended.

    Returns:
        A list: of "" for all targets, or of those of `TRIPLES` that match.
    """
    if not target:
        return [""]
    triples = []
    for triple in TRIPLES:
        found = cfg_matches(target, triple)
        if found.error:
            errors.append("\"target.{}\": {}".format(target, found.error))
            return []
        if found.matches:
            triples.append(triple)
    return triples
