//! The world: grows with its entities, and knows nothing of clients.

use divan::Bencher;
use divan::counter::ItemsCount;

use crate::scene::Wanderers;

/// `World::step`, counted in ships.
#[divan::bench(args = [100, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn world_step(bencher: Bencher<'_, '_>, ships: u16) {
    let mut wanderers = Wanderers::new(ships);
    bencher.counter(ItemsCount::new(ships)).bench_local(|| wanderers.advance());
}
