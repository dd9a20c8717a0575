//! Encoding a tick, once for all clients. The cost grows with the number of entities. It does not depend on the number of
//! clients.

use std::cell::RefCell;

use divan::Bencher;
use divan::counter::ItemsCount;

use crate::scene::Broadcast;

/// `Replication::encode`. The throughput is in ships per second.
#[divan::bench(args = [100, 1_000, 5_000], sample_count = 200, sample_size = 1)]
fn replication_encode(bencher: Bencher<'_, '_>, ships: u16) {
    let broadcast = RefCell::new(Broadcast::new(ships, 0, 0));
    bencher
        .counter(ItemsCount::new(ships))
        .with_inputs(|| broadcast.borrow_mut().ships().advance())
        .bench_local_values(|()| broadcast.borrow_mut().encode());
}
