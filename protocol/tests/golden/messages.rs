//! Messages of every kind, and bytes that are none.

use serde_json::{Value, json};
use tickcast_protocol::arena::{Arena, Controls, Damage, Destroyed, Destroyer, Entity, Rules, Standing};
use tickcast_protocol::{
    Change, ClientMessage, EntityId, Game, Hello, Input, InputReport, MemberKind, PlayerId, PlayerName, ResumeToken, Role,
    RoomEvent, Seat, ServerMessage, Snapshot, SnapshotHeader, Tick, ViewRect, Viewport, Welcome, codec,
};

use super::json::{client_message, hex, server_message};
use super::lcg::Lcg;

const MUTATIONS: usize = 4_000;
const MUTATION_SEED: u32 = 7;

pub(crate) fn vectors() -> Value {
    let client = client_messages();
    let server = server_messages();
    json!({
        "about": "Made by protocol/tests/golden. `bytes` are hexadecimal.",
        "fingerprint": hex(&codec::fingerprint::<Arena>()),
        "client": client.iter().map(client_vector).collect::<Value>(),
        "server": server.iter().map(server_vector).collect::<Value>(),
        "malformedClient": malformed_client().iter().map(|(why, bytes)| refused_client(why, bytes)).collect::<Value>(),
        "malformedServer": malformed_server().iter().map(|(why, bytes)| refused_server(why, bytes)).collect::<Value>(),
        "mutations": mutations(&server),
    })
}

fn client_vector(message: &ClientMessage<Arena>) -> Value {
    let bytes = codec::encode_client(message);
    if !matches!(message, ClientMessage::Hello(hello) if hello.fingerprint != codec::fingerprint::<Arena>()) {
        assert_eq!(codec::decode_client(&bytes).as_ref(), Ok(message));
    }
    json!({ "bytes": hex(&bytes), "message": client_message(message) })
}

fn server_vector(message: &ServerMessage<Arena>) -> Value {
    let bytes = codec::encode_server(message);
    assert_eq!(codec::decode_server(&bytes).as_ref(), Ok(message));
    json!({ "bytes": hex(&bytes), "message": server_message(message) })
}

fn refused_client(why: &str, bytes: &[u8]) -> Value {
    assert!(codec::decode_client::<Arena>(bytes).is_err(), "{why}");
    json!({ "why": why, "bytes": hex(bytes) })
}

fn refused_server(why: &str, bytes: &[u8]) -> Value {
    assert!(codec::decode_server::<Arena>(bytes).is_err(), "{why}");
    json!({ "why": why, "bytes": hex(bytes) })
}

fn name(text: &str) -> PlayerName {
    PlayerName::try_from(text.to_owned()).expect("a short name")
}

fn token() -> ResumeToken {
    ResumeToken(*b"0123456789abcdef")
}

/// A welcome to somebody who has a seat.
fn seated(player: &[u8], resumed: u8) -> Vec<u8> {
    [&[0, 1], player, &token().0, &[resumed, 1, b'x', 30, 128, 30, 0xfb, 0, 2]].concat()
}

