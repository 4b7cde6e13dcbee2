"""The rule that writes the SBOMs of a service and the crate list of its program."""

load(":crates_aspect.bzl", "collect_linked_crates", "linked_crates")

def _line(crate):
    member = crate.member
    return json.encode({
        "deps": crate.deps,
        "id": crate.id,
        "license": member.license if member else None,
        "locked": crate.package != None,
        "manifest": crate.manifest.path if crate.manifest else None,
        "name": crate.package or (member.name if member else crate.crate),
        "version": crate.version,
    })

# A separate action and tool, because the image depends on the crate list, but not on the SBOMs.
def _write_crate_list(ctx, targets):
    args = ctx.actions.args()
    args.add("crate-list")
    args.add("--targets", targets)
    args.add("--lock", ctx.file.cargo_lock)
    args.add("--output", ctx.outputs.crate_list)
    ctx.actions.run(
        executable = ctx.executable._link_tool,
        arguments = [args],
        inputs = [targets, ctx.file.cargo_lock],
        mnemonic = "CrateList",
        outputs = [ctx.outputs.crate_list],
        progress_message = "Listing the crates of %{label}",
    )

def _sbom_documents_impl(ctx):
    ids, crates = collect_linked_crates(ctx.attr.deps)
    root = {
        "deps": ids,
        "id": str(ctx.label),
        "license": ctx.attr.license,
        "locked": True,
        "manifest": None,
        "name": ctx.attr.package,
        "version": ctx.attr.version,
    }
    targets = ctx.actions.declare_file(ctx.label.name + ".crates.jsonl")
    lines = ctx.actions.args()
    lines.set_param_file_format("multiline")
    lines.add_all(crates, map_each = _line)
    lines.add(json.encode(root))
    ctx.actions.write(targets, lines)

    _write_crate_list(ctx, targets)

    documents = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add("generate")
    args.add("--targets", targets)
    args.add("--lock", ctx.file.cargo_lock)
    args.add_all("--base", [ctx.file.base], expand_directories = False)
    args.add_all("--output", [documents], expand_directories = False)
    manifests = [crate.manifest for crate in crates.to_list() if crate.manifest]
    ctx.actions.run(
        executable = ctx.executable._sbom,
        arguments = [args],
        inputs = depset(
            [targets, ctx.file.cargo_lock, ctx.file.base] + manifests,
            transitive = [ctx.attr.base[DefaultInfo].default_runfiles.files],
        ),
        mnemonic = "Sbom",
        outputs = [documents],
        progress_message = "Writing SBOMs %{label}",
    )
    return [DefaultInfo(files = depset([documents]))]

sbom_documents = rule(
    doc = """Writes the SBOMs of a service: the directory `<name>` with `sbom.cdx.json` (CycloneDX 1.6) and `sbom.spdx.json` (SPDX 2.3).

The SBOMs list every linked crate with purl, version, SHA-256 and license, and every Debian package of the base image.
`crate_list` is a file with the program's crates in the format of cargo-auditable, the content of the ELF section `.dep-v0`.

```starlark
load("//tools/sbom:defs.bzl", "sbom_documents")

sbom_documents(
    name = "sbom_documents",
    base = "//platforms/base:static",
    cargo_lock = "//:Cargo.lock",
    crate_list = "hello.crate_list",
    license = "Apache-2.0",
    package = "hello",
    version = "0.1.0",
    deps = [":hello_lib"],
)
```
""",
    implementation = _sbom_documents_impl,
    attrs = {
        "base": attr.label(
            doc = "The OCI layout of the image's base.",
            allow_single_file = True,
            mandatory = True,
        ),
        "cargo_lock": attr.label(
            doc = "Cargo.lock of the program's Cargo workspace.",
            allow_single_file = True,
            mandatory = True,
        ),
        "crate_list": attr.output(
            doc = "Name of the output file with the crate list.",
            mandatory = True,
        ),
        "deps": attr.label_list(
            doc = "The `deps` of the program. Default: none.",
            aspects = [linked_crates],
        ),
        "license": attr.string(
            doc = "License of the program's package, an SPDX expression. Default: none.",
        ),
        "package": attr.string(
            doc = "Name of the program's package in `cargo_lock`, the root component of the SBOMs.",
            mandatory = True,
        ),
        "version": attr.string(
            doc = "Version of the program's package in `cargo_lock`.",
            mandatory = True,
        ),
        "_link_tool": attr.label(
            default = "//tools/link:link_tool",
            cfg = "exec",
            executable = True,
        ),
        "_sbom": attr.label(
            default = "//tools/sbom",
            cfg = "exec",
            executable = True,
        ),
    },
)
