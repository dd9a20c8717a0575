//! The game, implementing [`Game`], and the rules that run on the server.
//!
//! A step has six phases. Each phase processes entities in ascending order of id, and players in order of seat:
//!
//! 1. Commands: players leave, join and change their controls.
//! 2. All entities coast, as they do on every client.
//! 3. Interactions: bullets hit ships and rocks, ships collide with rocks, rocks with other rocks, ships collect orbs.
//! 4. Ships spawn for players who have just joined, and for players whose respawn delay is over.
//! 5. Missing rocks and orbs are replenished.
//! 6. If a round ends, the best players are announced.
//!
//! The engine executes the first two phases, and [`ArenaGame::step`](Game::step) the others. After coasting, only
//! interactions alter an entity. This keeps snapshots small, because the server sends every difference from the coasted state
//! to the clients.

mod ai;
mod options;
mod rng;
mod round;
mod ship_status;
mod space;
mod step;
#[cfg(test)]
mod test_world;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

use crate::wire::{Controls, Destroyed, Destroyer, Entity, Event, Patch, Rules, Standing, ids, motion, samples};
use rng::Rng;
use ship_status::ShipStatus;
use space::{BulletPath, Obstacles, PreviousPositions};
use step::Interactions;

pub use options::Options;

/// If the player of a damaged ship leaves the room, the ship stays in the world for this time after the last damage.
const STAY_MS: u32 = 3_000;

/// The bundled game. Contains the part of an arena's state that players cannot see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArenaGame {
    rng: Rng,
    ships: BTreeMap<PlayerId, ShipStatus>,
    /// The most recently assigned id of a rock or an orb. The search for a free id starts after it.
    last_scenery: EntityId,
    #[serde(skip)]
    before: BeforeCoasting,
}

/// What a step needs of the entities before they coast.
#[derive(Clone, Debug, Default)]
struct BeforeCoasting {
    bullet_paths: Vec<BulletPath>,
    positions: PreviousPositions,
}

game!(ArenaGame: Configure, PublicSetup, Events, Standings, Space, AiPlayers, Patches);

impl Game for ArenaGame {
    type Controls = Controls;
    type Entity = Entity;

    const NAME: &'static str = "arena";
    const RULES_VERSION: u32 = 5;
    const CHECKPOINT_VERSION: u32 = 5;

    /// # Panics
    /// If the options are [invalid](Options::validate), or the tick rate is not from 10 to 120.
    fn new(world: &mut World<Self>, seed: u64) -> Self {
        let Setup { tick_rate, options } = world.setup();
        options.validate().expect("options are validated before a world is created");
        assert!((10..=120).contains(tick_rate), "the tick rate of an arena is from 10 to 120");
        let mut game = Self {
            rng: Rng::new(seed),
            ships: BTreeMap::new(),
            last_scenery: EntityId(ids::SHIPS),
            before: BeforeCoasting::default(),
        };
        game.place_scenery(world);
        game
    }

    /// The ship spawns at the end of this tick.
    fn join(&mut self, world: &mut World<Self>, player: PlayerId) -> Option<Entity> {
        assert!(u32::from(player.0) < ids::SHIPS, "a room has at most as many seats as there are ids of ships");
        let focus = world.public_setup().centre();
        self.ships.insert(player, ShipStatus::Respawning { until: current_tick(world), focus });
        None
    }

    /// Removes the ship and its bullets. Bullets that stayed would score for the next player in the seat.
    fn leave(&mut self, world: &mut World<Self>, player: PlayerId) {
        let ship = ids::ship(player);
        self.ships.remove(&player);
        world.entities.remove(ship);
        for bullet in ids::bullets(ship) {
            world.entities.remove(bullet);
        }
    }

