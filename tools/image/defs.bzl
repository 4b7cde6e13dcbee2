"""Rules for OCI images: layers, files, digests, push settings, and the gates, which are tests that need no container engine.

`image_gates` of `//tools/rust:defs.bzl` declares all gates of an image. Each gate can also be used separately.
"""

load("//tools/image/private:debug_test.bzl", _image_debug_test = "image_debug_test")
load("//tools/image/private:digest.bzl", _image_digest = "image_digest")
load("//tools/image/private:elf_test.bzl", _image_elf_test = "image_elf_test")
load("//tools/image/private:image_file.bzl", _image_file = "image_file")
load("//tools/image/private:layer.bzl", _image_layer = "image_layer")
load("//tools/image/private:output_test.bzl", _image_output_test = "image_output_test")
load("//tools/image/private:platform_test.bzl", _image_platform_test = "image_platform_test")
load("//tools/image/private:probe_test.bzl", _image_boot_test = "image_boot_test", _image_probe_test = "image_probe_test")
load("//tools/image/private:push_repository.bzl", _push_repository = "push_repository")
load("//tools/image/private:remote_tags.bzl", _remote_tags = "remote_tags")
load("//tools/image/private:size_report.bzl", _image_size_report = "image_size_report")
load("//tools/image/private:size_test.bzl", _image_size_test = "image_size_test")
load("//tools/image/private:structure_test.bzl", _image_structure_test = "image_structure_test")

image_boot_test = _image_boot_test
image_debug_test = _image_debug_test
image_digest = _image_digest
image_elf_test = _image_elf_test
image_file = _image_file
image_layer = _image_layer
image_output_test = _image_output_test
image_platform_test = _image_platform_test
image_probe_test = _image_probe_test
image_size_report = _image_size_report
image_size_test = _image_size_test
image_structure_test = _image_structure_test
push_repository = _push_repository
remote_tags = _remote_tags
