//! Tests of whole rooms, without a server.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod actions;
mod ai_actions;
mod churn;
mod departures;
mod handovers;
mod hosted;
mod memory;
mod pace;
mod playback;
mod random_game;
mod recorded_match;
mod recovery;
mod replay_file;
mod rounds;
mod seats_and_names;
mod secrets;
mod siege;
mod snapshot_bytes;
mod spectator_delay;
mod stays;
mod variant;

use std::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, Hello, ResumeToken, Welcome};
use tickcast_room::{Departure, NewClient, Room, SessionId, Step};

/// A room whose ticks are on time.
trait OnTime<S: Simulation> {
    /// The time at which `tick` is due.
    fn time_of(tick: u32, tick_rate: u16) -> Duration {
        Duration::from_secs(1) * tick / tick_rate.into()
    }

    fn join(&mut self, session: SessionId, hello: &Hello, token: ResumeToken) -> Result<Welcome<S::Game>, CloseReason>;
    fn leave(&mut self, session: SessionId, departure: Departure, tick_rate: u16);
    fn tick_on_time(&mut self, tick_rate: u16) -> Step<S::Game>;
}

impl<S: Simulation> OnTime<S> for Room<S> {
    fn join(&mut self, session: SessionId, hello: &Hello, token: ResumeToken) -> Result<Welcome<S::Game>, CloseReason> {
        self.handle_join(NewClient { session, hello, token, key: None, permit: None }, Duration::ZERO)
    }

    fn leave(&mut self, session: SessionId, departure: Departure, tick_rate: u16) {
        self.handle_leave(session, departure, Self::time_of(self.tick().0, tick_rate));
    }

    fn tick_on_time(&mut self, tick_rate: u16) -> Step<S::Game> {
        self.step(Self::time_of(self.tick().0 + 1, tick_rate))
    }
}
