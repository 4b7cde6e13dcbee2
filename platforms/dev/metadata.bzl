"""The metadata of the dev image for development containers."""

# https://containers.dev/implementors/spec/#image-metadata
DEVCONTAINER_METADATA = [{
    "customizations": {
        "vscode": {
            "extensions": [
                "rust-lang.rust-analyzer",
                "BazelBuild.vscode-bazel",
            ],
            "settings": {"rust-analyzer.server.path": "rust-analyzer"},
        },
    },
    "mounts": [{
        "source": "thimble-cache",
        "target": "/cache",
        "type": "volume",
    }],
    "remoteUser": "nonroot",
}]
