//! A game sends the same bytes whether it implements [`Game`] or the interface of the engine.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tickcast_game::{
    AiPlayers, CoastContext, Command, Configure, Events, Game, GameProtocol, Hosted, OptionsError, Outcome, Patches,
    Protocol, Setup, Simulation, Space, StandingChanges, Standings, World, game,
};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::game::{Digest, Lifecycle, Never, Samples, Score, Spawn};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{
    Change, EntityId, EntityMap, Hello, Input, PlayerId, Position, Replica, ResumeToken, Role, ServerMessage, Viewport,
};
use tickcast_room::{Departure, NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

const RATE: u16 = 20;
const COIN: EntityId = EntityId(8192);

/// What a player of this test game sees: runners, who leave footprints, and one coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Thing {
    Runner { place: Position, direction: (i8, i8), coins: u8 },
    Footprint { place: Position, age: u8 },
    Coin { place: Position },
}

/// The player who has collected the coin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Collected(PlayerId);

impl Thing {
    fn runner(size: u16) -> Self {
        let middle = i32::from(size) / 2;
        Self::Runner { place: Position::at_units(middle, middle), direction: (0, 0), coins: 0 }
    }

    const fn place(&self) -> Position {
        match self {
            Self::Runner { place, .. } | Self::Footprint { place, .. } | Self::Coin { place } => *place,
        }
    }

    const fn direction(&mut self) -> Option<&mut (i8, i8)> {
        if let Self::Runner { direction, .. } = self { Some(direction) } else { None }
    }

    /// Runners move, and leave a footprint wherever the coordinate is a multiple of 64 units.
    fn coast(&mut self, size: u16) -> (Lifecycle, Option<Self>) {
        match self {
            Self::Runner { place, direction, .. } => {
                let bound = i32::from(size) * Position::UNIT - 1;
                let step = |speed: i8| i32::from(speed.clamp(-8, 8)) * Position::UNIT;
                place.x = (place.x + step(direction.0)).clamp(0, bound);
                place.y = (place.y + step(direction.1)).clamp(0, bound);
                let is_footprint = (place.x / Position::UNIT) % 64 == 0 && *direction != (0, 0);
                (Lifecycle::Alive, is_footprint.then_some(Self::Footprint { place: *place, age: 0 }))
            }
            Self::Footprint { age, .. } => {
                *age = age.saturating_add(1);
                (if *age > 40 { Lifecycle::Expired } else { Lifecycle::Alive }, None)
            }
            Self::Coin { .. } => (Lifecycle::Alive, None),
        }
    }

    /// The number of coins, if nothing else differs.
    fn patch_to(&self, truth: &Self) -> Option<u8> {
        let Self::Runner { coins, .. } = truth else { return None };
        let mut patched = self.clone();
        patched.patch(*coins);
        (patched == *truth).then_some(*coins)
    }

    const fn patch(&mut self, new: u8) {
        if let Self::Runner { coins, .. } = self {
            *coins = new;
        }
    }
}

/// Collects the coin if a runner is near it, and places it elsewhere. Returns the collector.
fn collect(entities: &mut EntityMap<Thing>, players: &[PlayerId], size: u16, random: &mut u32) -> Option<PlayerId> {
    let coin = entities.get(COIN)?.place();
    let is_near = |place: Position| (place.x - coin.x).abs().max((place.y - coin.y).abs()) < 40 * Position::UNIT;
    let collector =
        players.iter().find(|player| entities.get(EntityId(player.0.into())).is_some_and(|runner| is_near(runner.place())));
    let collector = *collector?;
    if let Some(Thing::Runner { coins, .. }) = entities.get_mut(EntityId(collector.0.into())) {
        *coins = coins.wrapping_add(1);
    }
    *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let place = Position::at_units((*random >> 8) as i32 % i32::from(size), (*random >> 20) as i32 % i32::from(size));
    entities.insert(COIN, Thing::Coin { place });
    Some(collector)
}

const fn footprint_id(runner: EntityId, place: Position) -> EntityId {
    EntityId(20_000 + runner.0 * 64 + (place.x / Position::UNIT / 64 % 64).unsigned_abs())
}

