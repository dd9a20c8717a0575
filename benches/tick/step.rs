//! Advancing the world. The cost grows with the number of entities. It does not depend on the number of clients.

use divan::Bencher;
use divan::counter::ItemsCount;

use crate::scene::MovingShips;

/// `World::step`. The throughput is in ships per second.
#[divan::bench(args = [100, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn world_step(bencher: Bencher<'_, '_>, count: u16) {
    let mut ships = MovingShips::new(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| ships.advance());
}
