#!/usr/bin/env bash
# The root's /etc/ssl with the machine's own certificates (/usr/local/share/ca-certificates) added, in Java's store too.
# Runs in the root. Usage: certificates.sh DIR
set -o errexit -o nounset -o pipefail -o noglob

readonly out="$1"
readonly machine=/thimble/machine/ca-certificates

main() {
  local certificate link
  cp --recursive --no-dereference /etc/ssl/. "$out"
  # Debian's hook for Java requires dpkg's database, which the root does not contain.
  mkdir "$out/no-hooks"
  update-ca-certificates --localcertsdir "$machine" --etccertsdir "$out/certs" --hooksdir "$out/no-hooks"
  rmdir "$out/no-hooks"
  while IFS= read -r link; do
    cp --remove-destination "$(readlink "$link")" "$link"
  done < <(find "$out/certs" -lname "$machine/*")
  while IFS= read -r certificate; do
    keytool -importcert -noprompt -alias "machine:${certificate#"$machine/"}" -file "$certificate" -keystore "$out/certs/java/cacerts" -storepass changeit ||
      # As update-ca-certificates, which skips it with a warning.
      printf 'warning: skipping %s, it is not a certificate\n' "$certificate"
  done < <(find -L "$machine" -type f -name '*.crt' | sort)
}

main
