#!/usr/bin/env bash
# oci_push to a real registry, Debian's docker-registry, over HTTP and TLS; what skopeo and crane get back from it; and
# cosign_sign and cosign_attest of what is there by a real cosign.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/e2e/lib/test_layers.sh
source "${BASH_SOURCE[0]%/*}/lib/test_layers.sh"
# shellcheck source=tools/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"
# shellcheck source=tools/e2e/lib/nginx.sh
source "${BASH_SOURCE[0]%/*}/lib/nginx.sh"
# shellcheck source=tools/e2e/lib/tls_host.sh
source "${BASH_SOURCE[0]%/*}/lib/tls_host.sh"
# shellcheck source=tools/e2e/lib/proxies.sh
source "${BASH_SOURCE[0]%/*}/lib/proxies.sh"
# shellcheck source=tools/e2e/lib/debian_forky.sh
source "${BASH_SOURCE[0]%/*}/lib/debian_forky.sh"

readonly bin="$copy/bazel-bin/e2e"

write_package() {
  printf '{"what": "an SBOM"}\n' > "$layers_package/predicate.json"
  printf '#!/bin/sh\necho STABLE_E2E_VERSION 7.7-stamped\n' > "$scratch/status"
  chmod +x "$scratch/status"
  cat > "$layers_package/BUILD.bazel" <<'BUILD'
load("@rules_oci//cosign:defs.bzl", "cosign_attest", "cosign_sign")
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index", "oci_push")

genrule(
    name = "stamped",
    outs = ["tags.txt"],
    cmd = "{ echo from-file; sed -n 's/^STABLE_E2E_VERSION //p' bazel-out/stable-status.txt; } > $@",
    stamp = True,
)

oci_image(
    name = "image",
    architecture = "amd64",
    os = "linux",
    tars = ["plain.tar", "gzip.tar.gz", "zstd.tar.zst"],
)

oci_image(
    name = "gzip",
    architecture = "amd64",
    os = "linux",
    tars = ["gzip.tar.gz"],
)

oci_push(
    name = "push_gzip",
    image = ":gzip",
    remote_tags = ["latest"],
    repository = "registry.test/replaced",
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
    remote_tags = ":stamped",
    repository = "registry.test/replaced",
)

cosign_sign(
    name = "sign",
    image = ":image",
    repository = "registry.test/replaced",
)

cosign_attest(
    name = "attest",
    image = ":image",
    predicate = "predicate.json",
    repository = "registry.test/replaced",
    type = "custom",
)
BUILD
}

build() {
  run_logged build "the build" in_copy build //e2e:image //e2e:gzip //e2e:index
}

# push TARGET [FLAG...] [-- ARGUMENT...]: its standard output is printed; the errors are in $scratch/push.err.
push() { in_copy run --workspace_status_command="$scratch/status" "$@" 2> "$scratch/push.err"; }

# pushes TARGET LAYOUT REGISTRY NAME [ARGUMENT...]: the last line is the reference, and a file has it too.
pushes() {
  local target="$1" layout="$2" repository="${registry_address[$3]}/$4" output reference
  shift 4
  reference="$repository@$(root_digest "$layout")"
  output="$(push "$target" -- --repository "$repository" --json "$scratch/pushed.json" "$@")" ||
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
  local pulled blob
  pulled="$(mktemp --directory "$scratch/copy.XXXX")"
  skopeo copy --quiet --all --preserve-digests --src-tls-verify=false "docker://$2" "oci:$pulled:back"
  check_equal "the round trip of ${2#*/} keeps the digest" "$(root_digest "$1")" "$(root_digest "$pulled")"
  for blob in "$1"/blobs/sha256/*; do
    cmp "$blob" "$pulled/blobs/sha256/${blob##*/}" || check_failed "the round trip keeps every blob" "$blob"
  done
  passed "the round trip of ${2#*/} keeps every blob"
}

pushes_an_image() {
  local repository="${registry_address[open]}/team/app" tag
  pushes //e2e:push "$bin/image" open team/app --tag extra
  gives_back "$bin/image" "$repository@$(root_digest "$bin/image")"
  for tag in latest 1.2 extra; do gives_back "$bin/image" "$repository:$tag"; done
  round_trip "$bin/image" "$repository:latest"
  [[ -n "$(blob_uploads open 1)" ]] || check_failed "a first push uploads"
  passed "a first push uploads"
}

pushes_again() {
  local first
  first=$(($(wc -l < "$scratch/open.log") + 1))
  pushes //e2e:push "$bin/image" open team/app
  check_equal "a second push uploads no blob" "" "$(blob_uploads open "$first")"
}

