//! Spectators of a room, who may see the world with a delay.

use std::sync::Arc;

use tickcast_game::Simulation;
use tickcast_protocol::{GameProtocol, Tick, Viewport};

use crate::RoomOptions;
use crate::replication::{History, PastTick, TickFrame};
use crate::room::seating::SeatPermit;
use crate::room::{Client, Room, SnapshotContext, TickDeliveries};

impl<S: Simulation> Room<S> {
    pub(in crate::room) fn spectator(&self, viewport: Viewport, permit: Option<SeatPermit>) -> Client<S::Game> {
        let tick_rate = self.state.options.tick_rate;
        if self.history.is_delayed() {
            Client::spectator(viewport, self.history.newest(), tick_rate, permit).delayed()
        } else {
            Client::spectator(viewport, self.state.tick, tick_rate, permit)
        }
    }

    /// Adds the newest tick to the history. Returns the ticks that delayed spectators receive now.
    pub(in crate::room) fn delay(&mut self, newest: &Arc<TickFrame<S::Game>>) -> Vec<TickDeliveries<S::Game>> {
        let (limit, list_ticks) = (self.view_limit(), self.state.seating.roster.list_ticks());
        let mut last = self.history.newest();
        let mut delayed = Vec::new();
        for PastTick { time, frame } in self.history.push(newest) {
            if time.tick != last.next() {
                self.clients.restart_delayed(time.tick);
            }
            last = time.tick;
            let context = SnapshotContext { now: time, beats: &self.beats, limit: &limit, list_ticks };
            let deliveries = self.clients.poll_delayed(&context);
            if !deliveries.is_empty() {
                let frame = frame.unwrap_or_else(|| Arc::new(self.replication.empty(time.tick)));
                delayed.push(TickDeliveries { frame, deliveries });
            }
        }
        delayed
    }
}

/// The empty history of a room at this tick.
pub(in crate::room) fn new_history<G: GameProtocol>(options: &RoomOptions, tick: Tick) -> History<G> {
    let delay_s = if options.spectators > 0 { options.spectator_delay_s } else { 0 };
    History::new(delay_s, options.tick_rate, tick)
}
