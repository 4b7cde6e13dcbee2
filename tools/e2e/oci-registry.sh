#!/usr/bin/env bash
# oci_push to a real registry, Debian's docker-registry on the loopback, and what skopeo gets back from it.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/oci.sh
source "${BASH_SOURCE[0]%/*}/lib/oci.sh"
# shellcheck source=tools/e2e/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/lib/registry.sh"

readonly bin="$workspace/bazel-bin/e2e"

write_package() {
  printf 'from-file\n' > "$packages/e2e/tags.txt"
  cat > "$packages/e2e/BUILD.bazel" <<'BUILD'
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index", "oci_push")

oci_image(
    name = "image",
    architecture = "amd64",
    os = "linux",
    tars = ["plain.tar", "gzip.tar.gz", "zstd.tar.zst"],
)

oci_image_index(
    name = "index",
    images = [":image"],
)

oci_push(
    name = "push",
    image = ":image",
    remote_tags = ["latest", "1.2"],
    repository = "registry.test/replaced",
)

oci_push(
    name = "push_index",
    image = ":index",
    remote_tags = "tags.txt",
    repository = "registry.test/replaced",
)
BUILD
}

build() {
  in_package build //e2e:image //e2e:index > "$scratch/build.log" 2>&1 || check_failed "the build" "$(tail -n 20 "$scratch/build.log")"
}

# push TARGET [FLAG...] [-- ARGUMENT...]: its standard output is printed; the errors are in $scratch/push.err.
push() { in_package run "$@" 2> "$scratch/push.err"; }

# pushes TARGET LAYOUT REGISTRY NAME [ARGUMENT...]: the last line is the reference, and a file has it too.
pushes() {
  local target="$1" layout="$2" repository="${registry_address[$3]}/$4" output reference
  shift 4
  reference="$repository@$(root_digest "$layout")"
  output="$(push "$target" -- --insecure --repository "$repository" --json "$scratch/pushed.json" "$@")" ||
    check_failed "bazel run $target" "$(tail -n 10 "$scratch/push.err")"
  check_equal "the last line of $target is the reference" "$reference" "$(tail -n 1 <<< "$output")"
  check_equal "the JSON file of $target has the reference" "$reference" "$(jq --raw-output .reference "$scratch/pushed.json")"
}

# gives_back LAYOUT REFERENCE
gives_back() {
  skopeo inspect --tls-verify=false --raw "docker://$2" > "$scratch/raw"
  check_equal "skopeo gets ${2#*/} back" "$(root_digest "$1")" "$(digest_of "$scratch/raw")"
}

# round_trip LAYOUT REFERENCE: the digest and every blob.
round_trip() {
  local copy blob
  copy="$(mktemp --directory "$scratch/copy.XXXX")"
  skopeo copy --quiet --all --preserve-digests --src-tls-verify=false "docker://$2" "oci:$copy:back"
  check_equal "the round trip of ${2#*/} keeps the digest" "$(root_digest "$1")" "$(root_digest "$copy")"
  for blob in "$1"/blobs/sha256/*; do
    cmp "$blob" "$copy/blobs/sha256/${blob##*/}" || check_failed "the round trip keeps every blob" "$blob"
  done
  passed "the round trip of ${2#*/} keeps every blob"
}

pushes_an_image() {
  local repository="${registry_address[open]}/team/app" tag
  pushes //e2e:push "$bin/image" open team/app --tag extra
  gives_back "$bin/image" "$repository@$(root_digest "$bin/image")"
  for tag in latest 1.2 extra; do gives_back "$bin/image" "$repository:$tag"; done
  round_trip "$bin/image" "$repository:latest"
  [[ -n "$(uploads open 1)" ]] || check_failed "a first push uploads"
  passed "a first push uploads"
}

pushes_again() {
  local first
  first=$(($(wc -l < "$scratch/open.log") + 1))
  pushes //e2e:push "$bin/image" open team/app
  check_equal "a second push uploads no blob" "" "$(uploads open "$first")"
}

pushes_an_index() {
  local repository="${registry_address[open]}/team/index"
  pushes //e2e:push_index "$bin/index" open team/index
  gives_back "$bin/index" "$repository@$(root_digest "$bin/index")"
  round_trip "$bin/index" "$repository:from-file"
}

# Last: Bazel builds the tool once more under this flag.
pushes_without_links() {
  local output
  output="$(push --nobuild_runfile_links //e2e:push -- --insecure --repository "${registry_address[open]}/team/app")" ||
    check_failed "bazel run --nobuild_runfile_links //e2e:push" "$(tail -n 10 "$scratch/push.err")"
  check_contains "push works without runfile links" "@$(root_digest "$bin/image")" "$output"
}

# refused WHAT PART REGISTRY: the push fails and says PART.
refused() {
  local status=0
  push //e2e:push -- --insecure --repository "${registry_address[$3]}/team/app" > "$scratch/push.out" || status=$?
  ((status != 0)) || check_failed "$1: the push fails" "$(< "$scratch/push.out")"
  check_contains "$1: the error" "$2" "$(< "$scratch/push.err")"
  check_contains "$1: the error names the target" "//e2e:push" "$(grep "$2" "$scratch/push.err")"
}

takes_credentials() {
  refused "without credentials" 401 closed
  printf '{"auths": {"%s": {"auth": "%s"}}}\n' "${registry_address[closed]}" "$(printf 'someone:secret' | base64)" > "$DOCKER_CONFIG/config.json"
  pushes //e2e:push "$bin/image" closed team/app
  printf '{"auths": {"%s": {"auth": "%s"}}}\n' "${registry_address[closed]}" "$(printf 'someone:wrong' | base64)" > "$DOCKER_CONFIG/config.json"
  refused "with a wrong password" 401 closed
  rm "$DOCKER_CONFIG/config.json"
}

main() {
  need_packages docker-registry skopeo jq whois zstd
  export DOCKER_CONFIG="$scratch/docker"
  mkdir "$DOCKER_CONFIG"
  printf 'someone:%s\n' "$(mkpasswd --method=bcrypt --rounds=5 secret)" > "$scratch/htpasswd"
  start_registry open
  start_registry closed 'auth:' '  htpasswd:' '    realm: closed' "    path: $scratch/htpasswd"
  start_registry elsewhere
  make_layers
  write_package
  build
  pushes_an_image
  pushes_again
  pushes_an_index
  takes_credentials
  refused "no registry at the address" 404 elsewhere
  pushes_without_links
  printf '%s checks passed\n' "$checks_passed"
}

main
