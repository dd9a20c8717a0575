//! Checks of the source files that neither the compiler nor clippy performs.
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
