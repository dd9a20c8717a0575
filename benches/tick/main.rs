//! Cost of each part of a tick: `cargo bench --bench tick`.
//!
//! The world is stepped and encoded once per tick, independent of the number of clients. A snapshot is composed for each
//! client, and each client applies it. `cargo bench --bench scaling` shows the parts side by side in one table.

mod apply;
mod compose;
mod encode;
mod scene;
mod step;

fn main() {
    divan::main();
}
