//! A small game: discs are pushed left and right along a line, lose hull at its ends, and leave sparks behind.

use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use tickcast_protocol::game::{Digest, Lifecycle, Never, Samples, Spawn, StandingChanges};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{Entities, EntityId, EntityMap, GameProtocol, PlayerId, Position, codec};

/// Length of the line in world units.
const LENGTH: i16 = 1_000;
const HULL_MAX: u8 = 100;
/// Avatar ids are below this number, and the ids of sparks are not.
const AVATARS: u32 = 1 << 16;
/// Ticks between two sparks of a disc, which have the same id. The first expires in the tick in which the second appears.
const SPARK_TICKS: u8 = 20;

/// The mistakes, each a variant of the game.
pub struct Fault;

impl Fault {
    pub const NONE: u8 = 0;
    pub const GLOBAL_STATE: u8 = 1;
    pub const GLOBAL_STATE_IN_AI: u8 = 2;
    pub const PARTIAL_HASH: u8 = 3;
    pub const SKIPPED_STATE: u8 = 4;
    pub const LOSSY_ENCODING: u8 = 5;
    pub const PANIC_IN_DECODE: u8 = 6;
    pub const LOSSY_PATCH: u8 = 7;
    pub const PARTIAL_DIGEST: u8 = 8;
    pub const SHARED_AVATARS: u8 = 9;
    pub const REMAINING_AVATAR: u8 = 10;
    pub const ONE_SPARK_ID: u8 = 11;
    pub const WRONG_PARENT: u8 = 12;
    pub const IMPURE_KERNEL: u8 = 13;
    pub const PANIC_IN_STEP: u8 = 14;
    pub const SILENT_STANDING: u8 = 15;
    pub const LONG_LIVED_SPARKS: u8 = 16;
    pub const PARTIAL_DIGEST_AND_HASH: u8 = 17;
    pub const IMPURE_INTERACTION: u8 = 18;
    pub const INTERACTION_BEYOND_THE_VIEW: u8 = 19;
    pub const KERNEL_THAT_NEEDS_THE_RULES: u8 = 20;
}

/// A number that differs from call to call.
fn global_state() -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscGame<const FAULT: u8>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thing<const FAULT: u8> {
    Disc { x: i16, push: i8, hull: Hull<FAULT>, next_spark: u8 },
    Spark { x: i16, life: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hull<const FAULT: u8>(u8);

impl<const FAULT: u8> Serialize for Hull<FAULT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lost_bits = if FAULT == Fault::LOSSY_ENCODING { 1 } else { 0 };
        (self.0 & !lost_bits).serialize(serializer)
    }
}

impl<'de, const FAULT: u8> Deserialize<'de> for Hull<FAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hull = u8::deserialize(deserializer)?;
        assert!(FAULT != Fault::PANIC_IN_DECODE || hull <= HULL_MAX, "a disc has a hull of at most {HULL_MAX}");
        Ok(Self(hull))
    }
}

/// A disc has lost a quarter of its hull. The player gets a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damaged(PlayerId);

impl<const FAULT: u8> GameProtocol for DiscGame<FAULT> {
    const NAME: &'static str = "discs";
    const INTERACTS: bool = FAULT == Fault::IMPURE_INTERACTION || FAULT == Fault::INTERACTION_BEYOND_THE_VIEW;

    type Rules = ();
    type Controls = i8;
    type Entity = Thing<FAULT>;
    type Patch = u8;
    type Event = Damaged;
    type Standing = u32;
    type Action = Never;
    type Refusal = Never;
    type Secret = ();

    fn extent((): &()) -> Position {
        Position::at_units(if FAULT == Fault::IMPURE_INTERACTION { 1 } else { LENGTH.into() }, 1)
    }

    fn position(thing: &Thing<FAULT>) -> Position {
        let (Thing::Disc { x, .. } | Thing::Spark { x, .. }) = thing;
        Position::at_units((*x).into(), 0)
    }

    fn avatar(player: PlayerId) -> EntityId {
        let shared = if FAULT == Fault::SHARED_AVATARS { 4_000 } else { u16::MAX };
        EntityId((player.0 % shared).into())
    }

    fn controls(thing: &Thing<FAULT>) -> Option<i8> {
        if let Thing::Disc { push, .. } = thing { Some(*push) } else { None }
    }

