//! The only place that touches bincode: `config::standard()`, a limit on everything, no bytes left over.

use std::fmt;

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::error::DecodeError as Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeTuple, Serializer};

use crate::game::{Specimens, coast_all};
use crate::message::{Front, SnapshotHeader};
use crate::{
    Change, ClientMessage, EntityMap, Game, Hello, Input, InputReport, MemberKind, PlayerId, PlayerName, ResumeToken, Role,
    RoomEvent, Seat, ServerMessage, Snapshot, Tick, Ticket, ViewRect, Welcome,
};

/// The version of the messages; a part of the [`fingerprint`], and of the WebSocket subprotocol's name.
pub const VERSION: u32 = 1;

/// The WebSocket subprotocol that client and server agree on.
pub const SUBPROTOCOL: &str = "tickcast.1";

/// The most bytes of a client message. The longest is a [`Hello`] with a full name and a full ticket.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 512;
const _: () = assert!(CLIENT_MESSAGE_BYTES_MAX > PlayerName::BYTES_MAX + Ticket::BYTES_MAX + 64);

/// The most bytes of a server message: a reset in which 8,192 ships and all their bullets are in view.
pub const SERVER_MESSAGE_BYTES_MAX: usize = 2 << 20;

/// What decoding a client message may allocate, counted in memory rather than on the wire.
const CLIENT_MEMORY_MAX: usize = 4 * CLIENT_MESSAGE_BYTES_MAX;
/// What decoding a server message may allocate.
const SERVER_MEMORY_MAX: usize = 8 * SERVER_MESSAGE_BYTES_MAX;

type Standard<L> = Configuration<LittleEndian, Varint, L>;
const STANDARD: Configuration = config::standard();
const CLIENT: Standard<Limit<CLIENT_MEMORY_MAX>> = STANDARD.with_limit();
const SERVER: Standard<Limit<SERVER_MEMORY_MAX>> = STANDARD.with_limit();

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// There are more bytes than any message has: refuse the peer.
    TooLong,
    /// The peer was built from another protocol or game: tell it so.
    WrongVersion,
    /// The bytes are no message, or more than one: refuse the peer. The text says what is wrong.
    Malformed(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the message is too long"),
            Self::WrongVersion => f.write_str("the peer speaks another version"),
            Self::Malformed(what) => write!(f, "malformed message: {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// The bytes of a client message.
#[must_use]
pub fn encode_client<G: Game>(message: &ClientMessage<G>) -> Vec<u8> {
    encode(message)
}

/// The bytes of a server message.
#[must_use]
pub fn encode_server<G: Game>(message: &ServerMessage<G>) -> Vec<u8> {
    encode(message)
}

/// The bytes of any value, as they stand within a message.
#[must_use]
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends the bytes of a value: encoded changes put one after the other are the inside of a list of changes.
pub fn encode_into(value: &impl Serialize, bytes: &mut Vec<u8>) {
    bincode::serde::encode_into_std_write(value, bytes, STANDARD).expect("our own values always encode");
}

/// Reads a client message.
///
/// # Errors
/// [`DecodeError`] says why not; nothing is allocated beyond a small limit.
pub fn decode_client<G: Game>(bytes: &[u8]) -> Result<ClientMessage<G>, DecodeError> {
    if bytes.len() > CLIENT_MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    if let [0, theirs @ ..] = bytes
        && let Some(theirs) = theirs.first_chunk()
        && *theirs != fingerprint::<G>()
    {
        return Err(DecodeError::WrongVersion);
    }
    match whole(bincode::serde::decode_from_slice(bytes, CLIENT), bytes)? {
        // Its first byte is written in a longer form than it need be.
        ClientMessage::Hello(hello) if hello.fingerprint != fingerprint::<G>() => Err(DecodeError::WrongVersion),
        message => Ok(message),
    }
}

/// Reads a server message.
///
/// # Errors
/// [`DecodeError`] says why not; nothing is allocated beyond a limit.
pub fn decode_server<G: Game>(bytes: &[u8]) -> Result<ServerMessage<G>, DecodeError> {
    if bytes.len() > SERVER_MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    whole(bincode::serde::decode_from_slice(bytes, SERVER), bytes)
}

/// Reads the header of a snapshot and leaves the rest of its bytes alone; `None` if the message is no snapshot.
///
/// It costs next to nothing: enough for a client that counts snapshots and follows ticks and inputs, but keeps no
/// [`Replica`](crate::Replica).
///
/// # Errors
/// [`DecodeError`] says why not.
pub fn decode_snapshot_header(bytes: &[u8]) -> Result<Option<SnapshotHeader>, DecodeError> {
    if bytes.len() > SERVER_MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    match bincode::serde::decode_from_slice(bytes, SERVER) {
        Ok((Front(header), _)) => Ok(header),
        Err(refusal) => Err(DecodeError::Malformed(refusal.to_string())),
    }
}

/// Reads any value that [`encode`] wrote, under the limit of a server message.
///
/// # Errors
/// [`DecodeError`] says why not.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    whole(bincode::serde::decode_from_slice(bytes, SERVER), bytes)
}

fn whole<T>(decoded: Result<(T, usize), Refusal>, bytes: &[u8]) -> Result<T, DecodeError> {
    match decoded {
        Ok((value, length)) if length == bytes.len() => Ok(value),
        Ok(_) => Err(DecodeError::Malformed("bytes are left over".to_owned())),
        Err(refusal) => Err(DecodeError::Malformed(refusal.to_string())),
    }
}

/// Several encoded values of one kind, ready to be put into a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// How many values.
    pub count: u32,
    /// Their bytes, one after the other.
    pub bytes: Vec<u8>,
}

