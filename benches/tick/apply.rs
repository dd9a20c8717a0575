//! Applying a snapshot in a client. The cost grows with the number of entities in view.

use divan::Bencher;
use tickcast_room::Delivery;

use crate::scene::{Broadcast, WORLD_SIZE, decode};

/// Number of ships, and side of the client's view in units.
const CASES: [(u16, u16); 5] = [(100, WORLD_SIZE * 2), (1_000, 800), (1_000, 1_600), (5_000, 800), (5_000, WORLD_SIZE * 2)];

/// `Replica::apply`, one snapshot per iteration.
#[divan::bench(args = CASES, sample_count = 500, sample_size = 1)]
fn replica_apply(bencher: Bencher<'_, '_>, (ships, view_size): (u16, u16)) {
    let mut broadcast = Broadcast::new(ships, 1, view_size);
    let mut replica = broadcast.replica();
    let (frame, deliveries) = broadcast.advance();
    let full = decode(&frame, &Delivery { previous_view: None, ..deliveries[0] });
    replica.apply(&full).expect("a full snapshot applies to any replica");
    bencher
        .with_inputs(|| {
            let (frame, deliveries) = broadcast.advance();
            decode(&frame, &deliveries[0])
        })
        .bench_local_refs(|snapshot| replica.apply(snapshot).expect("no snapshot was skipped"));
}
