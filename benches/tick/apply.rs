//! What a snapshot costs the client that gets it: grows with what is in view.

use divan::Bencher;
use tickcast_arena::Arena;
use tickcast_protocol::Snapshot;
use tickcast_room::replication::{Delivery, TickFrame};

use crate::scene::{Broadcast, WORLD_SIZE, decode};

/// How many ships are in the world, and how many units the client sees in each direction.
const CASES: [(u16, u16); 5] = [(100, WORLD_SIZE * 2), (1_000, 800), (1_000, 1_600), (5_000, 800), (5_000, WORLD_SIZE * 2)];

/// `Replica::apply`, a snapshot at a time.
#[divan::bench(args = CASES, sample_count = 500, sample_size = 1)]
fn replica_apply(bencher: Bencher<'_, '_>, (ships, view_size): (u16, u16)) {
    let mut broadcast = Broadcast::new(ships, 1, view_size);
    let mut replica = broadcast.replica();
    let (frame, deliveries) = broadcast.advance();
    replica.apply(&reset(&frame, deliveries[0])).expect("a reset fits any replica");
    bencher
        .with_inputs(|| {
            let (frame, deliveries) = broadcast.advance();
            decode(&frame, &deliveries[0])
        })
        .bench_local_refs(|snapshot| replica.apply(snapshot).expect("snapshots fit the replica"));
}

/// A first snapshot.
fn reset(frame: &TickFrame<Arena>, delivery: Delivery) -> Snapshot<Arena> {
    decode(frame, &Delivery { previous_view: None, ..delivery })
}