    fn set_controls(thing: &mut Thing<FAULT>, controls: i8) {
        if let Thing::Disc { push, .. } = thing {
            *push = controls;
        }
    }

    fn coast((): &(), id: EntityId, thing: &mut Thing<FAULT>, spawns: &mut Vec<Spawn<Thing<FAULT>>>) -> Lifecycle {
        match thing {
            Thing::Disc { x, push, hull, next_spark } => {
                if FAULT == Fault::KERNEL_THAT_NEEDS_THE_RULES && [0, LENGTH - 1].contains(x) {
                    hull.0 = hull.0.checked_sub(8).expect("the rules repair a disc in every tick");
                }
                let impurity = if FAULT == Fault::IMPURE_KERNEL { global_state() % 2 } else { 0 };
                *x = (*x + 5 * i16::from(push.signum()) + impurity as i16).clamp(0, LENGTH - 1);
                *next_spark += 1;
                if *next_spark == SPARK_TICKS {
                    *next_spark = 0;
                    let child = if FAULT == Fault::ONE_SPARK_ID { AVATARS } else { AVATARS + id.0 };
                    let parent = if FAULT == Fault::WRONG_PARENT { EntityId(child) } else { id };
                    let life = if FAULT == Fault::LONG_LIVED_SPARKS { SPARK_TICKS } else { SPARK_TICKS - 1 };
                    spawns.push(Spawn { parent, id: EntityId(child), entity: Thing::Spark { x: *x, life } });
                }
            }
            Thing::Spark { life: 0, .. } => return Lifecycle::Expired,
            Thing::Spark { life, .. } => *life -= 1,
        }
        Lifecycle::Alive
    }

    fn interact((): &(), things: &mut Entities<'_, Thing<FAULT>>) {
        things.for_each_pair(|(_, first), _| {
            if let Thing::Disc { x, .. } = first {
                *x = (*x + (global_state() % 2) as i16).min(LENGTH - 1);
            }
        });
    }

    fn patch_between(coasted: &Thing<FAULT>, truth: &Thing<FAULT>) -> Option<u8> {
        let Thing::Disc { hull, .. } = truth else { return None };
        let mut patched = coasted.clone();
        Self::patch(&mut patched, &hull.0);
        let lost_bits = if FAULT == Fault::LOSSY_PATCH { 7 } else { 0 };
        (patched == *truth).then_some(hull.0 & !lost_bits)
    }

    fn patch(thing: &mut Thing<FAULT>, patch: &u8) {
        if let Thing::Disc { hull, .. } = thing {
            *hull = Hull(*patch);
        }
    }

    fn standing_changes(Damaged(player): &Damaged) -> StandingChanges<Self> {
        vec![(*player, Box::new(|points| *points += 1))]
    }

    fn digest(thing: &Thing<FAULT>, digest: &mut Digest) {
        match thing {
            Thing::Disc { x, push, hull, next_spark } => {
                let is_partial = [Fault::PARTIAL_DIGEST, Fault::PARTIAL_DIGEST_AND_HASH].contains(&FAULT);
                let hull = if is_partial { 0 } else { hull.0.into() };
                [0, (*x).into(), (*push).into(), hull, (*next_spark).into()].iter().for_each(|word| digest.add(*word));
            }
            Thing::Spark { x, life } => [1, (*x).into(), (*life).into()].iter().for_each(|word| digest.add(*word)),
        }
    }

