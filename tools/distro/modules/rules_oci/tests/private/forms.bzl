"""`attribute_forms`: tests an attribute in each form. `golden`: a target and its golden test."""

load("//oci:defs.bzl", "oci_image")
load("//tests/private:equal_test.bzl", "side_targets_test")
load("//tests/private:golden_test.bzl", "golden_test")

def attribute_forms(name, attribute, inline, file, macro = oci_image, **kwargs):
    """Checks an attribute that accepts an inline value, a file, or a `select()` of files.

    Targets created, for each form of `inline`, `file` and `select`:

    - `<name>_<form>` and `<name>_<form>_test`: see `golden`; the forms share `golden/<name>.json`
    - `<name>_<form>_side_targets_test`: only the inline form has a `_write_` target; it and `.digest` are manual

    Args:
        name: String, base name of the golden file.
        attribute: String, the attribute.
        inline: List or dict, the inline value.
        file: Label of a file with the same value.
        macro: The macro under test, default `oci_image`.
        **kwargs: The target's other attributes.
    """
    forms = {
        "file": file,
        "inline": inline,
        "select": select({
            "@platforms//os:windows": None,
            "//conditions:default": file,
        }),
    }
    for form, value in forms.items():
        target = "%s_%s" % (name, form)
        golden(
            name = target,
            golden = name,
            macro = macro,
            **(kwargs | {attribute: value})
        )
        side_targets_test(
            name = target + "_side_targets_test",
            expected = [target + ".digest"] + ([target + "_write_" + attribute] if form == "inline" else []),
            of = target,
        )

def golden(name, golden = None, macro = oci_image, **kwargs):
    """Declares an image or an index, and a test that compares it with a file in `golden/`.

    Targets created: `<name>` and `<name>_test`.

    Args:
        name: String, the target.
        golden: String, base name of the file, default `name`.
        macro: The macro under test, default `oci_image`.
        **kwargs: The target's attributes.
    """
    macro(
        name = name,
        **kwargs
    )
    golden_test(
        name = name + "_test",
        digest = name + ".digest",
        golden = "golden/%s.json" % (golden or name),
        actual = name,
    )
