"""SBOMs of images, in CycloneDX and SPDX, and the crate list inside a program.

`rust_service` of `//tools/rust:defs.bzl` declares them for a service.
"""

load("//tools/sbom/private:crates_aspect.bzl", _LinkedCratesInfo = "LinkedCratesInfo", _linked_crates = "linked_crates")
load("//tools/sbom/private:documents.bzl", _sbom_documents = "sbom_documents")
load("//tools/sbom/private:push.bzl", _push_with_sboms = "push_with_sboms")
load("//tools/sbom/private:referrers.bzl", _sbom_referrers = "sbom_referrers")
load("//tools/sbom/private:sbom_test.bzl", _sbom_test = "sbom_test")

LinkedCratesInfo = _LinkedCratesInfo
linked_crates = _linked_crates
push_with_sboms = _push_with_sboms
sbom_documents = _sbom_documents
sbom_referrers = _sbom_referrers
sbom_test = _sbom_test
