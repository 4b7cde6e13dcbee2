#!/usr/bin/env bash
# Verifies tools/bazel with an existing build root: arguments, input, output, exit codes, signals and the environment pass between the caller
# and Bazel unchanged. Needs root, to create a directory at the top level.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/build_root_key.sh
source "${BASH_SOURCE[0]%/*}/lib/build_root_key.sh"
# shellcheck source=tools/dev/e2e/lib/launcher_doctor.sh
source "${BASH_SOURCE[0]%/*}/lib/launcher_doctor.sh"
# shellcheck source=tools/dev/e2e/lib/launcher_functions.sh
source "${BASH_SOURCE[0]%/*}/lib/launcher_functions.sh"
# shellcheck source=tools/dev/e2e/lib/launcher_signals.sh
source "${BASH_SOURCE[0]%/*}/lib/launcher_signals.sh"
# shellcheck source=tools/dev/e2e/lib/scratch_module.sh
source "${BASH_SOURCE[0]%/*}/lib/scratch_module.sh"

# A space, an apostrophe, an ampersand and non-ASCII letters.
readonly copy="$scratch/it's R&D späce 中"
readonly bazel="$copy/tools/bazel" slow_command="sleep 3601.$$"
# Bazel starts faster: docs/launcher.md#ci-jobs
export CI=true

passes_arguments_under_bazelisk() {
  cat > "$scratch/real" <<'REAL'
#!/usr/bin/env bash
printf '<%s>' "$@"
exit 37
REAL
  chmod +x "$scratch/real"
  local output status=0
  output="$(BAZEL_REAL="$scratch/real" "$bazel" build '//a b' '' -- '*')" || status=$?
  check_equal "under bazelisk, the real Bazel's arguments" '<build><//a b><><--><*>' "$output"
  check_equal "under bazelisk, the real Bazel's exit code" 37 "$status"
}

# As of a global git configuration that was copied from Windows.
checks_out_unix_line_endings() {
  local carriage_returns
  git -C "$workspace" -c core.autocrlf=true archive --worktree-attributes --output="$scratch/checkout.tar" HEAD tools/bazel
  tar --extract --file="$scratch/checkout.tar" --directory="$scratch"
  carriage_returns="$(grep --count $'\r' "$scratch/tools/bazel")" || true
  check_equal "lines with CRLF of tools/bazel in a checkout with core.autocrlf" 0 "$carriage_returns"
}

