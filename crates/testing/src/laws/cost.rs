//! What a step takes. Reported, never asserted.

use std::fmt;
use std::time::{Duration, Instant};

use tickcast_game::Simulation;
use tickcast_protocol::codec;

use crate::play::{Play, Setup};

/// What the steps of a run take on this machine, with the maximum number of players.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Median time of a step.
    pub step_median: Duration,
    /// Longest time of a step.
    pub step_max: Duration,
    /// Maximum number of entities.
    pub entities_max: usize,
    /// Maximum size of the encoded world. Every checkpoint contains it.
    pub world_bytes_max: usize,
    /// Maximum size of an encoded entity.
    pub entity_bytes_max: usize,
    /// Sum of the sizes of the snapshots of all ticks, for a client that sees the whole world. The snapshot of a tick in which
    /// clients can compute everything themselves takes one byte.
    pub snapshot_bytes: usize,
    /// Number of steps.
    pub steps: usize,
}

impl Cost {
    pub(crate) fn measure<S: Simulation>(setup: &Setup<S>) -> Self {
        let mut play = Play::new(setup, 0);
        let mut follower = super::replication::follow_everything::<S::Game>(play.world.rules(), play.world.entities());
        let mut times = Vec::new();
        let mut cost = Self::default();
        for _ in 0..setup.ticks.max(1) {
            let commands = play.choose_commands();
            let start = Instant::now();
            play.world.step(&commands);
            times.push(start.elapsed());
            let entities = play.world.entities();
            cost.entities_max = cost.entities_max.max(entities.len());
            cost.world_bytes_max = cost.world_bytes_max.max(codec::encode(&play.world).len());
            let sizes = entities.iter().map(|(_, entity)| codec::encode(entity).len());
            cost.entity_bytes_max = sizes.fold(cost.entity_bytes_max, usize::max);
            // An error is ignored: only the cost of the snapshot is measured, and it is the same if the replica then
            // differs from the world.
            let _ = follower.advance(entities, follower.view());
            cost.snapshot_bytes += follower.snapshot_bytes();
        }
        times.sort_unstable();
        Self { step_median: times[times.len() / 2], step_max: times[times.len() - 1], steps: times.len(), ..cost }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entities_max, world_bytes_max, entity_bytes_max, snapshot_bytes, steps, .. } = self;
        let [median, max] = [self.step_median, self.step_max].map(|time| time.as_micros());
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        writeln!(f, "a step takes {median} µs, at most {max} µs ({build} build)")?;
        writeln!(f, "a world has at most {entities_max} entities of at most {entity_bytes_max} bytes")?;
        writeln!(f, "an encoded world has at most {world_bytes_max} bytes")?;
        write!(f, "a snapshot of the whole world has {} bytes on average", snapshot_bytes.div_ceil((*steps).max(1)))
    }
}
