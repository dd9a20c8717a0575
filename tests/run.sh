#!/usr/bin/env bash
# Everything that proves tickcast, on this machine: formatting, lints, documentation, all tests in Rust, in JavaScript and
# in a real browser, and a load test and an attack that are gates.
#
#   tests/run.sh            all of it
#   tests/run.sh --quick    only what needs no release build: no browser, no load test
#
# Node and Chromium are installed where that is possible (Debian and its like, as root). Where it is not, the tests that
# need them fail and say what is missing. TICKCAST_SKIP_BROWSER=1 leaves the browser out on purpose; CHROMIUM names one.
#
# Pictures of the demo, the load test's report and logs are kept in tests/output/.

set -euo pipefail
set -m # every step is a process group of its own, so that all of it can be stopped
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly OUTPUT=tests/output
readonly NODE_MAJOR_MIN=18
readonly SIMULATED_SEEDS=1000
readonly FUZZ_S=20
readonly SERVER_START_S_MAX=10

TICKCAST_BIN="$(realpath -m "${CARGO_TARGET_DIR:-target}")/release/tickcast"
export TICKCAST_BIN

quick=no
running=''
left_out=()
results=()
failures=0

main() {
  read_options "$@"
  trap stop_running EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir -p "$OUTPUT"

  step 'formatting' cargo fmt --all --check
  step 'lints' cargo clippy --locked --workspace --all-targets -- -D warnings
  step 'documentation' env RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
  if command -v cargo-deny >/dev/null; then
    step 'licenses and origins of dependencies' cargo deny --offline check licenses bans sources
  else
    left_out+=('licenses and origins of dependencies: there is no cargo-deny here')
  fi
  step 'tests in Rust' cargo test --locked --workspace
  step 'tests in JavaScript' javascript_tests
  slow_step 'release build' cargo build --locked --release
  slow_step 'determinism in a release build' cargo test --locked --release --test determinism
  slow_step "simulation of $SIMULATED_SEEDS rooms" env TICKCAST_SEEDS="$SIMULATED_SEEDS" \
    cargo test --locked --release --test simulation
  slow_step "fuzzing, $FUZZ_S s for each target" fuzz
  if [[ "${TICKCAST_SKIP_BROWSER:-0}" == 1 ]]; then
    left_out+=('tests in the browser: TICKCAST_SKIP_BROWSER=1')
  else
    slow_step 'tests in the browser' browser_tests
  fi
  slow_step 'the JavaScript package, as others use it' package_tests
  slow_step 'load: 500 bots on one core, the server on another' load_test
  slow_step 'attack: 80 attackers beside 200 honest bots' attack_test

  summary
}

read_options() {
  for option in "$@"; do
    case "$option" in
      --quick) quick=yes ;;
      -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) echo "tests/run.sh knows no $option; it takes --quick" >&2; exit 2 ;;
    esac
  done
}

# step NAME COMMAND…: runs it, and remembers how it went. A step that fails does not keep the others from running.
step() {
  local name=$1 from=$SECONDS outcome=passed
  shift
  printf '\n==> %s\n' "$name"
  "$@" &
  running=$!
  if ! wait "$running"; then
    outcome=FAILED
    failures=$((failures + 1))
  fi
  running=''
  results+=("$(printf '%-6s  %4d s  %s' "$outcome" $((SECONDS - from)) "$name")")
  printf '<== %s: %s in %d s\n' "$name" "$outcome" $((SECONDS - from))
}

slow_step() {
  if [[ "$quick" == yes ]]; then
    left_out+=("$1: --quick")
  else
    step "$@"
  fi
}

stop_running() {
  if [[ -n "$running" ]]; then
    kill -TERM -- "-$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
}

