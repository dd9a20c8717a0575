//! Colyseus 0.18: its matchmaker, its messages (`@colyseus/shared-types`, `Protocol`) and the patches of `@colyseus/schema`.
//!
//! A patch is decoded for this schema only: the state has one field, a map of ships by session, and a ship has three numbers.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::reader::Reader;
use super::{Controls, Frames, Message, Opening, Outcome, Received, Session};

/// First bytes of messages.
const JOIN_ROOM: u8 = 10;
const ROOM_DATA: u8 = 13;
const ROOM_STATE: u8 = 14;
const ROOM_STATE_PATCH: u8 = 15;

/// This byte in a patch precedes the number of a structure, to which the following changes belong.
const SWITCH_TO_STRUCTURE: u8 = 255;
/// Bits of a change's first byte that encode the operation. In a change of a structure, the other bits are the index of the
/// field.
const ADD: u8 = 0x80;
const DELETE: u8 = 0x40;
/// The state is structure 0, and its map of ships is structure 1.
const STATE: u32 = 0;
const SHIPS: u32 = 1;
/// Index of a ship's heading among its fields.
const HEADING: u8 = 2;

/// Declared type of a ship's fields. The declared type also determines the message type of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// Fields are declared as `t.number()`, as is usual with Colyseus. The message type of inputs is the text `input`.
    Number,
    /// Fields are declared as `t.uint16()`. The message type of inputs is the number 0.
    Uint16,
}

struct Colyseus {
    fields: Fields,
    session_id: String,
    /// Number of the structure that is the client's ship.
    ship: Option<u32>,
    /// Numbers of all ships.
    ships: BTreeSet<u32>,
}

/// Reserves a seat.
pub(super) fn open(address: SocketAddr, fields: Fields) -> Outcome<Opening> {
    let seat = join_or_create(address)?;
    let text = |name: &str| seat[name].as_str().ok_or_else(|| format!("no {name} in {seat}"));
    let session_id = text("sessionId")?.to_owned();
    let path = format!("/{}/{}?sessionId={session_id}", text("processId")?, text("roomId")?);
    let session = Box::new(Colyseus { fields, session_id, ship: None, ships: BTreeSet::new() });
    Ok(Opening { path, subprotocol: None, session, first: Frames::default() })
}

fn join_or_create(address: SocketAddr) -> Outcome<serde_json::Value> {
    let mut stream = TcpStream::connect(address)?;
    let head = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    write!(stream, "POST /matchmake/joinOrCreate/arena HTTP/1.1\r\nHost: {address}\r\n{head}")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let body = response.split_once("\r\n\r\n").ok_or("the matchmaker did not answer")?.1;
    serde_json::from_str(body).map_err(|error| format!("{error}: {response}").into())
}

impl Session for Colyseus {
    fn handle(&mut self, message: Message<'_>, replies: &mut Frames) -> Outcome<Received> {
        let Message::Binary(bytes) = message else { return Err("expected a binary message".into()) };
        let mut reader = Reader(bytes);
        match reader.u8()? {
            JOIN_ROOM => replies.binary(&[JOIN_ROOM]),
            ROOM_STATE => {
                self.decode(reader)?;
                return Ok(Received::Joined);
            }
            ROOM_STATE_PATCH => return Ok(Received::Update { mark: self.decode(reader)? }),
            other => return Err(format!("unexpected message {other}").into()),
        }
        Ok(Received::Other)
    }

    fn encode_input(&mut self, controls: Controls, frames: &mut Frames) -> u16 {
        let Controls { aim, thrust } = controls;
        let mut message = vec![ROOM_DATA];
        match self.fields {
            Fields::Number => message.extend_from_slice(b"\xa5input"),
            Fields::Uint16 => message.push(0),
        }
        message.extend_from_slice(b"\x82\xa3aim\xcd");
        message.extend_from_slice(&aim.to_be_bytes());
        message.extend_from_slice(b"\xa6thrust");
        message.push(if thrust { 0xc3 } else { 0xc2 });
        frames.binary(&message);
        aim
    }

    fn ships(&self) -> Option<usize> {
        Some(self.ships.len())
    }
}

