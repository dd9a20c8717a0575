//! The simulation of an arena, implementing [`Simulation`].
//!
//! A step has six phases. Each phase processes entities in ascending order of id, and players in order of seat:
//!
//! 1. Commands: players leave, join and change their controls.
//! 2. All entities [coast](tickcast_game::protocol::world::coast_all), as they do on every client.
//! 3. Interactions: bullets hit ships and rocks, ships collide with rocks, rocks with other rocks, ships collect orbs.
//! 4. Ships spawn for players who have just joined, and for players whose respawn delay is over.
//! 5. Missing rocks and orbs are replenished.
//! 6. If a round ends, the next one begins.
//!
//! After coasting, only interactions alter an entity. This keeps snapshots small, because the server sends every difference
//! from the coasted state to the clients. The simulation is deterministic: it uses no clock, no I/O, and no randomness
//! other than the seed.

mod ai;
mod options;
mod player;
mod rng;
mod round;
mod space;
mod step;
#[cfg(test)]
mod test_world;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::world::coast_all;
use tickcast_game::protocol::{EntityId, EntityMap, GameProtocol, PlayerId, PlayerName, Position, Tick, codec};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use xxhash_rust::xxh3::xxh3_64;

use crate::wire::{Arena, Controls, Entity, Rules, Standing, ids};
use player::{Player, ShipStatus};
use rng::Rng;
use space::{BulletPath, Obstacles, PreviousPositions};
use step::Interactions;

pub use options::Options;

/// If the player of a damaged ship leaves the room, the ship stays in the world for this time after the last damage.
const STAY_MS: u32 = 3_000;

/// An arena with its entire state. An encoded world serves as a checkpoint: after decoding, it continues exactly like the
/// original.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    rules: Rules,
    options: Options,
    tick: Tick,
    rng: Rng,
    entities: EntityMap<Entity>,
    players: BTreeMap<PlayerId, Player>,
    /// The most recently assigned id of a rock or an orb. The search for a free id starts after it.
    last_scenery: EntityId,
}

impl Simulation for World {
    type Game = Arena;
    type Options = Options;

    const RULES_VERSION: u32 = 5;
    const CHECKPOINT_VERSION: u32 = 4;

    fn validate(options: &Options) -> Result<(), OptionsError> {
        options.validate()
    }

    fn validate_untrusted(options: &Options, operator: &Options) -> Result<(), OptionsError> {
        options.validate_untrusted(operator)
    }

    /// # Panics
    /// If the options are [invalid](Options::validate), or the tick rate is not from 10 to 120.
    fn new(options: &Options, tick_rate: u16, seed: u64) -> Self {
        options.validate().expect("options are validated before a world is created");
        assert!((10..=120).contains(&tick_rate), "the tick rate of an arena is from 10 to 120");
        let mut world = Self {
            rules: Rules { tick_rate, world_size: options.world_size, round_s: options.round_s },
            options: *options,
            tick: Tick(0),
            rng: Rng::new(seed),
            entities: EntityMap::default(),
            players: BTreeMap::new(),
            last_scenery: EntityId(ids::SHIPS),
        };
        world.place_scenery();
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
            self.execute(command);
        }
        let bullet_paths = BulletPath::all(&self.rules, &self.entities);
        let previous = PreviousPositions::new(&self.entities);
        coast_all::<Arena>(&self.rules, &mut self.entities);
        let obstacles = Obstacles::new(&self.rules, &previous, &self.entities);
        let mut interactions = Interactions::new(self, &obstacles);
        interactions.hit_by_bullets(&bullet_paths);
        interactions.collide_with_rocks();
        interactions.collide_rocks();
        interactions.collect_orbs();
        interactions.spawn_ships();
        interactions.replenish_scenery();
        interactions.finish()
    }

    /// A player may leave if the ship was not damaged in the last three seconds, or if the player has no ship.
    fn may_leave(&self, player: PlayerId) -> bool {
        let ticks = self.rules.ticks(STAY_MS).cast_signed();
        !self.players.get(&player).is_some_and(|player| player.was_damaged_within(ticks, self.tick))
    }

    /// Returns the position of the player's ship. While a player waits for a respawn, returns the position where the ship
    /// was destroyed. If the player has had no ship yet, returns the centre of the world.
    fn focus(&self, player: PlayerId) -> Position {
        if let Some(ship) = self.entities.get(ids::ship(player)) {
            return ship.position();
        }
        match self.players.get(&player).map(|player| &player.status) {
            Some(ShipStatus::Respawning { focus, .. }) => *focus,
            Some(ShipStatus::Alive { .. }) | None => self.centre(),
        }
    }

    fn standings(&self) -> Vec<(PlayerId, Standing)> {
        self.players.iter().map(|(id, player)| (*id, player.standing)).collect()
    }

    fn ai_controls(&self, player: PlayerId) -> Controls {
        self.ai_ship_controls(player)
    }

    fn ai_name(player: PlayerId) -> PlayerName {
        ai::name(player)
    }

    fn hash(&self) -> u64 {
        xxh3_64(&codec::encode(self))
    }
}

