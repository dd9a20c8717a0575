//! Rules about the sources that the compiler and clippy do not check.
//!
//! Crates already separate the parts of the project, and the `clippy.toml` of `protocol` and `crates/arena` forbids floating
//! point and hash maps there.

mod boundaries;
mod dependencies;
mod documents;
mod imports;
mod leftovers;
mod sources;
mod structure;
