# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh, service_processes.sh and nginx.sh
# HTTP clients that send cases and count outcomes, with the input and output formats of clients/python_clients.py. Sourced.

readonly clients="$workspace/tools/dev/e2e/lib/clients"
readonly senders=(requests httpx aiohttp node hey curl nginx-buffering-on nginx-buffering-off half-close)

# send_with SENDER COUNT < CASES
send_with() {
  case "$1" in
    # Debian's interpreter: the libraries are its packages.
    requests | httpx | aiohttp) /usr/bin/python3 "$clients/python_clients.py" "$1" "$2" ;;
    half-close) /usr/bin/python3 "$clients/half_close.py" "$2" ;;
    node) node "$clients/node_client.js" "$2" ;;
    hey) send_each send_with_hey "$2" ;;
    curl) send_each send_with_curl "$2" ;;
    nginx-buffering-*) send_each send_with_curl "$2" --parallel --parallel-max 4 --unix-socket "$scratch/nginx/${1##*-}.socket" ;;
  esac
}

# send_each FUNCTION COUNT [FLAG...]: calls the function for each case; it prints one line for each outcome.
send_each() {
  local function="$1" method url size type
  shift
  while read -r method url size type; do
    head --bytes "$size" /dev/zero | tr '\0' x > "$scratch/body"
    printf '%s %s %s %s: ' "$method" "$url" "$size" "$type"
    "$function" "$@" | paste --serial --delimiters , | sed 's/,/, /g'
  done
}

# send_with_hey COUNT: Go's net/http.
send_with_hey() {
  hey -n "$1" -c 1 -t 10 -m "$method" -D "$scratch/body" -T "$type" "$url" 2>&1 |
    sed --quiet --regexp-extended -e 's/^ *\[([0-9]+)\]\t([0-9]+) responses$/\2 x \1/p; t' -e 's/^ *\[([0-9]+)\]\t.*: /\1 x /p'
}

# send_with_curl COUNT [FLAG...]
send_with_curl() {
  local count="$1"
  shift
  # The URL range repeats the request on a kept connection. The fragment is not sent.
  curl --silent --max-time 10 --request "$method" --data-binary "@$scratch/body" --header "Content-Type: $type" \
    --output "$scratch/response.#1" --write-out '%{exitcode} %{http_code} %{errormsg}\n' "$@" "$url#[1-$count]" 2> /dev/null |
    sed 's/^0 \([0-9]*\) .*/\1/' | sort | uniq --count | sed --regexp-extended 's/^ *([0-9]+) (.*)$/\1 x \2/'
}

# start_nginx NAME...: proxies to the named services over kept connections, with one socket for each value of proxy_request_buffering.
start_nginx() {
  local directory="$scratch/nginx" name
  rm -rf "$directory"
  mkdir "$directory"
  start_nginx_process "$directory" < <(write_nginx_servers "$directory" "$@")
  service_pid[nginx]="$nginx_pid"
  await "nginx starts" 30 curl --silent --unix-socket "$directory/off.socket" http://localhost/
}

write_nginx_servers() {
  local directory="$1" name buffering
  shift
  printf '  client_max_body_size 20m;\n'
  for name in "$@"; do
    printf '  upstream %s { server %s; keepalive 8; }\n' "$name" "${address[$name]}"
  done
  printf '  map %s {\n' "\$http_host \$service"
  for name in "$@"; do printf '    %s %s;\n' "${address[$name]}" "$name"; done
  printf '  }\n'
  for buffering in on off; do
    cat << CONF
  server {
    listen unix:$directory/$buffering.socket;
    location / {
      proxy_pass http://\$service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host \$http_host;
      proxy_request_buffering $buffering;
    }
  }
CONF
  done
}
