//! The packed protocol, for the servers whose libraries prescribe no messages: the servers on `ws` and tokio-tungstenite,
//! and the minimal epoll server (the *floor*).
//!
//! The first message to a client is the id of its ship (one byte). An update has seven bytes for each ship in the room: id, x, y
//! and heading, little-endian. An input has two bytes.

use super::reader::Reader;
use super::{Controls, Frames, Message, Opening, Outcome, Received, Session};

const SHIP_BYTES: usize = 7;

#[derive(Default)]
struct Packed {
    ship: Option<u8>,
    ships: usize,
}

pub(super) fn open() -> Opening {
    let session = Box::new(Packed::default());
    Opening { path: "/".to_owned(), subprotocol: None, session, first: Frames::default() }
}

impl Session for Packed {
    fn handle(&mut self, message: Message<'_>, _: &mut Frames) -> Outcome<Received> {
        let Message::Binary(bytes) = message else { return Err("expected a binary message".into()) };
        let Some(ship) = self.ship else {
            self.ship = Some(Reader(bytes).u8()?);
            return Ok(Received::Other);
        };
        self.ships = count_ships(bytes)?;
        Ok(Received::Update { mark: heading_of(ship, bytes)? })
    }

    fn encode_input(&mut self, controls: Controls, frames: &mut Frames) -> u16 {
        frames.binary(&controls.packed());
        controls.aim
    }

    fn ships(&self) -> Option<usize> {
        Some(self.ships)
    }
}

/// Number of ships in a packed update.
pub(super) fn count_ships(update: &[u8]) -> Outcome<usize> {
    if update.len().is_multiple_of(SHIP_BYTES) { Ok(update.len() / SHIP_BYTES) } else { Err("an update is cut off".into()) }
}

/// The heading of a ship, which is the direction in the newest input that has taken effect.
pub(super) fn heading_of(ship: u8, update: &[u8]) -> Outcome<Option<u16>> {
    let found = update.chunks_exact(SHIP_BYTES).find(|bytes| bytes[0] == ship);
    found.map(|bytes| Reader(&bytes[5..]).u16_le()).transpose()
}
