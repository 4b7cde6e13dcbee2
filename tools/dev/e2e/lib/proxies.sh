# shellcheck shell=bash disable=SC2154 # sourced after harness.sh, nginx.sh, registry.sh and tls_host.sh
# Proxies of a corporate network: nginx terminates TLS in front of a registry, tinyproxy forwards outgoing requests. Sourced.

# start_tls_front NAME REGISTRY [MAX_BODY]: nginx with TLS in front of the named registry; sets registry_address[NAME].
# MAX_BODY is client_max_body_size; the default, 0, means unlimited.
start_tls_front() {
  start_tls_server "$1" << CONF
    client_max_body_size ${3:-0};
    location / {
      proxy_pass http://${registry_address[$2]};
      proxy_request_buffering off;
      proxy_http_version 1.1;
      proxy_set_header Host \$http_host;
      proxy_set_header X-Forwarded-Proto https;
    }
CONF
}

# start_tls_redirect NAME REGISTRY: nginx with TLS that redirects every request to the named registry over plain HTTP.
start_tls_redirect() {
  start_tls_server "$1" << CONF
    location / { return 307 http://${registry_address[$2]}\$request_uri; }
CONF
}

# start_tls_server NAME < SERVER_BLOCK: sets registry_address[NAME].
start_tls_server() {
  local name="$1" directory="$scratch/$1" block port
  block="$(cat)"
  mkdir "$directory"
  port="$(free_port)"
  start_nginx_process "$directory" << CONF
  server {
    listen 127.0.0.1:$port ssl;
    server_name $tls_host;
    ssl_certificate $scratch/tls.pem;
    ssl_certificate_key $scratch/tls.key;
$block
  }
CONF
  on_exit stop_process "$nginx_pid"
  await "nginx starts" 30 test -s "$directory/pid"
  # shellcheck disable=SC2004 # an associative array of registry.sh
  registry_address[$name]="$tls_host:$port"
}

# start_proxy [NAME:PASSWORD]: starts tinyproxy and sets `proxy`, its URL. The log is $scratch/proxy.log.
start_proxy() {
  local port credentials="${1:-}"
  port="$(free_port)"
  {
    printf 'Port %s\nListen 127.0.0.1\nTimeout 60\nLogLevel Connect\nLogFile "%s"\n' "$port" "$scratch/proxy.log"
    [[ -z "$credentials" ]] || printf 'BasicAuth %s\n' "${credentials/:/ }"
  } > "$scratch/proxy.conf"
  tinyproxy -d -c "$scratch/proxy.conf" > "$scratch/proxy.out" 2>&1 &
  on_exit stop_process "$!"
  await "tinyproxy starts" 30 bash -c ": < /dev/tcp/127.0.0.1/$port"
  # shellcheck disable=SC2034 # for the script
  proxy="http://${credentials:+$credentials@}127.0.0.1:$port"
}

# count_tunnels: CONNECT requests for the registry.
count_tunnels() { grep --count "CONNECT $tls_host" "$scratch/proxy.log" || true; }
