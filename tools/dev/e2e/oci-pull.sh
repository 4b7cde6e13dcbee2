#!/usr/bin/env bash
# Verifies oci.pull from local registries: by digest, tag and platform, with passwords, tokens, credential helpers, mirrors and proxies, and from
# registries with faults. Needs root, for a hosts file.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/dev/e2e/lib/scratch_module.sh
source "${BASH_SOURCE[0]%/*}/lib/scratch_module.sh"
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

readonly layout="$scratch/layout" mode="$scratch/mode"
# The repository of the pull to fetch.
repository=image_single

# create_image LAYOUT LAYER...: creates an image with umoci.
create_image() {
  local layer
  umoci init --layout "$1"
  umoci new --image "$1:latest"
  for layer in "${@:2}"; do umoci raw add-layer --image "$1:latest" "$layer"; done
  umoci config --image "$1:latest" --os linux --architecture amd64
  umoci gc --layout "$1"
}

# Creates a module that only pulls; its Bazel server trusts the authority.
create_module() {
  mkdir "$module"
  run_logged keytool "keytool" "$workspace/tools/distro/shell" keytool -importcert -noprompt -alias authority -file "$scratch/authority.pem" \
    -keystore "$scratch/authority.jks" -storepass changeit
  cat > "$module/.bazelrc" <<RC
startup --host_jvm_args=-Djavax.net.ssl.trustStore=$scratch/authority.jks --host_jvm_args=-Djavax.net.ssl.trustStorePassword=changeit
common --http_connector_attempts=2 --http_connector_retry_max_timeout=1s --http_timeout_scaling=0.05
common --repository_cache= --repo_env=DOCKER_CONFIG=$DOCKER_CONFIG
RC
  touch "$module/BUILD.bazel"
}

# fetch ATTRIBUTES [FLAG...]: fetches the image as the only pull of the module. The output is in $scratch/fetch.log.
fetch() {
  local attributes="$1"
  shift
  workspace_dependencies > "$module/MODULE.bazel"
  cat >> "$module/MODULE.bazel" <<MODULE
oci = use_extension("@rules_oci//oci:extensions.bzl", "oci")
oci.pull(name = "image", $attributes)
use_repo(oci, "image", "$repository")
MODULE
  in_module fetch --force --repo="@$repository" "$@" > "$scratch/fetch.log" 2>&1
}

repository_path() { printf '%s/external/rules_oci~~oci~%s' "$(in_module info output_base 2> /dev/null)" "$repository"; }

# check_pull LABEL ATTRIBUTES [FLAG...]: the pull must succeed with every blob.
check_pull() {
  local label="$1" blob found
  shift
  fetch "$@" || check_failed "$label" "$(tail -n 12 "$scratch/fetch.log")"
  found="$(repository_path)"
  check_equal "$label: the digest" "$digest" "$(root_digest "$found")"
  for blob in "$layout"/blobs/sha256/*; do
    cmp "$blob" "$found/blobs/sha256/${blob##*/}" || check_failed "$label: every blob" "$blob"
  done
}

# check_rejected LABEL ATTRIBUTES PART...: the pull must fail with each part in its message, and leave no index.json.
check_rejected() {
  local label="$1" attributes="$2" part
  shift 2
  ! fetch "$attributes" || check_failed "$label: the pull fails" "$(< "$scratch/fetch.log")"
  for part in "oci.pull \"image\"" "$@"; do
    check_contains "$label: the error" "$part" "$(< "$scratch/fetch.log")"
  done
  [[ ! -e "$(repository_path)/index.json" ]] || check_failed "$label: no incomplete layout remains"
}

# pinned_digest: the content of the target `digest` in the repository `image`.
pinned_digest() {
  in_module fetch --repo=@image > "$scratch/fetch.log" 2>&1 || check_failed "the repository of all platforms" "$(tail -n 12 "$scratch/fetch.log")"
  cat "$(in_module info output_base 2> /dev/null)/external/rules_oci~~oci~image/digest.txt"
}

configure_credential_helper() {
  mkdir -p "$scratch/helpers"
  # shellcheck disable=SC2016 # the helper expands them
  printf '#!/bin/sh\nread -r host\n[ "$1 $host" = "get %s" ] && printf %s\n' "$1" "'{\"Username\": \"someone\", \"Secret\": \"secret\"}'" \
    > "$scratch/helpers/docker-credential-e2e"
  chmod +x "$scratch/helpers/docker-credential-e2e"
  printf '{"credHelpers": {"%s": "e2e"}}\n' "$1" > "$DOCKER_CONFIG/config.json"
}

