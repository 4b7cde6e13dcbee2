# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, registry.sh and tls.sh, whose variables it uses
# What stands before a registry in a company: nginx, which ends TLS, and tinyproxy, which lets requests out. Sourced.

# start_tls_front NAME REGISTRY [MAXIMUM]: nginx for the registry of that name, with bodies of at most that size; sets registry_address[NAME].
start_tls_front() {
  local name="$1" directory="$scratch/$1" upstream="${registry_address[$2]}" maximum="${3:-0}" port kind
  mkdir "$directory"
  port="$(free_port)"
  {
    printf 'daemon off;\nuser root;\npid %s/pid;\nworker_processes 1;\nevents {}\nhttp {\n  access_log %s/access.log;\n' "$directory" "$directory"
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '  %s_temp_path %s/%s;\n' "$kind" "$directory" "$kind"; done
    cat << CONF
  server {
    listen 127.0.0.1:$port ssl;
    server_name $tls_host;
    ssl_certificate $scratch/tls.pem;
    ssl_certificate_key $scratch/tls.key;
    client_max_body_size $maximum;
    location / {
      proxy_pass http://$upstream;
      proxy_request_buffering off;
      proxy_http_version 1.1;
      proxy_set_header Host \$http_host;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
CONF
  } > "$directory/nginx.conf"
  /usr/sbin/nginx -c "$directory/nginx.conf" -e "$directory/error.log" > "$directory/log" 2>&1 &
  at_end stop_registry "$!"
  await "the start of nginx" 30 test -s "$directory/pid"
  # shellcheck disable=SC2004 # an associative array of registry.sh
  registry_address[$name]="$tls_host:$port"
}

# start_proxy [NAME:PASSWORD]: tinyproxy; sets `proxy`, and its log is $scratch/proxy.log.
start_proxy() {
  local port credentials="${1:-}"
  port="$(free_port)"
  {
    printf 'Port %s\nListen 127.0.0.1\nTimeout 60\nLogLevel Connect\nLogFile "%s"\n' "$port" "$scratch/proxy.log"
    [[ -z "$credentials" ]] || printf 'BasicAuth %s\n' "${credentials/:/ }"
  } > "$scratch/proxy.conf"
  tinyproxy -d -c "$scratch/proxy.conf" > "$scratch/proxy.out" 2>&1 &
  at_end stop_registry "$!"
  await "the start of tinyproxy" 30 bash -c ": < /dev/tcp/127.0.0.1/$port"
  # shellcheck disable=SC2034 # the script reads it
  proxy="http://${credentials:+$credentials@}127.0.0.1:$port"
}

# tunnels: how often the proxy was asked for the registry.
tunnels() { grep --count "CONNECT $tls_host" "$scratch/proxy.log" || true; }

# Neither program chooses a port by itself.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
