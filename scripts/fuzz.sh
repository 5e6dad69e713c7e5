#!/usr/bin/env bash
# Runs every fuzz target, or only those named, for so many seconds each: fuzz.sh SECONDS [TARGET…]
# Starts from fuzz/seeds; what it learns stays in fuzz/corpus, what breaks in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "\`$seconds\` is not a number of seconds."
shift || true
known=$(sed -n '/^\[\[bin\]\]/{n;s/^name = "\(.*\)"$/\1/p}' fuzz/Cargo.toml)
for target in "$@"; do
  grep -qx -- "$target" <<<"$known" || fail "There is no fuzz target \`$target\`." "Targets: $(tr '\n' ' ' <<<"$known")"
done
[ "$#" -gt 0 ] || mapfile -t targets <<<"$known"
[ "$#" -eq 0 ] || targets=("$@")

export PATH=$PWD/target/tools/bin:$PATH CARGO_TARGET_DIR=$PWD/target/fuzz
broken=()
for target in "${targets[@]}"; do
  say "${bold}── $target${plain} ${dim}$seconds s${plain}"
  mkdir -p "fuzz/corpus/$target"
  # No sanitizer: the engine has no unsafe code, and without one a stable compiler suffices.
  nice cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -print_final_stats=1 || broken+=("$target")
done
[ "${#broken[@]}" -eq 0 ] || fail "Broken: ${broken[*]}" \
  "The input is in fuzz/artifacts. Fix it, and make it a case of a test and a seed in fuzz/seeds."