    /// A player may leave if the ship was not damaged in the last three seconds, or if the player has no ship.
    fn may_leave(&self, world: &World<Self>, player: PlayerId) -> bool {
        let ticks = world.public_setup().ticks(STAY_MS);
        !self.ships.get(&player).is_some_and(|ship| ship.was_damaged_within(ticks, world.ticks()))
    }

    fn before_coast(&mut self, world: &World<Self>) {
        let bullet_paths = BulletPath::all(world.public_setup(), &world.entities);
        self.before = BeforeCoasting { bullet_paths, positions: PreviousPositions::new(&world.entities) };
    }

    fn coast(entity: &mut Entity, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        motion::coast(context.setup, context.id, entity, |id, bullet| context.spawn(id, Entity::Bullet(bullet)))
    }

    fn step(&mut self, world: &mut World<Self>) {
        let BeforeCoasting { bullet_paths, positions } = std::mem::take(&mut self.before);
        let obstacles = Obstacles::new(world.public_setup(), &positions, &world.entities);
        let mut interactions = Interactions::new(self, world, &obstacles);
        interactions.hit_by_bullets(&bullet_paths);
        interactions.collide_with_rocks();
        interactions.collide_rocks();
        interactions.collect_orbs();
        interactions.spawn_ships();
        interactions.replenish_scenery();
        interactions.finish();
        round::end_round(world);
    }

    /// Play goes on: only the standings begin again.
    fn start_round(&mut self, _: &mut World<Self>, _: u64) {}

    fn controls_mut(entity: &mut Entity) -> Option<&mut Controls> {
        if let Entity::Ship(ship) = entity { Some(&mut ship.controls) } else { None }
    }

    fn controls(entity: &Entity) -> Option<Controls> {
        if let Entity::Ship(ship) = entity { Some(ship.controls) } else { None }
    }

    fn is_own(player: PlayerId, id: EntityId) -> bool {
        id == ids::ship(player) || (id.0 >= ids::SCENERY_END && ids::shooter(id) == player)
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        entity.for_each_word(|word| digest.add(word));
    }

    fn sample_entities(_: &Setup<Options>) -> Vec<(EntityId, Entity)> {
        samples::entities()
    }

    fn sample_controls() -> Vec<Controls> {
        samples::controls()
    }
}

impl Configure for ArenaGame {
    type Options = Options;

    fn validate(options: &Options) -> Result<(), OptionsError> {
        options.validate()
    }

    fn validate_untrusted(options: &Options, operator: &Options) -> Result<(), OptionsError> {
        options.validate_untrusted(operator)
    }
}

impl PublicSetup for ArenaGame {
    type PublicSetup = Rules;

    fn public_setup(Setup { tick_rate, options }: &Setup<Options>) -> Rules {
        Rules { tick_rate: *tick_rate, world_size: options.world_size, round_s: options.round_s }
    }

    fn sample_public_setup() -> Rules {
        samples::RULES
    }
}

impl Events for ArenaGame {
    type Event = Event;

    fn sample_events() -> Vec<Event> {
        samples::events()
    }
}

impl Standings for ArenaGame {
    type Standing = Standing;

    fn standing_changes(event: &Event) -> StandingChanges<Standing> {
        match *event {
            Event::Destroyed(Destroyed { victim, by: Destroyer::Rock }) => vec![(victim, Box::new(Standing::add_death))],
            Event::Destroyed(Destroyed { victim, by: Destroyer::Player(player) }) => {
                vec![(victim, Box::new(Standing::add_death)), (player, Box::new(Standing::add_kill))]
            }
            Event::Collected(player) => vec![(player, Box::new(Standing::add_orb))],
            Event::Map(_) | Event::RoundEnded(_) => Vec::new(),
        }
    }

    fn ends_round(event: &Event) -> bool {
        matches!(event, Event::RoundEnded(_))
    }

    fn score(standing: &Standing) -> Option<Score> {
        let Standing { score, kills, deaths, streak: _ } = *standing;
        Some(Score { points: score, kills: kills.into(), deaths: deaths.into() })
    }