impl Colyseus {
    /// Decodes a patch or a full state. Returns the heading of the client's ship if the message contains it.
    fn decode(&mut self, mut reader: Reader<'_>) -> Outcome<Option<u16>> {
        let (mut structure, mut own_heading) = (STATE, None);
        while !reader.is_empty() {
            if reader.0[0] == SWITCH_TO_STRUCTURE {
                reader.u8()?;
                structure = read_number(&mut reader)?;
                continue;
            }
            match structure {
                STATE => {
                    reader.u8()?;
                    if read_number(&mut reader)? != SHIPS {
                        return Err("the map of ships is not structure 1".into());
                    }
                }
                SHIPS => self.decode_entry(&mut reader)?,
                ship => {
                    let heading = self.decode_field(&mut reader)?;
                    own_heading = heading.filter(|_| self.ship == Some(ship)).or(own_heading);
                }
            }
        }
        Ok(own_heading)
    }

    /// Decodes a change of the map: a new or a removed ship.
    fn decode_entry(&mut self, reader: &mut Reader<'_>) -> Outcome<()> {
        let operation = reader.u8()?;
        read_number(reader)?;
        if operation == DELETE {
            return Ok(());
        }
        let key = if operation & ADD == ADD { read_string(reader)? } else { &[] };
        let ship = read_number(reader)?;
        self.ships.insert(ship);
        if key == self.session_id.as_bytes() {
            self.ship = Some(ship);
        }
        Ok(())
    }

    /// Decodes a change of a ship. Returns the decoded value if the changed field is the heading.
    fn decode_field(&self, reader: &mut Reader<'_>) -> Outcome<Option<u16>> {
        let field = reader.u8()? & !(ADD | DELETE);
        let value = match self.fields {
            Fields::Number => read_number(reader)?,
            Fields::Uint16 => reader.u16_le()?.into(),
        };
        Ok(if field == HEADING { Some(value.try_into()?) } else { None })
    }
}

/// Reads a number without fraction and sign: MessagePack, but little-endian.
fn read_number(reader: &mut Reader<'_>) -> Outcome<u32> {
    match reader.u8()? {
        number @ 0..0x80 => Ok(number.into()),
        0xcc => Ok(reader.u8()?.into()),
        0xcd => Ok(reader.u16_le()?.into()),
        0xce => reader.u32_le(),
        other => Err(format!("unexpected number {other:#x}").into()),
    }
}

/// Reads a string of less than 32 bytes.
fn read_string<'m>(reader: &mut Reader<'m>) -> Outcome<&'m [u8]> {
    match reader.u8()? {
        head @ 0xa0..0xc0 => reader.take((head & 0x1f).into()),
        other => Err(format!("unexpected string {other:#x}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(fields: Fields) -> Colyseus {
        Colyseus { fields, session_id: "bb".to_owned(), ship: None, ships: BTreeSet::new() }
    }

    /// The bytes are those of the encoder of @colyseus/schema 5.0.34. First, two ships join. Then the heading of `aa`
    /// becomes 700; that of `bb` becomes 9, and its position changes. Finally, `aa` leaves.
    fn check(fields: Fields, full: &[u8], patch: &[u8]) {
        let mut session = session(fields);
        assert_eq!(session.decode(Reader(full)).expect("a full state"), Some(7));
        assert_eq!((session.ship, session.ships()), (Some(3), Some(2)));
        assert_eq!(session.decode(Reader(patch)).expect("a patch"), Some(9));
        assert_eq!(session.decode(Reader(b"\xff\x01\x40\x00")).expect("a ship leaves"), None);
    }

    #[test]
    fn patches_of_numbers_are_decoded() {
        let full =
            b"\x80\x01\xff\x01\x80\x00\xa2aa\x02\x80\x01\xa2bb\x03\xff\x02\x80\x05\x81\x02\x82\x07\xff\x03\x80\xcd\x2c\x01\
                     \x81\x02\x82\x07";
        check(Fields::Number, full, b"\xff\x02\x82\xcd\xbc\x02\xff\x03\x80\xcd\xff\x7c\x82\x09");
    }

    #[test]
    fn patches_of_integers_with_fixed_width_are_decoded() {
        let full =
            b"\x80\x01\xff\x01\x80\x00\xa2aa\x02\x80\x01\xa2bb\x03\xff\x02\x80\x05\x00\x81\x02\x00\x82\x07\x00\xff\x03\x80\
                     \x2c\x01\x81\x02\x00\x82\x07\x00";
        check(Fields::Uint16, full, b"\xff\x02\x82\xbc\x02\xff\x03\x80\xff\x7c\x82\x09\x00");
    }
}
