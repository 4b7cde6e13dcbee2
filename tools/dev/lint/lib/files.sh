# shellcheck shell=bash disable=SC2154 # variables of the script that sources it
# Lists the tracked and new files of each language, separated by NUL. Sourced; needs `workspace` and `root`.

list_files() { git -C "$workspace" ls-files -z --cached --others --exclude-standard --deduplicate -- "$@"; }

# need_files: exits if git lists no files, because linters accept an empty list.
need_files() {
  if ! command -v git > /dev/null; then
    printf 'error: git not found: it lists the files of the workspace; install it:\n    sudo apt install git\n' >&2
    exit 1
  fi
  if (($(list_files | wc -c) == 0)); then
    printf 'error: git lists no files in "%s", so there is nothing to check or format\n' "$workspace" >&2
    exit 1
  fi
}

# files PATHSPEC...
files() {
  list_files "$@" | while IFS= read -r -d '' file; do
    # git also lists deleted files that are not staged.
    [[ ! -f "$workspace/$file" ]] || printf '%s\0' "$file"
  done
}

# rustfmt_all [FLAG...]
rustfmt_all() {
  ((${#root[@]})) || need rustfmt || return
  files '*.rs' | xargs -0 ${root[@]+"${root[@]}"} rustfmt "$@"
}

starlark_files() { files '*.bzl' '*BUILD.bazel' '*MODULE.bazel' '*REPO.bazel'; }

shell_templates() { files '*.sh.tpl'; }

# Selects by extension or by shebang.
shell_scripts() {
  local file line
  while IFS= read -r -d '' file; do
    if [[ "$file" != *.sh ]]; then
      [[ "${file##*/}" != *.* ]] || continue
      IFS= read -r line < "$workspace/$file" || true
      [[ "$line" =~ ^'#!'.*[/\ ](ba|da)?sh(\ |$) ]] || continue
    fi
    printf '%s\0' "$file"
  done < <(files)
}
