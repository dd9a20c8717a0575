# shellcheck shell=bash
# Installs the tools that steps need. A need_* function ends the step with a message if a tool cannot be installed.

readonly NODE_MAJOR_MIN=18
readonly CARGO_DENY_VERSION=0.20.2
readonly CARGO_FUZZ_VERSION=0.13.2
readonly CARGO_SEMVER_CHECKS_VERSION=0.51.0

# Cargo tools are installed beside the build artifacts, so that other versions of them on the machine stay unchanged.
readonly TOOLS=$TARGET/tools
PATH=$TOOLS/bin:$PATH

# need_cargo_tool NAME VERSION: installs the tool, or waits if `prefetch` is already installing it. The tool is built without
# optimization and without debug information, to save time.
need_cargo_tool() {
  mkdir -p "$TOOLS"
  (
    ! command -v flock >/dev/null || flock 9 # not on macOS: there, a tool may be built twice
    if [[ "$("$TOOLS/bin/$1" "${1#cargo-}" --version 2>/dev/null)" != "$1 $2" ]]; then
      echo "installing $1 $2"
      CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --config 'profile.dev.package."*".opt-level=0' \
        --root "$TOOLS" "$1@$2" || missing "$1 $2"
    fi
  ) 9>"$TOOLS/$1.lock"
}

# Installs tools and builds the fuzz targets in the background, because the steps often leave cores idle: they wait, or use only one
# core. The background work has a low priority, so that it does not slow down the steps. If an installation or a build fails here,
# the step that needs it tries again, and reports the failure.
prefetch() {
  (
    renice -n 19 "$BASHPID" >/dev/null
    need_cargo_tool cargo-deny "$CARGO_DENY_VERSION"
    need_cargo_tool cargo-semver-checks "$CARGO_SEMVER_CHECKS_VERSION"
    need_cargo_tool cargo-fuzz "$CARGO_FUZZ_VERSION"
    build_fuzz_targets
  ) >"$OUTPUT/prefetch.log" 2>&1 &
  prefetching=$!
}

# need_rust_target TRIPLE
need_rust_target() {
  if [[ ! -d "$(rustc --print target-libdir --target "$1")" ]]; then
    rustup target add "$1" || missing "the Rust standard library for $1"
  fi
}

need_cpp_compiler() {
  command -v c++ >/dev/null || install g++ || missing 'a C++ compiler, for libFuzzer'
}

need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install nodejs npm || missing "node $NODE_MAJOR_MIN or newer, with npm"
  fi
  local major
  major=$(node --print 'process.versions.node.split(".")[0]')
  ((major >= NODE_MAJOR_MIN)) || missing "node $NODE_MAJOR_MIN or newer (found $(node --version))"
}

# need_npm_packages FOLDER: installs the packages in the folder's lock file.
need_npm_packages() {
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error ||
    missing "the npm packages of $1/package-lock.json (is an npm registry reachable?)"
}

need_chromium() {
  if [[ -n "${CHROMIUM:-}" ]]; then
    command -v "$CHROMIUM" >/dev/null || missing "$CHROMIUM, named by the environment variable CHROMIUM"
  elif ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    install chromium fonts-dejavu-core || missing 'Chromium, or another Chromium-based browser named by CHROMIUM'
  fi
}

need_openssl() {
  command -v openssl >/dev/null || install openssl || missing 'openssl, for a self-signed certificate'
}

# Fails if the optimized build has not created the program.
need_program() {
  [[ -x "$TICKCAST_BIN" ]] || missing "$TICKCAST_BIN: the optimized build has failed"
}

# install PACKAGE…: installs Debian packages; fails if not root or not on Debian.
install() {
  [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null || return 1
  echo "installing $*"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing() {
  echo "MISSING: $1" >&2
  exit 1
}
