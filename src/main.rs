//! The `tickcast` program.
fn main() {}
