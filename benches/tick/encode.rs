//! Encoding a tick for all: grows with the entities, and knows nothing of clients.

use divan::Bencher;
use divan::counter::ItemsCount;

use crate::scene::Broadcast;

/// `Replication::encode`, counted in ships.
#[divan::bench(args = [100, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn replication_encode(bencher: Bencher<'_, '_>, ships: u16) {
    let broadcast = std::cell::RefCell::new(Broadcast::new(ships, 0, 0));
    bencher
        .counter(ItemsCount::new(ships))
        .with_inputs(|| broadcast.borrow_mut().wanderers().advance())
        .bench_local_values(|()| broadcast.borrow_mut().encode());
}