pushes_an_index() {
  local repository="${registry_address[open]}/team/index"
  pushes //e2e:push_index "$bin/index" open team/index
  gives_back "$bin/index" "$repository:7.7-stamped"
  gives_back "$bin/index" "$repository@$(root_digest "$bin/index")"
  round_trip "$bin/index" "$repository:from-file"
}

# What --nobuild_runfile_links leaves: the script and a manifest. Under the flag itself Bazel would build the tool once more.
pushes_without_links() {
  local output
  mkdir "$scratch/alone"
  cp "$bin/push.sh" "$scratch/alone/push.sh"
  cp "$bin/push.sh.runfiles_manifest" "$scratch/alone/push.sh.runfiles_manifest"
  output="$(cd "$scratch" && alone/push.sh --repository "${registry_address[open]}/team/app" 2> "$scratch/push.err")" ||
    check_failed "push works without runfile links" "$(< "$scratch/push.err")"
  check_contains "push works without runfile links" "@$(root_digest "$bin/image")" "$output"
}

# crane_validates REFERENCE
crane_validates() {
  local output
  output="$("$forky_bin/crane" validate --remote "$1" 2>&1)" || check_failed "crane validate of ${1#*/}" "$output"
  check_contains "crane validate of ${1#*/}" PASS "$output"
}

# Crane validates layers of gzip alone: it takes any other for a broken one.
crane_reads_it() {
  local repository="${registry_address[open]}/team/app" pulled="$scratch/crane" blob
  pushes //e2e:push_gzip "$bin/gzip" open team/gzip
  crane_validates "${registry_address[open]}/team/gzip:latest"
  check_equal "crane digest" "$(root_digest "$bin/image")" "$("$forky_bin/crane" digest "$repository:latest")"
  "$forky_bin/crane" pull --format oci "$repository:latest" "$pulled"
  check_equal "crane pull keeps the digest" "$(root_digest "$bin/image")" "$(root_digest "$pulled")"
  for blob in "$bin/image"/blobs/sha256/*; do
    cmp "$blob" "$pulled/blobs/sha256/${blob##*/}" || check_failed "crane pull keeps every blob" "$blob"
  done
  passed "crane pull keeps every blob"
}

# cosign_run TARGET [ARGUMENT...]: with a key pair of the script's own and no transparency log.
cosign_run() {
  local target="$1"
  shift
  push "$target" -- --repository "${registry_address[open]}/team/app" --key "$scratch/cosign.key" \
    --use-signing-config=false --tlog-upload=false --yes "$@" > "$scratch/push.out" || check_failed "bazel run $target" "$(tail -n 10 "$scratch/push.err")"
}

# cosign_verifies COMMAND KEY [ARGUMENT...]
cosign_verifies() {
  local command="$1" key="$2" reference
  shift 2
  reference="${registry_address[open]}/team/app@$(root_digest "$bin/image")"
  "$forky_bin/cosign" "$command" --key "$key" --insecure-ignore-tlog=true "$@" "$reference" > "$scratch/verified" 2> "$scratch/verify.err"
}

signs() {
  local digest
  export COSIGN_PASSWORD=
  (cd "$scratch" && "$forky_bin/cosign" generate-key-pair && "$forky_bin/cosign" generate-key-pair --output-key-prefix other) 2> "$scratch/keys.log"
  ! cosign_verifies verify "$scratch/cosign.pub" || check_failed "cosign finds no signature before"
  PATH="$forky_bin:$PATH" cosign_run //e2e:sign
  cosign_verifies verify "$scratch/cosign.pub" || check_failed "cosign verify" "$(< "$scratch/verify.err")"
  digest="$(jq --raw-output '.[0].critical.image."docker-manifest-digest"' "$scratch/verified")"
  check_equal "cosign verifies what cosign_sign signed" "$(root_digest "$bin/image")" "$digest"
  ! cosign_verifies verify "$scratch/other.pub" || check_failed "cosign verify with another key fails"
  passed "cosign verify with another key fails"
  # The last type wins: the rule takes the names of some only.
  PATH="$forky_bin:$PATH" cosign_run //e2e:attest --type https://example.com/predicate
  cosign_verifies verify-attestation "$scratch/cosign.pub" --type https://example.com/predicate ||
    check_failed "cosign verify-attestation" "$(< "$scratch/verify.err")"
  check_equal "cosign verifies what cosign_attest attested" '{"what":"an SBOM"}' \
    "$(jq --raw-output .payload "$scratch/verified" | base64 --decode | jq --compact-output .predicate)"
}

