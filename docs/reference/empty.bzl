"""The input of pages on the open network, where modules lack the bzl_library targets that extraction requires."""
