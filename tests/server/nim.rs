//! Nim, a second game for the server: it is turn-based, and its entities have no positions. Players take one to three
//! stones in turn; the player who takes the last stone wins. Some controls deliberately make the rules, the encoding or the
//! decoding panic or block.

use std::cell::Cell;
use std::thread::{self, sleep};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use tickcast_protocol::game::{Samples, StandingChanges};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{Digest, EntityId, EntityMap, Game, Lifecycle, PlayerId, Position, Spawn};

const HEAP: EntityId = EntityId(0);
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
/// Controls that make the encoding of a [`Piece::Hand`] in a keyframe panic.
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

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nim;

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

impl Game for Nim {
    const NAME: &'static str = "nim";

    type Rules = u32;
    type Controls = Take;
    type Entity = Piece;
    type Patch = (u32, PlayerId);
    type Event = Won;
    type Standing = u32;

    fn extent(_: &u32) -> Position {
        Position::at_units(1, 1)
    }

    fn position(piece: &Piece) -> Position {
        let panics = *piece == Piece::Hand { take: PANIC_IN_POSITION } && is_http_worker();
        assert!(!panics, "a deliberate panic in the position of an entity");
        Position::default()
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(u32::from(player.0) + 1)
    }

    fn controls(piece: &Piece) -> Option<Take> {
        if let Piece::Hand { take } = piece { Some(*take) } else { None }
    }

    fn set_controls(piece: &mut Piece, controls: Take) {
        if let Piece::Hand { take } = piece {
            *take = controls;
        }
    }

    fn coast(_: &u32, _: EntityId, piece: &mut Piece, _: &mut Vec<Spawn<Piece>>) -> Lifecycle {
        if let Piece::Heap { waited, .. } = piece {
            *waited += 1;
        }
        Lifecycle::Alive
    }

    fn patch_between(_: &Piece, truth: &Piece) -> Option<(u32, PlayerId)> {
        if let Piece::Heap { stones, turn, waited: 0 } = truth { Some((*stones, *turn)) } else { None }
    }

    fn patch(piece: &mut Piece, (stones, turn): &(u32, PlayerId)) {
        *piece = Piece::Heap { stones: *stones, turn: *turn, waited: 0 };
    }

    fn standing_changes(Won(winner): &Won) -> StandingChanges<Self> {
        vec![(*winner, |wins| *wins += 1)]
    }

    fn digest(piece: &Piece, digest: &mut Digest) {
        match piece {
            Piece::Heap { stones, turn, waited } => {
                [*stones, turn.0.into(), *waited].iter().for_each(|number| digest.add(number.cast_signed()));
            }
            Piece::Hand { take } => {
                assert_ne!(*take, PANIC_IN_DIGEST, "a deliberate panic in the digest of an entity");
                digest.add(take.0.into());
            }
        }
    }

    fn samples() -> Samples<Self> {
        let heap = Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 };
        Samples {
            rules: STONES,
            entities: vec![(HEAP, heap), (EntityId(1), Piece::Hand { take: Take(2) })],
            controls: vec![Take(0), Take(3)],
            patches: vec![(20, PlayerId(1))],
            events: vec![Won(PlayerId(1))],
            standing: 4,
        }
    }
}

/// The rules of Nim, which run on the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    pieces: EntityMap<Piece>,
    /// Players in ascending order, each with the number of its wins.
    players: Vec<(PlayerId, u32)>,
    has_slow_steps: bool,
    has_large_steps: bool,
}

impl Table {
    /// Executes the commands and returns the moves among them.
    fn execute(&mut self, commands: &[Command<Nim>]) -> Vec<(PlayerId, Take)> {
        let mut moves = Vec::new();
        for command in commands {
            match command {
                Command::Leave(player) => {
                    self.pieces.remove(Nim::avatar(*player));
                    self.players.retain(|(seat, _)| seat != player);
                }
                Command::Join(player) => {
                    self.pieces.insert(Nim::avatar(*player), Piece::Hand { take: Take(0) });
                    self.players.push((*player, 0));
                    self.players.sort_unstable();
                }
                Command::Controls(player, take) => {
                    let hand = self.pieces.get_mut(Nim::avatar(*player)).expect("a player with controls has a hand");
                    Nim::set_controls(hand, *take);
                    moves.push((*player, *take));
                }
            }
        }
        moves
    }

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

    /// Takes stones from the heap for the player whose turn it is, and passes the turn.
    fn take(&mut self, count: u32, outcome: &mut Outcome<Nim>) {
        let Some(Piece::Heap { stones, turn, waited }) = self.pieces.get_mut(HEAP) else { return };
        let mover = *turn;
        *stones = stones.saturating_sub(count);
        *waited = 0;
        let next = self.players.iter().find(|(player, _)| *player > mover).or(self.players.first());
        *turn = next.map_or(PlayerId(0), |(player, _)| *player);
        if *stones == 0 {
            *stones = STONES;
            let winner = self.players.iter_mut().find(|(player, _)| *player == mover).expect("the mover has a seat");
            winner.1 += 1;
            outcome.events.push(Won(mover));
            outcome.standings.push(*winner);
        }
    }
}

impl Simulation for Table {
    type Game = Nim;
    type Options = ();

    fn validate((): &()) -> Result<(), OptionsError> {
        Ok(())
    }

    fn new((): &(), _: u16, seed: u64) -> Self {
        assert!(!PANIC_SEEDS.contains(&seed), "a deliberate panic in the construction of a world");
        let heap = Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 };
        Self {
            pieces: [(HEAP, heap)].into_iter().collect(),
            players: Vec::new(),
            has_slow_steps: false,
            has_large_steps: false,
        }
    }

    fn rules(&self) -> &u32 {
        &STONES
    }

    fn entities(&self) -> &EntityMap<Piece> {
        &self.pieces
    }

    fn step(&mut self, commands: &[Command<Nim>]) -> Outcome<Nim> {
        EXECUTES_RULES.set(true);
        let mut outcome = Outcome::default();
        let moves = self.execute(commands);
        coast_all::<Nim>(&STONES, &mut self.pieces);
        for (player, take) in moves {
            let has_turn = matches!(self.pieces.get(HEAP), Some(Piece::Heap { turn, .. }) if *turn == player);
            self.inject_fault(take);
            if has_turn && (1..=3).contains(&take.0) {
                self.take(take.0.into(), &mut outcome);
            }
        }
        if self.has_slow_steps {
            sleep(SLOW_STEP);
        }
        if self.has_large_steps
            && let Some(winner) = self.players.first_mut()
        {
            winner.1 += LARGE_STEP_WINS;
            outcome.events.extend((0..LARGE_STEP_WINS).map(|_| Won(winner.0)));
            outcome.standings.push(*winner);
        }
        outcome
    }

    fn focus(&self, _: PlayerId) -> Position {
        Position::default()
    }

    fn standings(&self) -> Vec<(PlayerId, u32)> {
        self.players.clone()
    }

    fn ai_controls(&self, _: PlayerId) -> Take {
        Take(0)
    }

    fn hash(&self) -> u64 {
        Digest::of_entities::<Nim>(self.pieces.iter()).into()
    }
}
