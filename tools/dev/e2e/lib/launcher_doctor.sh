# shellcheck shell=bash disable=SC2154 # sourced after harness.sh and build_root_key.sh; reads variables of launcher.sh
# The command `doctor`. Sourced.

checks_doctor() {
  local output record cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble"
  record="$(build_root_key)"
  # doctor measures all of the cache, so this one has only the record of the build root.
  local -x XDG_CACHE_HOME="$scratch/doctor"
  mkdir -p "$XDG_CACHE_HOME/thimble/ready"
  cp "$cache/ready/$record" "$XDG_CACHE_HOME/thimble/ready"
  output="$("$bazel" doctor)" || true
  check_contains "doctor shows the build root" "build root     $record, for remote caches" "$output"
  check_contains "doctor shows the caches" "$XDG_CACHE_HOME/thimble (XDG_CACHE_HOME" "$output"
  output="$(SSL_CERT_FILE=/nonexistent RUSTC_WRAPPER=x https_proxy=http://user:p@ss/word@127.0.0.1:1 HTTP_PROXY=user:word@127.0.0.1:1 no_proxy=localhost,127.0.0.1,::1 "$bazel" doctor)" && check_failed "doctor fails on a problem" "$output"
  check_contains "doctor reports the problem" "! SSL_CERT_FILE=/nonexistent is not passed on" "$output"
  check_contains "doctor reports a proxy that does not respond" "! cannot connect to https_proxy=http://***@127.0.0.1:1;" "$output"
  check_contains "doctor reports a proxy without a scheme" "! cannot connect to HTTP_PROXY=***@127.0.0.1:1;" "$output"
  check_contains "doctor lists the hosts without a proxy" $'\nproxy          no_proxy=localhost,127.0.0.1,::1\n' "$output"
  check_contains "doctor lists variables that are not passed on" "RUSTC_WRAPPER" "$output"
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'cp --archive /etc "$1" && mount --bind "$1/etc" /etc && ln --symbolic --force "$2" /etc/resolv.conf && exec "$0" doctor' \
    "$bazel" "$scratch" /usr/lib/os-release)" || true
  check_contains "doctor reports a resolv.conf that the root lacks" "    sudo cp --remove-destination /usr/lib/os-release /etc/resolv.conf" "$output"
  check_disk_report 2g 'GB free'
  check_disk_report 50m "! 50 MB free in the cache's file system, 100 MB required"
  rm "$XDG_CACHE_HOME/thimble/ready/$record"
  rmdir "$XDG_CACHE_HOME/thimble/ready"
  check_disk_report 2g "MB free in the cache's file system, 40"
  [[ "$output" != *'cannot write'* ]] || check_failed "doctor accepts an empty cache" "$output"
  passed "doctor accepts an empty cache"
  start_engine_stub
  output="$(DOCKER_HOST="unix://$scratch/engine.socket" "$bazel" doctor)" || true
  check_contains "doctor asks the engine of DOCKER_HOST" $'engine         docker, /usr/bin/docker\n' "$output"
}

# check_disk_report SIZE EXPECTED: with the cache's records on a file system of this size. Sets `output`.
check_disk_report() {
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'mount -t tmpfs -o "size=$1" none "$2" && cp --recursive "$3/." "$2" && XDG_CACHE_HOME="$2" exec "$0" doctor' \
    "$bazel" "$1" /mnt "$XDG_CACHE_HOME")" || true
  check_contains "doctor with a file system of $1" "$2" "$output"
}

# A Docker engine that answers each request.
start_engine_stub() {
  python3 -c 'if True:
    import http.server, socketserver, sys
    class Handler(http.server.BaseHTTPRequestHandler):
      def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")
      do_HEAD = do_GET
      def address_string(self): return ""
    socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler).serve_forever()' "$scratch/engine.socket" 2> "$scratch/engine.log" &
  on_exit kill "$!"
  await "the engine listens" 30 test -S "$scratch/engine.socket"
}
