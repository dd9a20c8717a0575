//! Tests for rules about the source files. Neither the compiler nor clippy checks these rules.
//!
//! The compiler already enforces the boundaries between crates. In `protocol` and `crates/arena`, `clippy.toml` forbids
//! floating point and hash maps.

mod boundaries;
mod dependencies;
mod documents;
mod imports;
mod leftovers;
mod sources;
mod structure;
