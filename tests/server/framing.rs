//! Frames that are at fault: each is answered with the close code that RFC 6455 has for it.

use std::io::Write;

use tickcast_arena::Arena;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};

use crate::client::{Wire, hello, player};
use crate::hosting::{host_arena, quiet};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const FINAL: u8 = 0x80;

/// A masked frame that declares as much as it holds.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).expect("short frames will do");
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [first, 0x80 | length].into_iter().chain(MASK).chain(masked).collect()
}

/// What the server closes with when such bytes come after Hello, whole and byte by byte.
fn check(code: u16, cases: &[(&str, &[u8])]) {
    let server = host_arena(quiet());
    for (what, bytes, size) in cases.iter().flat_map(|(what, bytes)| [(what, bytes, bytes.len()), (what, bytes, 1)]) {
        let mut wire = Wire::open(server.address(), "").expect("the upgrade is granted");
        wire.send::<Arena>(&hello(player("Ada")));
        for piece in bytes.chunks(size) {
            // The server may have closed before all of it has come.
            if wire.0.get_mut().write_all(piece).is_err() {
                break;
            }
        }
        let closed = loop {
            if let Err(code) = wire.read::<Arena>() {
                break code;
            }
        };
        assert_eq!(closed, code, "{what}, in pieces of {size}");
    }
}

#[test]
fn what_breaks_the_rules_is_a_bad_frame() {
    check(
        1002,
        &[
            ("reserved bit 1", &frame(0x40 | BINARY, b"")),
            ("reserved bit 2", &frame(0x20 | BINARY, b"")),
            ("reserved bit 3", &frame(0x10 | BINARY, b"")),
            ("reserved opcode of data", &frame(FINAL | 3, b"")),
            ("reserved opcode of control", &frame(FINAL | 11, b"")),
            ("no mask", &[BINARY, 1, 0]),
            ("a ping in fragments", &frame(PING & !FINAL, b"")),
            ("a continuation of nothing", &frame(FINAL, b"end")),
            ("a long ping", &[PING, 0x80 | 126, 0, 126, 0, 0, 0, 0]),
            ("a length of 64 bits", &[BINARY, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("a reserved close code", &frame(CLOSE, &1005_u16.to_be_bytes())),
            ("an undefined close code", &frame(CLOSE, &2999_u16.to_be_bytes())),
            ("half a close code", &frame(CLOSE, &[3])),
        ],
    );
}

#[test]
fn a_close_reason_that_is_no_text_is_invalid() {
    check(1007, &[("a close reason", &frame(CLOSE, &[0x03, 0xe8, 0xff]))]);
}

#[test]
fn text_and_fragments_are_not_binary_messages() {
    check(
        1003,
        &[
            ("text", &frame(TEXT, b"hello")),
            ("text that is none", &frame(TEXT, b"\xff")),
            ("a fragment", &frame(BINARY & !FINAL, b"be")),
            ("a fragment of text", &frame(TEXT & !FINAL, b"be")),
        ],
    );
}

#[test]
fn a_frame_that_declares_too_much_is_refused_though_nothing_of_it_has_come() {
    let [high, low] = u16::try_from(CLIENT_MESSAGE_BYTES_MAX + 1).expect("few").to_be_bytes();
    check(
        1009,
        &[
            ("a byte too many", &[BINARY, 0x80 | 126, high, low, 0, 0, 0, 0]),
            ("an exbibyte", &[BINARY, 0x80 | 127, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ],
    );
}

#[test]
fn what_comes_before_a_fault_is_still_heard() {
    let malformed = frame(BINARY, &[99]);
    let fault = frame(TEXT, b"hello");
    check(CloseReason::InvalidMessage.code(), &[("a malformed message, then text", &[malformed, fault].concat())]);
}

#[test]
fn a_message_in_pieces_of_a_byte_is_a_message() {
    let server = host_arena(quiet());
    let mut wire = Wire::open(server.address(), "").expect("the upgrade is granted");
    let greeting = frame(BINARY, &codec::encode_client::<Arena>(&hello(player("Ada"))));
    for byte in greeting {
        wire.0.get_mut().write_all(&[byte]).expect("the server listens");
    }
    assert!(wire.read::<Arena>().is_ok(), "a welcome");
}
