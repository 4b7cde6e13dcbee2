# shellcheck shell=bash disable=SC2154 # sourced
# Proxies of the caller.

# Adds to `environment` the lower-case names of proxies, the only ones that apt reads.
add_lower_case_proxies() {
  local name
  for name in http https ftp all no; do
    [[ -n "${caller[${name}_proxy]+set}" || -z "${caller[${name^^}_PROXY]:-}" ]] || environment+=("${name}_proxy=${caller[${name^^}_PROXY]}")
  done
}

# Prints an error for each of the caller's proxies that accepts no connection.
explain_proxies() {
  local name
  for name in {http,https,all}_proxy {HTTP,HTTPS,ALL}_PROXY; do
    proxy_responds "${caller[$name]:-}" || print_error "cannot connect to the proxy $name=$(hide_credentials "${caller[$name]}"); correct or unset it:" "unset $name"
  done
}

# proxy_responds URL: whether its port accepts connections; true without a port, because programs differ in the default.
proxy_responds() {
  [[ "$1" =~ ^([a-z0-9]+://)?(.*@)?\[?([^/@]+[^]/@])\]?:([0-9]+)/?$ ]] || return 0
  # shellcheck disable=SC2016 # expanded by the child
  timeout 5 bash -p -c ': < "/dev/tcp/$1/$2"' - "${BASH_REMATCH[3]}" "${BASH_REMATCH[4]}" 2> /dev/null
}

# The scheme is optional, and a password may contain @ and /.
hide_credentials() { sed -E 's,^([A-Za-z0-9+.-]+://)?.*@,\1***@,' <<< "$1"; }
