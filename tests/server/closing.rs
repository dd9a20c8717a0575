//! Close codes: the server closes every connection with the reason that PROTOCOL.md specifies.

use tickcast_arena::Arena;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_protocol::{ClientMessage, CloseReason, Role};
use tungstenite::Message;

use crate::client::{Client, Connection, hello, player};
use crate::test_server::{TestServer, room_options};

type Player = Client<Arena>;

/// Sends messages right after the upgrade, and checks the reason with which the server closes the connection.
fn check(messages: Vec<Message>, expected: CloseReason) {
    let server = TestServer::arena(room_options());
    let mut connection = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    for message in messages {
        connection.0.send(message).expect("the connection is open");
    }
    assert_eq!(connection.read_close::<Arena>(), expected);
}

fn binary(bytes: Vec<u8>) -> Message {
    Message::Binary(bytes.into())
}

fn valid_hello() -> Message {
    binary(codec::encode_client::<Arena>(&hello(player("Ada"))))
}

fn resync() -> Message {
    binary(codec::encode_client::<Arena>(&ClientMessage::Resync))
}

#[test]
fn bytes_that_are_not_a_message_are_invalid() {
    check(vec![binary(vec![99, 1, 2, 3])], CloseReason::InvalidMessage);
    check(vec![binary(Vec::new())], CloseReason::InvalidMessage);
}

#[test]
fn trailing_bytes_are_invalid() {
    let mut bytes = codec::encode_client::<Arena>(&hello(Role::Spectator));
    bytes.push(0);
    check(vec![binary(bytes)], CloseReason::InvalidMessage);
}

#[test]
fn a_message_before_hello_is_invalid() {
    check(vec![resync()], CloseReason::InvalidMessage);
}

#[test]
fn a_second_hello_is_invalid() {
    check(vec![valid_hello(), valid_hello()], CloseReason::InvalidMessage);
}

#[test]
fn another_fingerprint_is_a_version_mismatch() {
    let mut bytes = codec::encode_client::<Arena>(&hello(Role::Spectator));
    bytes[1] ^= 1;
    check(vec![binary(bytes)], CloseReason::VersionMismatch);
}

#[test]
fn a_text_message_is_unsupported_data() {
    check(vec![Message::Text("hello".into())], CloseReason::UnsupportedData);
}

#[test]
fn a_message_over_the_size_limit_is_too_big() {
    check(vec![binary(vec![0; CLIENT_MESSAGE_BYTES_MAX + 1])], CloseReason::MessageTooBig);
    check(vec![binary(vec![0; 1 << 20])], CloseReason::MessageTooBig);
}

#[test]
fn messages_are_rate_limited() {
    let ping = codec::encode_client::<Arena>(&ClientMessage::Ping(1));
    let pings = (0..400).map(|_| binary(ping.clone()));
    check([valid_hello()].into_iter().chain(pings).collect(), CloseReason::RateLimited);
}

#[test]
fn resync_requests_are_rate_limited() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat is free");
    for _ in 0..30 {
        ada.connection.0.write(resync()).expect("the connection is open");
    }
    ada.connection.0.flush().expect("the connection is open");
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::RateLimited);
}

#[test]
fn a_close_frame_is_answered() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "", "Ada").expect("a seat is free");
    ada.connection.0.close(None).expect("the connection is open");
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::Left);
}
