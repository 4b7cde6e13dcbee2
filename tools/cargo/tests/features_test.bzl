"""Tests of feature resolution."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:features.bzl", "resolve_features")

def _dependency(name, path = None, optional = False, default_features = True, features = [], conditions = [""]):
    return {
        "conditions": conditions,
        "default_features": default_features,
        "features": features,
        "name": name,
        "optional": optional,
        "path": path,
    }

def _member(features = {}, dependencies = []):
    return {"dependencies": dependencies, "features": features, "name": "it"}

def _resolve(**members):
    return resolve_features(members)

def _unified_impl(ctx):
    env = unittest.begin(ctx)
    found = _resolve(
        a = _member(dependencies = [_dependency("b", path = "b", default_features = False, features = ["extra"])]),
        b = _member({"default": ["std"], "extra": ["more"], "more": [], "other": [], "std": []}),
    )
    asserts.equals(env, [], found.errors)
    asserts.equals(env, ["default", "extra", "more", "std"], found.features["b"])
    return unittest.end(env)

def _optional_impl(ctx):
    env = unittest.begin(ctx)
    dependencies = [
        _dependency("json", optional = True),
        _dependency("named", optional = True),
        _dependency("off", optional = True),
        _dependency("b", path = "b", optional = True),
    ]
    found = _resolve(
        a = _member({"default": ["json", "with-named", "b/fast", "off?/x"], "with-named": ["dep:named"]}, dependencies),
        b = _member({"fast": []}),
    )
    asserts.equals(env, [], found.errors)
    asserts.equals(env, ["b", "json", "named"], found.dependencies["a"])
    asserts.equals(env, ["b", "default", "json", "with-named"], found.features["a"])
    asserts.equals(env, ["fast"], found.features["b"])
    return unittest.end(env)

def _weak_impl(ctx):
    env = unittest.begin(ctx)
    for features, expected in [(["b?/fast", "dep:b"], ["fast"]), (["dep:b", "b?/fast"], ["fast"]), (["b?/fast"], [])]:
        found = _resolve(
            a = _member({"default": features}, [_dependency("b", path = "b", optional = True)]),
            b = _member({"fast": []}),
        )
        asserts.equals(env, [], found.errors)
        asserts.equals(env, expected, found.features["b"], str(features))
    return unittest.end(env)

def _dev_impl(ctx):
    env = unittest.begin(ctx)
    dependencies = [
        _dependency("b", path = "b", default_features = False, features = ["fast"], optional = True),
        _dependency("b", path = "b", default_features = False, features = ["testing"]),
    ]
    for default, expected in {"": ["testing"], "b?/other": ["other", "testing"], "dep:b": ["fast", "testing"]}.items():
        found = _resolve(
            a = _member({"default": [default] if default else [], "with-b": ["dep:b"]}, dependencies),
            b = _member({"default": [], "fast": [], "other": [], "testing": []}),
        )
        asserts.equals(env, [], found.errors)
        asserts.equals(env, expected, [feature for feature in found.features["b"] if feature != "default"], default)
    return unittest.end(env)

# cargo enables a feature with the name of a dependency for optional dependencies only, and only where they apply.
def _namesake_impl(ctx):
    env = unittest.begin(ctx)
    for optional, conditions, expected in [(True, [""], ["b", "default"]), (True, [], ["default"]), (False, [""], ["default"])]:
        found = _resolve(
            a = _member({"b": [], "default": ["b/fast"]}, [_dependency("b", path = "b", optional = optional, conditions = conditions)]),
            b = _member({"fast": []}),
        )
        asserts.equals(env, [], found.errors)
        asserts.equals(env, expected, found.features["a"], "{} {}".format(optional, conditions))
        asserts.equals(env, ["fast"] if conditions else [], found.features["b"])
    return unittest.end(env)

def _unbuilt_impl(ctx):
    env = unittest.begin(ctx)
    found = _resolve(
        a = _member(dependencies = [
            _dependency("b", path = "b", default_features = False),
            _dependency("b", path = "b", conditions = [], features = ["windows"]),
        ]),
        b = _member({"default": [], "windows": []}),
    )
    asserts.equals(env, [], found.errors)
    asserts.equals(env, [], [feature for feature in found.features["b"] if feature != "default"])
    return unittest.end(env)

def _errors_impl(ctx):
    env = unittest.begin(ctx)
    found = _resolve(
        a = _member(
            {"default": ["missing", "none/x"]},
            [_dependency("b", path = "b", features = ["absent"])],
        ),
        b = _member(),
    )
    asserts.equals(env, [
        "a/Cargo.toml: unknown feature \"missing\" of package \"it\"",
        "a/Cargo.toml: unknown dependency \"none\" in a feature",
        "b/Cargo.toml: unknown feature \"absent\" of package \"it\"",
    ], sorted(found.errors, key = lambda error: (error[0], "none" in error)))
    return unittest.end(env)

unified_test = unittest.make(_unified_impl)
optional_test = unittest.make(_optional_impl)
weak_test = unittest.make(_weak_impl)
dev_test = unittest.make(_dev_impl)
errors_test = unittest.make(_errors_impl)
namesake_test = unittest.make(_namesake_impl)
unbuilt_test = unittest.make(_unbuilt_impl)

def features_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, unified_test, optional_test, weak_test, dev_test, errors_test, namesake_test, unbuilt_test)
