//! How connections end: always with a reason.

use std::io::ErrorKind;
use std::time::Duration;

use tickcast_arena::Arena;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_protocol::{ClientMessage, CloseReason, Role};
use tickcast_room::RoomOptions;
use tungstenite::{Error, Message};

use crate::client::{Client, Wire, hello, player};
use crate::hosting::{host_arena, quiet};

type Player = Client<Arena>;

/// What the server says to somebody who sends this right after the upgrade.
fn check(messages: Vec<Message>, expected: CloseReason) {
    let server = host_arena(quiet());
    let mut wire = Wire::open(server.address(), "").expect("the upgrade is granted");
    for message in messages {
        wire.0.send(message).expect("the connection is open");
    }
    assert_eq!(wire.read_close::<Arena>(), expected);
}

fn binary(bytes: Vec<u8>) -> Message {
    Message::Binary(bytes.into())
}

fn greeting() -> Message {
    binary(codec::encode_client::<Arena>(&hello(player("Ada"))))
}

#[test]
fn garbage_is_malformed() {
    check(vec![binary(vec![99, 1, 2, 3])], CloseReason::InvalidMessage);
    check(vec![binary(Vec::new())], CloseReason::InvalidMessage);
}

#[test]
fn trailing_bytes_are_malformed() {
    let mut bytes = codec::encode_client::<Arena>(&hello(Role::Spectator));
    bytes.push(0);
    check(vec![binary(bytes)], CloseReason::InvalidMessage);
}

#[test]
fn an_input_before_hello_is_malformed() {
    let recover = codec::encode_client::<Arena>(&ClientMessage::Resync);
    check(vec![binary(recover)], CloseReason::InvalidMessage);
}

#[test]
fn a_second_hello_is_malformed() {
    check(vec![greeting(), greeting()], CloseReason::InvalidMessage);
}

#[test]
fn another_fingerprint_is_another_version() {
    let mut bytes = codec::encode_client::<Arena>(&hello(Role::Spectator));
    bytes[1] ^= 1;
    check(vec![binary(bytes)], CloseReason::VersionMismatch);
}

#[test]
fn text_is_not_binary() {
    check(vec![Message::Text("hello".into())], CloseReason::UnsupportedData);
}

#[test]
fn a_long_message_is_too_long() {
    check(vec![binary(vec![0; CLIENT_MESSAGE_BYTES_MAX + 1])], CloseReason::MessageTooBig);
    check(vec![binary(vec![0; 1 << 20])], CloseReason::MessageTooBig);
}

#[test]
fn silence_after_the_upgrade_is_a_hello_timeout() {
    check(Vec::new(), CloseReason::HelloTimeout);
}

#[test]
fn a_flood_is_closed() {
    let ping = codec::encode_client::<Arena>(&ClientMessage::Ping(1));
    check(std::iter::once(greeting()).chain((0..400).map(|_| binary(ping.clone()))).collect(), CloseReason::RateLimited);
}

#[test]
fn who_loses_the_world_all_the_time_is_closed() {
    let recover = codec::encode_client::<Arena>(&ClientMessage::Resync);
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat");
    (0..30).for_each(|_| ada.wire.0.write(binary(recover.clone())).expect("the connection is open"));
    ada.wire.0.flush().expect("the connection is open");
    assert_eq!(ada.wire.read_close::<Arena>(), CloseReason::RateLimited);
}

#[test]
fn a_goodbye_is_answered() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat");
    ada.wire.0.close(None).expect("the connection is open");
    assert_eq!(ada.wire.read_close::<Arena>(), CloseReason::Left);
}

#[test]
fn a_player_who_applies_nothing_is_told_nothing_and_then_dismissed_whatever_they_say() {
    let server = host_arena(RoomOptions { tick_rate: 120, ..quiet() });
    let mut idle = Player::join(server.address(), "idle", "Idle").expect("a seat");
    idle.tick();
    let (mut snapshots, old_news) = (1, ClientMessage::Acknowledge(idle.now()));
    // As soon as nothing comes any more, it begins to talk.
    idle.wire.0.get_mut().set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let code = loop {
        match idle.wire.0.read() {
            Ok(Message::Binary(_)) => snapshots += 1,
            Ok(Message::Close(Some(goodbye))) => break goodbye.code.into(),
            Err(Error::Io(why)) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                idle.wire.send::<Arena>(&old_news);
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(CloseReason::from_code(code), Some(CloseReason::SlowConsumer));
    assert!((355..=365).contains(&snapshots), "three seconds of ticks, not {snapshots}");
    let back = Player::resume(server.address(), "idle", "Idle", idle.token()).expect("a seat");
    assert!(back.welcome.seat.is_some_and(|seat| seat.resumed), "the seat is kept");
}

#[test]
fn a_player_who_says_nothing_is_told_nothing_and_then_dismissed() {
    let server = host_arena(RoomOptions { tick_rate: 120, ..quiet() });
    let mut mute = Player::join(server.address(), "quiet", "Mute").expect("a seat");
    let mut snapshots = 0;
    let code = loop {
        match mute.wire.read::<Arena>() {
            Ok(_) => snapshots += 1,
            Err(code) => break code,
        }
    };
    assert_eq!(CloseReason::from_code(code), Some(CloseReason::IdleTimeout));
    assert!((355..=365).contains(&snapshots), "three seconds of ticks, not {snapshots}");
}
