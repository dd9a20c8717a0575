#!/usr/bin/env bash
# Compares tickcast with other servers under the same load. README.md explains the comparison.
#
#   bash benches/compare/run.sh [--clients N,…] [--seconds N] [--rounds N] [--room-size N] [--peers NAME,…] …
#
# Needs Linux with two or more cores, Rust, npm, taskset and a C linker. The first run also needs the registries of cargo and npm.
# `run.sh --help` lists all options. Results are written to benches/compare/output/: a table, JSON and plots.

set -euo pipefail

COMPARE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROJECT=$(cd "$COMPARE/../.." && pwd)
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-$PROJECT/target}")
readonly COMPARE PROJECT TARGET

main() {
  build
  install_node_peers
  # Each client takes a file descriptor in the generator and one in the server.
  ulimit -n "$(ulimit -Hn)"
  cd "$PROJECT"
  exec "$TARGET/release/tickcast-compare" run --tickcast "$TARGET/release/tickcast" --node-peers "$COMPARE/peers" \
    --output "$COMPARE/output" "$@"
}

build() {
  cargo build --release --locked --manifest-path "$PROJECT/Cargo.toml" --target-dir "$TARGET" --bin tickcast
  cargo build --release --locked --manifest-path "$COMPARE/Cargo.toml" --target-dir "$TARGET"
}

# The versions are those of package-lock.json. The package `node` contains the version of Node that Colyseus needs.
install_node_peers() {
  local peer
  for peer in node ws socketio colyseus; do
    if [[ "$COMPARE/peers/$peer/node_modules/.package-lock.json" -ot "$COMPARE/peers/$peer/package-lock.json" ]]; then
      (cd "$COMPARE/peers/$peer" && npm install --no-save --no-audit --no-fund)
    fi
  done
}

main "$@"
