# shellcheck shell=bash
# Checks that run no tests.

readonly WINDOWS_TARGET=x86_64-pc-windows-gnu

# Lints tickcast as its users build it. The tests are excluded, because they always enable the feature `internals`.
feature_lints() {
  cargo clippy --locked -p tickcast --lib --bins -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features embed -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features tls -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features sqlite -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features cli -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features client -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features datagrams -- -D warnings
  cargo clippy --locked -p tickcast --lib --no-default-features --features testing -- -D warnings
}

# Advisories are not checked, because the advisory database is on GitHub, which is not reachable everywhere.
dependency_rules() {
  need_cargo_tool cargo-deny "$CARGO_DENY_VERSION"
  cargo deny --locked check licenses bans sources
  # No other step reads this lock file.
  cargo metadata --manifest-path benches/compare/Cargo.toml --locked --format-version 1 >/dev/null
}

# Checks the workspace with the minimum supported version of Rust. Normally, all steps already use this version, and nothing is left
# to check. If the steps use a newer version, this function first installs the minimum version.
minimum_rust_version() {
  local minimum current
  minimum=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  current=$(rustc --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
  if [[ "$current" == "$minimum" ]]; then
    echo "rust-version is $minimum, the version of this toolchain: $(rustc --version)"
    return
  fi
  echo "rust-version is $minimum, this toolchain is $current"
  rustup toolchain install "$minimum" --profile minimal || missing "Rust $minimum"
  CARGO_TARGET_DIR=$TARGET/minimum cargo "+$minimum" check --locked --workspace
}

# Lints the crate that contains the code for each platform, and the server, for Windows, but does not link or run them. The optional
# features are excluded: they contain no code for a platform, but need a C compiler for Windows.
windows_lints() {
  need_rust_target "$WINDOWS_TARGET"
  cargo clippy --locked -p tickcast-platform -p tickcast --lib --no-default-features --target "$WINDOWS_TARGET" -- -D warnings
}

# `public_api` compares the current API of the crates with the API in this commit, because there is no published version to compare
# with. After an intended incompatible change, put the commit of that change here.
readonly API_BASELINE=5d74d7ee24db222b9057b672011b43925ab86e0d

public_api() {
  need_cargo_tool cargo-semver-checks "$CARGO_SEMVER_CHECKS_VERSION"
  git cat-file -e "$API_BASELINE^{commit}" || missing "commit $API_BASELINE: the checkout has no history"
  compare_api --package=tickcast-protocol --package=tickcast-game --default-features
  # The feature `cli` is left out: it adds only `main` and `Program` to the API, but fifty third-party crates to the build.
  compare_api --package=tickcast --only-explicit-features --features=embed,tls
}

# compare_api FLAGS...: compares the API of crates with their API in the commit `API_BASELINE`. Both versions of all crates share a
# target folder, so that third-party crates are checked only once.
compare_api() {
  CARGO_TARGET_DIR=$TARGET/api cargo semver-checks --baseline-rev "$API_BASELINE" "$@"
}

# Packages every crate and builds it from its package, dependencies first. Uses the target folder of the other steps, so that
# third-party crates are not built again. First removes what earlier runs have left:
# - builds of the packages. Cargo does not rebuild a package whose version and path are the same as before, even if its files have
#   changed.
# - packages that were unpacked in cargo's home. Cargo would not unpack them again.
package_crates() {
  rm -rf "$TARGET/package" "$TARGET"/debug/.fingerprint/tickcast* "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*/tickcast*
  cargo publish --workspace --dry-run --locked --allow-dirty --target-dir "$TARGET"
}
