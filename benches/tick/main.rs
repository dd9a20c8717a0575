//! What one tick costs, part by part: `cargo bench --bench tick`.
//!
//! The world steps and is encoded once, whoever watches; composing is done for every client, and applying in every client.
//! `cargo bench --bench scaling` puts the same parts side by side in one table.

mod apply;
mod compose;
mod encode;
mod scene;
mod step;

fn main() {
    divan::main();
}
