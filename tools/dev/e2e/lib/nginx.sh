# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# nginx in the foreground, with its files in one directory. Sourced.

# start_nginx_process DIRECTORY < HTTP_BLOCK: writes the configuration and sets `nginx_pid`. The caller waits for it to start.
start_nginx_process() {
  local directory="$1" kind
  {
    printf 'daemon off;\nuser root;\npid %s/pid;\nerror_log %s/error.log;\nworker_processes 1;\nevents {}\nhttp {\n  access_log %s/access.log;\n' \
      "$directory" "$directory" "$directory"
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '  %s_temp_path %s/%s;\n' "$kind" "$directory" "$kind"; done
    cat
    printf '}\n'
  } > "$directory/nginx.conf"
  /usr/sbin/nginx -c "$directory/nginx.conf" -e "$directory/error.log" > "$directory/log" 2>&1 &
  # shellcheck disable=SC2034 # for the caller
  nginx_pid=$!
}