# Copies the workspace and adds packages whose programs print how they were started.
create_probe() {
  copy_workspace "$copy"
  mkdir -p "$copy/probe/below"
  cd "$copy/probe"
  cat > BUILD.bazel <<BUILD
sh_binary(name = "probe", srcs = ["probe.sh"])
sh_test(name = "probe_test", srcs = ["probe_test.sh"])
genrule(name = "sandbox", outs = ["network"], cmd = "cat /proc/net/dev > \$@")
genrule(name = "broken", outs = ["never"], cmd = "exit 1")
sh_binary(name = "never_starts", srcs = ["never"])
genrule(name = "slow", outs = ["slow.out"], cmd = "echo started > $scratch/action; $slow_command")
sh_binary(name = "environment", srcs = ["environment.sh"])
sh_binary(name = "streams", srcs = ["streams.sh"])
sh_binary(name = "descriptor", srcs = ["descriptor.sh"])
sh_test(name = "environment_test", srcs = ["environment_test.sh"])
filegroup(name = "names", srcs = glob(["dätä/*"]))
genrule(name = "named", srcs = [":names"], outs = ["named.out"], cmd = "cat \$(SRCS) > \$@")
BUILD
  mkdir "dätä"
  printf 'naïve' > "dätä/ключ-ñ.txt"
  cat > environment.sh <<'PROGRAM'
#!/bin/bash
for name; do printf '%s=%s ' "$name" "${!name}"; done
PROGRAM
  cat > streams.sh <<'PROGRAM'
#!/bin/sh
readlink /proc/$$/fd/2
PROGRAM
  cat > descriptor.sh <<'PROGRAM'
#!/bin/sh
cat <&9
PROGRAM
  cat > environment_test.sh <<'PROGRAM'
#!/bin/sh
echo "flag=$FROM_FLAG rc=$FROM_RC quoted=$FROM_QUOTED continued=$FROM_CONTINUED name=$FROM_NAME file=$FROM_FILE other=$OTHER"
PROGRAM
  printf 'test --test_env=FROM_RC\r\ntest "--test_env=FROM_QUOTED" \\\n--test_env \\\n FROM_CONTINUED\n' > ../user.bazelrc
  cat > probe.sh <<'PROBE'
#!/bin/sh
printf 'working=%s\n' "$BUILD_WORKING_DIRECTORY"
printf 'argument=<%s>\n' "$@"
printf 'machine=%s\n' "$(cat /etc/debian_version)"
cat
exit 42
PROBE
  cat > probe_test.sh <<'PROGRAM'
#!/bin/sh
echo "test argument=<$1>"
PROGRAM
  chmod +x ./*.sh
}

passes_input_output_and_status() {
  local status=0 output
  cd "$copy/probe/below"
  output="$(printf 'from standard input' | "$bazel" run //probe:probe -- 'two words' '' '*' 2> "$scratch/run.log")" || status=$?
  check_equal "bazel run's exit code" 42 "$status"
  check_contains "the working directory" "working=$copy/probe/below" "$output"
  check_contains "an argument of two words" 'argument=<two words>' "$output"
  check_contains "an empty argument" 'argument=<>' "$output"
  check_contains "an argument that a shell would expand" 'argument=<*>' "$output"
  check_contains "bazel run starts the program outside the build root" "machine=$(< /etc/debian_version)" "$output"
  check_contains "standard input" 'from standard input' "$output"

  output="$("$bazel" run //probe:probe_test -- 'two words' 2> "$scratch/run.log")" || check_failed "bazel run of a test" "$(< "$scratch/run.log")"
  check_contains "bazel run of a test" 'test argument=<two words>' "$output"

  # As a lock of flock, which is in the description that the descriptor refers to.
  check_equal "bazel run with a descriptor of the caller" "of the caller" "$("$bazel" run //probe:descriptor 9<<< "of the caller" 2> "$scratch/run.log")"
  check_equal "tools/distro/shell with a descriptor of the caller" "of the caller" "$("$copy/tools/distro/shell" cat /dev/fd/8 8<<< "of the caller")"
  check_equal "bazel run with a closed standard error" /dev/null "$("$bazel" run //probe:streams < /dev/null 2>&-)"

  status=0
  "$bazel" build //probe:broken > "$scratch/broken.log" 2>&1 || status=$?
  check_equal "a failed build's exit code" 1 "$status"
  status=0
  "$bazel" run //probe:never_starts > "$scratch/broken.log" 2>&1 || status=$?
  check_equal "the exit code of bazel run of a broken target" 1 "$status"
  status=0
  "$bazel" build --no_such_flag > "$scratch/flag.log" 2>&1 || status=$?
  check_equal "an unknown flag's exit code" 2 "$status"
  status=0
  "$bazel" > "$scratch/none.log" 2>&1 || status=$?
  check_equal "the exit code without a command" 0 "$status"
}

builds_in_the_sandbox() {
  cd "$copy/probe"
  run_logged sandbox "the sandboxed build" "$bazel" build --disk_cache= //probe:sandbox
  check_contains "the action ran in linux-sandbox" "1 linux-sandbox" "$(< "$scratch/sandbox.log")"
  check_equal "an action has only the loopback interface" "lo" "$(sed -n 's/^ *\([^:]*\):.*/\1/p' ../bazel-bin/probe/network | xargs)"
}

accepts_non_ascii_names() {
  cd "$copy/probe"
  run_logged named "non-ASCII names" "$bazel" build //probe:named
  check_equal "a non-ASCII file name in a workspace with a non-ASCII path" "naïve" "$(< ../bazel-bin/probe/named.out)"
}