fn client_messages() -> Vec<ClientMessage<Arena>> {
    let hello = |fingerprint, role, width, height| {
        let viewport = Viewport { width, height };
        ClientMessage::Hello(Hello { fingerprint, role, viewport, resume: None, ticket: None })
    };
    let with = |resume, ticket: Option<&str>| {
        let ticket = ticket.map(|text| text.parse().expect("a ticket"));
        let role = Role::Player(name("Ada"));
        let viewport = Viewport { width: 1600, height: 900 };
        ClientMessage::Hello(Hello { fingerprint: codec::fingerprint::<Arena>(), role, viewport, resume, ticket })
    };
    let input = |tick, acknowledged, controls: Controls| {
        ClientMessage::Input(Input { tick: Tick(tick), acknowledged: Tick(acknowledged), controls })
    };
    let ours = codec::fingerprint::<Arena>();
    let mut messages = vec![
        hello(ours, Role::Player(name("Ada")), 1600, 900),
        hello(ours, Role::Player(name("")), 0, 250),
        hello(ours, Role::Player(name(&"é😀".repeat(10))), 65_535, 251),
        hello(ours, Role::Spectator, 4096, 4096),
        hello(*b"tick", Role::Spectator, 1, 2),
        with(Some(token()), None),
        with(None, Some("a.ticket")),
        with(Some(token()), Some(&"~".repeat(256))),
    ];
    for (at, controls) in (0..).zip(Arena::specimens().controls) {
        messages.push(input([3, 250, 251, 65_535][at], [0, 249, 65_536, u32::MAX][at], controls));
    }
    messages.extend([0, 250, 251, 65_535, 65_536, u32::MAX].map(|tick| ClientMessage::Acknowledge(Tick(tick))));
    messages.push(ClientMessage::Viewport(Viewport { width: 800, height: 600 }));
    messages.extend([7, u32::MAX].map(ClientMessage::Ping));
    messages.push(ClientMessage::Recover);
    messages
}

fn server_messages() -> Vec<ServerMessage<Arena>> {
    let specimens = Arena::specimens();
    let seat = |player, resumed| Some(Seat { player: PlayerId(player), token: token(), resumed });
    let welcome = |seat, room: &str, tick_rate, world_size| {
        ServerMessage::Welcome(Welcome {
            seat,
            room: room.parse().expect("a room's name"),
            tick_rate,
            cell_size: 128,
            rules: Rules { tick_rate, world_size },
        })
    };
    let first = specimens.entities[0].0;
    let set = |(id, entity): &(_, Entity)| Change::Set(*id, entity.clone());
    let mut changes: Vec<Change<Arena>> = specimens.entities.iter().map(set).collect();
    changes.extend(specimens.controls.iter().map(|controls| Change::Steer(first, *controls)));
    changes.extend([0, 100, 255].map(|hull| Change::Patch(first, Damage { hull })));
    changes.extend([0, 31, 32, 8191, 8192, 524_287, EntityId::LIMIT - 1].map(|id| Change::Remove(EntityId(id))));
    let destroyed = |victim, by| RoomEvent::Game(Destroyed { victim: PlayerId(victim), by });
    let standing = |score, kills, deaths| RoomEvent::Standing(PlayerId(260), Standing { score, kills, deaths });
    let room = vec![
        RoomEvent::Joined(PlayerId(2), name("Ada"), MemberKind::Person),
        RoomEvent::Joined(PlayerId(260), name("\u{feff}Бот 🤖"), MemberKind::Drone),
        RoomEvent::Left(PlayerId(65_535)),
        standing(0, 0, 0),
        standing(u32::MAX, 250, 65_535),
        destroyed(2, Destroyer::Player(PlayerId(260))),
        destroyed(251, Destroyer::Rock),
    ];
    let view = ViewRect { left: 1, top: 2, right: 3, bottom: 255 };
    let report = |stamp, margin| Some(InputReport { stamp, margin });
    let header = SnapshotHeader {
        reset: Some(Tick(u32::MAX)),
        report: report(200, -2),
        view: Some(view),
        checksum: Some(0xf1f2_f3f4),
    };
    let none = SnapshotHeader::default();
    let snapshot = |header, room: &[RoomEvent<Arena>], changes: &[Change<Arena>]| {
        ServerMessage::Snapshot(Snapshot { header, room: room.to_vec(), changes: changes.to_vec() })
    };
    let mut messages = vec![
        welcome(seat(2, false), "main", 30, 4096),
        welcome(seat(8191, true), "A-room_of-32-characters-name-123", 120, Rules::WORLD_SIZE_MAX),
        welcome(None, "x", 10, 512),
        ServerMessage::Pong(7),
        ServerMessage::Pong(u32::MAX),
        ServerMessage::Drain(0),
        ServerMessage::Drain(u16::MAX),
        snapshot(none, &[], &[]),
        snapshot(header, &room, &changes),
        snapshot(SnapshotHeader { reset: Some(Tick(0)), ..none }, &[], &[]),
        snapshot(SnapshotHeader { report: report(255, 127), ..none }, &[], &[]),
        snapshot(SnapshotHeader { report: report(0, -128), ..none }, &[], &[]),
        snapshot(SnapshotHeader { view: Some(view), ..none }, &[], &[]),
        snapshot(SnapshotHeader { checksum: Some(u32::MAX), ..none }, &[], &[]),
        snapshot(none, &room, &[]),
        snapshot(none, &[], &changes),
    ];
    messages.extend(changes.iter().map(|change| snapshot(none, &[], std::slice::from_ref(change))));
    messages
}

