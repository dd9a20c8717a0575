//! The phase before a match in which a room waits until its players are ready. Reads no clock: the phase depends on the
//! times in the journal only.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{GameProtocol, PlayerId, RoomEvent};

use super::Roster;
use crate::RoomOptions;
use crate::journal::SeatEvent;
use crate::room::{Room, SessionId};

/// When a match begins.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::room) struct ReadyUp {
    /// Number of players without whom the match does not begin.
    players_min: usize,
    /// Time after which it begins although not all players are ready.
    timeout: Duration,
    /// The time since which enough players have been seated.
    since: Option<Duration>,
}

impl ReadyUp {
    /// The phase at the beginning of a room. `None` if the match begins at once.
    pub(in crate::room) fn new(options: &RoomOptions) -> Option<Self> {
        let timeout = Duration::from_secs(options.ready_up_s.into());
        let players_min = options.ready_up_players.into();
        (!timeout.is_zero()).then_some(Self { players_min, timeout, since: None })
    }

    /// Whether the room continues to wait.
    fn waits(&mut self, players: usize, are_ready: bool, now: Duration) -> bool {
        if players < self.players_min {
            self.since = None;
            return true;
        }
        let since = *self.since.get_or_insert(now);
        !are_ready && now < since + self.timeout
    }
}

impl<G: GameProtocol> Roster<G> {
    /// Whether the room waits until its players are ready.
    pub(in crate::room) const fn is_waiting(&self) -> bool {
        self.ready_up.is_some()
    }

    /// What a client needs to know about the phase after a full snapshot.
    pub(super) fn encode_phase(&self) -> Chunk {
        let mut section = Chunk::default();
        if self.is_waiting() {
            section.push(&RoomEvent::<G>::Waiting(true));
        }
        section
    }

    /// Number of players who are ready. `None` if the room does not wait.
    pub(in crate::room) fn ready(&self) -> Option<usize> {
        self.ready_up.as_ref().map(|_| self.players.values().filter(|player| player.is_ready).count())
    }

    /// Whether [`Self::set_ready`] would change anything.
    pub(in crate::room) fn can_set_ready(&self, player: PlayerId, is_ready: bool) -> bool {
        self.is_waiting() && self.players.get(&player).is_some_and(|player| player.is_ready != is_ready)
    }

    /// Records whether a player is ready.
    pub(in crate::room) fn set_ready(&mut self, id: PlayerId, is_ready: bool) {
        if let Some(player) = self.players.get_mut(&id) {
            player.is_ready = is_ready;
            self.unsent_events.push(RoomEvent::Ready(id, is_ready));
        }
    }

    /// Whether the room still waits at this time. If not, the match begins.
    pub(in crate::room) fn poll_waiting(&mut self, now: Duration) -> bool {
        let Some(ready_up) = &mut self.ready_up else { return false };
        let are_ready = self.players.values().all(|player| player.is_ready);
        if ready_up.waits(self.humans, are_ready, now) {
            return true;
        }
        self.ready_up = None;
        self.players.values_mut().for_each(|player| player.is_ready = false);
        self.unsent_events.push(RoomEvent::Waiting(false));
        false
    }
}

impl<S: Simulation> Room<S> {
    /// Number of human players in each team. Empty in a room without teams.
    #[must_use]
    pub fn team_sizes(&self) -> Vec<usize> {
        self.state.seating.roster.teams.humans().collect()
    }

    /// Number of players who are ready. `None` if the room does not wait until its players are ready.
    #[must_use]
    pub fn ready(&self) -> Option<usize> {
        self.state.seating.roster.ready()
    }

    /// Handles whether the player of a client is ready. Has no effect if the room does not wait for its players.
    pub fn handle_ready(&mut self, session: SessionId, is_ready: bool) {
        let session = self.handovers.receiver(session).session(session);
        let Some(player) = self.clients.get_mut(session).and_then(|client| client.player) else { return };
        if self.state.seating.roster.can_set_ready(player, is_ready) {
            self.state.handle(&SeatEvent::Ready(player, is_ready), self.state.now());
            self.is_tick_requested = true;
        }
    }
}
