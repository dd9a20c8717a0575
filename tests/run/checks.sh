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
}

# Advisories are not checked: the advisory database is on GitHub, which is not reachable everywhere.
dependency_rules() {
  need_cargo_tool cargo-deny "$CARGO_DENY_VERSION"
  cargo deny --locked check licenses bans sources
}

# Normally, all steps already use the minimum supported version of Rust. If they use a newer one, this installs the minimum
# version and checks the workspace with it.
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

# Lints the libraries and programs for Windows, but does not link or run them.
windows_lints() {
  need_rust_target "$WINDOWS_TARGET"
  need_c_compiler_for_windows
  cargo clippy --locked --workspace --target "$WINDOWS_TARGET" -- -D warnings
}

# No version is published yet, so `public_api` compares the public API of the crates with their API in this commit. After an
# intended incompatible change, put the commit of that change here.
readonly API_BASELINE=7bfe565e7bfbda79bf5ea9ace9c1c6359e933d46

public_api() {
  need_cargo_tool cargo-semver-checks "$CARGO_SEMVER_CHECKS_VERSION"
  git cat-file -e "$API_BASELINE^{commit}" || missing "commit $API_BASELINE: the checkout has no history"
  compare_api --package=tickcast-protocol --package=tickcast-game --default-features
  # Without `cli`: this feature adds fifty third-party crates, but only the program's main function to the API.
  compare_api --package=tickcast --only-explicit-features --features=embed,tls
}

# compare_api FLAGS...: both versions of all crates share a target folder, so that third-party crates are checked only once.
compare_api() {
  CARGO_TARGET_DIR=$TARGET/api cargo semver-checks --baseline-rev "$API_BASELINE" "$@"
}

# Packages every crate and builds it from its package, dependencies first. Uses the target folder of the other steps, so that
# third-party crates are not built again. Cargo does not rebuild a package whose version and path are the same as before, even if
# its files have changed, so earlier builds are removed. So are the packages that an earlier run has unpacked in cargo's home: cargo
# would not unpack them again.
package_crates() {
  rm -rf "$TARGET/package" "$TARGET"/debug/.fingerprint/tickcast* "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*/tickcast*
  cargo publish --workspace --dry-run --locked --allow-dirty --target-dir "$TARGET"
}