# The launcher must find the command and its options as Bazel does.
parses_arguments() {
  local output
  cd "$copy"
  output="$("$bazel" --connect_timeout_secs 30 run -c fastbuild //probe:probe -- --script_path=mine --config=release < /dev/null 2> "$scratch/run.log")" || true
  check_contains "a startup option's value, and options of the program" 'argument=<--script_path=mine>' "$output"
  check_contains "with options, bazel run starts the program outside the build root" "machine=$(< /etc/debian_version)" "$output"
  run_logged run "the caller's own --script_path" "$bazel" run --script_path "$scratch/own.sh" //probe:probe
  [[ -s "$scratch/own.sh" ]] || check_failed "the caller's own --script_path is written"
  passed "the caller's own --script_path is written"
  local status=0
  run_logged norun "bazel run --norun" "$bazel" run --norun //probe:probe
  run_logged norun "bazel run --run=no" "$bazel" run --run=no //probe:probe
  passed "bazel run --norun does not start the program"
  # With other JVM flags than those of the workspace's rc files Bazel would restart its server.
  run_logged rc "--ignore_all_rc_files" "$bazel" --ignore_all_rc_files --host_jvm_args=-DBAZEL_TRACK_SOURCE_DIRECTORIES=1 info release
  passed "--ignore_all_rc_files keeps the options of the build root"
  output="$("$bazel" --bazelrc="$scratch" info 2>&1)" && check_failed "a directory as an rc file is rejected"
  check_contains "a directory as an rc file: Bazel's message" "Unable to read .bazelrc file '$scratch'" "$output"
  output="$("$bazel" --bazelrc=/dev/null doctor everything 2>&1)" || status=$?
  check_equal "an argument of doctor: the exit code" 64 "$status"
  check_contains "an argument of doctor" 'unexpected argument "everything"' "$output"
  status=0
  output="$("$bazel" build --config release //probe:sandbox 2>&1)" || status=$?
  check_contains "--config release as two arguments: the message" "commit first:" "$output"
  check_equal "--config release as two arguments: the exit code without a commit" 1 "$status"
  git init --quiet probe/below
  git -C probe/below -c user.name=e2e -c user.email=e2e@localhost commit --quiet --allow-empty --message nested
  output="$(cd probe/below && "$bazel" build --config=release //probe:sandbox 2>&1)" || true
  rm -r probe/below/.git
  check_contains "--config=release in a nested repository stamps the workspace" "no commit in \"$copy\"" "$output"
  local kind list
  "$bazel" help flags-as-proto > "$scratch/flags" 2> "$scratch/help.log" || check_failed "bazel help flags-as-proto" "$(< "$scratch/help.log")"
  for kind in startup command; do
    list="$workspace/tools/distro/launch/value_options.list"
    [[ "$kind" == command ]] || list="$workspace/tools/distro/launch/startup_value_options.list"
    python3 "$workspace/tools/distro/launch/value_options.py" "$kind" < "$scratch/flags" > "$scratch/options"
    cmp "$scratch/options" "$list" || check_failed "${list##*/} matches Bazel's options; to regenerate it:" \
      "tools/bazel help flags-as-proto | python3 tools/distro/launch/value_options.py $kind > ${list#"$workspace/"}"
    passed "${list##*/} matches Bazel's options"
  done
}

# Bazel reads the rc file of the build root last.
keeps_choices_of_rc_files() {
  local events="$scratch/events.json" option
  cd "$copy"
  cp user.bazelrc "$scratch"
  printf 'build --platforms=//platforms:linux_arm64_musl\nbuild --config=remote-exec\n' >> user.bazelrc
  run_logged choices "flags in user.bazelrc" "$bazel" cquery --build_event_json_file="$events" --output=starlark \
    --starlark:expr='build_options(target)["//command_line_option:platforms"]' //probe:sandbox
  cp "$scratch/user.bazelrc" .
  check_contains "--platforms in user.bazelrc" '[Label("//platforms:linux_arm64_musl")]' "$(< "$scratch/choices.log")"
  for option in --spawn_strategy --genrule_strategy; do
    check_equal "$option of a config in user.bazelrc" "$option=remote,linux-sandbox" \
      "$(jq --raw-output '.optionsParsed.cmdLine // empty | .[]' "$events" | grep "^$option=" | tail -n 1)"
  done
  printf 'common --keep_going --disk_cache=%s\n' "$scratch/disk" >> user.bazelrc
  run_logged common "a common line in user.bazelrc" "$bazel" build --build_event_json_file="$events" --nobuild //probe:sandbox
  mv "$scratch/user.bazelrc" .
  check_contains "a common line without effect" "common --disk_cache in $copy/user.bazelrc has no effect" "$(< "$scratch/common.log")"
  check_equal "the disk cache with a common line" "--disk_cache=/thimble/disk" \
    "$(jq --raw-output '.optionsParsed.cmdLine // empty | .[]' "$events" | grep '^--disk_cache=' | tail -n 1)"
}

