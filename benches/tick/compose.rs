//! Composing the snapshots of all clients. Each snapshot consists of a header and copies of the encoded changes in the
//! client's view.

use divan::Bencher;
use divan::counter::ItemsCount;
use tickcast_arena::Arena;
use tickcast_protocol::codec::Chunk;
use tickcast_room::{Delivery, TickFrame};

use crate::scene::{Broadcast, WORLD_SIZE};

/// Number of ships, and side of a client's view in units.
const CASES: [(u16, u16); 6] =
    [(100, WORLD_SIZE * 2), (1_000, 400), (1_000, 800), (1_000, 1_600), (5_000, 400), (5_000, 800)];

/// Calls `TickFrame::compose` for all clients of a tick. There is one client per ship. The throughput is in clients per
/// second.
#[divan::bench(args = CASES, sample_count = 200, sample_size = 1)]
fn frame_compose(bencher: Bencher<'_, '_>, (ships, view_size): (u16, u16)) {
    let mut broadcast = Broadcast::new(ships, ships, view_size);
    let (mut changes, mut bytes) = (Chunk::default(), Vec::new());
    bencher
        .counter(ItemsCount::new(ships))
        .with_inputs(|| broadcast.advance())
        .bench_local_refs(|(frame, deliveries)| compose_all(frame, deliveries, &mut changes, &mut bytes));
}

/// As in a relay, the buffers are reused.
fn compose_all(frame: &TickFrame<Arena>, deliveries: &[Delivery], changes: &mut Chunk, bytes: &mut Vec<u8>) {
    for delivery in deliveries {
        bytes.clear();
        frame.compose(delivery, changes, bytes).expect("the arena does not panic");
        divan::black_box(&bytes);
    }
}
