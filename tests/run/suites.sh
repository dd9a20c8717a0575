# shellcheck shell=bash
# Steps that run Rust tests, test the JavaScript client in Node and in a browser, and fuzz.

readonly SIMULATED_ROOMS=250
# Number of rooms simulated in a build without optimization, which detects arithmetic overflows. It is small, because such a
# simulation takes much longer.
readonly UNOPTIMIZED_SIMULATED_ROOMS=2
# Fuzzing time per target. It is short: each run starts from the same corpus, because inputs found by earlier runs are not kept.
# fuzz/README.md shows how to fuzz for longer.
readonly FUZZ_S=5

# Runs two tests per core at a time, because the tests of the server spend most of their time waiting for timers and sockets. The
# tests in `long` take 40 s each, so they run in a separate process at the same time as the others.
rust_tests() {
  local settings=(TICKCAST_SEEDS="$UNOPTIMIZED_SIMULATED_ROOMS" RUST_TEST_THREADS=$((2 * $(nproc))))
  local run=(env "${settings[@]}" cargo test --locked --workspace --no-fail-fast)
  local long=(pass_the_examination passes_the_examination every_shown_tick_survives) jobs=() job status=0
  "${run[@]}" --lib --bins --tests --examples --no-run
  "${run[@]}" --test client_conformance --test crash -- "${long[@]}" &
  jobs+=($!)
  "${run[@]}" --lib --bins --tests --examples -- "${long[@]/#/--skip=}" &
  jobs+=($!)
  for job in "${jobs[@]}"; do
    wait "$job" || status=1
  done
  return "$status"
}

# optimized_tests FLAGS...: runs tests in the profile `ci`. Also builds the program, which the following steps test. The program
# is built with the features that tests need, such as `internals`, and every call selects the same packages. Otherwise, cargo
# would build tokio and all crates that depend on it twice.
optimized_tests() {
  cargo test --locked --profile ci -p tickcast -p tickcast-arena "$@"
}

# Simulates the recorded match, and compares the hash of every tick. The Rust tests do the same in a build without optimization.
verify_recorded_match() {
  need_program
  "$TICKCAST_BIN" replay verify tests/fixtures/arena.replay
}

simulation_and_fuzzing() {
  TICKCAST_SEEDS=$SIMULATED_ROOMS optimized_tests --test simulation
  fuzz
}

# Creates a game from each template, and runs its tests. The game uses the same versions and builds of third-party crates as this
# workspace.
template_tests() {
  need_program
  local games template
  games=$(mktemp -d)
  need_rust_target wasm32-unknown-unknown
  for template in crates/new/templates/*/; do
    template=$(basename "$template")
    [[ "$template" != common ]] || continue
    (
      cd "$games"
      "$TICKCAST_BIN" new "new-$template" --template "$template"
      cp "$OLDPWD/Cargo.lock" "new-$template"
      cd "new-$template"
      cargo test --offline --target-dir "$TARGET" --config 'profile.dev.debug="line-tables-only"'
    ) || return
  done
  rm -r "$games"
}

# Follows the guide: runs its commands, and puts its files into the new game.
guide_tests() {
  need_node
  need_program
  need_rust_target wasm32-unknown-unknown
  node --test --test-reporter=spec tests/guide/guide.test.mjs
}

# The tests of the WebAssembly client build it.
javascript_tests() {
  need_node
  need_rust_target wasm32-unknown-unknown
  node --test --test-reporter=spec tests/js/*.test.mjs
}

package_tests() {
  need_node
  need_program
  need_npm_packages tests/package
  node --test --test-reporter=spec tests/package/*.test.mjs
}

browser_tests() {
  need_node
  need_rust_target wasm32-unknown-unknown
  need_chromium
  need_openssl
  need_program
  need_npm_packages tests/browser
  node --test --test-reporter=spec --test-concurrency=1 tests/browser/*.test.mjs
}

# Runs one fuzz target per core at a time. Inputs that cause a failure are kept in fuzz/artifacts/.
fuzz() {
  need_cpp_compiler
  need_cargo_tool cargo-fuzz "$CARGO_FUZZ_VERSION"
  cargo fmt --manifest-path fuzz/Cargo.toml --check
  build_fuzz_targets
  export -f fuzz_target
  export FUZZ_S OUTPUT
  cargo fuzz list | xargs -P "$(nproc)" -I '{}' bash -c 'fuzz_target "$1"' fuzz '{}'
}

# cargo-fuzz has no option --locked, so this function first checks that the lock file is up to date.
build_fuzz_targets() {
  cargo metadata --manifest-path fuzz/Cargo.toml --locked --format-version 1 >/dev/null
  cargo fuzz build --sanitizer none
}

# fuzz_target NAME: fuzzes this target for FUZZ_S seconds. Starts from the target's corpus, and adds no new inputs to it.
fuzz_target() {
  local new_inputs status=0 log=$OUTPUT/fuzz-$1.log
  new_inputs=$(mktemp -d)
  cargo fuzz run --sanitizer none "$1" "$new_inputs" "fuzz/corpus/$1" -- \
    -max_total_time="$FUZZ_S" -max_len=1024 -print_final_stats=1 -verbosity=0 >"$log" 2>&1 || status=$?
  rm -r "$new_inputs"
  if ((status == 0)); then
    echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    cat "$log"
    echo "$1: FAILED"
  fi
  return "$status"
}
