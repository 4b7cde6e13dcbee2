"""The rule that writes a layer of Debian packages."""

def _packages_layer_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    args = ctx.actions.args()
    args.add_all([ctx.file._packages_layer, out])
    args.add_all(ctx.files.packages)
    ctx.actions.run(
        executable = "/usr/bin/python3",
        arguments = [args],
        env = {"PYTHONDONTWRITEBYTECODE": "1"},
        execution_requirements = {"no-remote": "1"},
        inputs = ctx.files.packages + ctx.files._scripts,
        mnemonic = "PackagesLayer",
        outputs = [out],
        progress_message = "Writing layer %{output}",
    )
    return [DefaultInfo(files = depset([out]))]

packages_layer = rule(
    doc = """Writes a layer of unpacked Debian packages, `<name>.tar.zst`, for the attribute `tars` of `oci_image`.

Maintainer scripts are not run, and documentation is omitted, except copyright files.

```starlark
load("//platforms/dev:defs.bzl", "packages_layer")

packages_layer(
    name = "packages",
    packages = "@dev_packages//:packages",
)
```
""",
    implementation = _packages_layer_impl,
    attrs = {
        "packages": attr.label(
            doc = "A target with the `.deb` files.",
            mandatory = True,
        ),
        "_packages_layer": attr.label(
            default = "//platforms/layer:packages_layer.py",
            allow_single_file = True,
        ),
        "_scripts": attr.label(
            default = "//platforms/layer",
        ),
    },
)
