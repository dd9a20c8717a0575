//! Measurement of one setting: runs many ticks and times each part.

use std::time::{Duration, Instant};

use tickcast_arena::Arena;
use tickcast_protocol::GameProtocol;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::world::Cell;
use tickcast_room::{Delivery, TickFrame};

use crate::scene::Broadcast;

/// Number of measured ticks: three times the interval between checksums.
const TICKS: usize = 64 * 3;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Ships in the world.
    pub(crate) entities: u16,
    /// Number of clients. Each follows a ship.
    pub(crate) clients: u16,
    /// Side of each client's view in units.
    pub(crate) view_size: u16,
}

/// Costs of a tick.
#[derive(Debug)]
pub(crate) struct Costs {
    /// Advancing the world.
    pub(crate) step: Duration,
    /// Encoding the tick.
    pub(crate) encode: Duration,
    /// Composing the snapshots of all clients.
    pub(crate) compose: Duration,
    /// Mean number of ships in a client's view.
    pub(crate) visible_entities: f64,
    /// Mean size of a client's snapshot in bytes.
    pub(crate) bytes: f64,
}

impl Setting {
    /// Measures many ticks and returns the median costs.
    pub(crate) fn measure(self) -> Costs {
        let mut broadcast = Broadcast::new(self.entities, self.clients, self.view_size);
        let (mut step, mut encode, mut compose) = (Vec::new(), Vec::new(), Vec::new());
        let (mut bytes, mut deliveries) = (0, Vec::new());
        for _ in 0..TICKS {
            let commands = broadcast.ships().commands();
            step.push(timed(|| broadcast.ships().step(&commands)).0);
            let (time, frame) = timed(|| broadcast.encode());
            encode.push(time);
            deliveries = broadcast.deliveries();
            let (time, composed_bytes) = timed(|| compose_all(&frame, &deliveries));
            compose.push(time);
            bytes += composed_bytes;
        }
        let visible_entities = visible_entities(&mut broadcast, &deliveries);
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

/// Composes all snapshots and returns the sum of their sizes. As in a relay, the buffers are reused.
fn compose_all(frame: &TickFrame<Arena>, deliveries: &[Delivery]) -> usize {
    let (mut changes, mut bytes, mut total) = (Chunk::default(), Vec::new(), 0);
    for delivery in deliveries {
        bytes.clear();
        frame.compose(delivery, &mut changes, &mut bytes).expect("the arena does not panic");
        total += std::hint::black_box(&bytes).len();
    }
    total
}

fn visible_entities(broadcast: &mut Broadcast, deliveries: &[Delivery]) -> f64 {
    let grid = broadcast.grid();
    let cells: Vec<Cell> =
        broadcast.ships().entities().iter().map(|(_, entity)| grid.cell(Arena::position(entity))).collect();
    let mut visible = 0;
    for delivery in deliveries {
        visible += cells.iter().filter(|cell| delivery.view.contains(**cell)).count();
    }
    visible as f64 / deliveries.len() as f64
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}
