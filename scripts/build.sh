#!/usr/bin/env bash
# Builds everything that `make run` starts and `make test` tests. Each part knows itself whether anything changed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

say "${bold}Building${plain} ${dim}(the first time takes some minutes, mostly compiling dependencies)${plain}"
step "Command line and scorer" cargo build --package edgeward-cli --package edgeward-scorer
step "WebAssembly module" cargo run --package xtask --quiet -- wasm
say "    ${dim}$(tail -n 1 target/setup/WebAssembly-module.log)${plain}"
step "npm package" npm run --prefix js build
step "Demo page" node www/build.mjs
