//! What an attacker says, and when.

use std::marker::PhantomData;
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::{ClientMessage, Hello, Input, PlayerName, Role, Tick, Viewport, codec};

use super::Kind;
use super::frames::{self, Heard};
use crate::bots::Playable;

/// How often an attacker has its say.
pub(super) const TURN: Duration = Duration::from_millis(10);
/// Inputs of a flood in each turn: 5,000 a second.
const FLOOD_INPUTS: usize = 50;
/// Turns between the letters of a slow handshake.
const LETTER_TURNS: u32 = 10;
/// Turns between the acknowledgements of one that does not read: it is not silent.
const ACKNOWLEDGE_TURNS: u32 = 50;
/// The most random bytes in each turn.
const GARBAGE_BYTES_MAX: usize = 8 << 10;

/// What an attacker says on one connection.
#[derive(Debug)]
pub(super) struct Script<G> {
    kind: Kind,
    random: Xoshiro256PlusPlus,
    /// What a proper client would ask for.
    request: Vec<u8>,
    turns: u32,
    is_open: bool,
    messages_heard: u32,
    game: PhantomData<fn() -> G>,
}

impl<G: Playable> Script<G> {
    pub(super) const fn new(kind: Kind, random: Xoshiro256PlusPlus, request: Vec<u8>) -> Self {
        Self { kind, random, request, turns: 0, is_open: false, messages_heard: 0, game: PhantomData }
    }

    /// It is its turn to speak.
    pub(super) fn speak(&mut self, bytes: &mut Vec<u8>) {
        let turn = self.turns;
        self.turns += 1;
        if !self.is_open {
            self.knock(turn, bytes);
        } else {
            self.attack(turn, bytes);
        }
    }

    /// The server has said something.
    pub(super) fn handle(&mut self, heard: Heard, bytes: &mut Vec<u8>) {
        match heard {
            Heard::Status(101) => {
                (self.is_open, self.turns) = (true, 0);
                self.greet(bytes);
            }
            Heard::Message => {
                self.messages_heard += 1;
                // The welcome, and the first snapshot: it was there.
                if self.kind == Kind::Churn && self.messages_heard == 2 {
                    frames::close(1000, bytes);
                }
            }
            Heard::Status(_) | Heard::Close(_) => {}
        }
    }

    fn knock(&mut self, turn: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::SlowHandshake if turn.is_multiple_of(LETTER_TURNS) => {
                bytes.extend(self.request.get(turn as usize / LETTER_TURNS as usize));
            }
            Kind::SlowHandshake => {}
            // One that does not read does not hear the answer either.
            Kind::NeverRead if turn == LETTER_TURNS => {
                self.is_open = true;
                self.greet(bytes);
            }
            _ if turn == 0 => bytes.extend(&self.request),
            _ => {}
        }
    }

    fn greet(&mut self, bytes: &mut Vec<u8>) {
        let role = match self.kind {
            Kind::Garbage | Kind::HugeLengths | Kind::SlowHandshake => return,
            Kind::NeverRead | Kind::Resets => Role::Spectator,
            Kind::Flood | Kind::HalfFrames | Kind::Churn => {
                Role::Player(PlayerName::try_from("Mallory".to_owned()).expect("a short name"))
            }
        };
        say::<G>(&ClientMessage::Hello(Hello::new::<G>(role, Viewport::default())), bytes);
    }

    fn attack(&mut self, turn: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::Flood => (0..FLOOD_INPUTS).for_each(|_| say::<G>(&self.input(), bytes)),
            Kind::Garbage => self.rave(bytes),
            Kind::HalfFrames if turn == 1 => {
                frames::header(0x82, 100, bytes);
                bytes.extend([0; 10]);
            }
            Kind::NeverRead if turn.is_multiple_of(ACKNOWLEDGE_TURNS) => {
                say::<G>(&ClientMessage::Acknowledge(Tick(u32::MAX / 2)), bytes);
            }
            Kind::HugeLengths if turn == 0 => frames::header(0x82, 1 << 30, bytes),
            Kind::HugeLengths => bytes.extend([0x55; GARBAGE_BYTES_MAX]),
            Kind::Resets if self.messages_heard > 0 => say::<G>(&ClientMessage::Recover, bytes),
            _ => {}
        }
    }

    fn input(&mut self) -> ClientMessage<G> {
        let controls = G::specimens().controls;
        let controls = controls[self.random.random_range(0..controls.len() as u32) as usize];
        let tick = Tick(self.random.random_range(0..=u32::MAX));
        ClientMessage::Input(Input { tick, acknowledged: tick, controls })
    }

    /// A frame of any shape: flags, kinds of frame, masks and lengths that there are not; or well-formed, with nonsense in it.
    fn rave(&mut self, bytes: &mut Vec<u8>) {
        let length = self.random.random_range(0..GARBAGE_BYTES_MAX as u32) as usize;
        let mut random =
            |length: usize| -> Vec<u8> { (0..length).map(|_| self.random.random_range(0..=u8::MAX)).collect() };
        let shape = random(2);
        match shape[0] % 4 {
            0 => frames::frame(&random(usize::from(shape[1])), bytes),
            1 => frames::header(0x80 | shape[1] & 0xf, length as u64, bytes),
            2 => frames::header(shape[1], length as u64, bytes),
            _ => bytes.extend(shape),
        }
        bytes.extend(random(length));
    }
}

fn say<G: Playable>(message: &ClientMessage<G>, bytes: &mut Vec<u8>) {
    frames::frame(&codec::encode_client(message), bytes);
}
