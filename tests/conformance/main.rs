//! Tests that the transport conforms to RFC 6455. The tests send bytes to the echo server of `examples/echo.rs` over plain
//! sockets, and are grouped like those of the Autobahn test suite. Each case specifies the bytes sent, the frames expected
//! in return and the close code. Every connection must end with the server's Close frame and an orderly TCP close.
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

mod wire;

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;

use wire::{
    BINARY, Frame, TEXT, binary, close, close_with, continuation, exchange, final_continuation, fragments, frame, ping,
    pong, text,
};

#[path = "../../examples/echo.rs"]
#[allow(dead_code, reason = "an example is a program, and is tested as a module")]
mod echo;

const NORMAL: u16 = 1000;
const PROTOCOL_ERROR: u16 = 1002;
const INVALID_PAYLOAD: u16 = 1007;
/// Maximum length of the inputs that are also sent byte by byte.
const BYTEWISE_MAX: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Address of the echo server, which all tests share.
static ECHO: LazyLock<SocketAddr> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("the listener is bound");
    std::thread::spawn(|| actix_web::rt::System::new().block_on(async { echo::serve(listener)?.await }));
    address
});

/// Sends the same bytes over several connections. The length of the pieces differs from connection to connection. Checks
/// each time that the server answers with these frames and closes with this code.
fn check_bytes(what: &str, sent: &[u8], answers: &[Frame], code: u16) {
    let mut piece_lengths = vec![sent.len(), 997];
    if sent.len() <= BYTEWISE_MAX {
        piece_lengths.push(1);
    }
    for piece_length in piece_lengths {
        let received = exchange(*ECHO, sent, piece_length);
        assert_eq!(received, [answers, &[close(code)]].concat(), "{what}, in pieces of {piece_length}");
    }
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

/// Sends these frames and then a Close frame with code 1000. Checks the answers.
fn check(what: &str, sent: &[Frame], answers: &[Frame]) {
    check_bytes(what, &[bytes(sent), close(NORMAL).masked()].concat(), answers, NORMAL);
}

/// Checks that a message is sent back unchanged.
fn check_echo(what: &str, message: &Frame) {
    check(what, std::slice::from_ref(message), std::slice::from_ref(message));
}

/// Sends these frames. Checks that the server answers with `answers`, closes with this code and ignores later frames.
fn check_closed(what: &str, sent: &[Frame], answers: &[Frame], code: u16) {
    check_bytes(what, &bytes(sent), answers, code);
    check_bytes(what, &bytes(&[sent, &[text("ignored"), ping("ignored")]].concat()), answers, code);
}

fn letters(length: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(length).collect()
}

#[test]
fn group_1_messages_of_all_lengths_are_echoed() {
    for length in [0, 1, 125, 126, 127, 128, 65535, 65536] {
        check_echo(&format!("text of {length}"), &text(letters(length)));
        check_echo(&format!("binary of {length}"), &binary(vec![0xfe; length]));
    }
    let unmasked = [0x82, 1, 0];
    check_bytes("unmasked frame", &unmasked, &[], PROTOCOL_ERROR);
}

#[test]
fn group_2_pings_are_answered_and_pongs_are_not() {
    for payload in [vec![], letters(5), vec![0, 0xff, 0xfe, 0xfd, 0], vec![0xfe; 125]] {
        check("a ping", &[ping(&payload)], &[pong(&payload)]);
        check("a pong", &[pong(&payload)], &[]);
        check("a pong, then a ping", &[pong("unsolicited"), ping(&payload)], &[pong(&payload)]);
    }
    check_closed("a ping of 126 bytes", &[ping([0xfe; 126])], &[], PROTOCOL_ERROR);
    let payloads: Vec<_> = (0..10).map(|number| format!("payload {number}")).collect();
    let [pings, pongs] = [ping, pong].map(|control| payloads.iter().map(control).collect::<Vec<_>>());
    check("ten pings", &pings, &pongs);
}

#[test]
fn group_3_reserved_bits_are_rejected() {
    for bits in (1..8).map(|bits| bits << 4) {
        for bad in [text("bad"), binary("bad"), text("bad").unfinished(), ping("bad"), close_with("")] {
            let sent = [text("good"), bad.with_reserved_bits(bits)];
            check_closed("reserved bits", &sent[1..], &[], PROTOCOL_ERROR);
            check_closed("reserved bits, later", &sent, &sent[..1], PROTOCOL_ERROR);
        }
    }
}

#[test]
fn group_4_reserved_opcodes_are_rejected() {
    for opcode in (3..8).chain(11..16) {
        for payload in ["", "reserved"] {
            let sent = [text("good"), ping("too"), frame(0x80 | opcode, payload)];
            check_closed("a reserved opcode", &sent[2..], &[], PROTOCOL_ERROR);
            check_closed("a reserved opcode, later", &sent, &[text("good"), pong("too")], PROTOCOL_ERROR);
        }
    }
}

#[test]
fn group_5_fragments_are_reassembled() {
    let first = text("one, ").unfinished();
    let check_pongs =
        |what: &str, sent: &[Frame], pongs: &[Frame]| check(what, sent, &[pongs, &[text("one, two")]].concat());
    check_pongs("two fragments", &[first.clone(), final_continuation("two")], &[]);
    check_pongs("a ping between", &[first.clone(), ping("?"), final_continuation("two")], &[pong("?")]);
    check_pongs("a pong between", &[first.clone(), pong("!"), final_continuation("two")], &[]);
    let many = [first.clone(), ping("1"), continuation("t"), continuation(""), ping("2"), final_continuation("wo")];
    check_pongs("pings between many", &many, &[pong("1"), pong("2")]);
    check_pongs("an empty first fragment", &[text("").unfinished(), continuation("one, two"), final_continuation("")], &[]);
    check("empty fragments", &[text("").unfinished(), continuation(""), final_continuation("")], &[text("")]);
    check(
        "two fragmented messages",
        &[first.clone(), final_continuation("two"), binary([7]).unfinished(), final_continuation([8])],
        &[text("one, two"), binary([7, 8])],
    );

    check_closed("a fragmented ping", &[ping("one").unfinished(), final_continuation("two")], &[], PROTOCOL_ERROR);
    check_closed("a fragmented pong", &[pong("one").unfinished(), final_continuation("two")], &[], PROTOCOL_ERROR);
    for stray in [final_continuation("stray"), continuation("stray")] {
        let sent = [text("whole"), stray];
        check_closed("a continuation without a first fragment", &sent[1..], &[], PROTOCOL_ERROR);
        check_closed("a continuation after the last fragment", &sent, &sent[..1], PROTOCOL_ERROR);
    }
    for second in [text("two"), binary("two"), text("two").unfinished()] {
        check_closed("a message within a message", &[first.clone(), second], &[], PROTOCOL_ERROR);
    }
}

#[test]
fn group_6_text_is_utf_8() {
    let valid = [
        "κόσμε",
        "Hello-µ@ßöäüàá-UTF-8!!",
        "\0",
        "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}",
        "\u{d7ff}\u{e000}",
    ];
    for words in valid {
        check_echo(words, &text(words));
        for size in 1..=4 {
            check(words, &fragments(TEXT, words.as_bytes(), size), &[text(words)]);
        }
    }
    let invalid: [&[u8]; 14] = [
        b"\x80",                     // a continuation byte without a leading byte
        b"\xbf\x80",                 // two continuation bytes
        b"\xce",                     // truncated sequence of two bytes
        b"\xe1\xbd",                 // truncated sequence of three bytes
        b"\xf0\x9f\x98",             // truncated sequence of four bytes
        b"\xce\x41",                 // interrupted sequence
        b"\xc0\xaf",                 // overlong sequence of two bytes
        b"\xe0\x9f\xbf",             // overlong sequence of three bytes
        b"\xf0\x8f\xbf\xbf",         // overlong sequence of four bytes
        b"\xed\xa0\x80",             // high surrogate
        b"\xed\xaf\xbf\xed\xb0\x80", // surrogate pair
        b"\xf4\x90\x80\x80",         // beyond U+10FFFF
        b"\xf8\x88\x80\x80\x80",     // sequence of five bytes
        b"\xff",                     // byte that UTF-8 does not use
    ];
    for bytes in invalid {
        let bad = ["κόσμε".as_bytes(), bytes].concat();
        let what = format!("{:?}", bytes.escape_ascii().to_string());
        check_closed(&what, &[text(&bad)], &[], INVALID_PAYLOAD);
        check_closed(&what, &fragments(TEXT, &bad, 1), &[], INVALID_PAYLOAD);
        check_echo(&what, &binary(&bad));
    }
    let half = ["κόσμε".as_bytes(), b"\xf4\x90"].concat();
    check_bytes("an invalid fragment of an unfinished message", &text(&half).unfinished().masked(), &[], INVALID_PAYLOAD);
    let whole = text([&half[..], &letters(100)].concat()).masked();
    check_bytes("an invalid part of an unfinished frame", &whole[..whole.len() - 100], &[], INVALID_PAYLOAD);
}

#[test]
fn group_7_a_close_frame_is_answered_once_and_later_frames_are_ignored() {
    let check_close = |sent: &[Frame], answers: &[Frame]| check("frames after a Close frame", sent, answers);
    check_close(&[text("before")], &[text("before")]);
    for after in [
        vec![close(NORMAL)],
        vec![ping("late")],
        vec![text("late")],
        vec![text("late").unfinished(), final_continuation("")],
    ] {
        check_close(&[vec![close(NORMAL)], after].concat(), &[]);
    }
    check_close(&[text("unfinished").unfinished(), close(NORMAL), final_continuation("late")], &[]);

    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        check_closed("a valid code", &[close(code)], &[], code);
    }
    for reason in ["", "κόσμε", &"r".repeat(123)] {
        check_closed("a valid reason", &[normal_close(reason.as_bytes())], &[], NORMAL);
    }
    for code in [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535] {
        check_closed("a reserved code", &[close(code)], &[], PROTOCOL_ERROR);
    }
    check_closed("a code of one byte", &[close_with([3])], &[], PROTOCOL_ERROR);
    check_closed("a reason of 124 bytes", &[normal_close(&letters(124))], &[], PROTOCOL_ERROR);
    check_closed("a reason that is not UTF-8", &[normal_close(b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80")], &[], INVALID_PAYLOAD);
    assert_eq!(
        exchange(*ECHO, &close_with("").masked(), 1),
        [close_with("")],
        "a Close frame without a code is answered without one"
    );
}

/// A Close frame with code 1000 and a reason.
fn normal_close(reason: &[u8]) -> Frame {
    close_with([&NORMAL.to_be_bytes()[..], reason].concat())
}

#[test]
fn group_9_messages_of_megabytes_are_echoed() {
    for length in [MIB, 4 * MIB] {
        let payload = letters(length);
        for (opcode, whole) in [(TEXT, text(&payload)), (BINARY, binary(&payload))] {
            check_echo("a frame", &whole);
            check("fragments", &fragments(opcode, &payload, 64 << 10), &[whole]);
        }
    }
}

#[test]
fn group_10_a_message_in_many_fragments_is_echoed() {
    let payload = letters(64 << 10);
    check("fragments of 1300 bytes", &fragments(TEXT, &payload, 1300), &[text(&payload)]);
}
