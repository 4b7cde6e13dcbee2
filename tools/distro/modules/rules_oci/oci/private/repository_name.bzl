"""Checks the name of a repository that images are pushed to."""

load(":tool.bzl", "display_label")

def check_repository(ctx):
    """Fails if the attribute `repository` says which image as well.

    Args:
        ctx: The context of a rule that has the attribute.
    """
    name = ctx.attr.repository
    if "@" in name or ":" in name.split("/")[-1]:
        fail("%s: `repository` = %r has a tag or a digest; remove it from there: `remote_tags` has the tags, and the digest is the image's own" % (
            display_label(ctx.label),
            name,
        ))
