"""The repository rule with the Cargo workspaces of all modules, for the macros of //tools/rust."""

_LOADS = """\
load("@{members}//:lints.bzl", lints_{n} = "LINTS")
load("@{members}//:members.bzl", members_{n} = "MEMBERS")
load("@{members}//:requests.bzl", requests_{n} = "REQUESTS")
"""

_WORKSPACE = """\
    struct(
        cargo_lock = Label("@{cargo_lock}//:Cargo.lock"),
        directory = "{directory}",
        license_policy = Label("{license_policy}"),
        lints = lints_{n},
        members = members_{n},
        repository = "{repository}",
        requests = requests_{n},
    ),
"""

_FIND_WORKSPACE = """\
def find_workspace(repository, package):
    \"\"\"Returns the workspace of a package, or None if the repository has none.\"\"\"
    return _find_workspace(WORKSPACES, repository, package)
"""

_PROFILE = """\
\"\"\"The release profile of all images.\"\"\"

load("@{members}//:profile.bzl", _RELEASE_PROFILE = "RELEASE_PROFILE")

RELEASE_PROFILE = _RELEASE_PROFILE
"""

_BUILD = """\
load("@bazel_skylib//:bzl_library.bzl", "bzl_library")
load("{workspace_requests}", "workspace_requests")
load(":defs.bzl", "WORKSPACES")

workspace_requests(
    name = "requests",
    visibility = ["//visibility:public"],
    workspaces = WORKSPACES,
)

bzl_library(
    name = "bzl_lib",
    srcs = [
        "defs.bzl",
        "profile.bzl",
    ],
    visibility = ["//visibility:public"],
    deps = [
        "{bzl_lib}",
{files}    ],
)
"""

# Files that defs.bzl loads.
_FILES = """\
        "@{members}//:bzl_lib",
"""

def _workspaces_impl(rctx):
    used = [json.decode(workspace) for workspace in rctx.attr.workspaces]
    content = ["\"\"\"Cargo workspaces of all modules.\"\"\"\n\nload(\"{}\", _find_workspace = \"find_workspace\")\n".format(Label("//tools/cargo/private:find_workspace.bzl"))]
    content.extend([_LOADS.format(n = n, **workspace) for n, workspace in enumerate(used)])
    content.append("\nWORKSPACES = [\n")
    content.extend([_WORKSPACE.format(n = n, **workspace) for n, workspace in enumerate(used)])
    content.append("]\n\n")
    root_candidates = [n for n, workspace in enumerate(used) if workspace["is_root"]] + [0]
    content.append("ROOT_WORKSPACE = WORKSPACES[{}]\n\n".format(root_candidates[0]))
    content.append("IS_LINUX = {}\n\n".format(rctx.attr.is_linux))
    content.append(_FIND_WORKSPACE)
    rctx.file("BUILD.bazel", _BUILD.format(
        bzl_lib = Label("//tools/cargo/private:bzl_lib"),
        files = "".join([_FILES.format(**workspace) for workspace in used]),
        workspace_requests = Label("//tools/cargo/private:workspace_requests.bzl"),
    ))
    rctx.file("defs.bzl", "".join(content))

    # A file of its own, because `tools/affected` lists all targets of a rule if a file that its .bzl file loads changes.
    rctx.file("profile.bzl", _PROFILE.format(**used[root_candidates[0]]))

workspaces = repository_rule(
    doc = """Writes the target `requests`, a `workspace_requests`; `profile.bzl` with `RELEASE_PROFILE`, that of `ROOT_WORKSPACE`; and
`defs.bzl` with three constants and a function:

* `WORKSPACES`: a list of structs with `repository` (canonical name, "" for the root module), `directory` (Bazel package of its Cargo.toml),
  `cargo_lock` and `license_policy` (labels), and `lints`, `members` and `requests` (results of `cargo_workspace`)
* `ROOT_WORKSPACE`: the first struct with a Cargo.toml of the root module, or the first struct
* `IS_LINUX`: whether the host runs Linux
* `find_workspace(repository, package)`: the struct of the workspace whose directory is the innermost one that contains the package; the first
  of the repository for other packages, or None
""",
    implementation = _workspaces_impl,
    attrs = {
        "is_linux": attr.bool(doc = "Whether the host runs Linux."),
        "workspaces": attr.string_list(doc = "A JSON object for each Cargo workspace."),
    },
)
