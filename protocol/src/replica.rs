//! A client's copy of the world.

use std::collections::BTreeMap;
use std::fmt;

use crate::game::{coast_all, steer_all};
use crate::{
    Change, Digest, EntityId, EntityMap, Game, Grid, MemberKind, PlayerId, PlayerName, RoomEvent, Snapshot, Tick, ViewRect,
    Welcome,
};

/// A client's copy of the world: what of it is in view, at the newest tick it was told about.
#[derive(Clone, Debug)]
pub struct Replica<G: Game> {
    rules: G::Rules,
    grid: Grid,
    state: Option<State>,
    entities: EntityMap<G::Entity>,
    members: BTreeMap<PlayerId, Member<G>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    tick: Tick,
    view: ViewRect,
}

/// Somebody in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<G: Game> {
    /// What they are called.
    pub name: PlayerName,
    /// Who they are.
    pub kind: MemberKind,
    /// How they stand.
    pub standing: G::Standing,
}

/// What a snapshot brought that the replica's new state does not show.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied<G: Game> {
    /// What the server took out, as it would have been: what ended by itself or left the view is not here.
    pub removed: Vec<(EntityId, G::Entity)>,
    /// What happened in the game.
    pub events: Vec<G::Event>,
}

/// Why a snapshot could not be applied. Send [`Recover`](crate::ClientMessage::Recover), and go on with the reset that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaError {
    /// The world cannot be cut into cells of that size.
    NoGrid,
    /// The first snapshot, or the first after an error, must be a reset.
    NoReset,
    /// An entity changed that the replica does not have.
    UnknownEntity {
        /// When.
        tick: Tick,
        /// Which.
        id: EntityId,
    },
    /// A standing was told of somebody who is not there.
    UnknownPlayer {
        /// When.
        tick: Tick,
        /// Who.
        player: PlayerId,
    },
    /// The replica differs from what the server sees.
    Desync {
        /// When it was noticed.
        tick: Tick,
    },
}

impl fmt::Display for ReplicaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGrid => f.write_str("the world cannot be cut into such cells"),
            Self::NoReset => f.write_str("a change came before a reset"),
            Self::UnknownEntity { tick, id } => write!(f, "tick {}: entity {} changed and is not known", tick.0, id.0),
            Self::UnknownPlayer { tick, player } => write!(f, "tick {}: player {} is not known", tick.0, player.0),
            Self::Desync { tick } => write!(f, "tick {}: the checksum differs", tick.0),
        }
    }
}

impl std::error::Error for ReplicaError {}

impl<G: Game> Replica<G> {
    /// An empty replica, waiting for its first snapshot.
    ///
    /// # Errors
    /// [`ReplicaError::NoGrid`]: such a welcome is not to be trusted.
    pub fn new(welcome: &Welcome<G>) -> Result<Self, ReplicaError> {
        let rules = welcome.rules.clone();
        let grid = Grid::new(G::extent(&rules), welcome.cell_size).ok_or(ReplicaError::NoGrid)?;
        Ok(Self { rules, grid, state: None, entities: EntityMap::default(), members: BTreeMap::new() })
    }

    /// The room's rules.
    #[must_use]
    pub const fn rules(&self) -> &G::Rules {
        &self.rules
    }

    /// The tick it is at, once it has one.
    #[must_use]
    pub fn tick(&self) -> Option<Tick> {
        self.state.map(|state| state.tick)
    }

    /// The cells it sees, once it sees any.
    #[must_use]
    pub fn view(&self) -> Option<ViewRect> {
        self.state.map(|state| state.view)
    }

    /// What is in view.
    #[must_use]
    pub const fn entities(&self) -> &EntityMap<G::Entity> {
        &self.entities
    }

    /// Who is in the room.
    #[must_use]
    pub const fn members(&self) -> &BTreeMap<PlayerId, Member<G>> {
        &self.members
    }