impl Chunk {
    /// Appends a value.
    pub fn push(&mut self, value: &impl Serialize) {
        self.count += 1;
        encode_into(value, &mut self.bytes);
    }

    /// Appends encoded values.
    pub fn extend(&mut self, run: Run<'_>) {
        self.count += run.count;
        self.bytes.extend_from_slice(run.bytes);
    }

    /// Takes everything out, and keeps the space.
    pub fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
    }

    /// All of it.
    #[must_use]
    pub fn as_run(&self) -> Run<'_> {
        Run { count: self.count, bytes: &self.bytes }
    }
}

/// Some encoded values that lie one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run<'a> {
    /// How many values.
    pub count: u32,
    /// Their bytes.
    pub bytes: &'a [u8],
}

/// Appends a snapshot put together from encoded parts; the same bytes as encoding the whole [`Snapshot`].
pub fn compose_snapshot(header: &SnapshotHeader, room: Run<'_>, changes: Run<'_>, bytes: &mut Vec<u8>) {
    bytes.push(header.head(room.count > 0, changes.count > 0));
    encode_into(&HeaderFields(header), bytes);
    for list in [room, changes].into_iter().filter(|list| list.count > 0) {
        encode_into(&list.count, bytes);
        bytes.extend_from_slice(list.bytes);
    }
}

struct HeaderFields<'a>(&'a SnapshotHeader);

impl Serialize for HeaderFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_tuple(0)?;
        self.0.write_fields(&mut fields)?;
        fields.end()
    }
}

/// What this build speaks and computes, in four bytes: client and server that differ in it must not talk.
///
/// It covers the bytes of every message and the behaviour of the kernel: it is the FNV-1a hash of the protocol version, the
/// game's name, one message of every kind, and the game's [specimens](Game::specimens) over 64 ticks of coasting.
#[must_use]
pub fn fingerprint<G: Game>() -> [u8; 4] {
    use std::any::TypeId;
    use std::sync::{Mutex, PoisonError};

    static KNOWN: Mutex<Vec<(TypeId, [u8; 4])>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let game = TypeId::of::<G>();
    if let Some((_, fingerprint)) = known.iter().find(|(of, _)| *of == game) {
        return *fingerprint;
    }
    let fingerprint = compute_fingerprint::<G>();
    known.push((game, fingerprint));
    fingerprint
}

fn compute_fingerprint<G: Game>() -> [u8; 4] {
    let specimens = G::specimens();
    let mut bytes = encode(&(VERSION, G::NAME));
    for message in client_specimens(&specimens) {
        encode_into(&message, &mut bytes);
    }
    for message in server_specimens(&specimens) {
        encode_into(&message, &mut bytes);
    }
    let mut entities: EntityMap<G::Entity> = specimens.entities.into_iter().collect();
    for _ in 0..64 {
        coast_all::<G>(&specimens.rules, &mut entities);
        encode_into(&entities, &mut bytes);
    }
    let fnv = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.into_iter().fold(0x811c_9dc5, fnv).to_le_bytes()
}