# Of nested workspaces, the innermost is Bazel's, and neither a link nor a directory named like a marker leads to another one. The stamp's
# message, which precedes the start of Bazel, contains the workspace.
finds_workspace() {
  local marker directory output variable
  printf '[safe]\n\tdirectory = *\n' > "$scratch/gitconfig"
  for marker in MODULE.bazel REPO.bazel WORKSPACE.bazel WORKSPACE; do
    directory="$scratch/outer/$marker-of"
    mkdir -p "$directory/below"
    touch "$scratch/outer/MODULE.bazel" "$directory/$marker"
    output="$(cd "$directory/below" && "$bazel" build --config=release //:all 2>&1)" || true
    check_contains "a workspace with $marker" "no commit in \"$directory\"" "$output"
    mkdir -p "$directory/below/$marker"
    output="$(cd "$directory/below" && "$bazel" build --config=release //:all 2>&1)" || true
    check_contains "a directory named $marker is no workspace" "no commit in \"$directory\"" "$output"
  done
  ln --symbolic "$directory/below" "$scratch/outer/link"
  output="$(cd "$scratch/outer/link" && "$bazel" build --config=release //:all 2>&1)" || true
  check_contains "a workspace behind a link" "no commit in \"$directory\"" "$output"
  # The repository of another user.
  git init --quiet "$directory"
  chown 54321 "$directory" "$directory/.git"
  for variable in GIT_CONFIG_GLOBAL="$scratch/gitconfig" SUDO_UID=54321; do
    output="$(cd "$directory" && env "$variable" "$bazel" build --config=release //:all 2>&1)" || true
    check_contains "the stamp with git's configuration in ${variable%%=*}" "no commit in \"$directory\"" "$output"
  done
}

# Bazel crashes on a second build-root; runs last, because a new server loads everything again.
rejects_second_build_root() {
  local output status=0
  cd "$copy"
  output="$("$bazel" build --remote_default_exec_properties build-root=other //probe:sandbox 2>&1)" || status=$?
  check_equal "a second build-root on the command line: exit code" 64 "$status"
  check_contains "a second build-root on the command line" 'invalid --remote_default_exec_properties "build-root=other"' "$output"
  printf 'build --remote_default_exec_properties=build-root=other\n' >> user.bazelrc
  output="$("$bazel" build //probe:sandbox 2>&1)" && check_failed "a second build-root in an rc file fails"
  check_contains "a second build-root in an rc file" $'which the launcher sets; to find it:\n    grep --line-number build-root= ' "$output"
}

accepts_many_arguments() {
  local targets
  mapfile -t targets < <(printf '//probe:sandbox%.0s\n' {1..12000})
  run_logged many "12,000 arguments" "$bazel" build "${targets[@]}"
  passed "12,000 arguments, 190 kB"
}