pulls_from_open_registry() {
  local name="${registry_address[open]}/team/app"
  check_pull "by digest" "image = '$name', digest = '$digest'"
  check_pull "by tag" "image = '$name', tag = 'latest', reproducible = False"
  check_pull "by a digest in the name" "image = '$name:latest@$digest'"
  check_equal "the digest target: the pinned digest" "$digest" "$(pinned_digest)"
  check_pull "by registry and repository" "registry = '${registry_address[open]}', repository = 'team/app', digest = '$digest'"
  check_pull "a tag alone" "image = '$name', tag = 'latest'"
  check_contains "a tag alone warns" "is mutable" "$(< "$scratch/fetch.log")"
  check_rejected "an unknown tag" "image = '$name', tag = 'none'" 404 "the tag \"none\""
  check_rejected "an unknown digest" "image = '$name', digest = 'sha256:${digest//[!0]/1}'" "expected sha256:<64 hexadecimal digits>"
  check_rejected "a digest of another algorithm" "image = '$name', digest = 'sha512:$(printf '0%.0s' {1..128})'" "unsupported digest \"sha512:0"
  check_rejected "an absent digest" "image = '$name', digest = 'sha256:$(printf '0%.0s' {1..64})'" "404" "the manifest"
}

# The first pull fills the cache, the second one reads it.
links_blobs_to_repository_cache() {
  local cache round blob cached=()
  cache="$(in_module info output_base 2> /dev/null)"
  cache="${cache%/*}/cache/repos/v1"
  for round in first second; do
    check_pull "the $round pull with the default repository cache" "image = '${registry_address[open]}/team/app', digest = '$digest'" "--repository_cache=$cache"
    for blob in "$(repository_path)"/blobs/sha256/*; do
      [[ "$blob" -ef "$cache/content_addressable/sha256/${blob##*/}/file" ]] || check_failed "the $round pull stores one copy of each blob" "$blob"
      cached+=("$cache/content_addressable/sha256/${blob##*/}")
    done
    passed "the $round pull stores one copy of each blob"
  done
  rm -r "${cached[@]:${#cached[@]} / 2}"
}

pulls_from_mirror() {
  local -x THIMBLE_OCI_MIRRORS="docker.io=${registry_address[open]}/none,docker.io/some=${registry_address[open]}/team"
  check_pull "from the mirror of the longest name" "image = 'docker.io/some/app', digest = '$digest'"
}

pulls_with_password() {
  local image="image = '${registry_address[closed]}/team/app', digest = '$digest'"
  check_rejected "no password" "$image" 401 "docker login ${registry_address[closed]}"
  write_credentials "${registry_address[closed]}" someone:wrong
  check_rejected "a wrong password" "$image" 401 "$DOCKER_CONFIG/config.json"
  write_credentials "${registry_address[closed]}" someone:secret
  check_pull "with a password" "$image"
  check_pull "by tag with a password" "${image/digest = \'$digest\'/tag = \'latest\'}"
  configure_credential_helper "${registry_address[closed]}"
  check_pull "by tag with a credential helper" "${image/digest = \'$digest\'/tag = \'latest\'}" "--repo_env=PATH=$scratch/helpers:/usr/bin:/bin"
  write_credentials "${registry_address[closed]}" someone:secret
  mv "$DOCKER_CONFIG/config.json" "$module/credentials.json"
  check_pull "with the attribute config" "$image, config = '//:credentials.json', bazel_tags = ['manual']"
}

