//! Cost of each part of a tick: `cargo bench --bench tick`.
//!
//! The world is stepped and encoded once per tick, independent of the number of clients. The server composes a snapshot for
//! each client, and each client applies its snapshot. Inputs of clients are handled between ticks. `cargo bench --bench
//! scaling` shows the parts of a tick side by side in one table.

#![allow(unreachable_pub, reason = "no other crate imports the modules of a benchmark")]

mod apply;
mod compose;
mod encode;
mod input;
mod recover;
mod scene;
mod step;

#[allow(dead_code, reason = "the benchmark uses only a part of this module")]
#[path = "../../tests/virtual_time/client.rs"]
mod client;

#[allow(dead_code, reason = "the benchmark uses only a part of this module")]
#[path = "../../tests/memory_server/server.rs"]
mod memory_server;

fn main() {
    divan::main();
}