# `hostile` would change the launcher, the tools in the build root, or their output.
ignores_environment() {
  # tcsh exports OSTYPE and HOSTTYPE.
  local output status hostile=(
    CDPATH=/usr self=none workspace=none components=none environment=none enter=none SHELLOPTS=noglob BASHOPTS=nocasematch POSIXLY_CORRECT=1 "BASH_ENV=$scratch/bash_env"
    RUSTC_WRAPPER=/bin/false CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=/bin/false CARGO_PROFILE_RELEASE_OPT_LEVEL=0
    PIP_INDEX_URL=http://127.0.0.1:1 SSL_CERT_FILE=/nonexistent LD_LIBRARY_PATH=/nonexistent JAVA_HOME=/nonexistent PYTHONHOME=/nonexistent
    caller=none caller_environment=none SECONDS=none EPOCHSECONDS=none EPOCHREALTIME=none BASH_XTRACEFD=1
    OSTYPE=linux HOSTTYPE=i386 UID=7 EUID=7 FUNCNEST=1 TMPDIR=/nonexistent GREP_OPTIONS=-v TAR_OPTIONS=--version PERL5OPT=-Mnone
  )
  printf 'echo BASH_ENV was read; exit 3\n' > "$scratch/bash_env"
  cd "$copy/probe"
  output="$(env --unset=USER "${hostile[@]}" ../tools/distro/shell env 2>&1)" || check_failed "a command in the build root with a hostile environment" "$output"
  check_equal "variables of compilers and tools in the build root" "" \
    "$(grep --extended-regexp '^(RUSTC|CARGO_[^H]|PIP_|SSL_|LD_|JAVA_|PYTHON|TMPDIR|GREP_|TAR_|PERL|CDPATH|components|SHELLOPTS)' <<< "$output" || true)"
  output="$(env "${hostile[@]}" "$bazel" run //probe:environment -- RUSTC_WRAPPER self workspace components CDPATH 2> "$scratch/run.log" < /dev/null)" || true
  check_contains "bazel run passes the caller's environment" "RUSTC_WRAPPER=/bin/false self=none workspace=none components=none CDPATH=/usr" "$output"
  # Users export GROUPS for docker compose. In posix mode an assignment to BASH_VERSINFO exits the shell.
  output="$(env POSIXLY_CORRECT=1 BASH_VERSINFO=5 GROUPS=1000 LAST=1 "$bazel" run //probe:environment -- GROUPS LAST 2> "$scratch/run.log" < /dev/null)" || true
  check_contains "bazel run passes variables that bash does not assign" "GROUPS=1000 LAST=1" "$output"
  output="$(env MULTILINE=$'first\nsecond' SHLVL=5 "$bazel" run //probe:environment -- MULTILINE 2> "$scratch/run.log" < /dev/null)" || true
  check_contains "bazel run passes a variable of two lines" $'MULTILINE=first\nsecond ' "$output"
  TOKEN="secret-$$" strace --follow-forks --trace=execve --output="$scratch/strace" --string-limit=100000 --no-abbrev \
    "$bazel" run //probe:environment > "$scratch/run.log" 2>&1 < /dev/null || check_failed "bazel run under strace" "$(tail -n 5 "$scratch/run.log")"
  check_equal "values of variables among the arguments of a process" "" "$(sed 's/\], \[.*//' "$scratch/strace" | grep "secret-$$" || true)"
  output="$(env PATH=/nonexistent LC_ALL=xx_YY.UTF-8 "$bazel" --version 2>&1)" || check_failed "a PATH without programs" "$output"
  check_equal "a PATH without programs, and a locale that is not installed" "bazel 7.7.1" "$output"

  printf 'test --test_env=FROM_FILE\n' > "$scratch/other.bazelrc"
  output="$(FROM_FLAG=1 FROM_RC=2 FROM_QUOTED=6 FROM_CONTINUED=7 FROM_NAME=3 FROM_FILE=4 OTHER=5 THIMBLE_PASS_ENV=FROM_NAME "$bazel" --bazelrc "$scratch/other.bazelrc" test --test_output=all --test_env FROM_FLAG --test_env=FROM_NAME //probe:environment_test 2>&1)" ||
    check_failed "variables that flags inherit" "$output"
  check_contains "a test inherits the named variables" "flag=1 rc=2 quoted=6 continued=7 name=3 file=4 other=" "$output"
  check_contains "an invalid THIMBLE_PASS_ENV" $'invalid THIMBLE_PASS_ENV "a\nb-c"' "$(THIMBLE_PASS_ENV=$'a\nb-c' "$bazel" info 2>&1 || true)"

  check_contains "tools/distro/shell --help" "Usage: tools/distro/shell [COMMAND" "$("$workspace/tools/distro/shell" --help)"
  status=0
  "$workspace/tools/distro/shell" --unknown > "$scratch/run.log" 2>&1 || status=$?
  check_equal "the exit code of tools/distro/shell --unknown" 64 "$status"

  output="$(http_proxy=http://proxy.test:1 NO_PROXY=localhost "$workspace/tools/distro/shell" env)"
  check_contains "http_proxy in the build root" "http_proxy=http://proxy.test:1" "$output"
  check_contains "NO_PROXY in the build root" "NO_PROXY=localhost" "$output"
}

