"""Analysis tests of oci_image."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//oci:defs.bzl", "oci_image", "oci_image_rule")

def _layers_impl(ctx):
    env = analysistest.begin(ctx)
    actions = analysistest.target_actions(env)
    asserts.equals(
        env,
        {"OCIImage": 1, "OCILayer": ctx.attr.layers},
        {name: len([a for a in actions if a.mnemonic == name]) for name in ["OCIImage", "OCILayer"]},
    )
    for action in actions:
        if action.mnemonic == "OCILayer":
            # Only a change of the tar or the tool reads a layer again.
            tars = [f.basename for f in action.inputs.to_list() if f.basename.endswith(".tar")]
            asserts.equals(env, 1, len(tars))
    return analysistest.end(env)

_layers_test = analysistest.make(
    _layers_impl,
    attrs = {"layers": attr.int(mandatory = True)},
)

def _outputs_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    files = target[DefaultInfo].files.to_list()
    asserts.equals(env, [target.label.name], [file.basename for file in files])
    asserts.true(env, files[0].is_directory, "the image is a directory")
    runfiles = [file.basename for file in target[DefaultInfo].default_runfiles.files.to_list()]
    for expected in [target.label.name] + ctx.attr.linked:
        asserts.true(env, expected in runfiles, "%s not found in the runfiles %s" % (expected, runfiles))
    return analysistest.end(env)

_outputs_test = analysistest.make(
    _outputs_impl,
    attrs = {"linked": attr.string_list(mandatory = True)},
)

_RESOURCE_SETS = [
    "cpu_2",
    "cpu_4",
    "default",
    "mem_16g",
    "mem_1g",
    "mem_2g",
    "mem_32g",
    "mem_4g",
    "mem_512m",
    "mem_8g",
]

def image_action_tests(name):
    """Declares tests of the actions, the outputs and the values of `resource_set`.

    Args:
        name: String, prefix of the tests' names.
    """
    oci_image(
        name = name + "_base",
        architecture = "amd64",
        os = "linux",
        tags = ["manual"],
        tars = ["//tests:layers/a.tar"],
    )
    oci_image(
        name = name + "_image",
        base = name + "_base",
        tags = ["manual"],
        tars = ["//tests:layers/b.tar", "renamed.tar"],
    )
    _layers_test(
        name = name + "_one_per_layer_test",
        layers = 2,
        target_under_test = name + "_image",
    )
    _outputs_test(
        name = name + "_runfiles_contain_linked_files_test",
        linked = ["a.tar", "b.tar", "renamed.tar", name + "_base"],
        target_under_test = name + "_image",
    )
    for value in _RESOURCE_SETS:
        oci_image_rule(
            name = "%s_%s" % (name, value),
            architecture = "amd64",
            os = "linux",
            resource_set = value,
            tags = ["manual"],
            tars = ["//tests:layers/a.tar"],
        )
        _layers_test(
            name = "%s_%s_test" % (name, value),
            layers = 1,
            target_under_test = "%s_%s" % (name, value),
        )
