//! The servers' protocols, from the side of the clients. Messages are encoded and decoded here without sockets and clocks.

mod colyseus;
mod packed;
mod reader;
mod socketio;
mod tickcast;

use std::net::SocketAddr;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::Outcome;

/// Number of directions that a ship can aim at.
const HEADINGS: u32 = 1024;

/// A protocol on top of WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tickcast,
    Packed,
    SocketIoJson,
    SocketIoMsgpack,
    Colyseus,
    ColyseusFixedWidth,
}

/// A client that is about to open its WebSocket.
pub(crate) struct Opening {
    pub(crate) path: String,
    pub(crate) subprotocol: Option<&'static str>,
    pub(crate) session: Box<dyn Session>,
    /// Sent as soon as the WebSocket is open.
    pub(crate) first: Frames,
}

/// The protocol of one client.
pub(crate) trait Session {
    /// Handles a message. Replies are added to `replies`.
    fn handle(&mut self, message: Message<'_>, replies: &mut Frames) -> Outcome<Received>;

    /// Adds an input to `frames`. Returns its mark: a number that an update will contain once the input has taken effect.
    fn encode_input(&mut self, controls: Controls, frames: &mut Frames) -> u16;

    /// Number of ships whose position and heading the client knows. `None` if this client does not check the number.
    fn ships(&self) -> Option<usize>;
}

/// A text or binary message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'m> {
    Text(&'m [u8]),
    Binary(&'m [u8]),
}

/// Content of a message from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// The state at the time of the join. In a protocol without this message, the first update shows that the client has
    /// joined.
    Joined,
    /// Positions and headings of all visible ships, one tick later than in the previous update.
    Update {
        /// The mark of the newest input that has taken effect. `None` if the update contains no mark.
        mark: Option<u16>,
    },
    /// Anything else.
    Other,
}

/// Controls of a ship. They differ from one input to the next, because the player aims with a mouse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Controls {
    /// Direction, in 1/1024 of a turn.
    pub(crate) aim: u16,
    pub(crate) thrust: bool,
}

impl Controls {
    /// The controls in an input of a client. The directions of 1024 consecutive inputs are all different.
    pub(crate) fn of(client: usize, input: u32) -> Self {
        let aim = (client as u32).wrapping_mul(37).wrapping_add(input.wrapping_mul(29)) % HEADINGS;
        Self { aim: aim as u16, thrust: (input / 20).is_multiple_of(2) }
    }

    /// The controls as two bytes: an input of the packed protocol. The tuned Socket.IO server uses the same two bytes.
    fn packed(self) -> [u8; 2] {
        (self.aim | if self.thrust { 0x8000 } else { 0 }).to_le_bytes()
    }
}

/// Outgoing WebSocket frames.
#[derive(Debug, Default)]
pub(crate) struct Frames(pub(crate) Vec<u8>);

impl Frames {
    fn text(&mut self, payload: &[u8]) {
        self.push(OpCode::Data(Data::Text), payload);
    }

    fn binary(&mut self, payload: &[u8]) {
        self.push(OpCode::Data(Data::Binary), payload);
    }

    /// Adds a frame. The mask is zero: the server has to unmask the payload anyway, but the generator saves the time to mask it.
    pub(crate) fn push(&mut self, opcode: OpCode, payload: &[u8]) {
        let header = FrameHeader { opcode, mask: Some([0; 4]), ..FrameHeader::default() };
        header.format(payload.len() as u64, &mut self.0).expect("writing to memory succeeds");
        self.0.extend_from_slice(payload);
    }
}

impl Protocol {
    /// Prepares a client. This takes an HTTP request if the protocol has a matchmaker. If `checks` is true, the client decodes
    /// updates completely even if this is expensive.
    pub(crate) fn open(self, address: SocketAddr, number: usize, checks: bool) -> Outcome<Opening> {
        match self {
            Self::Tickcast => tickcast::open(number, checks),
            Self::Packed => Ok(packed::open()),
            Self::SocketIoJson => Ok(socketio::open(socketio::Encoding::Json)),
            Self::SocketIoMsgpack => Ok(socketio::open(socketio::Encoding::Msgpack)),
            Self::Colyseus => colyseus::open(address, colyseus::Fields::Number),
            Self::ColyseusFixedWidth => colyseus::open(address, colyseus::Fields::Uint16),
        }
    }
}
