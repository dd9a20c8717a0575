//! Client's copy of the world.

use std::collections::BTreeMap;

use crate::game::{Digest, GameProtocol};
use crate::message::{Change, PlayerKind, PlayerName, RoomEvent, Snapshot, Welcome, apply_controls};
use crate::units::{EntityId, PlayerId, Team, Tick};
use crate::world::{EntityMap, Grid, ViewRect, coast_all};

/// Client's copy of the world: the entities in view and the players known, at the tick of the newest snapshot.
#[derive(Clone, Debug)]
pub struct Replica<G: GameProtocol> {
    rules: G::Rules,
    grid: Grid,
    /// `None` until a full snapshot has been applied, and after an error.
    state: Option<State>,
    entities: EntityMap<G::Entity>,
    players: BTreeMap<PlayerId, Player<G>>,
    is_waiting: bool,
    secret: G::Secret,
}

#[derive(Clone, Copy, Debug)]
struct State {
    tick: Tick,
    view: ViewRect,
}

/// A player in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct Player<G: GameProtocol> {
    /// Display name.
    pub name: PlayerName,
    /// Human or AI.
    pub kind: PlayerKind,
    /// Score and statistics.
    pub standing: G::Standing,
    /// The team; `None` in a room without teams.
    pub team: Option<Team>,
    /// Whether the player is ready, while the room [waits](Replica::is_waiting).
    pub is_ready: bool,
}

/// Effects of a snapshot that cannot be seen in the new state of the replica.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotEffects<G: GameProtocol> {
    /// The entities removed by [`Change::Despawn`], in their coasted state. Does not contain entities that expired or left
    /// the view.
    pub despawned: Vec<(EntityId, G::Entity)>,
    /// The events of the game, in order.
    pub events: Vec<G::Event>,
    /// The events of the game that only this client's player receives, in order. They change no standings.
    pub private_events: Vec<G::Event>,
}

/// Reason why a snapshot could not be applied.
///
/// On [`InvalidGrid`](Self::InvalidGrid), close the connection. On every other error, send
/// [`ClientMessage::Resync`](crate::ClientMessage::Resync) and continue with the full snapshot that the server sends in
/// reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplicaError {
    /// The world cannot be divided into cells of the given size. Close the connection.
    #[error("the cell size does not fit the world")]
    InvalidGrid,
    /// A delta snapshot arrived before the first full snapshot or after an error, or a full snapshot has no view.
    #[error("expected a full snapshot with a view")]
    ExpectedFull,
    /// A change refers to an entity that is not in the replica.
    #[error("tick {}: change of unknown entity {}", tick.0, id.0)]
    UnknownEntity {
        /// The tick of the snapshot.
        tick: Tick,
        /// The entity.
        id: EntityId,
    },
    /// The checksum of the replica differs from the server's.
    #[error("tick {}: the checksum differs", tick.0)]
    Desync {
        /// The tick of the snapshot.
        tick: Tick,
    },
}

impl<G: GameProtocol> Replica<G> {
    /// Creates an empty replica, which expects a full snapshot.
    ///
    /// # Errors
    /// [`ReplicaError::InvalidGrid`].
    pub fn new(welcome: &Welcome<G>) -> Result<Self, ReplicaError> {
        let rules = welcome.rules.clone();
        let grid = Grid::new(G::extent(&rules), welcome.cell_size).ok_or(ReplicaError::InvalidGrid)?;
        Ok(Self {
            rules,
            grid,
            state: None,
            entities: EntityMap::default(),
            players: BTreeMap::new(),
            is_waiting: false,
            secret: G::Secret::default(),
        })
    }

    /// The rules of the room.
    #[must_use]
    pub const fn rules(&self) -> &G::Rules {
        &self.rules
    }

    /// The tick of the newest snapshot; `None` while a full snapshot is expected.
    #[must_use]
    pub fn tick(&self) -> Option<Tick> {
        self.state.map(|state| state.tick)
    }

    /// The cells in view; `None` while a full snapshot is expected.
    #[must_use]
    pub fn view(&self) -> Option<ViewRect> {
        self.state.map(|state| state.view)
    }

    /// The entities in view.
    #[must_use]
    pub const fn entities(&self) -> &EntityMap<G::Entity> {
        &self.entities
    }

    /// The players in the room, except those who joined in the last few seconds and are not announced yet. A client always
    /// knows its own player. In a large room, the client receives the players during the first seconds after a full snapshot.
    #[must_use]
    pub const fn players(&self) -> &BTreeMap<PlayerId, Player<G>> {
        &self.players
    }

    /// Whether the room waits until its players are ready. The match has not begun yet.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// What only this client's player knows. The default for a spectator.
    #[must_use]
    pub const fn secret(&self) -> &G::Secret {
        &self.secret
    }

    /// Advances the replica to the tick of the snapshot.
    ///
    /// For a delta snapshot, the steps are: drop the entities outside a new view, apply new controls, coast, apply the other
    /// changes, drop the entities that have left the view, apply the room events, compare the checksum. For a full
    /// snapshot, clearing the replica replaces the first three steps.
    ///
    /// # Errors
    /// If the snapshot cannot be applied or the checksum differs. The replica then expects a full snapshot.
    pub fn apply(&mut self, snapshot: &Snapshot<G>) -> Result<SnapshotEffects<G>, ReplicaError> {
        let applied = self.try_apply(snapshot);
        if applied.is_err() {
            self.state = None;
        }
        applied
    }

