//! Socket.IO 4: [Engine.IO](https://socket.io/docs/v4/engine-io-protocol/) 4 over WebSocket, and on top of it the
//! [Socket.IO protocol](https://socket.io/docs/v4/socket-io-protocol/) with JSON or MessagePack.

use super::packed;
use super::reader::Reader;
use super::{Controls, Frames, Message, Opening, Outcome, Received, Session};

/// The parser of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The default. The state is a list of objects.
    Json,
    /// `socket.io-msgpack-parser`. The state is a packed update, as in [`packed`].
    Msgpack,
}

/// Types of Engine.IO packets.
const OPEN: u8 = b'0';
const PING: u8 = b'2';
const PONG: u8 = b'3';
const MESSAGE: u8 = b'4';

struct SocketIo {
    encoding: Encoding,
    /// The id of the client's ship.
    ship: Option<u8>,
    ships: usize,
}

pub(super) fn open(encoding: Encoding) -> Opening {
    let path = "/socket.io/?EIO=4&transport=websocket".to_owned();
    let session = Box::new(SocketIo { encoding, ship: None, ships: 0 });
    Opening { path, subprotocol: None, session, first: Frames::default() }
}

impl Session for SocketIo {
    fn handle(&mut self, message: Message<'_>, replies: &mut Frames) -> Outcome<Received> {
        match (self.encoding, message) {
            (_, Message::Text([OPEN, ..])) => self.connect(replies),
            (_, Message::Text([PING, ..])) => replies.text(&[PONG]),
            (Encoding::Json, Message::Text([MESSAGE, packet @ ..])) => return self.handle_json(packet),
            (Encoding::Msgpack, Message::Binary(packet)) => return self.handle_msgpack(packet),
            _ => return Err("unexpected message".into()),
        }
        Ok(Received::Other)
    }

    fn encode_input(&mut self, controls: Controls, frames: &mut Frames) -> u16 {
        let Controls { aim, thrust } = controls;
        match self.encoding {
            Encoding::Json => frames.text(format!("42[\"input\",{{\"aim\":{aim},\"thrust\":{thrust}}}]").as_bytes()),
            Encoding::Msgpack => {
                let mut packet = b"\x83\xa4type\x02\xa4data\x92\xa5input\xc4\x02".to_vec();
                packet.extend_from_slice(&controls.packed());
                packet.extend_from_slice(b"\xa3nsp\xa1/");
                frames.binary(&packet);
            }
        }
        aim
    }

    fn ships(&self) -> Option<usize> {
        Some(self.ships)
    }
}

impl SocketIo {
    fn connect(&self, replies: &mut Frames) {
        match self.encoding {
            Encoding::Json => replies.text(b"40"),
            Encoding::Msgpack => replies.binary(b"\x82\xa4type\x00\xa3nsp\xa1/"),
        }
    }

    /// Handles a packet such as `2["state",[{"id":0,"x":1,"y":2,"heading":3}]]`. Does not parse the JSON, because parsing
    /// would take more time than the generator has. Only counts the ships and looks for the client's own ship.
    fn handle_json(&mut self, packet: &[u8]) -> Outcome<Received> {
        let text = std::str::from_utf8(packet)?;
        if let Some(ship) = text.strip_prefix("2[\"welcome\",") {
            self.ship = Some(ship.trim_end_matches(']').parse()?);
            return Ok(Received::Other);
        }
        let Some((ships, ship)) = text.strip_prefix("2[\"state\",").zip(self.ship) else { return Ok(Received::Other) };
        let mut own = None;
        self.ships = 0;
        for object in ships.split('{').skip(1) {
            self.ships += 1;
            let id = object.strip_prefix("\"id\":").and_then(|rest| rest.split_once(','));
            let (id, rest) = id.ok_or("a ship has no id")?;
            if id.parse::<u8>()? == ship {
                own = rest.split_once("\"heading\":").and_then(|(_, heading)| heading.split_once('}'));
            }
        }
        Ok(Received::Update { mark: own.map(|(heading, _)| heading.parse()).transpose()? })
    }

    /// Handles a packet `{type: 2, data: [event, argument], …}`. The name of the event is followed by its argument.
    fn handle_msgpack(&mut self, packet: &[u8]) -> Outcome<Received> {
        if let Some(argument) = after(packet, b"\xa7welcome") {
            self.ship = Some(Reader(argument).u8()?);
        } else if let Some((argument, ship)) = after(packet, b"\xa5state").zip(self.ship) {
            let update = read_binary(argument)?;
            self.ships = packed::count_ships(update)?;
            return Ok(Received::Update { mark: packed::heading_of(ship, update)? });
        }
        Ok(Received::Other)
    }
}

/// The bytes after the first occurrence of `name`.
fn after<'m>(packet: &'m [u8], name: &[u8]) -> Option<&'m [u8]> {
    packet.windows(name.len()).position(|window| window == name).map(|start| &packet[start + name.len()..])
}

/// Reads a byte string in MessagePack.
fn read_binary(bytes: &[u8]) -> Outcome<&[u8]> {
    let mut reader = Reader(bytes);
    let length = match reader.u8()? {
        0xc4 => reader.u8()?.into(),
        0xc5 => usize::from(u16::from_be_bytes(reader.take(2)?.try_into()?)),
        other => return Err(format!("expected a byte string, not {other:#x}").into()),
    };
    reader.take(length)
}
