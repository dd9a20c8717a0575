//! Cost of a tick by number of clients, entities and visible entities, in one table: `cargo bench --bench scaling`.
//!
//! The left half of the table shows the work per tick. It grows with the number of entities. The right half shows the work
//! per client. It grows with the amount of data sent to a client. Each row is the median of many ticks, in which the ships
//! move.
//!
//! Keyframes are encoded once for all clients, when the first client needs them. The table divides this work among the
//! clients. With few clients, encoding keyframes is most of the work per client.

#[expect(dead_code, reason = "the other benchmarks use the rest")]
#[path = "../tick/scene.rs"]
mod scene;
mod setting;
mod table;

use scene::WORLD_SIZE;
use setting::Setting;

/// Settings that differ only in the number of ships.
const ENTITIES: [Setting; 3] = [setting(100, 100, 800), setting(1_000, 100, 800), setting(5_000, 100, 800)];
/// Settings that differ only in the number of clients.
const CLIENTS: [Setting; 4] =
    [setting(5_000, 0, 800), setting(5_000, 100, 800), setting(5_000, 1_000, 800), setting(5_000, 5_000, 800)];
/// Settings that differ only in the size of the views.
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
    // `cargo bench` passes `--bench`. `cargo test --benches` does not: it only checks that the benchmark starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    table::print_head();
    for (variable, settings) in [("entities", &ENTITIES[..]), ("clients", &CLIENTS), ("visible entities", &VIEWS)] {
        table::print_group(variable);
        for setting in settings {
            table::print_row(*setting, &setting.measure());
        }
    }
}