    /// Advances to the snapshot's tick: steer, coast, patch, and drop what is out of view, before and after.
    ///
    /// # Errors
    /// [`ReplicaError`]; the replica is then waiting for a reset.
    pub fn apply(&mut self, snapshot: &Snapshot<G>) -> Result<Applied<G>, ReplicaError> {
        let applied = self.try_apply(snapshot);
        if applied.is_err() {
            self.state = None;
        }
        applied
    }

    fn try_apply(&mut self, snapshot: &Snapshot<G>) -> Result<Applied<G>, ReplicaError> {
        let state = self.advance(snapshot)?;
        self.state = Some(state);
        let mut applied = Applied { removed: Vec::new(), events: Vec::new() };
        for change in &snapshot.changes {
            self.change(state.tick, change, &mut applied)?;
        }
        self.drop_unseen(state.view);
        for event in &snapshot.room {
            self.hear(state.tick, event, &mut applied)?;
        }
        match snapshot.header.checksum {
            Some(expected) if expected != self.checksum(state.tick) => Err(ReplicaError::Desync { tick: state.tick }),
            _ => Ok(applied),
        }
    }

    /// Takes the world to the snapshot's tick, undisturbed but for new controls.
    fn advance(&mut self, snapshot: &Snapshot<G>) -> Result<State, ReplicaError> {
        let header = &snapshot.header;
        if let Some(tick) = header.reset {
            self.entities.clear();
            self.members.clear();
            return header.view.map(|view| State { tick, view }).ok_or(ReplicaError::NoReset);
        }
        let State { tick, view } = self.state.ok_or(ReplicaError::NoReset)?;
        let state = State { tick: tick.next(), view: header.view.unwrap_or(view) };
        if header.view.is_some() {
            // Of what is no longer seen nothing was said, so that nothing must be computed from it either.
            self.drop_unseen(state.view);
        }
        steer_all(&mut self.entities, &snapshot.changes)
            .map_err(|id| ReplicaError::UnknownEntity { tick: state.tick, id })?;
        coast_all::<G>(&self.rules, &mut self.entities);
        Ok(state)
    }

    fn drop_unseen(&mut self, view: ViewRect) {
        let grid = self.grid;
        self.entities.retain(|_, entity| view.contains(grid.cell(G::position(entity))));
    }

    fn change(&mut self, tick: Tick, change: &Change<G>, applied: &mut Applied<G>) -> Result<(), ReplicaError> {
        let unknown = |id| ReplicaError::UnknownEntity { tick, id };
        match change {
            Change::Steer(..) => {}
            Change::Patch(id, patch) => G::patch(self.entities.get_mut(*id).ok_or(unknown(*id))?, patch),
            Change::Set(id, entity) => {
                self.entities.insert(*id, entity.clone());
            }
            Change::Remove(id) => {
                let entity = self.entities.remove(*id).ok_or(unknown(*id))?;
                applied.removed.push((*id, entity));
            }
        }
        Ok(())
    }

    fn hear(&mut self, tick: Tick, event: &RoomEvent<G>, applied: &mut Applied<G>) -> Result<(), ReplicaError> {
        match event {
            RoomEvent::Joined(player, name, kind) => {
                let member = Member { name: name.clone(), kind: *kind, standing: G::Standing::default() };
                self.members.insert(*player, member);
            }
            RoomEvent::Left(player) => {
                self.members.remove(player);
            }
            RoomEvent::Standing(player, standing) => {
                let member = self.members.get_mut(player).ok_or(ReplicaError::UnknownPlayer { tick, player: *player })?;
                member.standing = standing.clone();
            }
            RoomEvent::Game(event) => {
                for (player, change) in G::tally(event) {
                    self.members.get_mut(&player).into_iter().for_each(|member| change(&mut member.standing));
                }
                applied.events.push(event.clone());
            }
        }
        Ok(())
    }

    /// The checksum that a snapshot of this tick would carry.
    fn checksum(&self, tick: Tick) -> u32 {
        Digest::of_entities::<G>(self.entities.iter()).wrapping_add(tick.0)
    }
}
