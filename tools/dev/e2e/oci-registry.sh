#!/usr/bin/env bash
# Verifies oci_push to Debian's docker-registry over HTTP, TLS and proxies, pulls with skopeo and crane, and cosign_sign and cosign_attest with
# cosign. Needs root, for a hosts file; downloads cosign and crane from Debian forky.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/e2e/lib/test_layers.sh
source "${BASH_SOURCE[0]%/*}/lib/test_layers.sh"
# shellcheck source=tools/dev/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"
# shellcheck source=tools/dev/e2e/lib/nginx.sh
source "${BASH_SOURCE[0]%/*}/lib/nginx.sh"
# shellcheck source=tools/dev/e2e/lib/tls_host.sh
source "${BASH_SOURCE[0]%/*}/lib/tls_host.sh"
# shellcheck source=tools/dev/e2e/lib/proxies.sh
source "${BASH_SOURCE[0]%/*}/lib/proxies.sh"
# shellcheck source=tools/dev/e2e/lib/debian_forky.sh
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

# push TARGET [FLAG...] [-- ARGUMENT...]: prints the standard output; the errors are in $scratch/push.err.
push() { in_copy run --workspace_status_command="$scratch/status" "$@" 2> "$scratch/push.err"; }

# check_push TARGET LAYOUT REGISTRY NAME [ARGUMENT...]: the last line and the JSON file must contain the reference.
check_push() {
  local target="$1" layout="$2" repository="${registry_address[$3]}/$4" output reference
  shift 4
  reference="$repository@$(root_digest "$layout")"
  output="$(push "$target" -- --repository "$repository" --json "$scratch/pushed.json" "$@")" ||
    check_failed "bazel run $target" "$(tail -n 10 "$scratch/push.err")"
  check_equal "the last line of $target is the reference" "$reference" "$(tail -n 1 <<< "$output")"
  check_equal "the JSON file of $target has the reference" "$reference" "$(jq --raw-output .reference "$scratch/pushed.json")"
}

# check_manifest LAYOUT REFERENCE [FLAG...]: skopeo must read the same manifest.
check_manifest() {
  skopeo inspect --tls-verify=false "${@:3}" --raw "docker://$2" > "$scratch/raw"
  check_equal "skopeo reads the digest of ${2#*/}" "$(root_digest "$1")" "$(digest_of "$scratch/raw")"
}

# round_trip LAYOUT REFERENCE: compares the digest and every blob.
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

pushes_image() {
  local repository="${registry_address[open]}/team/app" tag
  check_push //e2e:push "$bin/image" open team/app --tag extra
  check_manifest "$bin/image" "$repository@$(root_digest "$bin/image")"
  for tag in latest 1.2 extra; do check_manifest "$bin/image" "$repository:$tag"; done
  round_trip "$bin/image" "$repository:latest"
  [[ -n "$(blob_uploads open 1)" ]] || check_failed "a first push uploads"
  passed "a first push uploads"
}

pushes_unchanged_image() {
  local first
  first=$(($(wc -l < "$scratch/open.log") + 1))
  check_push //e2e:push "$bin/image" open team/app
  check_equal "a second push uploads no blob" "" "$(blob_uploads open "$first")"
}

pushes_index() {
  local repository="${registry_address[open]}/team/index"
  check_push //e2e:push_index "$bin/index" open team/index
  check_manifest "$bin/index" "$repository:7.7-stamped"
  check_manifest "$bin/index" "$repository@$(root_digest "$bin/index")"
  round_trip "$bin/index" "$repository:from-file"
}

# The outputs under --nobuild_runfile_links: a script and a manifest. Setting the flag would rebuild the tool.
pushes_without_runfile_links() {
  local output
  mkdir "$scratch/alone"
  cp "$bin/push.sh" "$scratch/alone/push.sh"
  cp "$bin/push.sh.runfiles_manifest" "$scratch/alone/push.sh.runfiles_manifest"
  output="$(cd "$scratch" && alone/push.sh --repository "${registry_address[open]}/team/app" 2> "$scratch/push.err")" ||
    check_failed "push works without runfile links" "$(< "$scratch/push.err")"
  check_contains "push works without runfile links" "@$(root_digest "$bin/image")" "$output"
}

