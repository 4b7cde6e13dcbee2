"""`image_forms`: one attribute in each way it can be given, with the same image as the result."""

load("//oci:defs.bzl", "oci_image")
load("//tests/private:equal_test.bzl", "side_targets_test")
load("//tests/private:golden_test.bzl", "golden_test")

def image_forms(name, attribute, inline, file, **kwargs):
    """Checks an attribute that takes a value in place, a file, or a `select()` over files.

    Targets created, for each form of `inline`, `file` and `select`:

    - `<name>_<form>`: the image
    - `<name>_<form>_test`: holds it to `golden/<name>.json`, config digest and all: the forms give the same bytes
    - `<name>_<form>_side_targets_test`: only the value in place has a `_write_` target; it and `.digest` are manual

    Args:
        name: String, the golden file's stem.
        attribute: String, the attribute.
        inline: List or dict, its value in place.
        file: Label of the file that says the same.
        **kwargs: The image's other attributes.
    """
    forms = {
        "file": file,
        "inline": inline,
        "select": select({
            "@platforms//os:windows": "values/of_no_platform.txt",
            "//conditions:default": file,
        }),
    }
    for form, value in forms.items():
        image = "%s_%s" % (name, form)
        oci_image(
            name = image,
            **(kwargs | {attribute: value})
        )
        golden_test(
            name = image + "_test",
            digest = image + ".digest",
            golden = "golden/%s.json" % name,
            made = image,
        )
        side_targets_test(
            name = image + "_side_targets_test",
            expected = [image + ".digest"] + ([image + "_write_" + attribute] if form == "inline" else []),
            of = image,
        )

def image_golden(name, golden = None, **kwargs):
    """An image, and a test that holds it to a file in `golden/`.

    Targets created: `<name>` and `<name>_test`.

    Args:
        name: String, the image.
        golden: String, the file's stem, default `name`.
        **kwargs: The image's attributes.
    """
    oci_image(
        name = name,
        **kwargs
    )
    golden_test(
        name = name + "_test",
        digest = name + ".digest",
        golden = "golden/%s.json" % (golden or name),
        made = name,
    )
