//! The bundled game's rules: what happens in an arena, tick by tick. Pure, as [`Simulation`] asks.
//!
//! A tick has five parts, and whatever has an order goes by entity id or seat:
//!
//! 1. commands: players leave, join and steer;
//! 2. everything [coasts](tickcast_protocol::game::coast_all), as it does in every client;
//! 3. interactions: bullets hit ships and rocks, ships bump into rocks, ships take orbs;
//! 4. spawns: who joined or died long enough ago gets a ship;
//! 5. upkeep: rocks and orbs drift back to the numbers wanted.
//!
//! Nothing is altered but by an interaction, because every difference from the coasted world costs bytes.

mod bearing;
mod buckets;
mod collision;
mod dice;
mod drone;
mod flight;
mod options;
mod pilot;
mod scenery;
mod spawn;
#[cfg(test)]
mod stage;
mod surroundings;
mod turn;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_protocol::arena::{Arena, Controls, Entity, Rules, Standing, ids};
use tickcast_protocol::game::coast_all;
use tickcast_protocol::{EntityId, EntityMap, Game, PlayerId, Position, Tick, codec};
use xxhash_rust::xxh3::xxh3_64;

pub use options::{Options, OptionsError};

use crate::simulation::{Command, Outcome, Simulation};
use dice::Dice;
use flight::Flight;
use pilot::{Pilot, Whereabouts};
use surroundings::{Departures, Surroundings};
use turn::Turn;

/// An arena with all of its state. Encoding it makes a checkpoint, from which it goes on to the bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    rules: Rules,
    options: Options,
    tick: Tick,
    dice: Dice,
    entities: EntityMap<Entity>,
    pilots: BTreeMap<PlayerId, Pilot>,
    /// From where on the next rock or orb looks for a free id.
    next_scenery: EntityId,
}

impl Simulation for World {
    type Game = Arena;
    type Options = Options;

    fn check(options: &Options) -> Result<(), String> {
        options.validate().map_err(|why| why.to_string())
    }

    fn check_cost(options: &Options, own: &Options) -> Result<(), String> {
        options.validate_cost(own).map_err(|why| why.to_string())
    }

    /// # Panics
    /// If the options are not [valid](Options::validate), or the tick rate is not one of an arena.
    fn new(options: &Options, tick_rate: u16, seed: u64) -> Self {
        options.validate().expect("options are validated before a world is made of them");
        assert!((10..=120).contains(&tick_rate), "an arena ticks 10 to 120 times a second");
        let mut world = Self {
            rules: Rules { tick_rate, world_size: options.world_size },
            options: *options,
            tick: Tick(0),
            dice: Dice::new(seed),
            entities: EntityMap::default(),
            pilots: BTreeMap::new(),
            next_scenery: EntityId(ids::SHIPS),
        };
        world.strew();
        world
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn entities(&self) -> &EntityMap<Entity> {
        &self.entities
    }

    fn step(&mut self, commands: &[Command<Arena>]) -> Outcome<Arena> {
        self.tick = self.tick.next();
        for command in commands {
            self.obey(command);
        }
        let flights = Flight::all(&self.rules, &self.entities);
        let departures = Departures::of(&self.entities);
        coast_all::<Arena>(&self.rules, &mut self.entities);
        let surroundings = Surroundings::new(&self.rules, &departures, &self.entities);
        let mut turn = Turn::new(self, &surroundings);
        turn.strike(&flights);
        turn.bump();
        turn.collect();
        turn.spawn();
        turn.replenish();
        turn.finish()
    }

    /// Where the player's ship is, or was destroyed; the middle of the world for whoever has none.
    fn focus(&self, player: PlayerId) -> Position {
        if let Some(ship) = self.entities.get(ids::ship(player)) {
            return ship.position();
        }
        match self.pilots.get(&player).map(|pilot| &pilot.whereabouts) {
            Some(Whereabouts::Waiting { focus, .. }) => *focus,
            Some(Whereabouts::Aboard) | None => self.centre(),
        }
    }

    fn standings(&self) -> Vec<(PlayerId, Standing)> {
        self.pilots.iter().map(|(player, pilot)| (*player, pilot.standing)).collect()
    }

    fn pilot(&self, drone: PlayerId) -> Controls {
        self.fly(drone)
    }

    fn hash(&self) -> u64 {
        xxh3_64(&codec::encode(self))
    }
}

impl World {
    fn obey(&mut self, command: &Command<Arena>) {
        match command {
            Command::Leave(player) => self.leave(*player),
            Command::Join(player) => self.join(*player),
            Command::Steer(player, controls) => self.steer(*player, *controls),
        }
    }