    fn sample_standing() -> Standing {
        samples::STANDING
    }
}

impl Space for ArenaGame {
    fn extent(rules: &Rules) -> Position {
        Position { x: rules.extent(), y: rules.extent() }
    }

    fn position(entity: &Entity) -> Position {
        entity.position()
    }

    /// Returns the position of the player's ship. While a player waits for a respawn, returns the position where the ship
    /// was destroyed. If the player has had no ship yet, returns the centre of the world.
    fn focus(&self, world: &World<Self>, player: PlayerId) -> Position {
        match (world.avatar(player), self.ships.get(&player)) {
            (Some(ship), _) => ship.position(),
            (None, Some(ShipStatus::Respawning { focus, .. })) => *focus,
            (None, _) => world.public_setup().centre(),
        }
    }
}

impl AiPlayers for ArenaGame {
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> Controls {
        ai::controls(world, &self.rng, player)
    }

    fn ai_name(player: PlayerId) -> PlayerName {
        ai::name(player)
    }
}

impl Patches for ArenaGame {
    type Patch = Patch;

    fn patch_between(coasted: &Entity, truth: &Entity) -> Option<Patch> {
        let hull = truth.hull().filter(|hull| *hull <= Patch::HULL_MAX)?;
        match (coasted, truth) {
            (Entity::Ship(old), Entity::Ship(new)) => Some(Patch::Hull { hull, orb: old.progress != new.progress }),
            (Entity::Rock(old), Entity::Rock(new)) if old.velocity != new.velocity => Some(Patch::Rebound(new.velocity)),
            (Entity::Rock(_), Entity::Rock(_)) => Some(Patch::Hull { hull, orb: false }),
            _ => None,
        }
    }

    fn patch(entity: &mut Entity, patch: &Patch) {
        entity.patch(*patch);
    }

    fn sample_patches() -> Vec<Patch> {
        samples::PATCHES.to_vec()
    }
}

/// Number of the tick that the current step computes.
const fn current_tick(world: &World<ArenaGame>) -> u64 {
    world.ticks() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
    use tickcast_game::protocol::codec;

    use crate::World;
    use crate::wire::{Ship, Steering};

    const HELD: Controls = Controls { steering: Steering::Left, thrust: true, fire: false, dash: false, choice: None };

    fn ship(world: &World, player: PlayerId) -> Option<&Ship> {
        match world.entities().get(ids::ship(player)) {
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
        assert_eq!(u32::from(ship.protection), world.rules().ticks(1500));
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
        assert_eq!(world.hash(), twin.hash());
    }

    #[test]
    fn leaving_removes_ship_bullets_and_standing() {
        let mut world = empty_world();
        let fire = Controls { fire: true, ..Controls::default() };
        world.step(&[Command::Join(PLAYER)]);
        world.step(&[Command::Controls(PLAYER, fire)]);
        assert!(world.entities().get(ids::bullet(ids::ship(PLAYER), 0, 0)).is_some());
        world.step(&[Command::Leave(PLAYER)]);
        assert!(world.entities().is_empty() && world.standings().is_empty());
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
        assert!(world.entities().is_empty() && world.standings().is_empty());
    }

    #[test]
    fn the_focus_is_the_position_of_the_ship() {
        let mut world = empty_world();
        assert_eq!(world.focus(PLAYER), world.rules().centre());
        world.step(&[Command::Join(PLAYER)]);
        assert_eq!(Some(world.focus(PLAYER)), ship(&world, PLAYER).map(|ship| ship.position));
    }

    #[test]
    fn a_decoded_checkpoint_continues_identically() {
        let options = Options { world_size: 1024, rocks: 10, orbs: 10, round_s: 15 };
        let mut world = World::new(&options, 20, 5);
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        let mut copy: World = codec::decode(&codec::encode(&world)).expect("the checkpoint is valid");
        assert_eq!(copy.hash(), world.hash());
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
