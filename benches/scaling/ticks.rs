//! Many ticks of one setting, timed part by part.

use std::time::{Duration, Instant};

use tickcast_arena::Arena;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::world::Cell;
use tickcast_protocol::{Game, ViewRect};
use tickcast_room::replication::{Delivery, TickFrame};

use crate::scene::Broadcast;

/// How many ticks are timed: whole rounds of the 64 ticks from one checksum to the next.
const TICKS: usize = 64 * 3;

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Ships in the world.
    pub(crate) entities: u16,
    /// Clients; each follows a ship.
    pub(crate) clients: u16,
    /// World units that each sees in each direction.
    pub(crate) view_size: u16,
}

/// What a tick of it takes.
#[derive(Debug)]
pub(crate) struct Costs {
    /// Advancing the world.
    pub(crate) step: Duration,
    /// Encoding the tick.
    pub(crate) encode: Duration,
    /// Composing all clients' snapshots.
    pub(crate) compose: Duration,
    /// Ships in a client's view, on average.
    pub(crate) visible_entities: f64,
    /// Bytes of a client's snapshot, on average.
    pub(crate) bytes: f64,
}

impl Setting {
    /// Times it.
    pub(crate) fn measure(self) -> Costs {
        let mut broadcast = Broadcast::new(self.entities, self.clients, self.view_size);
        let (mut step, mut encode, mut compose) = (Vec::new(), Vec::new(), Vec::new());
        let (mut bytes, mut deliveries) = (0, Vec::new());
        for _ in 0..TICKS {
            let commands = broadcast.wanderers().commands();
            step.push(timed(|| broadcast.wanderers().step(&commands)).0);
            let (took, frame) = timed(|| broadcast.encode());
            encode.push(took);
            deliveries = broadcast.deliveries();
            let (took, composed) = timed(|| compose_all(&frame, &deliveries));
            compose.push(took);
            bytes += composed;
        }
        let visible_entities = visible(&mut broadcast, &deliveries);
        let [step, encode, compose] = [step, encode, compose].map(median);
        let snapshots = TICKS * usize::from(self.clients);
        Costs { step, encode, compose, visible_entities, bytes: bytes as f64 / snapshots as f64 }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// As a relay does it: one buffer, used again and again. Says how many bytes all of them had.
fn compose_all(frame: &TickFrame<Arena>, deliveries: &[Delivery]) -> usize {
    let (mut changes, mut bytes, mut total) = (Chunk::default(), Vec::new(), 0);
    for delivery in deliveries {
        bytes.clear();
        frame.compose(delivery, &mut changes, &mut bytes);
        total += std::hint::black_box(&bytes).len();
    }
    total
}

fn visible(broadcast: &mut Broadcast, deliveries: &[Delivery]) -> f64 {
    let grid = broadcast.grid();
    let cells: Vec<Cell> =
        broadcast.wanderers().entities().iter().map(|(_, entity)| grid.cell(Arena::position(entity))).collect();
    let in_view = |view: ViewRect| cells.iter().filter(|cell| view.contains(**cell)).count();
    deliveries.iter().map(|delivery| in_view(delivery.view)).sum::<usize>() as f64 / deliveries.len() as f64
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}
