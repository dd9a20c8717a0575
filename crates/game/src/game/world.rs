//! The part of a game's state that players may see.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tickcast_protocol::world::coast_all_with;
use tickcast_protocol::{EntityId, EntityMap, PlayerId, Team};

use super::{CoastContext, Game, Interact, Setup};

/// Ids that [`World::spawn`] assigns. The lower ids are left to avatars: a room has at most 8000 seats. A
/// [change](tickcast_protocol::Change) of an entity encodes ids below the upper bound in three bytes.
const SPAWNED_IDS: std::ops::Range<u32> = 8192..1 << 19;

/// The part of a game's state that players may see: the entities, the players and their standings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct World<G: Game> {
    setup: Setup<G::Options>,
    public_setup: G::PublicSetup,
    /// Number of steps that are complete.
    ticks: u64,
    /// All entities.
    pub entities: EntityMap<G::Entity>,
    players: BTreeMap<PlayerId, Player<G>>,
    /// The id that [`World::spawn`] has assigned last.
    last_spawned: EntityId,
    /// Controls that have changed in this tick.
    #[serde(skip)]
    inputs: Vec<(PlayerId, G::Controls)>,
    /// Events of this tick.
    #[serde(skip)]
    events: Vec<G::Event>,
    /// The event that ends the round in this tick.
    #[serde(skip)]
    round_end: Option<G::Event>,
    /// Events of this tick that only one player receives.
    #[serde(skip)]
    private_events: Vec<(PlayerId, G::Event)>,
    /// Players whose standings have changed in this tick.
    #[serde(skip)]
    changed_standings: BTreeSet<PlayerId>,
}

/// The holder of a seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
struct Player<G: Game> {
    controls: G::Controls,
    standing: G::Standing,
    team: Option<Team>,
}

impl<G: Game> World<G> {
    pub(crate) fn new(setup: Setup<G::Options>) -> Self {
        Self {
            public_setup: G::public_setup(&setup),
            setup,
            ticks: 0,
            entities: EntityMap::default(),
            players: BTreeMap::new(),
            last_spawned: EntityId(SPAWNED_IDS.start - 1),
            inputs: Vec::new(),
            events: Vec::new(),
            round_end: None,
            private_events: Vec::new(),
            changed_standings: BTreeSet::new(),
        }
    }

    /// Tick rate and options of the room.
    #[must_use]
    pub const fn setup(&self) -> &Setup<G::Options> {
        &self.setup
    }

    /// What clients know of the setup; see [`PublicSetup`](super::PublicSetup).
    #[must_use]
    pub const fn public_setup(&self) -> &G::PublicSetup {
        &self.public_setup
    }

    /// Number of ticks that the rules have completed: 0 in [`Game::new`] and during the first step. The tick rate of
    /// [`World::setup`] converts it to seconds.
    #[must_use]
    pub const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// All players, in ascending order.
    pub fn players(&self) -> impl DoubleEndedIterator<Item = PlayerId> + ExactSizeIterator {
        self.players.keys().copied()
    }

    /// A player's team. `None` in a room without teams.
    #[must_use]
    pub fn team(&self, player: PlayerId) -> Option<Team> {
        self.players.get(&player)?.team
    }

    /// The controls that a player holds, even if the player has no avatar.
    #[must_use]
    pub fn controls(&self, player: PlayerId) -> G::Controls {
        self.players.get(&player).map_or_else(G::Controls::default, |player| player.controls)
    }

    /// Takes the controls that have arrived for this tick, in ascending order of player. A client that holds its controls
    /// repeats them about once per second.
    pub fn take_inputs(&mut self) -> Vec<(PlayerId, G::Controls)> {
        std::mem::take(&mut self.inputs)
    }

    /// A player's avatar.
    #[must_use]
    pub fn avatar(&self, player: PlayerId) -> Option<&G::Entity> {
        self.entities.get(G::avatar(player))
    }

    /// A player's avatar, mutably.
    #[must_use]
    pub fn avatar_mut(&mut self, player: PlayerId) -> Option<&mut G::Entity> {
        self.entities.get_mut(G::avatar(player))
    }

    /// Adds an entity with a free id, which is not the id of an avatar, unless [`Game::avatar`] returns ids above 8191.
    ///
    /// # Panics
    /// If the world contains more than 500,000 entities.
    pub fn spawn(&mut self, entity: G::Entity) -> EntityId {
        let after = self.last_spawned.0 + 1..SPAWNED_IDS.end;
        let is_free = |id: &u32| self.entities.get(EntityId(*id)).is_none();
        let id = after.chain(SPAWNED_IDS).find(is_free).expect("a world contains at most 500,000 entities");
        self.last_spawned = EntityId(id);
        self.entities.insert(self.last_spawned, entity);
        self.last_spawned
    }

