#!/usr/bin/env bash
# The Fastly service, which is a workspace of its own: `fastly.sh test` runs every check of it, `fastly.sh bench`
# measures it beside the same service without Edgeward.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

export CARGO_TARGET_DIR=$PWD/target/fastly
export PATH=$PWD/target/tools/bin:$PATH
# Not `--locked`: what the engine depends on is in this lock file too, and may have changed since.
manifest=(--manifest-path fastly/Cargo.toml)

modules() {
  step "Fastly service" cargo build "${manifest[@]}" --release --target wasm32-wasip1 "$@"
  step "Scorer" env -u CARGO_TARGET_DIR cargo build --package edgeward-scorer
}

case ${1:-} in
  test)
    say "${bold}── format and lints${plain}"
    cargo fmt --manifest-path fastly/Cargo.toml --check
    cargo clippy "${manifest[@]}" --all-targets --quiet -- -D warnings
    cargo clippy "${manifest[@]}" --all-targets --target wasm32-wasip1 --quiet -- -D warnings
    say; say "${bold}── natively${plain}"
    cargo test "${manifest[@]}" --quiet
    say; say "${bold}── inside an instance${plain}"
    CARGO_TARGET_WASM32_WASIP1_RUNNER="viceroy run -C $PWD/fastly/fastly.toml --" \
      cargo test "${manifest[@]}" --target wasm32-wasip1 --quiet
    say; say "${bold}── as a service${plain}"
    modules
    node --test --test-reporter=spec fastly/test/*.test.mjs
    ;;
  bench)
    modules --bins --examples
    node fastly/bench/bench.mjs
    ;;
  *) fail "fastly.sh knows test and bench, not \`${1:-}\`." ;;
esac