# Credential files in the forms that docker, podman, crane and az write.
pulls_with_other_credential_files() {
  local host="${registry_address[closed]}" key auth
  local image="image = '$host/team/app', digest = '$digest'"
  auth="$(printf 'someone:secret' | base64)"
  for key in "http://$host" "http://$host/v2/" "https://$host/any/path/" "$host/" "$host/team"; do
    printf '{"auths": {"%s": {"auth": "%s\\n"}}, "credHelpers": null}\n' "$key" "$auth" > "$DOCKER_CONFIG/config.json"
    check_pull "with a key as ${key/$host/HOST}" "$image"
  done
  printf '{"auths": {"%s": {"auth": "%s", "identitytoken": "an-identity-token"}}}\n' "$host" \
    "$(printf '00000000-0000-0000-0000-000000000000:' | base64 --wrap=0)" > "$DOCKER_CONFIG/config.json"
  check_pull "with an identity token" "$image"
  printf '{"auths": {"%s": {"auth": "%s"}}}\n} and more\n' "$host" "$(printf 'someone:secret\0\0' | base64)" > "$DOCKER_CONFIG/config.json"
  check_pull "with NULs and trailing text" "$image"
  printf '{"auths": {"%s": {"auth": "c29tZW9uZQ=="}}}\n' "$host" > "$DOCKER_CONFIG/config.json"
  check_rejected "no password in \`auth\`" "$image" "auths, $host: invalid \`auth\`: expected name:password in base64"
  printf '{"auths": {"%s": {"registrytoken": "a-token"}}}\n' "$host" > "$DOCKER_CONFIG/config.json"
  check_rejected "a registry token instead of a password" "$image" 401
  rm "$DOCKER_CONFIG/config.json"
  mkdir -p "$scratch/config/containers"
  printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$host" "$auth" > "$scratch/config/containers/auth.json"
  check_pull "with podman's file" "$image" "--repo_env=XDG_CONFIG_HOME=$scratch/config"
  : > "$DOCKER_CONFIG/config.json"
  check_pull "with an empty file before it" "$image" "--repo_env=XDG_CONFIG_HOME=$scratch/config"
  printf '{"credsStore": "none", "credHelpers": {"https://%s": "none"}}\n' "${registry_address[open]}" > "$DOCKER_CONFIG/config.json"
  check_pull "a public image without the helper" "image = '${registry_address[open]}/team/app', digest = '$digest'"
  check_contains "the warning names the missing helper" "docker-credential-none is not on PATH" "$(< "$scratch/fetch.log")"
  check_rejected "a private image without the helper" "$image" 401 "docker-credential-none is not on PATH"
}

# A mirror behind nginx with a password, through a proxy without one, because Java does not send proxy passwords by default.
pulls_through_proxies() {
  local setting="--repo_env=THIMBLE_OCI_MIRRORS=docker.io/some=${registry_address[front]}/team"
  write_credentials "${registry_address[front]}" someone:secret
  check_pull "a mirror with a password" "image = 'docker.io/some/app', digest = '$digest'" "$setting" "--repo_env=HTTPS_PROXY=$proxy"
  [[ "$(count_tunnels)" != 0 ]] || check_failed "the pull uses the proxy" "$(< "$scratch/proxy.log")"
  passed "the pull uses the proxy"
}

# Builds an index of two platforms with the rules.
write_index() {
  cat > "$layers_package/BUILD.bazel" <<'BUILD'
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index")

oci_image(name = "amd64", architecture = "amd64", os = "linux", tars = ["plain.tar", "second.tar"])

oci_image(name = "arm64", architecture = "arm64", os = "linux", tars = ["plain.tar"], variant = "v8")

oci_image_index(name = "index", images = [":amd64", ":arm64"])
BUILD
  run_logged build "the build" in_copy build //e2e:index //e2e:arm64
  index="$copy/bazel-bin/e2e/index"
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false "oci:$index" "docker://${registry_address[open]}/team/index:latest"
}

pulls_by_platform() {
  local name arm64="$copy/bazel-bin/e2e/arm64"
  name="image = '${registry_address[open]}/team/index', digest = '$(root_digest "$index")'"
  check_rejected "an index without platforms" "$name" "linux/amd64, linux/arm64/v8" "platforms"
  repository=image_linux_arm64_v8
  fetch "$name, platforms = ['linux/arm64/v8']" || check_failed "by platform" "$(tail -n 12 "$scratch/fetch.log")"
  check_equal "by platform: the digest" "$(root_digest "$arm64")" "$(root_digest "$(repository_path)")"
  repository=image_linux_arm64
  check_rejected "a platform without its variant" "$name, platforms = ['linux/arm64']" "platform linux/arm64 not found: the image has linux/amd64, linux/arm64/v8"
  repository=image_linux_s390x
  check_rejected "an absent platform" "$name, platforms = ['linux/s390x']" "platform linux/s390x not found: the image has linux/amd64"
  repository=image_single
}

# Existing MODULE.bazel files register toolchains; the stand-in has none.
registers_toolchains() {
  workspace_dependencies > "$module/MODULE.bazel"
  cat >> "$module/MODULE.bazel" <<'MODULE'
oci = use_extension("@rules_oci//oci:extensions.bzl", "oci")
oci.toolchains(name = "own")
use_repo(oci, "own_crane_toolchains", "own_regctl_toolchains")

register_toolchains("@own_crane_toolchains//:all", "@own_regctl_toolchains//:all")
MODULE
  printf 'genrule(name = "generated", outs = ["generated.txt"], cmd = "echo generated > $@")\n' > "$module/BUILD.bazel"
  in_module build --platforms=@bazel_tools//tools:host_platform //:generated > "$scratch/toolchains.log" 2>&1 ||
    check_failed "toolchains are registered" "$(tail -n 12 "$scratch/toolchains.log")"
  [[ "$(< "$scratch/toolchains.log")" != *WARNING* ]] || check_failed "toolchains are registered without a warning" "$(< "$scratch/toolchains.log")"
  passed "the repositories of oci.toolchains can be registered"
}

