//! Connected clients of a room by session.

use std::collections::BTreeMap;

use tickcast_game::Simulation;
use tickcast_protocol::{Game, InputReport, PlayerId, Tick};

use super::SessionId;
use super::client::{Client, ViewLimit};
use crate::replication::Delivery;

/// Connected clients by session.
#[derive(Debug)]
pub(super) struct Clients<G: Game> {
    by_session: BTreeMap<SessionId, Client<G>>,
    spectators: usize,
}

/// The inputs that are due at one tick.
#[derive(Debug)]
pub(super) struct DueInputs<G: Game> {
    /// Controls by player.
    pub(super) controls: BTreeMap<PlayerId, G::Controls>,
    /// Report for each session that had an input due, sorted by session.
    pub(super) reports: Vec<(SessionId, InputReport)>,
}

/// The snapshots to send at one tick.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// Snapshots of this tick.
    pub(super) live: Vec<(SessionId, Delivery)>,
    /// Snapshots of a past tick, for delayed spectators.
    pub(super) delayed: Vec<(SessionId, Delivery)>,
}

impl<G: Game> Default for Clients<G> {
    fn default() -> Self {
        Self { by_session: BTreeMap::new(), spectators: 0 }
    }
}

impl<G: Game> Clients<G> {
    /// Whether no client is connected.
    pub(super) fn is_empty(&self) -> bool {
        self.by_session.is_empty()
    }

    /// Number of clients without a seat.
    pub(super) const fn spectators(&self) -> usize {
        self.spectators
    }

    /// Adds a client.
    pub(super) fn insert(&mut self, session: SessionId, client: Client<G>) {
        self.spectators += usize::from(client.player.is_none());
        self.by_session.insert(session, client);
    }

    /// Removes a client.
    pub(super) fn remove(&mut self, session: SessionId) -> Option<Client<G>> {
        let client = self.by_session.remove(&session)?;
        self.spectators -= usize::from(client.player.is_none());
        Some(client)
    }

    /// The session of a player.
    pub(super) fn session_of(&self, player: PlayerId) -> Option<SessionId> {
        self.by_session.iter().find(|(_, client)| client.player == Some(player)).map(|(session, _)| *session)
    }

    /// The client of a session.
    pub(super) fn get_mut(&mut self, session: SessionId) -> Option<&mut Client<G>> {
        self.by_session.get_mut(&session)
    }

    /// Sessions whose clients have left their last snapshot unacknowledged for more than ten seconds.
    pub(super) fn unresponsive(&self, now: Tick) -> Vec<SessionId> {
        let clients = self.by_session.iter().filter(|(_, client)| client.is_unresponsive(now));
        clients.map(|(session, _)| *session).collect()
    }

    /// Takes the inputs that are due at `tick` from the buffers of all players.
    pub(super) fn take_inputs(&mut self, tick: Tick) -> DueInputs<G> {
        let mut due = DueInputs { controls: BTreeMap::new(), reports: Vec::new() };
        for (session, client) in &mut self.by_session {
            let Some(player) = client.player else { continue };
            if let Some(input) = client.take_input(tick) {
                due.controls.insert(player, input.controls);
                due.reports.push((*session, input.report));
            }
        }
        due
    }

    /// The parameters of the snapshots to send at `tick`. `reports` must be sorted by session. Each full snapshot starts a
    /// period of `list_ticks` ticks in which the client's snapshots list players.
    pub(super) fn poll_deliveries<S: Simulation<Game = G>>(
        &mut self,
        tick: Tick,
        world: &S,
        limit: &ViewLimit,
        reports: &[(SessionId, InputReport)],
        list_ticks: u16,
    ) -> Deliveries {
        let mut reports = reports.iter().peekable();
        let mut deliveries = Deliveries { live: Vec::with_capacity(self.by_session.len()), delayed: Vec::new() };
        for (session, client) in &mut self.by_session {
            let focus = client.player.map(|player| world.focus(player));
            // Skips reports for sessions that do not exist any more.
            while reports.next_if(|(reported, _)| reported < session).is_some() {}
            let report = reports.next_if(|(reported, _)| reported == session).map(|(_, report)| *report);
            if let Some(delivery) = client.poll_delivery(tick, focus, limit, report, list_ticks) {
                let stream = if client.is_delayed() { &mut deliveries.delayed } else { &mut deliveries.live };
                stream.push((*session, delivery));
            }
        }
        deliveries
    }
}
