#!/usr/bin/env bash
# Installs what is missing. `setup.sh run` suffices to build and run; `test`, `bench`, `fastly` and `fuzz` add what only
# they need.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

rust_wanted=1.95.0
node_wanted=20.19.0
# The runner must be of exactly the version that the module is bound with.
bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)

apt_install() {
  local as_root=()
  command -v apt-get >/dev/null || fail "$* is missing and there is no apt-get here." "Install it, then run make again."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "$* is missing." "As root: apt-get install $*"
    sudo -v || fail "$* is missing and sudo was refused." "As root: apt-get install $*"
    as_root=(sudo)
  fi
  install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install "$@")
  # A fresh machine has package lists that are empty or too old: refresh them only then.
  step "Installing $* with apt" bash -c '"$@" || { '"${as_root[*]:-}"' apt-get update && "$@"; }' apt "${install[@]}"
}

need_rust() {
  command -v cargo >/dev/null && command -v rustc >/dev/null ||
    fail "Rust is missing; $rust_wanted or newer is needed." "Get it from https://rustup.rs"
  local found
  found=$(rustc --version | awk '{ print $2 }')
  at_least "$rust_wanted" "$found" ||
    fail "Rust $found is too old; $rust_wanted or newer is needed." "With rustup: rustup update stable"
  command -v cc >/dev/null || apt_install gcc libc6-dev
  need_target wasm32-unknown-unknown
}

need_target() {
  [ -d "$(rustc --print target-libdir --target "$1")" ] && return
  command -v rustup >/dev/null || fail "This Rust has no $1 target and no rustup to add it." "See https://rustup.rs"
  step "Adding the target $1 to Rust" rustup target add "$1"
}

need_node() {
  command -v node >/dev/null || fail "Node.js is missing; $node_wanted or newer is needed." "Get it from https://nodejs.org"
  local found
  found=$(node --version | tr -d v)
  at_least "$node_wanted" "$found" || fail "Node.js $found is too old; $node_wanted or newer is needed."
  command -v npm >/dev/null || fail "npm is missing." "It comes with Node.js from https://nodejs.org"
}

# npm_packages DIRECTORY: as its lock file says, unless that was done already.
npm_packages() {
  local stamp=target/setup/npm-${1//\//-}.stamp now
  now=$(cat "$1/package-lock.json" <(node --version) | cksum)
  [ -d "$1/node_modules" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
  step "Installing npm packages in $1" npm ci --prefix "$1" --no-audit --no-fund
  printf '%s' "$now" >"$stamp"
}

need_browser() {
  node scripts/browser.mjs >/dev/null 2>&1 || apt_install chromium
}

need_wasm_test_runner() {
  local root=target/tools
  [ "$("$root/bin/wasm-bindgen-test-runner" --version 2>/dev/null | awk '{ print $2 }')" = "$bindgen" ] && return
  # An unoptimised build without TLS: it only ever runs tests, and it is ready in a quarter of the time.
  step "Building wasm-bindgen-test-runner $bindgen" env CARGO_PROFILE_DEV_DEBUG=0 \
    cargo install wasm-bindgen-cli --version "$bindgen" --debug --no-default-features \
    --bin wasm-bindgen-test-runner --root "$root"
}

need_cargo_fuzz() {
  local root=target/tools wanted=0.13.2
  [ "$("$root/bin/cargo-fuzz" --version 2>/dev/null | awk '{ print $2 }')" = "$wanted" ] && return
  # It compiles libFuzzer, which is C++.
  command -v c++ >/dev/null || apt_install g++
  step "Building cargo-fuzz $wanted" env CARGO_PROFILE_DEV_DEBUG=0 \
    cargo install cargo-fuzz --version "$wanted" --locked --debug --root "$root"
}

need_viceroy() {
  local wanted=0.22.0 root=target/tools
  [ "$(PATH=$PWD/$root/bin:$PATH viceroy --version 2>/dev/null | awk '{ print $2 }')" = "$wanted" ] && return
  say "  Viceroy runs Fastly services on this machine. It comes as source and has a compiler inside: building it takes"
  say "  a quarter of an hour of two processors and 2.3 GB of memory, once."
  # Without optimisation it would take 10 seconds and more to start; with all of it, twice the time to build.
  step "Building Viceroy $wanted" env CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 \
    cargo install viceroy --version "$wanted" --locked --debug --root "$root"
}

started=$SECONDS
mkdir -p target/setup
say "${bold}Setting up${plain}"
need_rust
need_node
npm_packages js
case ${1:-run} in
  run) ;;
  test)
    npm_packages js/consumers
    need_browser
    need_wasm_test_runner
    ;;
  bench) npm_packages js/bench ;;
  fuzz) need_cargo_fuzz ;;
  fastly)
    need_target wasm32-wasip1
    need_viceroy
    ;;
  *) fail "setup.sh knows run, test, bench, fastly and fuzz, not \`$1\`." ;;
esac
say "  Everything needed is here. ${dim}$((SECONDS - started)) s${plain}"