# None of these may need an external repository that cannot be fetched.
runs_other_commands() {
  local arguments declarations
  cd "$workspace"
  declarations="$(git diff -- "*MODULE.bazel")"
  for arguments in "query deps(//...)+rdeps(//...,//services/chassis)+somepath(//services/hello:image,//services/chassis)+tests(//...)" \
    "cquery deps(//...)+rdeps(//...,//services/chassis)" "aquery deps(//services/hello:image)" \
    "mod graph" "mod deps rules_oci" "mod tidy" "fetch --all" "version" "info release" "help query"; do
    # shellcheck disable=SC2086 # split into arguments
    tools/bazel $arguments > "$scratch/command.out" 2> "$scratch/command.log" || check_failed "tools/bazel $arguments" "$(tail -n 5 "$scratch/command.log")"
    passed "tools/bazel $arguments"
  done
  check_contains "coverage names the command to use" $'\n    bazelisk coverage --combined_report=lcov //services/hello:hello_test_program' "$(tools/bazel coverage //services/hello/... 2>&1 || true)"
  check_contains "sync names the command to use" $'\n    tools/bazel fetch --all --force' "$(tools/bazel sync --only=crates 2>&1 || true)"
  check_equal "mod tidy changes no MODULE.bazel" "$declarations" "$(git diff -- "*MODULE.bazel")"
  check_equal "version --gnu_format" "bazel 7.7.1" "$(tools/bazel version --gnu_format)"
}

# buildozer is a program of an npm package. A small module, because Bazel evaluates all extensions; runs_other_commands tidies the workspace's.
tidies_module_file() {
  local status=0
  mkdir "$module"
  cd "$module"
  {
    printf 'module(name = "thimble")\n\n'
    workspace_dependencies
    printf '\noci = use_extension("@rules_oci//oci:extensions.bzl", "oci")\n'
    printf 'oci.pull(name = "base", digest = "sha256:%s", image = "registry.test/base")\n' "$(printf 'a%.0s' {1..64})"
  } > MODULE.bazel
  : > .bazelrc
  on_exit expunge_module
  rm -f "${XDG_CACHE_HOME:-$HOME/.cache}/thimble/lint/buildozer"
  # Hides the target of the link npm.
  # shellcheck disable=SC2016 # expanded inside
  unshare --mount sh -c 'mount -t tmpfs none "$(dirname "$(readlink --canonicalize "$(command -v npm)")")" && exec "$0" mod tidy' "$bazel" > "$scratch/tidy.log" 2>&1 || status=$?
  ((status != 0)) || check_failed "mod tidy without npm fails" "$(< "$scratch/tidy.log")"
  check_contains "mod tidy without npm: the command" "    sudo apt install npm" "$(< "$scratch/tidy.log")"
  check_contains "mod tidy without npm: the change" 'use_repo_add oci base' "$(< "$scratch/tidy.log")"
  TOKEN="secret-$$" run_logged tidy "mod tidy" strace --follow-forks --trace=execve --output="$scratch/strace" --string-limit=100000 --no-abbrev "$bazel" mod tidy
  check_equal "mod tidy: values of variables among the arguments of a process" "" "$(sed 's/\], \[.*//' "$scratch/strace" | grep "secret-$$" || true)"
  check_equal "mod tidy adds a missing repository to use_repo" 'use_repo(oci, "base")' "$(grep '^use_repo' MODULE.bazel)"
}

