"""Checks the name of a repository."""

load(":tool.bzl", "display_label")

def check_repository(ctx):
    """Fails if the attribute `repository` has a tag or a digest.

    Args:
        ctx: The context of a rule with the attribute.
    """
    name = ctx.attr.repository
    if "@" in name or ":" in name.split("/")[-1]:
        fail("%s: invalid attribute 'repository': %r: expected a name without tag or digest; set tags with 'remote_tags'" % (
            display_label(ctx.label),
            name,
        ))