    fn try_apply(&mut self, snapshot: &Snapshot<G>) -> Result<SnapshotEffects<G>, ReplicaError> {
        let state = self.advance(snapshot)?;
        self.state = Some(state);
        let mut effects = SnapshotEffects { despawned: Vec::new(), events: Vec::new(), private_events: Vec::new() };
        if let Some(secret) = &snapshot.personal.secret {
            self.secret = secret.clone();
        }
        effects.private_events.extend_from_slice(&snapshot.personal.events);
        for change in &snapshot.changes {
            self.apply_change(state.tick, change, &mut effects)?;
        }
        self.drop_outside(state.view);
        for event in &snapshot.room {
            self.apply_event(event, &mut effects);
        }
        match snapshot.header.checksum {
            Some(expected) if expected != self.checksum(state.tick) => Err(ReplicaError::Desync { tick: state.tick }),
            _ => Ok(effects),
        }
    }

    /// Prepares the entities for the changes of the snapshot. For a full snapshot, clears the replica. For a delta snapshot,
    /// drops entities outside a new view, applies new controls and coasts.
    fn advance(&mut self, snapshot: &Snapshot<G>) -> Result<State, ReplicaError> {
        let header = &snapshot.header;
        if let Some(tick) = header.full {
            self.entities.clear();
            self.players.clear();
            self.is_waiting = false;
            self.secret = G::Secret::default();
            return header.view.map(|view| State { tick, view }).ok_or(ReplicaError::ExpectedFull);
        }
        let State { tick, view } = self.state.ok_or(ReplicaError::ExpectedFull)?;
        let state = State { tick: tick.next(), view: header.view.unwrap_or(view) };
        if header.view.is_some() {
            // Entities outside the new view are dropped before coasting: the snapshot has no changes for them. Their coasted
            // state may therefore be wrong, and they might spawn entities inside the view that do not exist on the server.
            self.drop_outside(state.view);
        }
        apply_controls(&mut self.entities, &snapshot.changes)
            .map_err(|id| ReplicaError::UnknownEntity { tick: state.tick, id })?;
        coast_all::<G>(&self.rules, &mut self.entities);
        Ok(state)
    }

    fn drop_outside(&mut self, view: ViewRect) {
        let grid = self.grid;
        self.entities.retain(|_, entity| view.contains(grid.cell(G::position(entity))));
    }

    fn apply_change(
        &mut self,
        tick: Tick,
        change: &Change<G>,
        effects: &mut SnapshotEffects<G>,
    ) -> Result<(), ReplicaError> {
        let unknown = |id| ReplicaError::UnknownEntity { tick, id };
        match change {
            // Already applied by `advance`, before coasting.
            Change::Controls(..) => {}
            Change::Patch(id, patch) => G::patch(self.entities.get_mut(*id).ok_or(unknown(*id))?, patch),
            Change::Upsert(id, entity) => {
                self.entities.insert(*id, entity.clone());
            }
            Change::Despawn(id) => {
                let entity = self.entities.remove(*id).ok_or(unknown(*id))?;
                effects.despawned.push((*id, entity));
            }
        }
        Ok(())
    }

    /// Applies a room event. Ignores changes of players who are not known yet.
    fn apply_event(&mut self, event: &RoomEvent<G>, effects: &mut SnapshotEffects<G>) {
        match event {
            RoomEvent::Joined(id, name, kind) | RoomEvent::Present(id, name, kind) => {
                let standing = G::Standing::default();
                self.players.insert(*id, Player { name: name.clone(), kind: *kind, standing, team: None, is_ready: false });
            }
            RoomEvent::Left(id) => {
                self.players.remove(id);
            }
            RoomEvent::Standing(id, standing) => {
                if let Some(player) = self.players.get_mut(id) {
                    player.standing = standing.clone();
                }
            }
            RoomEvent::Game(event) => {
                for (id, change) in G::standing_changes(event) {
                    if let Some(player) = self.players.get_mut(&id) {
                        change(&mut player.standing);
                    }
                }
                if G::ends_round(event) {
                    self.players.values_mut().for_each(|player| player.standing = G::Standing::default());
                }
                effects.events.push(event.clone());
            }
            RoomEvent::Team(id, team) => {
                if let Some(player) = self.players.get_mut(id) {
                    player.team = Some(*team);
                }
            }
            RoomEvent::Ready(id, is_ready) => {
                if let Some(player) = self.players.get_mut(id) {
                    player.is_ready = *is_ready;
                }
            }
            RoomEvent::Waiting(is_waiting) => self.is_waiting = *is_waiting,
        }
    }

    /// The checksum of the replica, computed as for [`SnapshotHeader::checksum`](crate::SnapshotHeader::checksum).
    fn checksum(&self, tick: Tick) -> u32 {
        Digest::of_entities::<G>(self.entities.iter()).wrapping_add(tick.0)
    }
}