# PrintCommandLineFlags prints the JVM's flags. With another output base, because --batch stops the workspace's server.
limits_compiler_in_ci_jobs() {
  local batch=("$bazel" --batch --output_base="$scratch/batch" --host_jvm_args=-XX:+PrintCommandLineFlags)
  run_logged job "a command with CI" "${batch[@]}" info release
  check_contains "in a CI job the server has no optimizing compiler" "-XX:TieredStopAtLevel=1 " "$(< "$scratch/job.log")"
  CI=false run_logged other "a command with CI=false" "${batch[@]}" info release
  check_contains "with CI=false: the JVM's flags" "-XX:+PrintCommandLineFlags" "$(< "$scratch/other.log")"
  ! grep TieredStopAtLevel "$scratch/other.log" || check_failed "with CI=false the server has all compilers"
  run_logged option "a command with CI and another level" "${batch[@]}" --host_jvm_args=-XX:TieredStopAtLevel=4 info release
  check_contains "an option replaces the level" "-XX:TieredStopAtLevel=4 " "$(< "$scratch/option.log")"
}

# The root's components are readable, but the user has neither an entry in /etc/passwd nor a home. The cache's path has the same characters as
# the workspace's.
serves_nameless_user() {
  local home="$copy cache" machine_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble" record
  record="$(build_root_key)"
  mkdir -p "$home"/thimble/{ready,component,used}
  sed "s,$machine_cache/,${home//&/"\\&"}/thimble/," "$machine_cache/ready/$record" > "$home/thimble/ready/$record"
  # Pruning would remove the components of other roots.
  printf '%s\n' "$EPOCHSECONDS" > "$home/thimble/pruned"
  chmod 755 "$scratch"
  chown --recursive 54321 "$home"
  # shellcheck disable=SC2016 # expanded inside
  local as_nameless=(unshare --mount sh -c 'mount --bind --options ro "$1/component" "$2/thimble/component" && shift && home="$1" && shift &&
    exec setpriv --reuid 54321 --regid 54321 --clear-groups env --unset=HOME --unset=USER XDG_CACHE_HOME="$home" "$@"' - "$machine_cache" "$home" "$bazel")
  "${as_nameless[@]}" --batch build --symlink_prefix=/ //probe:sandbox > "$scratch/nameless.log" 2>&1 ||
    check_failed "a user without a name builds" "$(tail -n 5 "$scratch/nameless.log")"
  passed "a user without a name builds"
  # As after sudo with the user's HOME.
  touch "$home/thimble/lock" "$home/thimble/used/$record"
  rm "$home/thimble/pruned"
  "${as_nameless[@]}" --version > "$scratch/nameless.log" 2>&1 || check_failed "a lock of another user in the cache" "$(< "$scratch/nameless.log")"
  check_equal "bash's errors about a lock of another user in the cache" "" "$(grep 'launch/' "$scratch/nameless.log" || true)"
  check_equal "the owner of the record of the root's last use" 54321 "$(stat --format=%u "$home/thimble/used/$record")"
  "${as_nameless[@]}" doctor > "$scratch/nameless.log" 2>&1 || true
  check_contains "doctor of a user who cannot read all of the build root" "problems found" "$(< "$scratch/nameless.log")"
  check_contains "doctor of a user who cannot write all of the cache" '! cannot write ' "$(< "$scratch/nameless.log")"
  rm "$home/thimble/lock"
  printf '%s\n' "$EPOCHSECONDS" > "$home/thimble/pruned"

  local directory
  for directory in bazel disk; do
    rm -rf "${home:?}/thimble/$directory"
    mkdir "$home/thimble/$directory"
    "${as_nameless[@]}" --batch build --symlink_prefix=/ //probe:sandbox > "$scratch/nameless.log" 2>&1 && check_failed "a build without write access to the cache fails"
    check_contains "a build without write access to the directory $directory of the cache" "error: cannot write $home/thimble/$directory;" "$(< "$scratch/nameless.log")"
    eval "$(sed --quiet 's/^ *sudo \(chown .*\)/\1/p' "$scratch/nameless.log")"
    check_equal "the owner of the directory $directory after the command of the message" 54321 "$(stat --format=%u "$home/thimble/$directory")"
  done
}

# The server of a replaced workspace still sees the old directory through the mount that it was started with.
builds_replaced_workspace() {
  local top="/thimble-e2e-$$" output server
  on_exit remove_top_directory "$top"
  mkdir "$top"
  copy_workspace "$top"
  mkdir "$top/probe"
  printf 'genrule(name = "which", outs = ["out"], cmd = "echo first > $@")\n' > "$top/probe/BUILD.bazel"
  cp --recursive "$top" "$top.new"
  sed -i 's/first/second/' "$top.new/probe/BUILD.bazel"
  for output in first second; do
    (cd "$top" && tools/bazel build //probe:which) > "$scratch/which.log" 2>&1 12> "$scratch/inherited" || check_failed "a build of the $output workspace at one path" "$(tail -n 5 "$scratch/which.log")"
    check_equal "the output of the $output workspace at one path" "$output" "$(< "$top/bazel-bin/probe/out")"
    [[ "$output" == second ]] || { mv "$top" "$top.old" && mv "$top.new" "$top"; }
  done
  server="$(cd "$top" && tools/bazel info server_pid 2> "$scratch/info.log")"
  check_equal "descriptors of the caller in Bazel's server" "" "$(find "/proc/$server/fd" -lname "$scratch/inherited")"
  (cd "$top" && tools/bazel clean --expunge) > "$scratch/which.log" 2>&1
  mv "$top" "$scratch/moved"
  ln --symbolic "$scratch/moved" "$top"
  output="$(cd "$top/probe" && ../tools/bazel build :which 2>&1)" || check_failed "a workspace behind a top-level symbolic link" "$output"
  passed "a workspace behind a top-level symbolic link"
  (cd "$scratch/moved" && tools/bazel clean --expunge) > "$scratch/which.log" 2>&1
}

remove_top_directory() { rm -rf "$1" "$1.new" "$1.old"; }

rejects_other_systems() {
  local output
  output="$(sed 's/^readonly machine_type=.*/machine_type=aarch64-unknown-linux-gnu/' "$workspace/tools/distro/launch/machine.sh" |
    /bin/bash -p -c 'thimble_workspace=/x; source "$1"; source /dev/stdin; check_system' - "$workspace/tools/distro/launch/messages.sh" 2>&1)" &&
    check_failed "another CPU is rejected"
  check_contains "another CPU is rejected" "bazelisk build" "$output"
  # As in a chroot. The message must not go to /dev/null.
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'umount --lazy --recursive "$1" && exec "$0" --version' "$workspace/tools/bazel" /proc 2>&1)" && check_failed "a missing /proc is rejected"
  check_contains "a missing /proc is rejected" "mount -t proc proc /proc" "$output"
  # As on macOS.
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'umount --lazy --recursive "$1" && mount -t tmpfs none /dev && mkdir /dev/fd && exec "$0" --version' "$workspace/tools/bazel" /proc 2>&1)" &&
    check_failed "another system is rejected"
  check_contains "another system is rejected" "requires Linux on x86-64; use bazelisk:" "$output"
}

# After a crash, clean --expunge would start a server again.
stop_bazel() {
  (cd "$copy" && "$bazel" shutdown)
  chmod --recursive u+w "$output_base"
  rm -rf "$output_base"
}

main() {
  create_probe
  passes_arguments_under_bazelisk
  checks_out_unix_line_endings
  output_base="$(cd "$copy" && "$bazel" info output_base 2> "$scratch/info.log")"
  on_exit stop_bazel
  need_packages docker.io jq python3 strace
  passes_input_output_and_status
  builds_in_the_sandbox
  accepts_non_ascii_names
  stops_on_signals
  exits_before_client_starts
  stops_on_terminal
  survives_quit
  handles_signals_in_root
  cancels_when_killed
  parses_arguments
  keeps_choices_of_rc_files
  finds_workspace
  enters_without_removed_directory
  ignores_search_path_of_cd
  explains_limits
  names_owner_of_cache
  accepts_many_arguments
  ignores_environment
  builds_replaced_workspace
  rejects_other_systems
  checks_doctor
  limits_compiler_in_ci_jobs
  serves_nameless_user
  tidies_module_file
  runs_other_commands
  rejects_second_build_root
  report_checks
}

main