    fn samples() -> Samples<Self> {
        let disc = Thing::Disc { x: 500, push: 1, hull: Hull(64), next_spark: 3 };
        Samples {
            rules: (),
            entities: vec![(EntityId(0), disc), (EntityId(AVATARS), Thing::Spark { x: 5, life: 6 })],
            controls: vec![0, -1],
            patches: vec![64],
            events: vec![Damaged(PlayerId(0))],
            actions: Vec::new(),
            refusals: Vec::new(),
            secrets: Vec::new(),
            standing: 7,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Discs<const FAULT: u8> {
    things: EntityMap<Thing<FAULT>>,
    /// Points by player, in ascending order.
    points: Vec<(PlayerId, u32)>,
    /// Number of ticks in which a disc was damaged.
    damages: u8,
    #[serde(skip)]
    skipped_damages: u8,
}

impl<const FAULT: u8> Discs<FAULT> {
    fn execute(&mut self, command: &Command<DiscGame<FAULT>>) {
        match command {
            Command::Leave(player) => {
                if FAULT != Fault::REMAINING_AVATAR {
                    self.things.remove(DiscGame::<FAULT>::avatar(*player));
                }
                self.points.retain(|(seat, _)| seat != player);
            }
            Command::Join(player) | Command::JoinTeam(player, _) => {
                let x = 10 * (player.0 as i16 % 100);
                let disc = Thing::Disc { x, push: 0, hull: Hull(HULL_MAX), next_spark: 0 };
                self.things.insert(DiscGame::<FAULT>::avatar(*player), disc);
                self.points.push((*player, 0));
                self.points.sort_unstable();
            }
            Command::Controls(player, push) => {
                assert!(FAULT != Fault::PANIC_IN_STEP || push.abs() <= 1, "a disc is pushed by at most one");
                let disc = self.things.get_mut(DiscGame::<FAULT>::avatar(*player)).expect("every player has a disc");
                DiscGame::<FAULT>::set_controls(disc, *push);
            }
            Command::Act(_, never) => match *never {},
        }
    }

    /// Damages discs at the ends of the line, and repairs those without hull. Returns the damaged ones.
    fn damage(&mut self) -> Vec<EntityId> {
        let mut damaged = Vec::new();
        let damages = if FAULT == Fault::SKIPPED_STATE { self.skipped_damages } else { self.damages };
        for (id, thing) in self.things.iter_mut() {
            if let Thing::Disc { x, hull: Hull(hull), .. } = thing
                && [0, LENGTH - 1].contains(x)
            {
                let global = if FAULT == Fault::GLOBAL_STATE { global_state() as u8 % 2 } else { 0 };
                let repaired = if FAULT == Fault::KERNEL_THAT_NEEDS_THE_RULES { HULL_MAX } else { *hull };
                *hull = repaired.checked_sub(1 + damages % 4 + global).unwrap_or(HULL_MAX);
                if *hull % 4 == 1 {
                    damaged.push(id);
                }
                self.damages = self.damages.wrapping_add(1);
                self.skipped_damages = self.skipped_damages.wrapping_add(1);
            }
        }
        damaged
    }
}

impl<const FAULT: u8> Simulation for Discs<FAULT> {
    type Game = DiscGame<FAULT>;
    type Options = ();

    fn validate((): &()) -> Result<(), OptionsError> {
        Ok(())
    }

    fn new((): &(), _: u16, _: u64) -> Self {
        Self { things: EntityMap::default(), points: Vec::new(), damages: 0, skipped_damages: 0 }
    }

    fn rules(&self) -> &() {
        &()
    }

    fn entities(&self) -> &EntityMap<Thing<FAULT>> {
        &self.things
    }

    fn step(&mut self, commands: &[Command<DiscGame<FAULT>>]) -> Outcome<DiscGame<FAULT>> {
        commands.iter().for_each(|command| self.execute(command));
        coast_all::<DiscGame<FAULT>>(&(), &mut self.things);
        let mut outcome = Outcome::default();
        for id in self.damage() {
            let Some((player, points)) =
                self.points.iter_mut().find(|(player, _)| DiscGame::<FAULT>::avatar(*player) == id)
            else {
                continue;
            };
            *points += 1;
            outcome.events.push(Damaged(*player));
            if FAULT != Fault::SILENT_STANDING {
                outcome.standings.push((*player, *points));
            }
        }
        outcome
    }

    fn focus(&self, player: PlayerId) -> Position {
        self.things.get(DiscGame::<FAULT>::avatar(player)).map_or(Position::default(), DiscGame::<FAULT>::position)
    }

    fn standings(&self) -> Vec<(PlayerId, u32)> {
        self.points.clone()
    }

    fn ai_controls(&self, player: PlayerId) -> i8 {
        let global = if FAULT == Fault::GLOBAL_STATE_IN_AI { global_state() as u16 % 2 } else { 0 };
        if (player.0 + global) % 4 < 2 { -1 } else { 1 }
    }

    fn hash(&self) -> u64 {
        let is_partial = [Fault::PARTIAL_HASH, Fault::PARTIAL_DIGEST_AND_HASH].contains(&FAULT);
        let bytes = if is_partial { codec::encode(&self.points) } else { codec::encode(self) };
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    }
}