crane_validates() {
  local output
  output="$("$forky_bin/crane" validate --remote "$1" 2>&1)" || check_failed "crane validate of ${1#*/}" "$output"
  check_contains "crane validate of ${1#*/}" PASS "$output"
}

# crane validates gzip layers only and reports other layers as invalid.
crane_reads_images() {
  local repository="${registry_address[open]}/team/app" pulled="$scratch/crane" blob
  check_push //e2e:push_gzip "$bin/gzip" open team/gzip
  crane_validates "${registry_address[open]}/team/gzip:latest"
  check_equal "crane digest" "$(root_digest "$bin/image")" "$("$forky_bin/crane" digest "$repository:latest")"
  "$forky_bin/crane" pull --format oci "$repository:latest" "$pulled"
  check_equal "crane pull keeps the digest" "$(root_digest "$bin/image")" "$(root_digest "$pulled")"
  for blob in "$bin/image"/blobs/sha256/*; do
    cmp "$blob" "$pulled/blobs/sha256/${blob##*/}" || check_failed "crane pull keeps every blob" "$blob"
  done
  passed "crane pull keeps every blob"
}

# cosign_run TARGET [ARGUMENT...]: uses the script's key pair and no transparency log.
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

signs_and_attests_image() {
  local digest
  export COSIGN_PASSWORD=
  (cd "$scratch" && "$forky_bin/cosign" generate-key-pair && "$forky_bin/cosign" generate-key-pair --output-key-prefix other) 2> "$scratch/keys.log"
  ! cosign_verifies verify "$scratch/cosign.pub" || check_failed "no signature exists before signing"
  PATH="$forky_bin:$PATH" cosign_run //e2e:sign
  cosign_verifies verify "$scratch/cosign.pub" || check_failed "cosign verify" "$(< "$scratch/verify.err")"
  digest="$(jq --raw-output '.[0].critical.image."docker-manifest-digest"' "$scratch/verified")"
  check_equal "cosign verifies the signature of cosign_sign" "$(root_digest "$bin/image")" "$digest"
  ! cosign_verifies verify "$scratch/other.pub" || check_failed "cosign verify with another key fails"
  passed "cosign verify with another key fails"
  # Overrides the type of the rule, which accepts only some names.
  PATH="$forky_bin:$PATH" cosign_run //e2e:attest --type https://example.com/predicate
  cosign_verifies verify-attestation "$scratch/cosign.pub" --type https://example.com/predicate ||
    check_failed "cosign verify-attestation" "$(< "$scratch/verify.err")"
  check_equal "cosign verifies the attestation of cosign_attest" '{"what":"an SBOM"}' \
    "$(jq --raw-output .payload "$scratch/verified" | base64 --decode | jq --compact-output .predicate)"
}

pushes_over_tls() {
  # The name in the certificate.
  registry_address[tls]="$tls_host:${registry_address[tls]##*:}"
  check_rejected "an unknown authority" "UnknownIssuer" tls
  check_contains "an unknown authority: the message names the variable" SSL_CERT_FILE "$(< "$scratch/push.err")"
  registry_address[no-tls]="$tls_host:${registry_address[open]##*:}"
  check_rejected "TLS to an HTTP port" InvalidContentType no-tls
  check_contains "TLS to an HTTP port: the message names the option" "pass --insecure" "$(< "$scratch/push.err")"
  SSL_CERT_FILE="$scratch/none.pem" check_rejected "a missing certificate file" "$scratch/none.pem" tls
  export SSL_CERT_FILE="$scratch/authority.pem"
  check_push //e2e:push "$bin/image" tls team/app
  check_manifest "$bin/image" "${registry_address[tls]}/team/app:latest"
  check_rejected "HTTP to a TLS port" 400 tls --insecure
  unset SSL_CERT_FILE
  check_push //e2e:push "$bin/image" no-tls team/insecure --insecure
}

# check_rejected LABEL PART REGISTRY [ARGUMENT...]: the push must fail with the part in its message.
check_rejected() {
  local status=0
  push //e2e:push -- --repository "${registry_address[$3]}/team/app" "${@:4}" > "$scratch/push.out" || status=$?
  ((status != 0)) || check_failed "$1: the push fails" "$(< "$scratch/push.out")"
  check_contains "$1: the error" "$2" "$(< "$scratch/push.err")"
  check_contains "$1: the error names the target" "//e2e:push" "$(grep "$2" "$scratch/push.err")"
}

