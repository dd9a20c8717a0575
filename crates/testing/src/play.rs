//! A world with random players, without a room.

use std::any::TypeId;
use std::collections::BTreeSet;

use tickcast_game::{Command, Outcome, Simulation};
use tickcast_protocol::game::Never;
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{EntityId, EntityMap, GameProtocol, PlayerId};

use crate::arbitrary::Random;
use crate::arbitrary::arbitrary;

/// The controls of a simulation.
pub(crate) type Controls<S> = <<S as Simulation>::Game as GameProtocol>::Controls;

/// The actions of a simulation.
pub(crate) type Action<S> = <<S as Simulation>::Game as GameProtocol>::Action;

/// Whether the game has actions.
pub(crate) fn has_actions<S: Simulation>() -> bool {
    TypeId::of::<Action<S>>() != TypeId::of::<Never>()
}

/// What all runs of an examination have in common.
#[derive(Debug)]
pub(crate) struct Setup<S: Simulation> {
    pub(crate) options: S::Options,
    pub(crate) tick_rate: u16,
    /// Maximum number of players.
    pub(crate) players: u16,
    /// Length of a run.
    pub(crate) ticks: u32,
    /// Chooses the controls of a player. `None`: controls of any kind.
    pub(crate) controls: Option<fn(&mut Random) -> Controls<S>>,
    /// The samples of the game. To compute them takes milliseconds.
    samples: Vec<Controls<S>>,
}

impl<S: Simulation> Default for Setup<S> {
    fn default() -> Self {
        let samples = S::Game::samples().controls;
        Self { options: S::Options::default(), tick_rate: 30, players: 6, ticks: 300, controls: None, samples }
    }
}

impl<S: Simulation> Setup<S> {
    /// Controls of a player: those of [`Setup::controls`], or none, one of the samples, or an arbitrary value of the type.
    pub(crate) fn choose_controls(&self, random: &mut Random) -> Controls<S> {
        if let Some(choose) = self.controls {
            return choose(random);
        }
        match random.below(4) {
            0 => Controls::<S>::default(),
            1 => random.choose(&self.samples).copied().unwrap_or_default(),
            _ => arbitrary(random).unwrap_or_default(),
        }
    }
}

/// A world with random players, who join, leave and change their controls.
pub(crate) struct Play<'a, S: Simulation> {
    setup: &'a Setup<S>,
    pub(crate) world: S,
    /// The players in the world.
    pub(crate) seated: BTreeSet<PlayerId>,
    pub(crate) random: Random,
    /// Random numbers for the choice of actions. All other choices use another generator, so they are the same with and
    /// without actions.
    actions: Random,
}

/// One tick of a play.
pub(crate) struct Played<S: Simulation> {
    /// The entities before the tick.
    pub(crate) before: EntityMap<<S::Game as GameProtocol>::Entity>,
    /// The commands of the tick.
    pub(crate) commands: Vec<Command<S::Game>>,
    /// Result of the tick.
    pub(crate) outcome: Outcome<S::Game>,
}

impl<'a, S: Simulation> Play<'a, S> {
    pub(crate) fn new(setup: &'a Setup<S>, seed: u64) -> Self {
        Self {
            setup,
            world: S::new(&setup.options, setup.tick_rate, seed),
            seated: BTreeSet::new(),
            random: Random::new(seed),
            actions: Random::new(!seed),
        }
    }

    /// Advances the world by one tick with random commands.
    pub(crate) fn step(&mut self) -> Played<S> {
        let before = self.world.entities().clone();
        let commands = self.choose_commands();
        let outcome = self.world.step(&commands);
        Played { before, commands, outcome }
    }

    /// Commands in the order in which a room passes them to its world: leaves, joins, controls, actions, each sorted by
    /// seat. A seat that becomes free may be taken in the same tick. A player who joins may already have controls, and act.
    pub(crate) fn choose_commands(&mut self) -> Vec<Command<S::Game>> {
        let (mut leaves, mut joins, mut controls) = (Vec::new(), Vec::new(), Vec::new());
        for player in (0..self.setup.players).map(PlayerId) {
            let was_seated = self.seated.contains(&player);
            if was_seated && self.random.one_in(100) {
                leaves.push(Command::Leave(player));
                self.seated.remove(&player);
            }
            if !self.seated.contains(&player) && self.random.one_in(20) {
                joins.push(Command::Join(player));
                self.seated.insert(player);
            }
            if self.seated.contains(&player) && self.random.one_in(6) {
                controls.push(Command::Controls(player, self.choose_controls(player, was_seated)));
            }
        }
        [leaves, joins, controls, self.choose_actions()].concat()
    }

    /// Actions of some players; none in a game without actions.
    pub(crate) fn choose_actions(&mut self) -> Vec<Command<S::Game>> {
        let mut acts = Vec::new();
        for player in self.seated.iter().filter(|_| has_actions::<S>()) {
            while self.actions.one_in(6)
                && let Some(action) = choose_action(&self.world, *player, &mut self.actions)
            {
                acts.push(Command::Act(*player, action));
            }
        }
        acts
    }

    /// For every second seat, the controls that an AI player would choose, so that the world gets into states that matter.
    /// For the remaining seats, random controls.
    fn choose_controls(&mut self, player: PlayerId, was_seated: bool) -> Controls<S> {
        let is_ai = was_seated && player.0 % 2 == 1 && !self.random.one_in(4);
        if is_ai { self.world.ai_controls(player) } else { self.setup.choose_controls(&mut self.random) }
    }
}

/// An action of a player: in half of the cases the one that an AI player would choose, so that the world gets into states that
/// matter. Otherwise an arbitrary value.
pub(crate) fn choose_action<S: Simulation>(world: &S, player: PlayerId, random: &mut Random) -> Option<Action<S>> {
    let of_ai = if random.one_in(2) { world.ai_action(player) } else { None };
    of_ai.or_else(|| arbitrary(random))
}

/// The world that a client predicts for the next tick: the entities of `before`, with the controls of `after`, coasted and
/// interacted. Also returns the ids of each parent and its spawned child.
pub(crate) fn predicted<G: GameProtocol>(
    rules: &G::Rules,
    before: &EntityMap<G::Entity>,
    after: &EntityMap<G::Entity>,
) -> (EntityMap<G::Entity>, Vec<(EntityId, EntityId)>) {
    let mut predicted = before.clone();
    for (id, entity) in predicted.iter_mut() {
        let controls = after.get(id).and_then(G::controls);
        if let Some(controls) = controls.filter(|controls| G::controls(entity).is_some_and(|held| held != *controls)) {
            G::set_controls(entity, controls);
        }
    }
    let spawned = coast_all::<G>(rules, &mut predicted);
    (predicted, spawned)
}
