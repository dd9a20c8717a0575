//! Cost of each part of a tick: `cargo bench --bench tick`.
//!
//! Stepping the world and encoding it are done once per tick, independent of the clients. A snapshot is composed for each
//! client, and each client applies it. `cargo bench --bench scaling` shows the parts side by side in one table.

mod apply;
mod compose;
mod encode;
mod scene;
mod step;

fn main() {
    divan::main();
}
