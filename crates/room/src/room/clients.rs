//! Connected clients of a room by session.

mod delayed;
mod handovers;

use std::collections::BTreeMap;

use tickcast_game::Simulation;
use tickcast_protocol::{GameProtocol, InputReport, PlayerId, Tick};

use super::SessionId;
use super::client::{Client, SnapshotContext};
use super::state::PersonalContents;
use crate::journal::StepInputs;
use crate::replication::{Beats, Delivery};

pub(super) use delayed::new_history;
pub(super) use handovers::Handovers;

/// Connected clients by session.
#[derive(Debug)]
pub(super) struct Clients<G: GameProtocol> {
    by_session: BTreeMap<SessionId, Client<G>>,
    spectators: usize,
}

/// The inputs that are due at one tick.
#[derive(Debug)]
pub(super) struct DueInputs<G: GameProtocol> {
    /// Controls and actions of players.
    pub(super) inputs: StepInputs<G>,
    /// Players whose clients have repeated actions that have outcomes.
    pub(super) repeating: Vec<PlayerId>,
    /// Report for each session that had an input due, sorted by session.
    pub(super) reports: Vec<(SessionId, InputReport)>,
}

impl<G: GameProtocol> Default for Clients<G> {
    fn default() -> Self {
        Self { by_session: BTreeMap::new(), spectators: 0 }
    }
}

impl<G: GameProtocol> Clients<G> {
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

    /// The sessions, each with its player; `None` for spectators.
    pub(super) fn players(&self) -> impl Iterator<Item = (SessionId, Option<PlayerId>)> {
        self.by_session.iter().map(|(session, client)| (*session, client.player))
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
    /// `live` is the current tick, and `delayed` the one that delayed spectators have received last.
    pub(super) fn unresponsive(&self, live: Tick, delayed: Tick, beats: &Beats) -> Vec<SessionId> {
        let now = |client: &Client<G>| if client.is_delayed() { delayed } else { live };
        let clients = self.by_session.iter().filter(|(_, client)| client.is_unresponsive(now(client), beats));
        clients.map(|(session, _)| *session).collect()
    }

    /// Takes the inputs that are due at `tick` from the buffers of all players.
    pub(super) fn take_inputs(&mut self, tick: Tick) -> DueInputs<G> {
        let mut due = DueInputs { inputs: StepInputs::default(), repeating: Vec::new(), reports: Vec::new() };
        for (session, client) in &mut self.by_session {
            let Some(player) = client.player else { continue };
            if let Some(input) = client.take_input(tick) {
                due.inputs.controls.insert(player, input.controls);
                due.reports.push((*session, input.report));
            }
            while let Some(action) = client.take_action(tick) {
                due.inputs.actions.push((player, action));
            }
            if client.take_repeated() {
                due.repeating.push(player);
            }
        }
        due.inputs.actions.sort_by_key(|(player, _)| *player);
        due
    }

    /// The parameters of the snapshots to send now, except those of delayed spectators. `reports` must be sorted by session.
    /// Without a `world`, players see what spectators see.
    pub(super) fn poll_deliveries<S: Simulation<Game = G>>(
        &mut self,
        context: &SnapshotContext<'_>,
        world: Option<&S>,
        reports: &[(SessionId, InputReport)],
    ) -> Vec<(SessionId, Delivery)> {
        let mut reports = reports.iter().peekable();
        let mut deliveries = Vec::with_capacity(self.by_session.len());
        for (session, client) in self.by_session.iter_mut().filter(|(_, client)| !client.is_delayed()) {
            let focus = client.player.zip(world).map(|(player, world)| world.focus(player));
            // Skips reports for sessions that do not exist any more.
            while reports.next_if(|(reported, _)| reported < session).is_some() {}
            let report = reports.next_if(|(reported, _)| reported == session).map(|(_, report)| *report);
            deliveries.extend(client.poll_delivery(context, focus, report).map(|delivery| (*session, delivery)));
        }
        deliveries
    }

    /// Adds the secrets to send with these snapshots: the secrets that have changed, and the secrets of all players who
    /// receive a full snapshot.
    pub(super) fn poll_secrets<S: Simulation<Game = G>>(
        &mut self,
        live: &[(SessionId, Delivery)],
        world: &S,
        personal: &mut PersonalContents<G>,
    ) {
        for (session, delivery) in live {
            if let (Some(player), Some(client)) = (delivery.player, self.by_session.get_mut(session))
                && let Some(secret) = client.poll_secret(world.secret(player), delivery)
            {
                personal.set_secret(player, secret);
            }
        }
    }

    /// The parameters of the snapshots of a past tick to send to delayed spectators.
    pub(super) fn poll_delayed(&mut self, context: &SnapshotContext<'_>) -> Vec<(SessionId, Delivery)> {
        let deliver =
            |(session, client): (&SessionId, &mut Client<G>)| Some((*session, client.poll_delivery(context, None, None)?));
        self.delayed().filter_map(deliver).collect()
    }

    /// Makes the next snapshot of every delayed spectator full. `now` is the tick of that snapshot.
    pub(super) fn restart_delayed(&mut self, now: Tick) {
        self.delayed().for_each(|(_, client)| client.restart(now));
    }

    fn delayed(&mut self) -> impl Iterator<Item = (&SessionId, &mut Client<G>)> {
        self.by_session.iter_mut().filter(|(_, client)| client.is_delayed())
    }
}
