//! A game of another kind: turn-based, without space. Players take one to three stones in turn; who takes the last wins.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::{Command, Outcome, Simulation};
use tickcast_protocol::game::{Samples, StandingChanges};
use tickcast_protocol::{Digest, EntityId, EntityMap, Game, Lifecycle, PlayerId, Position, Spawn};

const HEAP: EntityId = EntityId(0);
const STONES: u32 = 21;
/// These controls make the rules panic.
pub const BROKEN: RoomQuery = RoomQuery(99);
/// From these on every step takes this long.
pub const SLOW: RoomQuery = RoomQuery(98);
const SLOW_STEP: Duration = Duration::from_millis(40);
/// With this one a table cannot be made.
pub const UNLUCKY_SEED: u64 = 13;
/// The step that these shape takes so long.
pub const STUCK: RoomQuery = RoomQuery(95);
const STUCK_STEP: Duration = Duration::from_secs(2);
/// To read these is a panic.
pub const UNREADABLE: RoomQuery = RoomQuery(96);
/// These take so long to read.
pub const SLOW_TO_READ: RoomQuery = RoomQuery(97);
const SLOW_READING: Duration = Duration::from_millis(280);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nim;

/// How many stones a player wants to take, or what is to go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8")]
pub struct RoomQuery(pub u8);

/// The server reads it on the thread of an HTTP worker.
impl From<u8> for RoomQuery {
    fn from(stones: u8) -> Self {
        let wish = Self(stones);
        assert_ne!(wish, UNREADABLE, "a mistake in reading, made on purpose");
        if wish == SLOW_TO_READ {
            std::thread::sleep(SLOW_READING);
        }
        wish
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// How many stones are left, whose turn it is, and for how many ticks it has been.
    Heap { stones: u32, turn: PlayerId, waited: u32 },
    /// What a player wants.
    Hand { wants: RoomQuery },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Won(pub PlayerId);

impl Game for Nim {
    const NAME: &'static str = "nim";

    type Rules = u32;
    type Controls = RoomQuery;
    type Entity = Piece;
    type Patch = (u32, PlayerId);
    type Event = Won;
    type Standing = u32;

    fn extent(_: &u32) -> Position {
        Position::at_units(1, 1)
    }

    fn position(_: &Piece) -> Position {
        Position::default()
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(u32::from(player.0) + 1)
    }

    fn controls(piece: &Piece) -> Option<RoomQuery> {
        if let Piece::Hand { wants } = piece { Some(*wants) } else { None }
    }

    fn steer(piece: &mut Piece, controls: RoomQuery) {
        if let Piece::Hand { wants } = piece {
            *wants = controls;
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

    fn tally(Won(winner): &Won) -> StandingChanges<Self> {
        vec![(*winner, |wins| *wins += 1)]
    }

    fn digest(piece: &Piece, digest: &mut Digest) {
        match piece {
            Piece::Heap { stones, turn, waited } => {
                [*stones, turn.0.into(), *waited].iter().for_each(|number| digest.add(number.cast_signed()));
            }
            Piece::Hand { wants } => digest.add(wants.0.into()),
        }
    }

    fn samples() -> Samples<Self> {
        let heap = Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 };
        Samples {
            rules: STONES,
            entities: vec![(HEAP, heap), (EntityId(1), Piece::Hand { wants: RoomQuery(2) })],
            controls: vec![RoomQuery(0), RoomQuery(3)],
            patches: vec![(20, PlayerId(1))],
            events: vec![Won(PlayerId(1))],
            standing: 4,
        }
    }
}

/// The rules, which only the server knows.
#[derive(Debug)]
pub struct Table {
    pieces: EntityMap<Piece>,
    players: Vec<(PlayerId, u32)>,
    is_slow: bool,
}

impl Table {
    fn take(&mut self, wants: u32, outcome: &mut Outcome<Nim>) {
        let Some(Piece::Heap { stones, turn, waited }) = self.pieces.get_mut(HEAP) else { return };
        let mover = *turn;
        *stones = stones.saturating_sub(wants);
        *waited = 0;
        let next = self.players.iter().find(|(player, _)| *player > mover).or(self.players.first());
        *turn = next.map_or(PlayerId(0), |(player, _)| *player);
        if *stones == 0 {
            *stones = STONES;
            let winner = self.players.iter_mut().find(|(player, _)| *player == mover).expect("who moves plays");
            winner.1 += 1;
            outcome.events.push(Won(mover));
            outcome.standings.push(*winner);
        }
    }
}

impl Simulation for Table {
    type Game = Nim;
    type Options = ();

    fn check((): &()) -> Result<(), String> {
        Ok(())
    }

    fn new((): &(), _: u16, seed: u64) -> Self {
        assert_ne!(seed, UNLUCKY_SEED, "a mistake in the rules, made on purpose");
        let heap = Piece::Heap { stones: STONES, turn: PlayerId(0), waited: 0 };
        Self { pieces: [(HEAP, heap)].into_iter().collect(), players: Vec::new(), is_slow: false }
    }

    fn rules(&self) -> &u32 {
        &STONES
    }

    fn entities(&self) -> &EntityMap<Piece> {
        &self.pieces
    }

    fn step(&mut self, commands: &[Command<Nim>]) -> Outcome<Nim> {
        let mut outcome = Outcome::default();
        let mut moves = Vec::new();
        for command in commands {
            match command {
                Command::Leave(player) => {
                    self.pieces.remove(Nim::avatar(*player));
                    self.players.retain(|(seat, _)| seat != player);
                }
                Command::Join(player) => {
                    self.pieces.insert(Nim::avatar(*player), Piece::Hand { wants: RoomQuery(0) });
                    self.players.push((*player, 0));
                    self.players.sort_unstable();
                }
                Command::Controls(player, wants) => {
                    let hand = self.pieces.get_mut(Nim::avatar(*player)).expect("who steers plays");
                    Nim::set_controls(hand, *wants);
                    moves.push((*player, *wants));
                }
            }
        }
        tickcast_protocol::world::coast_all::<Nim>(&STONES, &mut self.pieces);
        for (player, wants) in moves {
            let is_his_turn = matches!(self.pieces.get(HEAP), Some(Piece::Heap { turn, .. }) if *turn == player);
            assert_ne!(wants, BROKEN, "a mistake in the rules, made on purpose");
            self.is_slow |= wants == SLOW;
            if wants == STUCK {
                std::thread::sleep(STUCK_STEP);
            }
            if is_his_turn && (1..=3).contains(&wants.0) {
                self.take(wants.0.into(), &mut outcome);
            }
        }
        if self.is_slow {
            std::thread::sleep(SLOW_STEP);
        }
        outcome
    }

    fn focus(&self, _: PlayerId) -> Position {
        Position::default()
    }

    fn standings(&self) -> Vec<(PlayerId, u32)> {
        self.players.clone()
    }

    fn pilot(&self, _: PlayerId) -> RoomQuery {
        RoomQuery(0)
    }

    fn hash(&self) -> u64 {
        Digest::of_entities::<Nim>(self.pieces.iter()).into()
    }
}
