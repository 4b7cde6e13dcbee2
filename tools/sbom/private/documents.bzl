"""The SBOMs of a service, and the crate list for its program."""

load(":crates_aspect.bzl", "linked_crates", "linked_with")

def _line(crate):
    return json.encode({
        "crate": crate.crate,
        "deps": crate.deps,
        "id": crate.id,
        "manifest": crate.manifest.path if crate.manifest else None,
        "package": crate.package,
        "version": crate.version,
    })

# An action and a tool of its own: the image waits for the crate list, and for nothing that the SBOMs need besides.
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
    ids, crates = linked_with(ctx.attr.deps)
    root = struct(
        id = str(ctx.label),
        crate = ctx.attr.crate,
        deps = tuple(ids),
        features = (),
        manifest = None,
        package = None,
        version = "0.0.0",
    )
    targets = ctx.actions.declare_file(ctx.label.name + ".crates.jsonl")
    lines = ctx.actions.args()
    lines.set_param_file_format("multiline")
    lines.add_all(crates, map_each = _line)
    lines.add(_line(root))
    ctx.actions.write(targets, lines)

    _write_crate_list(ctx, targets)

    documents = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add("make")
    args.add("--targets", targets)
    args.add("--lock", ctx.file.cargo_lock)
    args.add("--workspace", ctx.file.cargo_toml)
    args.add_all("--base", [ctx.file.base], expand_directories = False)
    args.add_all("--output", [documents], expand_directories = False)
    manifests = [crate.manifest for crate in crates.to_list() if crate.manifest]
    ctx.actions.run(
        executable = ctx.executable._sbom,
        arguments = [args],
        inputs = depset(
            [targets, ctx.file.cargo_lock, ctx.file.cargo_toml, ctx.file.base] + manifests,
            transitive = [ctx.attr.base[DefaultInfo].default_runfiles.files],
        ),
        mnemonic = "Sbom",
        outputs = [documents],
        progress_message = "Listing what %{label} is made of",
    )
    return [DefaultInfo(files = depset([documents]))]

sbom_documents = rule(
    doc = """The SBOMs of a service: a directory with `sbom.cdx.json` (CycloneDX 1.6) and `sbom.spdx.json` (SPDX 2.3).

They list every crate that is linked in, with purl, version, SHA-256 and license, and every Debian package of the base.
`crate_list` is the program's own list in cargo-auditable's format, the content of section `.dep-v0`.
""",
    implementation = _sbom_documents_impl,
    attrs = {
        "base": attr.label(
            doc = "The OCI layout that the image stands on.",
            allow_single_file = True,
            mandatory = True,
        ),
        "cargo_lock": attr.label(
            doc = "Cargo.lock of the program's workspace.",
            allow_single_file = True,
            mandatory = True,
        ),
        "cargo_toml": attr.label(
            doc = "Cargo.toml of the program's workspace.",
            allow_single_file = True,
            mandatory = True,
        ),
        "crate": attr.string(
            doc = "The program's crate.",
            mandatory = True,
        ),
        "crate_list": attr.output(
            doc = "Name of the crate list.",
            mandatory = True,
        ),
        "deps": attr.label_list(
            doc = "The `deps` of the program.",
            aspects = [linked_crates],
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