fn client_specimens<G: Game>(specimens: &Specimens<G>) -> Vec<ClientMessage<G>> {
    let name = PlayerName::try_from("Ada".to_owned()).expect("a short name");
    let hello = |role, resume, ticket| {
        ClientMessage::Hello(Hello { fingerprint: *b"tick", role, viewport: Default::default(), resume, ticket })
    };
    let ticket: Ticket = "ticket".parse().expect("a short ticket");
    let input = |controls: &G::Controls| {
        ClientMessage::Input(Input { tick: Tick(3), acknowledged: Tick(300), controls: *controls })
    };
    let mut messages =
        vec![hello(Role::Player(name), Some(ResumeToken([7; 16])), Some(ticket)), hello(Role::Spectator, None, None)];
    messages.extend(specimens.controls.iter().map(input));
    messages.extend([
        ClientMessage::Acknowledge(Tick(70_000)),
        ClientMessage::Viewport(Default::default()),
        ClientMessage::Ping(7),
        ClientMessage::Recover,
    ]);
    messages
}

fn server_specimens<G: Game>(specimens: &Specimens<G>) -> Vec<ServerMessage<G>> {
    let player = PlayerId(2);
    let name = PlayerName::try_from("Ada".to_owned()).expect("a short name");
    let mut room = vec![
        RoomEvent::Joined(player, name.clone(), MemberKind::Person),
        RoomEvent::Joined(PlayerId(300), name, MemberKind::Drone),
        RoomEvent::Left(player),
        RoomEvent::Standing(player, specimens.standing.clone()),
    ];
    room.extend(specimens.events.iter().cloned().map(RoomEvent::Game));
    let set = |(id, entity): &(_, G::Entity)| Change::Set(*id, entity.clone());
    let mut changes: Vec<Change<G>> = specimens.entities.iter().map(set).collect();
    let id = specimens.entities.first().map_or(crate::EntityId(0), |(id, _)| *id);
    changes.extend(specimens.controls.iter().map(|controls| Change::Steer(id, *controls)));
    changes.extend(specimens.patches.iter().map(|patch| Change::Patch(id, patch.clone())));
    changes.push(Change::Remove(id));
    let header = SnapshotHeader {
        reset: Some(Tick(1000)),
        report: Some(InputReport { stamp: 200, margin: -2 }),
        view: Some(ViewRect { left: 1, top: 2, right: 3, bottom: 4 }),
        checksum: Some(0x0102_0304),
    };
    vec![
        ServerMessage::Welcome(Welcome {
            seat: Some(Seat { player, token: ResumeToken([9; 16]), resumed: true }),
            room: "main".parse().expect("a room's name"),
            tick_rate: 30,
            cell_size: 128,
            rules: specimens.rules.clone(),
        }),
        ServerMessage::Pong(7),
        ServerMessage::Drain(300),
        ServerMessage::Snapshot(Snapshot { header: SnapshotHeader::default(), room: Vec::new(), changes: Vec::new() }),
        ServerMessage::Snapshot(Snapshot { header, room, changes }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Arena;

    #[test]
    fn a_header_is_read_without_what_follows() {
        for message in server_specimens(&Arena::specimens()) {
            let header = decode_snapshot_header(&encode_server(&message)).expect("a message of ours");
            let expected = if let ServerMessage::Snapshot(snapshot) = message { Some(snapshot.header) } else { None };
            assert_eq!(header, expected);
        }
    }

    #[test]
    fn a_foreign_fingerprint_is_noticed_in_whatever_form_a_hello_begins() {
        let specimen = encode_client(&client_specimens::<Arena>(&Arena::specimens())[0]);
        let hello = [&[0][..], &fingerprint::<Arena>(), &specimen[5..]].concat();
        for first in [&[0][..], &[0xfb, 0, 0], &[0xfc, 0, 0, 0, 0]] {
            let mut bytes = [first, &hello[1..]].concat();
            assert!(decode_client::<Arena>(&bytes).is_ok(), "{first:?}");
            bytes[first.len()] ^= 1;
            assert_eq!(decode_client::<Arena>(&bytes), Err(DecodeError::WrongVersion), "{first:?}");
        }
    }

    #[test]
    fn a_header_that_breaks_off_is_refused() {
        let header = SnapshotHeader { checksum: Some(1), ..SnapshotHeader::default() };
        let snapshot = Snapshot::<Arena> { header, room: Vec::new(), changes: Vec::new() };
        let bytes = encode_server(&ServerMessage::Snapshot(snapshot));
        assert!(decode_snapshot_header(&bytes[..bytes.len() - 1]).is_err());
        assert!(decode_snapshot_header(&[]).is_err());
    }
}