    /// The bullets go too: the seat's next player is not to be credited with them.
    fn leave(&mut self, player: PlayerId) {
        let ship = ids::ship(player);
        self.pilots.remove(&player);
        self.entities.remove(ship);
        for shot in 0..ids::BULLETS_PER_SHIP as u8 {
            self.entities.remove(ids::bullet(ship, shot));
        }
    }

    /// The ship comes at the end of the same tick.
    fn join(&mut self, player: PlayerId) {
        assert!(u32::from(player.0) < ids::SHIPS, "a room has fewer seats than there are ids for ships");
        let newcomer = Pilot::waiting(self.tick, self.centre());
        self.pilots.entry(player).or_insert(newcomer);
    }

    fn steer(&mut self, player: PlayerId, controls: Controls) {
        if let Some(ship) = self.entities.get_mut(ids::ship(player)) {
            Arena::steer(ship, controls);
        } else if let Some(pilot) = self.pilots.get_mut(&player) {
            pilot.hold(controls);
        }
    }

    fn centre(&self) -> Position {
        Position { x: self.rules.extent() / 2, y: self.rules.extent() / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::stage::{PLAYER, RIVAL, open_space};
    use tickcast_protocol::arena::{Ship, Steering};

    const HELD: Controls = Controls { steering: Steering::Left, thrust: true, fire: false };

    fn ship(world: &World, player: PlayerId) -> Option<&Ship> {
        match world.entities.get(ids::ship(player)) {
            Some(Entity::Ship(ship)) => Some(ship),
            _ => None,
        }
    }

    #[test]
    fn a_player_joins_with_a_protected_ship_that_obeys_at_once() {
        let mut world = open_space();
        let outcome = world.step(&[Command::Join(PLAYER), Command::Steer(PLAYER, HELD)]);
        let ship = ship(&world, PLAYER).expect("a ship");
        assert_eq!((ship.controls, ship.hull), (HELD, Ship::HULL_FULL));
        assert_eq!(u32::from(ship.protection), world.rules.ticks(1500));
        assert_eq!(outcome, Outcome::default(), "joining is the room's news, and a first standing is the default one");
        assert_eq!(world.standings(), [(PLAYER, Standing::default())]);
    }

    #[test]
    fn joining_a_taken_seat_changes_nothing() {
        let mut world = open_space();
        world.step(&[Command::Join(PLAYER)]);
        let mut twin = world.clone();
        twin.step(&[Command::Join(PLAYER)]);
        world.step(&[]);
        assert_eq!(world, twin);
    }

    #[test]
    fn who_leaves_takes_ship_bullets_and_standing_along() {
        let mut world = open_space();
        let fire = Controls { fire: true, ..Controls::default() };
        world.step(&[Command::Join(PLAYER)]);
        world.step(&[Command::Steer(PLAYER, fire)]);
        assert!(world.entities.get(ids::bullet(ids::ship(PLAYER), 0)).is_some());
        world.step(&[Command::Leave(PLAYER)]);
        assert!(world.entities.is_empty() && world.standings().is_empty());
    }

    #[test]
    fn a_seat_can_be_taken_over_in_one_tick() {
        let mut world = open_space();
        world.step(&[Command::Join(PLAYER)]);
        world.step(&[Command::Steer(PLAYER, HELD)]);
        world.step(&[Command::Leave(PLAYER), Command::Join(PLAYER)]);
        assert_eq!(ship(&world, PLAYER).expect("a ship").controls, Controls::default());
    }

    #[test]
    fn strangers_steer_nothing() {
        let mut world = open_space();
        world.step(&[Command::Steer(RIVAL, HELD), Command::Leave(RIVAL)]);
        assert!(world.entities.is_empty() && world.pilots.is_empty());
    }

    #[test]
    fn the_focus_follows_the_ship() {
        let mut world = open_space();
        assert_eq!(world.focus(PLAYER), world.centre());
        world.step(&[Command::Join(PLAYER)]);
        assert_eq!(Some(world.focus(PLAYER)), ship(&world, PLAYER).map(|ship| ship.position));
    }

    #[test]
    fn a_checkpoint_goes_on_like_the_original() {
        let options = Options { world_size: 1024, rocks: 10, orbs: 10 };
        let mut world = World::new(&options, 20, 5);
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        let mut copy: World = codec::decode(&codec::encode(&world)).expect("a checkpoint decodes");
        assert_eq!(copy, world);
        for tick in 0..500 {
            let turn = [Command::Steer(PLAYER, Controls::from_bits(1 << 12 | (tick % 3) << 10).unwrap_or_default())];
            assert_eq!(world.step(&turn), copy.step(&turn));
        }
        assert_eq!(world.hash(), copy.hash());
    }

    #[test]
    fn a_hash_sees_the_seed() {
        let options = Options { rocks: 0, orbs: 0, ..Options::default() };
        let [one, other] = [1, 2].map(|seed| World::new(&options, 30, seed).hash());
        assert_ne!(one, other);
    }
}
