//! Invalid WebSocket frames: each is answered with the close code that RFC 6455 specifies.

use std::io::Write;

use tickcast_arena::Arena;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};

use crate::client::{Connection, hello, player};
use crate::test_server::{TestServer, room_options};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const FINAL: u8 = 0x80;

/// A masked frame with this first byte (flags and opcode), and a payload of up to 125 bytes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).expect("the payload is short");
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [first, 0x80 | length].into_iter().chain(MASK).chain(masked).collect()
}

/// For each case, opens two connections. Sends a valid Hello and then the bytes of the case: over the first connection in
/// one piece, over the second byte by byte. Checks the close code.
fn check(code: u16, cases: &[(&str, &[u8])]) {
    let server = TestServer::arena(room_options());
    for (what, bytes) in cases {
        for piece_length in [bytes.len(), 1] {
            let mut connection = Connection::open(server.address(), "").expect("the server accepts the upgrade");
            connection.send::<Arena>(&hello(player("Ada")));
            for piece in bytes.chunks(piece_length) {
                // Writing fails if the server closes the connection before it has received everything.
                if connection.0.get_mut().write_all(piece).is_err() {
                    break;
                }
            }
            let closed = loop {
                if let Err(code) = connection.read::<Arena>() {
                    break code;
                }
            };
            assert_eq!(closed, code, "{what}, in pieces of {piece_length}");
        }
    }
}

#[test]
fn invalid_headers_are_protocol_errors() {
    check(
        1002,
        &[
            ("reserved bit 1", &frame(0x40 | BINARY, b"")),
            ("reserved bit 2", &frame(0x20 | BINARY, b"")),
            ("reserved bit 3", &frame(0x10 | BINARY, b"")),
            ("reserved data opcode", &frame(FINAL | 3, b"")),
            ("reserved control opcode", &frame(FINAL | 11, b"")),
            ("unmasked frame", &[BINARY, 1, 0]),
            ("fragmented ping", &frame(PING & !FINAL, b"")),
            ("continuation without a first fragment", &frame(FINAL, b"end")),
            ("ping of 126 bytes", &[PING, 0x80 | 126, 0, 126, 0, 0, 0, 0]),
            ("length with the highest bit set", &[BINARY, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("reserved close code", &frame(CLOSE, &1005_u16.to_be_bytes())),
            ("undefined close code", &frame(CLOSE, &2999_u16.to_be_bytes())),
            ("close code of one byte", &frame(CLOSE, &[3])),
        ],
    );
}

#[test]
fn a_close_reason_that_is_not_utf_8_is_an_invalid_payload() {
    check(1007, &[("close reason", &frame(CLOSE, &[0x03, 0xe8, 0xff]))]);
}

#[test]
fn text_and_fragments_are_unsupported_data() {
    check(
        1003,
        &[
            ("text", &frame(TEXT, b"hello")),
            ("text that is not UTF-8", &frame(TEXT, b"\xff")),
            ("binary fragment", &frame(BINARY & !FINAL, b"be")),
            ("text fragment", &frame(TEXT & !FINAL, b"be")),
        ],
    );
}

#[test]
fn a_frame_whose_header_declares_too_much_is_rejected_before_its_payload_arrives() {
    let [high, low] = u16::try_from(CLIENT_MESSAGE_BYTES_MAX + 1).expect("the limit fits into 16 bits").to_be_bytes();
    check(
        1009,
        &[
            ("one byte over the limit", &[BINARY, 0x80 | 126, high, low, 0, 0, 0, 0]),
            ("2⁶⁰ bytes", &[BINARY, 0x80 | 127, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ],
    );
}

#[test]
fn messages_before_an_invalid_frame_are_handled() {
    let invalid_message = frame(BINARY, &[99]);
    let invalid_frame = frame(TEXT, b"hello");
    let bytes = [invalid_message, invalid_frame].concat();
    check(CloseReason::InvalidMessage.code(), &[("invalid message, then text", &bytes)]);
}

#[test]
fn a_message_that_arrives_byte_by_byte_is_decoded() {
    let server = TestServer::arena(room_options());
    let mut connection = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    for byte in frame(BINARY, &codec::encode_client::<Arena>(&hello(player("Ada")))) {
        connection.0.get_mut().write_all(&[byte]).expect("the connection is open");
    }
    assert!(connection.read::<Arena>().is_ok(), "the server sends a Welcome");
}
