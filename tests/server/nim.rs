//! Nim, a second game for the server: it is turn-based, and its entities have no positions. Players take one to three
//! stones in turn; the player who takes the last stone wins. Some controls deliberately make the rules, the encoding or the
//! decoding panic or block.

use std::cell::Cell;
use std::thread::{self, sleep};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{Digest, EntityId, Lifecycle, PlayerId, Position, codec};
use tickcast_game::{
    CoastContext, Events, Game, Hosted, Patches, Protocol, Setup, Space, StandingChanges, Standings, World, game,
};

const STONES: u32 = 21;

/// Controls that make the rules panic.
pub const PANIC_IN_STEP: Take = Take(99);
/// Controls after which every step takes [`SLOW_STEP`].
pub const SLOW_STEPS: Take = Take(98);
const SLOW_STEP: Duration = Duration::from_millis(40);
/// Controls whose decoding takes [`SLOW_DECODE_TIME`].
pub const SLOW_DECODE: Take = Take(97);
const SLOW_DECODE_TIME: Duration = Duration::from_millis(280);
/// Controls whose decoding panics.
pub const PANIC_IN_DECODE: Take = Take(96);
/// Controls that make one step take [`BLOCKED_STEP`].
pub const BLOCK_STEP: Take = Take(95);
const BLOCKED_STEP: Duration = Duration::from_secs(2);
/// Controls that make the digest of a [`Piece::Hand`] panic.
pub const PANIC_IN_DIGEST: Take = Take(94);
/// Controls after which the code that encodes a [`Piece::Hand`] in a keyframe panics.
pub const PANIC_IN_KEYFRAME: Take = Take(93);
/// Controls with which [`Piece::Hand`] panics when its position is computed, but only on the thread of an HTTP worker.
pub const PANIC_IN_POSITION: Take = Take(92);
/// Controls after which the first player wins [`LARGE_STEP_WINS`] times in every step. The events about these wins make the
/// snapshots large.
pub const LARGE_STEPS: Take = Take(91);
const LARGE_STEP_WINS: u32 = 500;
/// Seeds with which the construction of a world panics.
pub const PANIC_SEEDS: [u64; 2] = [13809695413927865109, 2147414265794541688];

