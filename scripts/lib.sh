# Shared by the scripts beside it: `. scripts/lib.sh`, with the repository root as working directory.

# Colours only for people: a terminal, and nobody asked for none (https://no-color.org).
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi

say() { printf '%s\n' "$*"; }

# fail MESSAGE [LINE…]: what is wrong, then what to do about it.
fail() {
  printf '%s%s%s\n' "$red" "$1" "$plain" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# step TITLE COMMAND…: runs a command out of sight; its output is shown only when it fails.
step() {
  local title=$1 log started=$SECONDS ticker status=0
  shift
  mkdir -p target/setup
  log=target/setup/$(printf '%s' "$title" | tr -cs 'a-zA-Z0-9' '-').log
  printf '  %s … ' "$title"
  # A quarter of a minute of silence looks like a hang.
  (while sleep 15; do printf '%ss … ' "$((SECONDS - started))"; done) &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    printf '%sfailed%s after %s s\n' "$red" "$plain" "$((SECONDS - started))"
    tail -n 40 "$log" | sed 's/^/    /' >&2
    fail "\`$*\` failed with status $status." "Its whole output is in $log."
  fi
  printf '%s%s s%s\n' "$dim" "$((SECONDS - started))" "$plain"
}

# at_least WANTED FOUND: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