/// Heads for the coin.
fn ai_direction(entities: &EntityMap<Thing>, player: PlayerId) -> (i8, i8) {
    let place = |id| entities.get(id).map_or(Position::default(), Thing::place);
    let (own, coin) = (place(EntityId(player.0.into())), place(COIN));
    ((coin.x - own.x).signum() as i8 * 5, (coin.y - own.y).signum() as i8 * 5)
}

/// The game with the interface for authors. Contains the state of the random number generator.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Coins {
    random: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct CoinsOptions {
    size: u16,
}

impl Default for CoinsOptions {
    fn default() -> Self {
        Self { size: 900 }
    }
}

impl Game for Coins {
    type Controls = (i8, i8);
    type Entity = Thing;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        let coin = world.spawn(Thing::Coin { place: Position::at_units(200, 700) });
        assert_eq!(coin, COIN);
        Self { random: seed as u32 }
    }

    fn join(&mut self, world: &mut World<Self>, _: PlayerId) -> Option<Thing> {
        Some(Thing::runner(world.setup().options.size))
    }

    fn coast(thing: &mut Thing, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        let (lifecycle, footprint) = thing.coast(context.setup.options.size);
        if let Some(footprint) = footprint {
            context.spawn(footprint_id(context.id, footprint.place()), footprint);
        }
        lifecycle
    }

    fn step(&mut self, world: &mut World<Self>) {
        let (players, size) = (world.players().collect::<Vec<_>>(), world.setup().options.size);
        if let Some(collector) = collect(&mut world.entities, &players, size, &mut self.random) {
            world.send_event(Collected(collector));
        }
    }

    fn controls_mut(thing: &mut Thing) -> Option<&mut (i8, i8)> {
        thing.direction()
    }
}

impl Configure for Coins {
    type Options = CoinsOptions;

    fn validate(options: &CoinsOptions) -> Result<(), OptionsError> {
        OptionsError::check_range("size", options.size, 256..=4096)
    }
}

impl Events for Coins {
    type Event = Collected;
}

impl Standings for Coins {
    type Standing = u32;

    fn standing_changes(Collected(player): &Collected) -> StandingChanges<u32> {
        vec![(*player, Box::new(|coins| *coins += 1))]
    }

    fn score(coins: &u32) -> Option<Score> {
        Some(Score { points: *coins, ..Score::default() })
    }
}

impl Space for Coins {
    fn extent(setup: &Setup<CoinsOptions>) -> Position {
        Position::at_units(setup.options.size.into(), setup.options.size.into())
    }

    fn position(thing: &Thing) -> Position {
        thing.place()
    }
}

impl AiPlayers for Coins {
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> (i8, i8) {
        ai_direction(&world.entities, player)
    }
}

impl Patches for Coins {
    type Patch = u8;

    fn patch_between(coasted: &Thing, truth: &Thing) -> Option<u8> {
        coasted.patch_to(truth)
    }

    fn patch(thing: &mut Thing, patch: &u8) {
        thing.patch(*patch);
    }
}

game!(Coins: Configure, Events, Standings, Space, AiPlayers, Patches);

/// The same game with the interface of the engine.
#[derive(Clone, Debug, Default, PartialEq)]
struct EngineCoins;

impl GameProtocol for EngineCoins {
    const NAME: &'static str = "Coins";

    type Rules = Setup<CoinsOptions>;
    type Controls = (i8, i8);
    type Entity = Thing;
    type Patch = u8;
    type Event = Collected;
    type Standing = u32;
    type Action = Never;
    type Refusal = Never;
    type Secret = ();

    fn extent(setup: &Setup<CoinsOptions>) -> Position {
        Position::at_units(setup.options.size.into(), setup.options.size.into())
    }

    fn position(thing: &Thing) -> Position {
        thing.place()
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(player.0.into())
    }

    fn controls(thing: &Thing) -> Option<(i8, i8)> {
        if let Thing::Runner { direction, .. } = thing { Some(*direction) } else { None }
    }

