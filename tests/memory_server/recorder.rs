//! A recorder of the commands of rooms.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tickcast::actors::lobby::ObserverFactory;
use tickcast_arena::Arena;
use tickcast_game::Command;
use tickcast_protocol::Tick;
use tickcast_room::CommandObserver;
use tokio::time::Instant;

/// Records the commands of each tick in memory. All rooms of a server share one recorder.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<RecordedTick>>>);

/// A tick and its commands.
#[derive(Clone, Debug)]
pub struct RecordedTick {
    pub tick: Tick,
    pub commands: Vec<Command<Arena>>,
    /// Time at which the tick was recorded.
    pub at: Instant,
}

impl Recorder {
    /// Creates observers that write to this recorder.
    pub fn factory(&self) -> ObserverFactory<Arena> {
        let recorder = self.clone();
        Arc::new(move |_| Box::new(recorder.clone()))
    }

    /// Takes the ticks that were recorded since the last call.
    pub fn take(&self) -> Vec<RecordedTick> {
        std::mem::take(&mut *self.ticks())
    }

    /// The last recorded tick.
    pub fn last(&self) -> Option<RecordedTick> {
        self.ticks().last().cloned()
    }

    fn ticks(&self) -> MutexGuard<'_, Vec<RecordedTick>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommandObserver<Arena> for Recorder {
    fn observe(&mut self, tick: Tick, commands: &[Command<Arena>]) {
        let recorded = RecordedTick { tick, commands: commands.to_vec(), at: Instant::now() };
        self.ticks().push(recorded);
    }
}