thread_local! {
    /// Whether the current thread has executed a step of the rules. Room threads do so, HTTP workers never.
    static EXECUTES_RULES: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current thread is that of an HTTP worker: a thread of the server that has never executed a step.
fn is_http_worker() -> bool {
    let is_of_server = thread::current().name().is_some_and(|name| name.starts_with("actix-rt|"));
    is_of_server && !EXECUTES_RULES.get()
}

/// Controls: the number of stones to take, or one of the faults above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8")]
pub struct Take(pub u8);

/// Runs on the thread of an HTTP worker when the worker decodes a message.
impl From<u8> for Take {
    fn from(stones: u8) -> Self {
        let take = Self(stones);
        assert_ne!(take, PANIC_IN_DECODE, "a deliberate panic in decoding");
        if take == SLOW_DECODE {
            sleep(SLOW_DECODE_TIME);
        }
        take
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// The heap: remaining stones, the player whose turn it is, and the ticks since the last move.
    Heap { stones: u32, turn: PlayerId, waited: u32 },
    /// The controls that a player holds.
    Hand {
        #[serde(serialize_with = "serialize_held")]
        take: Take,
    },
}

fn serialize_held<S: serde::Serializer>(take: &Take, serializer: S) -> Result<S::Ok, S::Error> {
    assert_ne!(*take, PANIC_IN_KEYFRAME, "a deliberate panic in the encoding of an entity");
    take.serialize(serializer)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Won(pub PlayerId);

/// The game as the server runs it.
pub type Table = Hosted<NimGame>;
/// The part of the game that server and clients share.
pub type Nim = Protocol<NimGame>;

/// The rules of Nim, and the state that players do not see.
#[derive(Debug, Serialize, Deserialize)]
pub struct NimGame {
    heap: EntityId,
    has_slow_steps: bool,
    has_large_steps: bool,
}

impl Game for NimGame {
    const NAME: &'static str = "nim";

    type Controls = Take;
    type Entity = Piece;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        assert!(!PANIC_SEEDS.contains(&seed), "a deliberate panic in the construction of a world");
        let heap = world.spawn(Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 });
        Self { heap, has_slow_steps: false, has_large_steps: false }
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Piece> {
        Some(Piece::Hand { take: Take(0) })
    }

    fn coast(piece: &mut Piece, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        if let Piece::Heap { waited, .. } = piece {
            *waited += 1;
        }
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        EXECUTES_RULES.set(true);
        for (player, take) in world.take_inputs() {
            self.inject_fault(take);
            if (1..=3).contains(&take.0) {
                self.take(world, player, take.0.into());
            }
        }
        if self.has_slow_steps {
            sleep(SLOW_STEP);
        }
        let first = world.players().next();
        for winner in first.into_iter().filter(|_| self.has_large_steps) {
            (0..LARGE_STEP_WINS).for_each(|_| world.send_event(Won(winner)));
        }
    }

    fn controls_mut(piece: &mut Piece) -> Option<&mut Take> {
        if let Piece::Hand { take } = piece { Some(take) } else { None }
    }

    fn digest(piece: &Piece, digest: &mut Digest) {
        let Piece::Hand { take } = piece else { return codec::digest_into(piece, digest) };
        assert_ne!(*take, PANIC_IN_DIGEST, "a deliberate panic in the digest of an entity");
        digest.add(take.0.into());
    }

    fn sample_entities(_: &Setup<()>) -> Vec<(EntityId, Piece)> {
        let heap = Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 };
        vec![(EntityId(0), heap), (EntityId(1), Piece::Hand { take: Take(2) })]
    }

    fn sample_controls() -> Vec<Take> {
        vec![Take(0), Take(3)]
    }
}

impl NimGame {
    /// Injects the fault that these controls request, if any: panics, blocks this step, or makes all later steps slow or
    /// their snapshots large.
    fn inject_fault(&mut self, take: Take) {
        assert_ne!(take, PANIC_IN_STEP, "a deliberate panic in the rules");
        self.has_slow_steps |= take == SLOW_STEPS;
        self.has_large_steps |= take == LARGE_STEPS;
        if take == BLOCK_STEP {
            sleep(BLOCKED_STEP);
        }
    }

    /// Takes stones from the heap if it is this player's turn, and passes the turn.
    fn take(&self, world: &mut World<Self>, player: PlayerId, count: u32) {
        let next = world.players().find(|other| *other > player).or(world.players().next());
        let Some(Piece::Heap { stones, turn, waited }) = world.entities.get_mut(self.heap) else { return };
        if *turn != player {
            return;
        }
        (*stones, *waited, *turn) = (stones.saturating_sub(count), 0, next.unwrap_or(player));
        if *stones == 0 {
            *stones = STONES;
            world.send_event(Won(player));
        }
    }
}

impl Events for NimGame {
    type Event = Won;
}

/// A player's standing is the number of wins.
impl Standings for NimGame {
    type Standing = u32;

    fn standing_changes(Won(winner): &Won) -> StandingChanges<u32> {
        vec![(*winner, Box::new(|wins| *wins += 1))]
    }
}

/// A patch contains the stones that remain, and the player whose turn it is.
impl Patches for NimGame {
    type Patch = (u32, PlayerId);

    fn patch_between(_: &Piece, truth: &Piece) -> Option<(u32, PlayerId)> {
        if let Piece::Heap { stones, turn, waited: 0 } = truth { Some((*stones, *turn)) } else { None }
    }

    fn patch(piece: &mut Piece, (stones, turn): &(u32, PlayerId)) {
        *piece = Piece::Heap { stones: *stones, turn: *turn, waited: 0 };
    }
}

/// Nim needs no positions. It has them only to inject a fault.
impl Space for NimGame {
    fn extent(_: &Setup<()>) -> Position {
        Position::at_units(1, 1)
    }

    fn position(piece: &Piece) -> Position {
        let panics = *piece == Piece::Hand { take: PANIC_IN_POSITION } && is_http_worker();
        assert!(!panics, "a deliberate panic in the position of an entity");
        Position::default()
    }
}

game!(NimGame: Events, Standings, Patches, Space);
