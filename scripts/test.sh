#!/usr/bin/env bash
# Runs every check, or only the stages named. A stage that fails does not stop the others; the summary tells.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$PWD/target/tools/bin/wasm-bindgen-test-runner

# A stage is a function named stage_NAME. They run in the order of this list, the quick ones first.
all=(format lint pure rust docs wasm js package page demo)

# What is no WebAssembly: the crates of the boundary run in their own stage.
native=(--exclude edgeward-wasm --exclude edgeward-compiler)

stage_format() { cargo fmt --all --check; }

stage_lint() {
  cargo clippy --workspace --all-targets --quiet -- -D warnings &&
    cargo clippy -p edgeward-wasm -p edgeward-compiler --target wasm32-unknown-unknown --quiet -- -D warnings &&
    npm run --prefix js --silent lint
}

# The engine has no I/O, clock, randomness or async: what would bring them must not be in its tree.
stage_pure() {
  local found
  found=$(cargo tree -p edgeward -e normal --prefix none | awk '{ print $1 }' |
    grep -E '^(wasm-bindgen|js-sys|web-sys|tokio|futures.*|getrandom|rand|mio|hyper|reqwest|chrono|time)$' | sort -u)
  [ -z "$found" ] || { say "the engine depends on:" "$found"; return 1; }
  cargo check -p edgeward --target wasm32-unknown-unknown --quiet
}

stage_rust() {
  if command -v cargo-nextest >/dev/null; then
    cargo nextest run --workspace "${native[@]}" --no-fail-fast --no-tests warn
  else
    cargo test --workspace "${native[@]}" --no-fail-fast --lib --bins --tests
  fi
}

# nextest does not run the examples in doc comments.
stage_docs() {
  cargo test --workspace "${native[@]}" --doc --quiet &&
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
}

stage_wasm() { cargo test -p edgeward-wasm -p edgeward-compiler --target wasm32-unknown-unknown; }

stage_js() { npm test --prefix js; }

# The package as others get it: packed, installed, imported, bundled, run in every runtime that installs here.
stage_package() {
  npm run --prefix js --silent build:test && node --test --test-concurrency=1 js/consumers/test/*.test.mjs
}

stage_page() { node --test --test-reporter=spec www/test/*.test.mjs; }

stage_demo() { node --test --test-reporter=spec --test-concurrency=1 demo/test/*.test.mjs; }

stages=("${@:-${all[@]}}")
for name in "${stages[@]}"; do
  declare -F "stage_$name" >/dev/null || fail "There is no stage \`$name\`." "Stages: ${all[*]}"
done

failed=()
summary=()
for name in "${stages[@]}"; do
  started=$SECONDS
  say; say "${bold}── $name${plain}"
  if "stage_$name"; then
    summary+=("  ${green}ok${plain}      $name ${dim}$((SECONDS - started)) s${plain}")
  else
    summary+=("  ${red}failed${plain}  $name ${dim}$((SECONDS - started)) s${plain}")
    failed+=("$name")
  fi
done
say; say "${bold}── summary${plain} ${dim}${SECONDS} s${plain}"
printf '%s\n' "${summary[@]}"
[ "${#failed[@]}" -eq 0 ]