# Builds the repository's BUILD file as a package of the copy.
provides_layout_target() {
  cp --recursive --dereference "$(repository_path)" "$copy/pulled"
  rm -f "$copy"/pulled/{WORKSPACE,REPO.bazel}
  run_logged build "the build of a pulled image" in_copy build //pulled:image_single
  skopeo inspect --raw "oci:$copy/bazel-bin/pulled/image_single" > "$scratch/raw"
  check_equal "the target's digest" "$digest" "$(digest_of "$scratch/raw")"
}

# Pulls two bases with a common layer in the copy, builds an image on each, loads one and pushes the other.
uses_pulled_bases() {
  local second="$scratch/second-base"
  mkdir "$copy/onbase"
  tar --create --file "$copy/onbase/new.tar" --directory "$scratch" hosts
  create_image "$second" "$layers_package/plain.tar" "$copy/onbase/new.tar"
  skopeo copy --quiet --preserve-digests --dest-tls-verify=false "oci:$second:latest" "docker://${registry_address[open]}/team/second:latest"
  cat >> "$copy/MODULE.bazel" <<MODULE

bases = use_extension("@rules_oci//oci:extensions.bzl", "oci")
bases.pull(name = "first_base", image = "${registry_address[open]}/team/app", digest = "$digest")
bases.pull(name = "second_base", image = "${registry_address[open]}/team/second", digest = "$(root_digest "$second")")
use_repo(bases, "first_base", "second_base")
MODULE
  # shellcheck disable=SC2016 # the loader expands it
  printf '#!/bin/bash\ncat "$3" > /dev/null\n' > "$copy/onbase/loader.sh"
  chmod +x "$copy/onbase/loader.sh"
  cat > "$copy/onbase/BUILD.bazel" <<BUILD
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_load", "oci_push")

[
    oci_image(name = "on_" + base, base = "@" + base, tars = ["new.tar"])
    for base in ["first_base", "second_base"]
]

oci_load(name = "load", image = ":on_first_base", loader = "loader.sh", repo_tags = ["onbase:latest"])

oci_push(name = "push", image = ":on_second_base", repository = "${registry_address[open]}/team/onbase")
BUILD
  run_logged build "the build on pulled bases" in_copy build //onbase:all
  run_logged load "the load of an image on a pulled base" in_copy run //onbase:load
  run_logged push "the push of an image on a pulled base" in_copy run //onbase:push
}

# Counts the files with the content of each blob in the copy's output base, the repository cache and the disk caches; links count once.
stores_blobs_of_bases_once() {
  local base blob output_base content inode path
  uses_pulled_bases
  output_base="$(in_copy info output_base 2> /dev/null)"
  find "$output_base" "${output_base%/*}/cache" "${persistent_cache%/*}/disk" -type f -printf '%s %i %p\n' > "$scratch/files" 2> /dev/null || true
  for base in first_base_single second_base_single; do
    for blob in "$output_base/external/rules_oci~~oci~$base"/blobs/sha256/*; do
      [[ -e "${output_base%/*}/cache/repos/v1/content_addressable/sha256/${blob##*/}/file" ]] || check_failed "the repository cache has the blobs of $base" "$blob"
      content="$(digest_of "$blob")"
      sed -n "s|^$(stat --format %s "$blob") ||p" "$scratch/files" | while read -r inode path; do
        [[ ! -e "$path" || "$(digest_of "$path")" != "$content" ]] || printf '%s %s\n' "$inode" "$path"
      done > "$scratch/same"
      [[ "$(cut --delimiter ' ' --fields 1 "$scratch/same" | sort --unique | wc -l)" == 1 ]] ||
        check_failed "one copy of each blob of $base" "$(< "$scratch/same")"
    done
    passed "one copy of each blob of $base"
  done
  for blob in "$output_base"/external/rules_oci~~oci~{first,second}_base_single/blobs/sha256/*; do
    rm -rf "${output_base%/*}/cache/repos/v1/content_addressable/sha256/${blob##*/}"
  done
}

