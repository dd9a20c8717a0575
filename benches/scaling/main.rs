//! What a tick costs against clients, entities and visible entities, in one table: `cargo bench --bench scaling`.
//!
//! The left half is done once a tick, and follows the entities; the right half is done for each client, and follows what it
//! is sent. Ships wander; each row is the median of many ticks. What clients newly see is encoded for all of them when the first
//! one asks, which is counted among what is done for each client: it shows where there are few.

#[expect(dead_code, reason = "the other benchmarks use the rest")]
#[path = "../tick/scene.rs"]
mod scene;
mod table;
mod ticks;

use scene::WORLD_SIZE;
use ticks::Setting;

/// More ships; the same clients, views and density as far as that goes.
const ENTITIES: [Setting; 3] = [setting(100, 100, 800), setting(1_000, 100, 800), setting(5_000, 100, 800)];
/// More clients; the same ships and views.
const CLIENTS: [Setting; 4] =
    [setting(5_000, 0, 800), setting(5_000, 100, 800), setting(5_000, 1_000, 800), setting(5_000, 5_000, 800)];
/// Wider views; the same ships and clients.
const VIEWS: [Setting; 4] = [
    setting(1_000, 1_000, 400),
    setting(1_000, 1_000, 800),
    setting(1_000, 1_000, 1_600),
    setting(1_000, 1_000, 2 * WORLD_SIZE),
];

const fn setting(entities: u16, clients: u16, view_size: u16) -> Setting {
    Setting { entities, clients, view_size }
}

fn main() {
    // `cargo test --benches` runs benchmarks too, to see whether they start.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    table::print_head();
    for (what, settings) in [("entities", &ENTITIES[..]), ("clients", &CLIENTS), ("visible entities", &VIEWS)] {
        table::print_group(what);
        for setting in settings {
            table::print_row(*setting, &setting.measure());
        }
    }
}
