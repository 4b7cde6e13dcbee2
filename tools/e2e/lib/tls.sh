# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, whose variables it uses
# A host name and an authority that exist for one script alone. Sourced.

readonly tls_host=registry.example

# in_own_hosts: starts the script anew where `tls_host` is this machine, which no other process sees.
in_own_hosts() {
  if [[ -z "${THIMBLE_E2E_HOSTS:-}" ]]; then
    ((EUID == 0)) || check_failed "a hosts file of its own needs root; once more:" "sudo $0"
    rm -r "$scratch"
    THIMBLE_E2E_HOSTS=own exec unshare --mount -- "$0"
  fi
  printf '127.0.0.1 localhost %s\n' "$tls_host" > "$scratch/hosts"
  mount --bind "$scratch/hosts" /etc/hosts
}

# make_authority: $scratch/authority.pem, and tls.pem and tls.key for `tls_host`, signed by it.
make_authority() {
  (
    cd "$scratch"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$tls_host" -keyout tls.key -out tls.csr
    printf 'subjectAltName=DNS:%s\n' "$tls_host" > tls.ext
    openssl x509 -req -in tls.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile tls.ext -out tls.pem
  ) > "$scratch/openssl.log" 2>&1 || check_failed "an authority is made" "$(< "$scratch/openssl.log")"
}