start_token_registry() {
  printf 'ok\n' > "$mode"
  python3 "$workspace/tools/dev/e2e/lib/token_registry.py" "$layout" "$scratch/tls.pem" "$scratch/tls.key" "$mode" \
    > "$scratch/port" 2> "$scratch/token.log" &
  on_exit stop_process "$!"
  await "the token registry starts" 30 grep --quiet . "$scratch/port"
  token_registry="$tls_host:$(< "$scratch/port")"
}

pulls_with_token() {
  local image="image = '$token_registry/team/app', digest = '$digest', www_authenticate_challenges ="
  token_pull="$image {'$token_registry': 'Bearer realm=\"https://$token_registry/token\",service=\"e2e\"'}"
  write_credentials "$token_registry" someone:wrong
  check_rejected "a token for a wrong password" "$token_pull" "issued no token" "docker login $token_registry"
  write_credentials "$token_registry" someone:secret
  check_pull "with a token, over TLS" "$token_pull"
  # A key may be a suffix of the host, and a realm may lack its scheme.
  check_pull "with the challenge of many hosts" "$image {':${token_registry##*:}': 'Bearer realm=\"{registry}/token\",service=\"e2e\"'}"
  printf '{"auths": {"%s": {"registrytoken": "a-token-of-one-word"}}}\n' "$token_registry" > "$DOCKER_CONFIG/config.json"
  check_pull "with a registry's token" "$token_pull"
  write_credentials "$token_registry" someone:secret
  check_pull "by tag with a token" "${token_pull/digest = \'$digest\'/tag = \'latest\'}"
  configure_credential_helper "$token_registry"
  check_pull "with a credential helper" "$token_pull" "--repo_env=PATH=$scratch/helpers:/usr/bin:/bin"
  write_credentials "$token_registry" someone:secret
}

# Bazel follows redirects to plain HTTP. It verifies digests, and sends credentials only to the address that they are for.
follows_redirects_without_credentials() {
  check_pull "after a redirect to plain HTTP" "image = '${registry_address[downgrade]}/team/app', digest = '$digest'"
  write_credentials "${registry_address[closed-downgrade]}" someone:secret
  check_rejected "credentials after a redirect to plain HTTP" "image = '${registry_address[closed-downgrade]}/team/app', digest = '$digest'" 401
}

rejects_faulty_registries() {
  local fault
  for fault in 401 404 429 500 hang wrong cut; do
    printf '%s\n' "$fault" > "$mode"
    check_rejected "a registry with the fault $fault" "$token_pull" "the blob sha256:"
  done
  printf 'ok\n' > "$mode"
  check_pull "after all faults" "$token_pull"
}

main() {
  enter_hosts_namespace
  need_packages docker-registry skopeo umoci jq whois zstd openssl python3 nginx tinyproxy-bin
  export DOCKER_CONFIG="$scratch/docker"
  mkdir "$DOCKER_CONFIG"
  create_authority
  open_copy
  create_layers
  create_image "$layout" "$layers_package/plain.tar" "$layers_package/second.tar"
  digest="$(root_digest "$layout")"
  create_module
  {
    printf 'someone:%s\n' "$(mkpasswd --method=bcrypt --rounds=5 secret)"
    printf '00000000-0000-0000-0000-000000000000:%s\n' "$(mkpasswd --method=bcrypt --rounds=5 an-identity-token)"
  } > "$scratch/htpasswd"
  start_registry open
  start_registry closed 'auth:' '  htpasswd:' '    realm: closed' "    path: $scratch/htpasswd"
  skopeo copy --quiet --preserve-digests --dest-tls-verify=false "oci:$layout:latest" "docker://${registry_address[open]}/team/app:latest"
  skopeo copy --quiet --preserve-digests --dest-tls-verify=false --dest-creds someone:secret "oci:$layout:latest" \
    "docker://${registry_address[closed]}/team/app:latest"
  start_tls_front front closed
  start_tls_redirect downgrade open
  start_tls_redirect closed-downgrade closed
  start_proxy
  start_token_registry
  write_index
  on_exit expunge_module
  pulls_from_open_registry
  links_blobs_to_repository_cache
  pulls_by_platform
  pulls_from_mirror
  pulls_with_password
  pulls_with_other_credential_files
  pulls_through_proxies
  pulls_with_token
  rejects_faulty_registries
  provides_layout_target
  stores_blobs_of_bases_once
  follows_redirects_without_credentials
  registers_toolchains
  report_checks
}

main