fn malformed_client() -> Vec<(&'static str, Vec<u8>)> {
    let mut another_fingerprint = vec![0];
    another_fingerprint.extend(b"tock");
    another_fingerprint.extend([1, 0, 0, 0, 0]);
    let mut long_name = vec![0];
    long_name.extend(codec::fingerprint::<Arena>());
    long_name.extend([0, 65]);
    long_name.extend([b'x'; 65]);
    long_name.extend([0; 4]);
    let hello = |end: &[u8]| [&[0][..], &codec::fingerprint::<Arena>(), &[1, 0, 0], end].concat();
    vec![
        ("empty", vec![]),
        ("no such message", vec![6]),
        ("another fingerprint", another_fingerprint),
        ("a name of 65 bytes", long_name),
        ("half a resume token", hello(&[&[1][..], &[7; 8], &[0]].concat())),
        ("neither a resume token nor none", hello(&[2, 0])),
        ("an empty ticket", hello(&[0, 1, 0])),
        ("a ticket with a space", hello(&[0, 1, 3, b'a', b' ', b'b'])),
        ("a ticket of 257 bytes", hello(&[&[0, 1, 0xfb, 1, 1][..], &[b'x'; 257]].concat())),
        ("a tick of 64 bits", vec![2, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("controls with an unused bit", vec![1, 1, 1, 0, 0x40]),
        ("ahead with an aim", vec![1, 1, 1, 1, 0]),
        ("bytes left over", vec![5, 0]),
        ("too long", vec![5; 513]),
    ]
}

fn malformed_server() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", vec![]),
        ("no such message", vec![3]),
        ("a drain without a time", vec![2]),
        ("a drain of 32 bits", vec![2, 0xfc, 0, 0, 1, 0]),
        ("no such message above snapshots", vec![0x80]),
        ("no such message, all bits", vec![0xff]),
        ("a pong without a number", vec![1]),
        ("a pong of 64 bits", vec![1, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("a pong of 128 bits", vec![1, 0xfe, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a pong of a byte that is no varint", vec![1, 0xff]),
        ("a pong cut short", vec![1, 0xfc, 1, 0, 0]),
        ("bytes left over after a pong", vec![1, 7, 0]),
        ("bytes left over after a snapshot", vec![0x40, 0]),
        ("a seat that is neither there nor not", vec![0, 2, 1, b'x', 30, 128, 30, 0xfb, 0, 2]),
        ("rules of too small a world", vec![0, 0, 1, b'x', 30, 128, 30, 0xfb, 0xff, 1]),
        ("rules of too many ticks", vec![0, 0, 1, b'x', 30, 128, 121, 0xfb, 0, 2]),
        ("a seat beyond 16 bits", seated(&[0x80, 0x80, 4], 0)),
        ("a seat that is neither resumed nor new", seated(&[1], 2)),
        ("a room without a name", vec![0, 0, 0, 30, 128, 30, 0xfb, 0, 2]),
        ("a room with a space", vec![0, 0, 1, b' ', 30, 128, 30, 0xfb, 0, 2]),
        ("a room that is no UTF-8", vec![0, 0, 1, 0xff, 30, 128, 30, 0xfb, 0, 2]),
        ("a name that is no UTF-8", vec![0x50, 1, 0, 1, 2, 0xc3, 0x28, 0]),
        ("a name with half a surrogate pair", vec![0x50, 1, 0, 1, 3, 0xed, 0xa0, 0x80, 0]),
        ("a name longer than its bytes", vec![0x50, 1, 0, 1, 4, b'A', b'd', b'a']),
        ("a name with a length of 2⁶³ − 1", vec![0x50, 1, 0, 1, 0xfd, 255, 255, 255, 255, 255, 255, 255, 0x7f]),
        ("a name with a length of 2⁶⁴ − 1", vec![0x50, 1, 0, 1, 0xfd, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("no such member", vec![0x50, 1, 0, 1, 1, b'x', 2]),
        ("no such event", vec![0x50, 1, 4]),
        ("a victim beyond 16 bits", vec![0x50, 1, 3, 0x80, 0x80, 8]),
        ("a destroyer beyond 16 bits", vec![0x50, 1, 3, 1, 0x80, 0x80, 4]),
        ("fewer events than it says", vec![0x50, 2, 1, 1]),
        ("a list of 2⁴⁸ changes", vec![0x60, 0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 3]),
        ("a list with a length of 128 bits", [&[0x60, 0xfe][..], &[0; 16]].concat()),
        ("a list with a length of 128 bits that would fit", [&[0x60, 0xfe][..], &[3; 254]].concat()),
        ("fewer changes than it says", vec![0x60, 2, 3]),
        ("a key beyond 32 bits", vec![0x60, 1, 0xff, 0xff, 0xff, 0xff, 0x1f]),
        ("a key of six bytes", vec![0x60, 1, 0x83, 0x80, 0x80, 0x80, 0x80, 0]),
        ("a key cut short", vec![0x60, 1, 0x83]),
        ("controls with an unused bit", vec![0x60, 1, 0, 0, 0x80]),
        ("left with an aim", vec![0x60, 1, 0, 1, 4]),
        ("a ship without a heading", vec![0x60, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a ship that steers nowhere", vec![0x60, 1, 2, 0x10, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0]),
        ("a ship cut short", vec![0x60, 1, 2, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a bullet that lives too long", vec![0x60, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0x10]),
        ("a rock of no size", vec![0x60, 1, 2, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("an orb cut short", vec![0x60, 1, 2, 3, 0, 0, 0, 0]),
        ("a header cut short", vec![0x4f, 1, 2]),
    ]
}

/// Server messages with bytes changed at random, and whether they are still messages: `1` or `0` each, in order.
fn mutations(messages: &[ServerMessage<Arena>]) -> Value {
    let originals: Vec<Vec<u8>> = messages.iter().map(codec::encode_server).collect();
    let mut lcg = Lcg(MUTATION_SEED);
    let accepted: String = (0..MUTATIONS)
        .map(|_| {
            let bytes = mutated(&originals, &mut lcg);
            if codec::decode_server::<Arena>(&bytes).is_ok() { '1' } else { '0' }
        })
        .collect();
    assert!(accepted.contains('0') && accepted.contains('1'));
    json!({
        "about": [
            "state = state * 1664525 + 1013904223 mod 2^32; below(n) = (state >>> 16) % n of the new state.",
            "For each mutation: bytes = server[below(server.length)].bytes;",
            "below(3) + 1 times: bytes[below(bytes.length)] = below(256);",
            "if below(4) is 0, the bytes are cut to below(bytes.length).",
        ],
        "seed": MUTATION_SEED,
        "accepted": accepted,
    })
}

fn mutated(originals: &[Vec<u8>], lcg: &mut Lcg) -> Vec<u8> {
    let mut bytes = originals[lcg.below(originals.len() as u32) as usize].clone();
    let length = bytes.len() as u32;
    for _ in 0..=lcg.below(3) {
        let at = lcg.below(length) as usize;
        bytes[at] = lcg.below(256) as u8;
    }
    if lcg.below(4) == 0 {
        bytes.truncate(lcg.below(length) as usize);
    }
    bytes
}