# A redirect must not move a push from TLS to plain HTTP, where others can read and change it.
rejects_redirect_to_plain_http() {
  local before
  before="$(wc -l < "$scratch/open.log")"
  SSL_CERT_FILE="$scratch/authority.pem" check_rejected "a redirect to plain HTTP" "redirects from HTTPS to plain HTTP" downgrade
  check_equal "a redirect to plain HTTP: requests over plain HTTP" "$before" "$(wc -l < "$scratch/open.log")"
  # The registry does not receive the header X-Forwarded-Proto, and sends upload addresses with plain HTTP.
  SSL_CERT_FILE="$scratch/authority.pem" check_rejected "an upload address with plain HTTP" "is plain HTTP: expected HTTPS" plain-uploads
}

rejects_unknown_options() {
  local status=0
  push //e2e:push -- --wrong > "$scratch/push.out" || status=$?
  check_equal "the exit code of an unknown option" 64 "$status"
  check_contains "an unknown option: the error" "unknown option --wrong" "$(< "$scratch/push.err")"
}

uses_credentials() {
  check_rejected "without credentials" 401 closed
  write_credentials "${registry_address[closed]}" someone:secret
  check_push //e2e:push "$bin/image" closed team/app
  write_credentials "${registry_address[closed]}" someone:wrong
  check_rejected "with a wrong password" 401 closed
  rm "$DOCKER_CONFIG/config.json"
}

# A registry with a password behind nginx, reached through a proxy with a password.
pushes_through_proxies() {
  local before
  write_credentials "https://${registry_address[front]}/v2/" someone:secret
  export SSL_CERT_FILE="$scratch/authority.pem" HTTPS_PROXY="$proxy"
  check_push //e2e:push "$bin/image" front team/proxy
  [[ "$(count_tunnels)" != 0 ]] || check_failed "the push uses the proxy" "$(< "$scratch/proxy.log")"
  passed "the push uses the proxy"
  check_manifest "$bin/image" "${registry_address[front]}/team/proxy:latest" --creds someone:secret
  before="$(count_tunnels)"
  NO_PROXY="$tls_host" check_push //e2e:push "$bin/image" front team/direct
  HTTPS_PROXY='' HTTP_PROXY="$proxy" check_push //e2e:push "$bin/image" front team/http
  check_equal "NO_PROXY and HTTP_PROXY do not route https through the proxy" "$before" "$(count_tunnels)"
  HTTPS_PROXY="${proxy/secret/wrong}" check_rejected "a wrong password for the proxy" "proxy server responded 401" front
  check_contains "a wrong password for the proxy: the message names the variable" "HTTPS_PROXY" "$(< "$scratch/push.err")"
  HTTPS_PROXY="socks5://127.0.0.1:9" check_rejected "an unsupported proxy scheme" "\"socks5\" is not supported" front
  write_credentials "https://${registry_address[small]}/v2/" someone:secret
  check_rejected "a body above nginx's limit" "413" small
  unset SSL_CERT_FILE HTTPS_PROXY
  rm "$DOCKER_CONFIG/config.json"
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
  start_tls_redirect downgrade open
  # A repository without blobs, so that the push uploads.
  start_tls_server plain-uploads << CONF
    location /v2/team/app/ {
      proxy_pass http://${registry_address[open]}/v2/team/plain-uploads/;
      proxy_set_header Host \$http_host;
    }
CONF
  start_proxy someone:secret
  start_registry tls '  tls:' "    certificate: $scratch/tls.pem" "    key: $scratch/tls.key"
  open_copy
  create_layers
  write_package
  build
  pushes_image
  pushes_unchanged_image
  pushes_index
  pushes_without_runfile_links
  crane_reads_images
  signs_and_attests_image
  pushes_over_tls
  rejects_redirect_to_plain_http
  rejects_unknown_options
  uses_credentials
  pushes_through_proxies
  check_rejected "no registry at the address" 404 elsewhere
  report_checks
}

main