over_tls() {
  # As another machine's, whose name is in the certificate.
  registry_address[tls]="$tls_host:${registry_address[tls]##*:}"
  refused "an authority that is not known" "UnknownIssuer" tls
  check_contains "an authority that is not known: what mends it" SSL_CERT_FILE "$(< "$scratch/push.err")"
  registry_address[no-tls]="$tls_host:${registry_address[open]##*:}"
  refused "TLS where HTTP is spoken" InvalidContentType no-tls
  check_contains "TLS where HTTP is spoken: what mends it" "pass --insecure" "$(< "$scratch/push.err")"
  SSL_CERT_FILE="$scratch/none.pem" refused "no file of authorities" "$scratch/none.pem" tls
  export SSL_CERT_FILE="$scratch/authority.pem"
  pushes //e2e:push "$bin/image" tls team/app
  gives_back "$bin/image" "${registry_address[tls]}/team/app:latest"
  refused "HTTP where TLS is spoken" 400 tls --insecure
  unset SSL_CERT_FILE
  pushes //e2e:push "$bin/image" no-tls team/insecure --insecure
}

# refused WHAT PART REGISTRY [ARGUMENT...]: the push fails and says PART.
refused() {
  local status=0
  push //e2e:push -- --repository "${registry_address[$3]}/team/app" "${@:4}" > "$scratch/push.out" || status=$?
  ((status != 0)) || check_failed "$1: the push fails" "$(< "$scratch/push.out")"
  check_contains "$1: the error" "$2" "$(< "$scratch/push.err")"
  check_contains "$1: the error names the target" "//e2e:push" "$(grep "$2" "$scratch/push.err")"
}

takes_credentials() {
  refused "without credentials" 401 closed
  write_credentials "${registry_address[closed]}" someone:secret
  pushes //e2e:push "$bin/image" closed team/app
  write_credentials "${registry_address[closed]}" someone:wrong
  refused "with a wrong password" 401 closed
  rm "$DOCKER_CONFIG/config.json"
}

# A registry with a password, behind nginx, which is reached by a proxy with a password.
through_a_company() {
  local seen
  write_credentials "https://${registry_address[front]}/v2/" someone:secret
  export SSL_CERT_FILE="$scratch/authority.pem" HTTPS_PROXY="$proxy"
  pushes //e2e:push "$bin/image" front team/proxy
  [[ "$(count_tunnels)" != 0 ]] || check_failed "a push goes by the proxy" "$(< "$scratch/proxy.log")"
  passed "a push goes by the proxy"
  gives_back_with_password "$bin/image" "${registry_address[front]}/team/proxy:latest"
  seen="$(count_tunnels)"
  NO_PROXY="$tls_host" pushes //e2e:push "$bin/image" front team/direct
  HTTPS_PROXY='' HTTP_PROXY="$proxy" pushes //e2e:push "$bin/image" front team/http
  check_equal "NO_PROXY and HTTP_PROXY keep https from the proxy" "$seen" "$(count_tunnels)"
  HTTPS_PROXY="${proxy/secret/wrong}" refused "a wrong password for the proxy" "proxy server responded 401" front
  check_contains "a wrong password for the proxy: what mends it" "HTTPS_PROXY" "$(< "$scratch/push.err")"
  HTTPS_PROXY="socks5://127.0.0.1:9" refused "a proxy of another kind" "\"socks5\" is not supported" front
  write_credentials "https://${registry_address[small]}/v2/" someone:secret
  refused "a body that is too large for nginx" "413" small
  unset SSL_CERT_FILE HTTPS_PROXY
  rm "$DOCKER_CONFIG/config.json"
}

gives_back_with_password() {
  skopeo inspect --tls-verify=false --creds someone:secret --raw "docker://$2" > "$scratch/raw"
  check_equal "skopeo gets ${2#*/} back" "$(root_digest "$1")" "$(digest_of "$scratch/raw")"
}

main() {
  enter_hosts_namespace
  need_packages docker-registry skopeo jq whois zstd openssl nginx tinyproxy-bin python3
  unpack_debian_forky cosign crane
  export DOCKER_CONFIG="$scratch/docker"
  mkdir "$DOCKER_CONFIG"
  printf 'someone:%s\n' "$(mkpasswd --method=bcrypt --rounds=5 secret)" > "$scratch/htpasswd"
  start_registry open
  start_registry closed 'auth:' '  htpasswd:' '    realm: closed' "    path: $scratch/htpasswd"
  start_registry elsewhere '  prefix: /elsewhere/'
  create_authority
  start_tls_front front closed
  start_tls_front small closed 100
  start_proxy someone:secret
  start_registry tls '  tls:' "    certificate: $scratch/tls.pem" "    key: $scratch/tls.key"
  open_copy
  create_layers
  write_package
  build
  pushes_an_image
  pushes_again
  pushes_an_index
  pushes_without_links
  crane_reads_it
  signs
  over_tls
  takes_credentials
  through_a_company
  refused "no registry at the address" 404 elsewhere
  report_checks
}

main
