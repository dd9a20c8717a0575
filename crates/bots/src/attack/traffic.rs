//! Traffic of a hostile client: content and timing.

mod frames;

use std::marker::PhantomData;
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_game::Playable;
use tickcast_protocol::{ClientMessage, Hello, Input, PlayerName, Role, Tick, Viewport, codec};

use super::Kind;
use super::response_parser::ServerEvent;

/// Interval at which every hostile client sends.
pub(super) const SEND_INTERVAL: Duration = Duration::from_millis(10);
/// Inputs of [`Kind::Flood`] per interval: 5,000 per second.
const FLOOD_INPUTS: usize = 50;
/// Number of intervals between two bytes of a slow handshake. [`Kind::NeverRead`] waits as long before its Hello message.
const HANDSHAKE_INTERVALS: u32 = 10;
/// Number of intervals between two acknowledgements of [`Kind::NeverRead`]. The acknowledgements prevent the server's idle
/// timeout.
const ACKNOWLEDGE_INTERVALS: u32 = 50;
/// Maximum number of random bytes per interval.
const GARBAGE_BYTES_MAX: usize = 8 << 10;

/// Traffic of one hostile connection.
#[derive(Debug)]
pub(super) struct Traffic<G> {
    kind: Kind,
    random: Xoshiro256PlusPlus,
    /// A valid upgrade request.
    request: Vec<u8>,
    /// Number of intervals since the start of the handshake. Restarts at 0 when the server's response completes the handshake.
    intervals: u32,
    is_open: bool,
    messages_received: u32,
    game: PhantomData<fn() -> G>,
}

impl<G: Playable> Traffic<G> {
    pub(super) const fn new(kind: Kind, random: Xoshiro256PlusPlus, request: Vec<u8>) -> Self {
        Self { kind, random, request, intervals: 0, is_open: false, messages_received: 0, game: PhantomData }
    }

    /// Appends the bytes to send in the next interval.
    pub(super) fn write_interval(&mut self, bytes: &mut Vec<u8>) {
        let interval = self.intervals;
        self.intervals += 1;
        if self.is_open {
            self.write_attack(interval, bytes);
        } else {
            self.write_handshake(interval, bytes);
        }
    }

    /// Handles an event of the server. Appends the bytes to send at once.
    pub(super) fn handle_event(&mut self, event: ServerEvent, bytes: &mut Vec<u8>) {
        match event {
            ServerEvent::Status(101) => {
                (self.is_open, self.intervals) = (true, 0);
                self.write_hello(bytes);
            }
            ServerEvent::Message => {
                self.messages_received += 1;
                // The welcome and the first snapshot have arrived: the client has joined.
                if self.kind == Kind::Churn && self.messages_received == 2 {
                    frames::write_close(1000, bytes);
                }
            }
            ServerEvent::Status(_) | ServerEvent::Close(_) => {}
        }
    }

    fn write_handshake(&mut self, interval: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::SlowHandshake if interval.is_multiple_of(HANDSHAKE_INTERVALS) => {
                bytes.extend(self.request.get(interval as usize / HANDSHAKE_INTERVALS as usize));
            }
            Kind::SlowHandshake => {}
            // A client that does not read cannot wait for the response to its request.
            Kind::NeverRead if interval == HANDSHAKE_INTERVALS => {
                self.is_open = true;
                self.write_hello(bytes);
            }
            _ if interval == 0 => bytes.extend(&self.request),
            _ => {}
        }
    }

    fn write_hello(&mut self, bytes: &mut Vec<u8>) {
        let role = match self.kind {
            Kind::Garbage | Kind::HugeLengths | Kind::SlowHandshake => return,
            Kind::NeverRead | Kind::Resyncs => Role::Spectator,
            Kind::Flood | Kind::HalfFrames | Kind::Churn => {
                Role::Player(PlayerName::try_from("Mallory".to_owned()).expect("the name is short"))
            }
        };
        write_message::<G>(&ClientMessage::Hello(Hello::new::<G>(role, Viewport::default())), bytes);
    }

    fn write_attack(&mut self, interval: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::Flood => (0..FLOOD_INPUTS).for_each(|_| write_message::<G>(&self.random_input(), bytes)),
            Kind::Garbage => self.write_garbage(bytes),
            Kind::HalfFrames if interval == 1 => {
                frames::write_header(frames::BINARY, 100, bytes);
                bytes.extend([0; 10]);
            }
            Kind::NeverRead if interval.is_multiple_of(ACKNOWLEDGE_INTERVALS) => {
                write_message::<G>(&ClientMessage::Acknowledge(Tick(u32::MAX / 2)), bytes);
            }
            Kind::HugeLengths if interval == 0 => frames::write_header(frames::BINARY, 1 << 30, bytes),
            Kind::HugeLengths => bytes.extend([0x55; GARBAGE_BYTES_MAX]),
            Kind::Resyncs if self.messages_received > 0 => write_message::<G>(&ClientMessage::Resync, bytes),
            _ => {}
        }
    }

    fn random_input(&mut self) -> ClientMessage<G> {
        let controls = G::samples().controls;
        let controls = controls[self.random.random_range(0..controls.len() as u32) as usize];
        let tick = Tick(self.random.random_range(0..=u32::MAX));
        ClientMessage::Input(Input { tick, acknowledged: tick, controls })
    }

    /// Appends a well-formed frame with a random payload, a frame header with random fields, or two random bytes. Then
    /// appends random bytes.
    fn write_garbage(&mut self, bytes: &mut Vec<u8>) {
        let length = self.random.random_range(0..GARBAGE_BYTES_MAX as u32) as usize;
        let mut random =
            |length: usize| -> Vec<u8> { (0..length).map(|_| self.random.random_range(0..=u8::MAX)).collect() };
        let shape = random(2);
        match shape[0] % 4 {
            0 => frames::write_binary(&random(usize::from(shape[1])), bytes),
            1 => frames::write_header(0x80 | shape[1] & 0xf, length as u64, bytes),
            2 => frames::write_header(shape[1], length as u64, bytes),
            _ => bytes.extend(shape),
        }
        bytes.extend(random(length));
    }
}

fn write_message<G: Playable>(message: &ClientMessage<G>, bytes: &mut Vec<u8>) {
    frames::write_binary(&codec::encode_client(message), bytes);
}
