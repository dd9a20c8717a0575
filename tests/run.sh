#!/usr/bin/env bash
# Runs all checks and tests: formatting, lints, documentation, dependencies, packaging, tests in Rust, JavaScript and a real
# browser, fuzzing, a load test and an attack.
#
#   bash tests/run.sh            everything
#   bash tests/run.sh --quick    excludes fuzzing, packaging, and all steps that need an optimized build, such as the browser tests
#
# The script installs missing tools: cargo tools and toolchain components with cargo and rustup; Node, Chromium and a C++
# compiler with apt-get, if it runs as root on Debian. If a tool cannot be installed, the step that needs it fails and names
# the tool. The exit status is 0 only if every step has passed, except those that --quick or an environment variable excludes:
#
#   TICKCAST_SKIP_BROWSER=1      excludes the browser tests
#   CHROMIUM=COMMAND             uses this browser instead of Debian's Chromium
#
# Screenshots, logs and reports are written to tests/output/.

set -euo pipefail
set -m # Each step runs in a process group of its own, so that it can be stopped with all its children.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly OUTPUT=tests/output
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")
readonly TARGET
readonly TICKCAST_BIN=$TARGET/ci/tickcast
export TICKCAST_BIN

# shellcheck source=run/steps.sh
source tests/run/steps.sh
# shellcheck source=run/tools.sh
source tests/run/tools.sh
# shellcheck source=run/checks.sh
source tests/run/checks.sh
# shellcheck source=run/suites.sh
source tests/run/suites.sh
# shellcheck source=run/load.sh
source tests/run/load.sh

main() {
  read_options "$@"
  start_steps
  mkdir -p "$OUTPUT"

  [[ "$quick" == yes ]] || prefetch
  step 'formatting' cargo fmt --all --check
  step 'lints' cargo clippy --locked --workspace --all-targets -- -D warnings
  step 'lints of the public features' feature_lints
  step 'documentation' env RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
  step 'minimum supported Rust version' minimum_rust_version
  step 'Rust tests' rust_tests
  step 'Rust tests in the documentation' cargo test --locked --workspace --doc
  step 'JavaScript tests' javascript_tests
  step 'dependencies: licenses, bans, sources' dependency_rules
  start_slow_step 'compatibility of the public API' public_api
  step 'lints for Windows' windows_lints
  slow_step 'packages' package_crates
  finish_started
  slow_step 'optimized build' optimized_tests --test determinism --test simulation --no-run
  slow_step 'determinism in an optimized build' optimized_tests --test determinism
  slow_step 'the recorded match in an optimized build' verify_recorded_match
  start_slow_step "simulation of $SIMULATED_ROOMS rooms; fuzzing, $FUZZ_S s per target" simulation_and_fuzzing
  slow_step 'a new game from each template' template_tests
  slow_step 'the guide' guide_tests
  slow_step 'JavaScript package' package_tests
  finish_started
  if [[ "${TICKCAST_SKIP_BROWSER:-0}" == 1 ]]; then
    exclude 'browser tests' 'TICKCAST_SKIP_BROWSER=1'
  else
    slow_step 'browser tests' browser_tests
  fi
  slow_step 'load test: 500 bots on one core, the server on another' load_test
  slow_step 'attack: 80 attackers beside 200 honest bots' attack_test
  slow_step 'attack: each kind alone in the room of 50 honest bots' attack_each_kind_test

  summary
}

read_options() {
  local option
  for option in "$@"; do
    case "$option" in
      --quick) quick=yes ;;
      -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) echo "unknown option $option; see bash tests/run.sh --help" >&2; exit 2 ;;
    esac
  done
}

main "$@"