    fn set_controls(thing: &mut Thing, controls: (i8, i8)) {
        if let Thing::Runner { direction, .. } = thing {
            *direction = controls;
        }
    }

    fn coast(setup: &Setup<CoinsOptions>, id: EntityId, thing: &mut Thing, spawns: &mut Vec<Spawn<Thing>>) -> Lifecycle {
        let (lifecycle, footprint) = thing.coast(setup.options.size);
        spawns.extend(footprint.map(|entity| Spawn { parent: id, id: footprint_id(id, entity.place()), entity }));
        lifecycle
    }

    fn patch_between(coasted: &Thing, truth: &Thing) -> Option<u8> {
        coasted.patch_to(truth)
    }

    fn patch(thing: &mut Thing, patch: &u8) {
        thing.patch(*patch);
    }

    fn standing_changes(Collected(player): &Collected) -> tickcast_protocol::game::StandingChanges<Self> {
        vec![(*player, Box::new(|coins| *coins += 1))]
    }

    fn score(coins: &u32) -> Option<Score> {
        Some(Score { points: *coins, ..Score::default() })
    }

    fn digest(thing: &Thing, digest: &mut Digest) {
        codec::encode(thing).into_iter().for_each(|byte| digest.add(byte.into()));
    }

    fn samples() -> Samples<Self> {
        let Samples { rules, entities, controls, patches, events, standing, .. } = Protocol::<Coins>::samples();
        let (actions, refusals, secrets) = (Vec::new(), Vec::new(), Vec::new());
        Samples { rules, entities, controls, patches, events, standing, actions, refusals, secrets }
    }
}

#[derive(Serialize, Deserialize)]
struct EngineWorld {
    setup: Setup<CoinsOptions>,
    entities: EntityMap<Thing>,
    players: BTreeMap<PlayerId, u32>,
    random: u32,
}

impl Simulation for EngineWorld {
    type Game = EngineCoins;
    type Options = CoinsOptions;

    fn validate(options: &CoinsOptions) -> Result<(), OptionsError> {
        OptionsError::check_range("size", options.size, 256..=4096)
    }

    fn new(options: &CoinsOptions, tick_rate: u16, seed: u64) -> Self {
        let coin = Thing::Coin { place: Position::at_units(200, 700) };
        let setup = Setup { tick_rate, options: *options };
        Self { setup, entities: [(COIN, coin)].into_iter().collect(), players: BTreeMap::new(), random: seed as u32 }
    }

    fn rules(&self) -> &Setup<CoinsOptions> {
        &self.setup
    }

    fn entities(&self) -> &EntityMap<Thing> {
        &self.entities
    }

    fn step(&mut self, commands: &[Command<EngineCoins>]) -> Outcome<EngineCoins> {
        for command in commands {
            match command {
                Command::Leave(player) => {
                    self.players.remove(player);
                    self.entities.remove(EngineCoins::avatar(*player));
                }
                Command::Join(player) | Command::JoinTeam(player, _) => {
                    self.players.insert(*player, 0);
                    self.entities.insert(EngineCoins::avatar(*player), Thing::runner(self.setup.options.size));
                }
                Command::Controls(player, direction) => {
                    if let Some(runner) = self.entities.get_mut(EngineCoins::avatar(*player)) {
                        EngineCoins::set_controls(runner, *direction);
                    }
                }
                Command::Act(_, never) => match *never {},
            }
        }
        coast_all::<EngineCoins>(&self.setup, &mut self.entities);
        let mut outcome = Outcome::default();
        let players: Vec<_> = self.players.keys().copied().collect();
        if let Some(player) = collect(&mut self.entities, &players, self.setup.options.size, &mut self.random) {
            let coins = self.players.get_mut(&player).expect("the collector plays");
            *coins += 1;
            outcome.events.push(Collected(player));
            outcome.standings.push((player, *coins));
        }
        outcome
    }

    fn focus(&self, player: PlayerId) -> Position {
        let middle = i32::from(self.setup.options.size) / 2;
        let runner = self.entities.get(EngineCoins::avatar(player));
        runner.map_or(Position::at_units(middle, middle), Thing::place)
    }