impl World {
    fn execute(&mut self, command: &Command<Arena>) {
        match command {
            Command::Leave(player) => self.leave(*player),
            Command::Join(player) | Command::JoinTeam(player, _) => self.join(*player),
            Command::Controls(player, controls) => self.set_controls(*player, *controls),
            Command::Act(_, never) => match *never {},
        }
    }

    /// Removes the player, the ship and its bullets. Bullets that stayed would score for the next player in the seat.
    fn leave(&mut self, player: PlayerId) {
        let ship = ids::ship(player);
        self.players.remove(&player);
        self.entities.remove(ship);
        for bullet in ids::bullets(ship) {
            self.entities.remove(bullet);
        }
    }

    /// Adds the player, whose ship spawns at the end of this tick.
    fn join(&mut self, player: PlayerId) {
        assert!(u32::from(player.0) < ids::SHIPS, "a room has at most as many seats as there are ids of ships");
        let newcomer = Player::respawning(self.tick, self.centre());
        self.players.entry(player).or_insert(newcomer);
    }

    fn set_controls(&mut self, player: PlayerId, controls: Controls) {
        if let Some(ship) = self.entities.get_mut(ids::ship(player)) {
            Arena::set_controls(ship, controls);
        } else if let Some(player) = self.players.get_mut(&player) {
            player.hold(controls);
        }
    }

    fn centre(&self) -> Position {
        Position { x: self.rules.extent() / 2, y: self.rules.extent() / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
    use crate::wire::{Ship, Steering};

    const HELD: Controls = Controls { steering: Steering::Left, thrust: true, fire: false, dash: false, choice: None };

    fn ship(world: &World, player: PlayerId) -> Option<&Ship> {
        match world.entities.get(ids::ship(player)) {
            Some(Entity::Ship(ship)) => Some(ship),
            _ => None,
        }
    }

    #[test]
    fn a_joining_player_gets_a_protected_ship_with_the_controls_held() {
        let mut world = empty_world();
        let outcome = world.step(&[Command::Join(PLAYER), Command::Controls(PLAYER, HELD)]);
        let ship = ship(&world, PLAYER).expect("the player has a ship");
        assert_eq!((ship.controls, ship.hull), (HELD, Ship::HULL_FULL));
        assert_eq!(u32::from(ship.protection), world.rules.ticks(1500));
        assert_eq!(outcome, Outcome::default(), "the room announces joins, and initial standings are the default");
        assert_eq!(world.standings(), [(PLAYER, Standing::default())]);
    }

    #[test]
    fn joining_an_occupied_seat_changes_nothing() {
        let mut world = empty_world();
        world.step(&[Command::Join(PLAYER)]);
        let mut twin = world.clone();
        twin.step(&[Command::Join(PLAYER)]);
        world.step(&[]);
        assert_eq!(world, twin);
    }

    #[test]
    fn leaving_removes_ship_bullets_and_standing() {
        let mut world = empty_world();
        let fire = Controls { fire: true, ..Controls::default() };
        world.step(&[Command::Join(PLAYER)]);
        world.step(&[Command::Controls(PLAYER, fire)]);
        assert!(world.entities.get(ids::bullet(ids::ship(PLAYER), 0, 0)).is_some());
        world.step(&[Command::Leave(PLAYER)]);
        assert!(world.entities.is_empty() && world.standings().is_empty());
    }

    #[test]
    fn a_seat_can_be_vacated_and_taken_in_one_tick() {
        let mut world = empty_world();
        world.step(&[Command::Join(PLAYER)]);
        world.step(&[Command::Controls(PLAYER, HELD)]);
        world.step(&[Command::Leave(PLAYER), Command::Join(PLAYER)]);
        assert_eq!(ship(&world, PLAYER).expect("the player has a ship").controls, Controls::default());
    }

    #[test]
    fn commands_for_unknown_players_are_ignored() {
        let mut world = empty_world();
        world.step(&[Command::Controls(RIVAL, HELD), Command::Leave(RIVAL)]);
        assert!(world.entities.is_empty() && world.players.is_empty());
    }

    #[test]
    fn the_focus_is_the_position_of_the_ship() {
        let mut world = empty_world();
        assert_eq!(world.focus(PLAYER), world.centre());
        world.step(&[Command::Join(PLAYER)]);
        assert_eq!(Some(world.focus(PLAYER)), ship(&world, PLAYER).map(|ship| ship.position));
    }

    #[test]
    fn a_decoded_checkpoint_continues_identically() {
        let options = Options { world_size: 1024, rocks: 10, orbs: 10, round_s: 15 };
        let mut world = World::new(&options, 20, 5);
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        let mut copy: World = codec::decode(&codec::encode(&world)).expect("the checkpoint is valid");
        assert_eq!(copy, world);
        for tick in 0..500 {
            let commands = [Command::Controls(PLAYER, Controls::from_bits((1 << 11) | (tick % 3)).unwrap_or_default())];
            assert_eq!(world.step(&commands), copy.step(&commands));
        }
        assert_eq!(world.hash(), copy.hash());
    }

    #[test]
    fn the_hash_depends_on_the_seed() {
        let options = Options { rocks: 0, orbs: 0, ..Options::default() };
        let [one, other] = [1, 2].map(|seed| World::new(&options, 30, seed).hash());
        assert_ne!(one, other);
    }
}