    /// Sends an event to every client in the room, and applies its
    /// [changes of standings](super::Standings::standing_changes). An event that [ends the
    /// round](super::Standings::ends_round) is sent after all other events of the tick.
    pub fn send_event(&mut self, event: G::Event) {
        let ends_round = G::ends_round(&event);
        if ends_round && self.round_end.is_some() {
            return;
        }
        for (player, change) in G::standing_changes(&event) {
            if let Some(standing) = self.standing_mut(player) {
                change(standing);
            }
        }
        if ends_round {
            self.round_end = Some(event);
        } else {
            self.events.push(event);
        }
    }

    /// Sends an event to one player only. No other player, no spectator and no replay receives it. It changes no standings.
    ///
    /// A client that is not connected, or that receives no snapshot in this tick, misses the event. Use
    /// [`Secrets`](super::Secrets) for what the player must not miss.
    pub fn send_event_to(&mut self, player: PlayerId, event: G::Event) {
        self.private_events.push((player, event));
    }

    /// A player's standing.
    #[must_use]
    pub fn standing(&self, player: PlayerId) -> Option<&G::Standing> {
        self.players.get(&player).map(|player| &player.standing)
    }

    /// A player's standing, in order to change it. The server sends the new standing to all clients in the room.
    pub fn standing_mut(&mut self, player: PlayerId) -> Option<&mut G::Standing> {
        let found = self.players.get_mut(&player)?;
        self.changed_standings.insert(player);
        Some(&mut found.standing)
    }

    /// Adds a player and the player's avatar.
    pub(crate) fn join(&mut self, game: &mut G, player: PlayerId, team: Option<Team>) {
        if self.players.contains_key(&player) {
            return;
        }
        let (controls, standing) = (G::Controls::default(), G::Standing::default());
        self.players.insert(player, Player { controls, standing, team });
        if let Some(avatar) = game.join(self, player) {
            self.insert_avatar(player, avatar);
        }
    }

    fn insert_avatar(&mut self, player: PlayerId, avatar: G::Entity) {
        let id = G::avatar(player);
        let replaced = self.entities.insert(id, avatar);
        debug_assert!(
            replaced.is_none(),
            "{}: the avatar of player {} has the id {}, but an entity with this id already exists: {replaced:?}. Assign ids \
             with World::spawn, or ids that Game::avatar does not return.",
            G::NAME,
            player.0,
            id.0,
        );
    }

    /// Removes a player.
    pub(crate) fn leave(&mut self, game: &mut G, player: PlayerId) {
        if self.players.contains_key(&player) {
            game.leave(self, player);
            self.players.remove(&player);
        }
    }

    /// Sets the controls of a player and of the player's avatar.
    pub(crate) fn set_controls(&mut self, player: PlayerId, controls: G::Controls) {
        let Some(found) = self.players.get_mut(&player) else { return };
        found.controls = controls;
        self.inputs.push((player, controls));
        if let Some(held) = self.avatar_mut(player).and_then(G::controls_mut) {
            *held = controls;
        }
    }

    /// Ends a tick: coasts all entities, lets them interact, and applies the rules of the game.
    pub(crate) fn advance(&mut self, game: &mut G)
    where
        G: Interact,
    {
        game.before_coast(self);
        let Self { public_setup, entities, .. } = self;
        coast_all_with(entities, |id, entity, spawns| G::coast(entity, &mut CoastContext::new(public_setup, id, spawns)));
        G::interact(public_setup, &mut entities.all_mut());
        game.step(self);
        self.ticks += 1;
        self.inputs.clear();
        debug_assert!(
            self.entities.range(EntityId::LIMIT..u32::MAX).len() == 0,
            "{}: the ids of entities are below EntityId::LIMIT",
            G::NAME
        );
    }

    /// Empties the world, creates the game again, and lets all players join. They still hold their controls.
    pub(crate) fn restart(&mut self, game: &mut G, seed: u64) {
        let players = std::mem::take(&mut self.players);
        *self = Self::new(self.setup.clone());
        *game = G::new(self, seed);
        for (id, player) in players {
            self.join(game, id, player.team);
            self.set_controls(id, player.controls);
        }
    }

    /// If the round ends in this tick, resets the standings of all players, and takes the event that ends the round.
    pub(crate) fn end_round(&mut self) -> Option<G::Event> {
        let event = self.round_end.take()?;
        self.players.values_mut().for_each(|player| player.standing = G::Standing::default());
        Some(event)
    }

    pub(crate) fn standings(&self) -> Vec<(PlayerId, G::Standing)> {
        self.players.iter().map(|(id, player)| (*id, player.standing.clone())).collect()
    }

    /// Takes the events of this tick.
    pub(crate) fn take_events(&mut self) -> Vec<G::Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes the events of this tick that only one player receives.
    pub(crate) fn take_private_events(&mut self) -> Vec<(PlayerId, G::Event)> {
        std::mem::take(&mut self.private_events)
    }

    /// Takes the standings that have changed in this tick.
    pub(crate) fn take_changed_standings(&mut self) -> Vec<(PlayerId, G::Standing)> {
        let changed = std::mem::take(&mut self.changed_standings).into_iter();
        changed.filter_map(|id| Some((id, self.players.get(&id)?.standing.clone()))).collect()
    }
}