    fn standings(&self) -> Vec<(PlayerId, u32)> {
        self.players.iter().map(|(player, coins)| (*player, *coins)).collect()
    }

    fn ai_controls(&self, player: PlayerId) -> (i8, i8) {
        ai_direction(&self.entities, player)
    }

    fn hash(&self) -> u64 {
        u64::from(self.random)
    }
}

fn room<S: Simulation<Options = CoinsOptions>>() -> Room<S> {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (RATE, 8, 8));
    let world = S::new(&CoinsOptions::default(), RATE, 99);
    Room::new("coins".parse().expect("the name is valid"), options, world, Box::new(NoObserver))
}

/// Changes the controls of one client, and acknowledges all snapshots. Each second, one of five clients joins or leaves.
/// Returns the Welcome of a client that joins.
fn act<S>(room: &mut Room<S>, tick: u32) -> Option<(SessionId, Vec<u8>)>
where
    S: Simulation,
    S::Game: GameProtocol<Controls = (i8, i8)>,
{
    let (now, session) = (room.tick(), SessionId((tick % 5).into()));
    let speed = |shift: u32| (tick.wrapping_mul(2_654_435_761) >> shift) as i8 % 9;
    room.handle_input(session, &Input { tick: now.next(), acknowledged: now, controls: (speed(8), speed(16)) });
    (0..5).for_each(|session| room.handle_acknowledgement(SessionId(session), now));
    if !tick.is_multiple_of(RATE.into()) {
        return None;
    }
    let second = tick / u32::from(RATE);
    let session = SessionId((second % 5).into());
    if second / 5 % 3 == 2 {
        room.leave(session, Departure::Left, RATE);
        return None;
    }
    if second / 5 % 3 == 1 {
        return None;
    }
    let role = Role::Player(format!("Ada {}", session.0).try_into().expect("the name is short"));
    let hello = Hello::new::<S::Game>(role, Viewport { width: 400, height: 300 });
    let welcome = room.join(session, &hello, ResumeToken(u128::from(tick).to_le_bytes())).expect("a seat is free");
    Some((session, codec::encode_server::<S::Game>(&ServerMessage::Welcome(welcome))))
}

/// The snapshots of the next tick, by session.
fn snapshots<S: Simulation>(room: &mut Room<S>) -> Vec<(SessionId, Vec<u8>)> {
    let live = room.tick_on_time(RATE).live;
    let compose = |(session, delivery): &(SessionId, _)| {
        let mut bytes = Vec::new();
        live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the world is valid");
        (*session, bytes)
    };
    live.deliveries.iter().map(compose).collect()
}

#[test]
fn a_hosted_game_sends_the_same_bytes_as_the_same_game_with_the_interface_of_the_engine() {
    let (mut hosted, mut engine) = (room::<Hosted<Coins>>(), room::<EngineWorld>());
    let mut replicas: HashMap<SessionId, Replica<Protocol<Coins>>> = HashMap::new();
    let (mut collected, mut patched, mut without_changes) = (0, 0, 0);
    for tick in 0..1200 {
        let joined = act(&mut hosted, tick);
        assert_eq!(joined, act(&mut engine, tick), "tick {tick}");
        let sent = snapshots(&mut hosted);
        assert_eq!(sent, snapshots(&mut engine), "tick {tick}");
        if let Some((session, bytes)) = joined {
            let Ok(ServerMessage::Welcome(welcome)) = codec::decode_server(&bytes) else { panic!("expected a Welcome") };
            replicas.insert(session, Replica::new(&welcome).expect("the grid is valid"));
        }
        for (session, bytes) in sent {
            let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(&bytes) else { panic!("expected a snapshot") };
            let replica = replicas.get_mut(&session).expect("the session has a Welcome");
            collected += replica.apply(&snapshot).expect("the replica predicts correctly").events.len();
            patched += snapshot.changes.iter().filter(|change| matches!(change, Change::Patch(..))).count();
            without_changes += usize::from(snapshot.changes.is_empty());
        }
    }
    let counts = [collected, patched, without_changes];
    assert!(counts.iter().all(|count| *count > 20), "{counts:?} events, patches and snapshots without changes");
}
