# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# A host name and a certificate authority that only one script sees. Sourced.

readonly tls_host=registry.example

# enter_hosts_namespace: restarts the script in a mount namespace whose /etc/hosts maps `tls_host` to the loopback.
enter_hosts_namespace() {
  if [[ -z "${THIMBLE_E2E_HOSTS:-}" ]]; then
    ((EUID == 0)) || check_failed "mounting a hosts file needs root; to run as root:" "sudo $0"
    rm -r "$scratch"
    THIMBLE_E2E_HOSTS=own exec unshare --mount -- "$0"
  fi
  printf '127.0.0.1 localhost %s\n' "$tls_host" > "$scratch/hosts"
  mount --bind "$scratch/hosts" /etc/hosts
}

# create_authority: writes $scratch/authority.pem, and tls.pem and tls.key for `tls_host`, signed by it.
create_authority() {
  (
    cd "$scratch"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$tls_host" -keyout tls.key -out tls.csr
    printf 'subjectAltName=DNS:%s\n' "$tls_host" > tls.ext
    openssl x509 -req -in tls.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile tls.ext -out tls.pem
  ) > "$scratch/openssl.log" 2>&1 || check_failed "openssl creates an authority" "$(< "$scratch/openssl.log")"
}