summary() {
  printf '\n==> summary, after %d s\n' "$SECONDS"
  printf '%s\n' "${results[@]}"
  for what in "${left_out[@]}"; do
    printf 'LEFT OUT        %s\n' "$what"
  done
  if ((failures > 0)); then
    printf '%d of %d steps failed\n' "$failures" "${#results[@]}"
    exit 1
  fi
  if ((${#left_out[@]} > 0)); then
    echo 'what was run has passed; this is not all of it'
  else
    echo 'everything has passed'
  fi
}

javascript_tests() {
  need_node
  node --test --test-reporter=spec tests/js/*.test.mjs
}

package_tests() {
  need_node
  need_program
  need_packages tests/package
  node --test --test-reporter=spec tests/package/*.test.mjs
}

# Each target in turn, from its corpus on; what is found is kept in fuzz/artifacts.
fuzz() {
  need_cargo_fuzz
  cargo fmt --manifest-path fuzz/Cargo.toml --check
  (cd fuzz && cargo metadata --locked --format-version 1 >/dev/null) # its Cargo.lock is as it must be
  cargo fuzz build --sanitizer none
  local target grown
  for target in $(cargo fuzz list); do
    grown=$(mktemp -d)
    cargo fuzz run --sanitizer none "$target" "$grown" "fuzz/corpus/$target" -- \
      -max_total_time="$FUZZ_S" -max_len=1024 -print_final_stats=1 -verbosity=0
    rm -r "$grown"
  done
}

browser_tests() {
  need_node
  need_chromium
  need_program
  need_packages tests/browser
  node --test --test-reporter=spec tests/browser/*.test.mjs
}

load_test() {
  start_server load
  "${on_last[@]}" "$TICKCAST_BIN" bots --url "ws://$address/ws" --count 500 --seconds 20 --behaviour wander \
    --json "$OUTPUT/load.json" \
    --require 'delivered>=0.99' --require 'decode_errors==0' --require 'desyncs==0'
  stop_server
}

# Whatever the attackers do, the honest must not notice, and nothing may be left of it.
attack_test() {
  start_server attack
  "${on_last[@]}" "$TICKCAST_BIN" attack --url "ws://$address/ws" --metrics "$metrics" --honest 200 --ramp 200 \
    --hostile 80 --connects 150 --seconds 6 --json "$OUTPUT/attack.json" \
    --require 'attacked.delivered>=0.99' --require 'attacked.failed==0' --require 'attacked.disconnects==0' \
    --require 'attacked.decode_errors==0' --require 'attacked.desyncs==0' \
    --require 'server.panics==0' --require 'server.sessions_after==0' --require 'hostile.ended>=100'
  stop_server
}

# start_server NAME: on one core, its clients on another (where there is only one, they share it). Says where it listens.
start_server() {
  need_program
  local cores line log=$OUTPUT/$1-server.log on_first=()
  on_last=()
  if command -v taskset >/dev/null; then
    mapfile -t cores < <(usable_cores)
    on_first=(taskset -c "${cores[0]}")
    on_last=(taskset -c "${cores[-1]}")
  else
    echo 'there is no taskset here: server and clients share all cores'
  fi

  exec 3< <(exec "${on_first[@]}" "$TICKCAST_BIN" serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 2>"$log")
  server=$!
  # shellcheck disable=SC2064 # the pid of now is meant
  trap "kill -TERM $server 2>/dev/null" EXIT
  if ! read -r -t "$SERVER_START_S_MAX" line <&3; then
    echo 'the server has not started:' >&2
    cat "$log" >&2
    exit 1
  fi
  address=${line##*http://}
  metrics=$(sed -n 's|.*metrics at http://\(.*\)/metrics.*|\1|p' "$log")
}

stop_server() {
  kill -TERM "$server"
  wait "$server" # fails unless the server ends well
  trap - EXIT
}

usable_cores() {
  local from to
  taskset -pc "$BASHPID" | sed 's/.*: *//' | tr ',' '\n' | while IFS=- read -r from to; do
    seq "$from" "${to:-$from}"
  done
}

need_program() {
  [[ -x "$TICKCAST_BIN" ]] || missing "$TICKCAST_BIN (the release build has failed)"
}

need_cargo_fuzz() {
  command -v c++ >/dev/null || install g++ || missing 'a C++ compiler, for libFuzzer'
  cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked --quiet || missing 'cargo-fuzz'
}

need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install nodejs npm || missing "node $NODE_MAJOR_MIN or newer, with npm"
  fi
  local major
  major=$(node --print 'process.versions.node.split(".")[0]')
  ((major >= NODE_MAJOR_MIN)) || missing "node $NODE_MAJOR_MIN or newer (this one is $(node --version))"
}

# need_packages FOLDER: what its lock file names.
need_packages() {
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error ||
    missing "the npm packages of $1/package-lock.json (is a package registry within reach?)"
}

need_chromium() {
  if [[ -n "${CHROMIUM:-}" ]]; then
    command -v "$CHROMIUM" >/dev/null || missing "$CHROMIUM, which CHROMIUM names"
  elif ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    install chromium fonts-dejavu-core || missing 'Chromium (or another of its kind, named in CHROMIUM)'
  fi
}

# install PACKAGE…: fails where that cannot be done.
install() {
  [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null || return 1
  echo "installing $*"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing() {
  echo "MISSING: $1" >&2
  exit 1
}

main "$@"
