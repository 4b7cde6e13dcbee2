"""The rule that runs a test as cargo does: in the directory of its package, with the files of the package."""

load("@rules_rust//rust:defs.bzl", "rust_clippy_aspect")

def _cargo_test_impl(ctx):
    test = ctx.attr.test
    script = ctx.actions.declare_file(ctx.label.name)
    files = ctx.actions.declare_file(ctx.label.name + ".files")
    data = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.data])
    programs = {name: target[DefaultInfo].files_to_run.executable for target, name in ctx.attr.programs.items()}

    args = ctx.actions.args()
    args.set_param_file_format("multiline")
    args.add_all(data, map_each = _runfile, expand_directories = False)
    args.add_all(test[DefaultInfo].default_runfiles.files, map_each = _source, expand_directories = False)
    ctx.actions.write(files, args)

    ctx.actions.write(script, _SCRIPT.format(
        directory = ctx.attr.directory or ".",
        files = files.short_path,
        program = ctx.executable.test.short_path,
        programs = " ".join(["'{}={}'".format(name, program.short_path) for name, program in programs.items()]),
        runner = ctx.file._runner.short_path,
    ), is_executable = True)

    environment = test[RunEnvironmentInfo]
    return [
        DefaultInfo(
            executable = script,
            runfiles = ctx.runfiles(
                files = [files, ctx.file._runner] + programs.values(),
                transitive_files = data,
            ).merge_all([test[DefaultInfo].default_runfiles] + [
                target[DefaultInfo].default_runfiles
                for target in ctx.attr.data + ctx.attr.programs.keys()
            ]),
        ),
        RunEnvironmentInfo(
            environment = environment.environment | ctx.attr.env,
            inherited_environment = environment.inherited_environment,
        ),
        coverage_common.instrumented_files_info(ctx, dependency_attributes = ["test"]),
        # --config=lint requests this output group of the named targets.
        OutputGroupInfo(clippy_checks = getattr(test[OutputGroupInfo], "clippy_checks", depset())),
    ]

_SCRIPT = """\
#!/usr/bin/env bash
exec '{runner}' '{directory}' '{files}' '{program}' {programs} -- "$@"
"""

# Files of other repositories are runfiles only; they are not copied.
def _runfile(file):
    return None if file.short_path.startswith("../") else file.short_path

# Data of libraries, which find it by CARGO_MANIFEST_DIR.
def _source(file):
    return _runfile(file) if file.is_source else None

cargo_test = rule(
    doc = """Runs a `rust_test` in a writable copy of its package's files.

`bazel run` runs the test in the source tree instead, where it can update its snapshots. `tools/rust/private/cargo_test.sh` describes the
environment.
""",
    implementation = _cargo_test_impl,
    attrs = {
        "data": attr.label_list(
            doc = "Files of the package to copy. Default: none.",
            allow_files = True,
        ),
        "directory": attr.string(doc = "Directory of the package, relative to the root of the workspace. Default: the root."),
        "env": attr.string_dict(doc = "Environment variables of the test. Default: none."),
        "programs": attr.label_keyed_string_dict(doc = "Programs of the package, a dict from the target to the name: the test finds it as `CARGO_BIN_EXE_<name>`. Default: none."),
        "test": attr.label(
            doc = "The `rust_test` to run.",
            aspects = [rust_clippy_aspect],
            executable = True,
            cfg = "target",
            mandatory = True,
        ),
        "_runner": attr.label(
            default = "//tools/rust/private:cargo_test.sh",
            allow_single_file = True,
        ),
    },
    test = True,
)
