//! RFC 6455, held against the transport: the echo server of `examples/` over bare sockets, in the groups that the Autobahn
//! suite has. Each case says what is sent, which frames come back, and with which code the connection is closed; all of them
//! must end with the server's close frame and a clean end of TCP.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod wire;

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;

use wire::{BINARY, Frame, TEXT, binary, close, closing, exchange, fragments, frame, last, more, ping, pong, text};

#[path = "../../examples/echo.rs"]
#[allow(dead_code, reason = "an example is a program, and is tested as a module")]
mod echo;

const NORMAL: u16 = 1000;
const BAD_FRAME: u16 = 1002;
const NOT_UTF8: u16 = 1007;
/// What comes byte by byte, besides in longer pieces.
const SHORT: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// The echo server of all tests.
static ECHO: LazyLock<SocketAddr> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(|| actix_web::rt::System::new().block_on(async { echo::serve(listener)?.await }));
    address
});

/// Whatever pieces these bytes come in, the server sends these frames and then closes with that code.
fn check_bytes(what: &str, sent: &[u8], answers: &[Frame], code: u16) {
    let pieces = [sent.len(), 997, 1];
    for piece in &pieces[..if sent.len() <= SHORT { 3 } else { 2 }] {
        let heard = exchange(*ECHO, sent, *piece);
        assert_eq!(heard, [answers, &[close(code)]].concat(), "{what}, in pieces of {piece}");
    }
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

/// These frames are answered so, and the client's goodbye after them in kind.
fn check(what: &str, sent: &[Frame], answers: &[Frame]) {
    check_bytes(what, &[bytes(sent), close(NORMAL).masked()].concat(), answers, NORMAL);
}

/// A message is sent back.
fn check_echo(what: &str, message: &Frame) {
    check(what, std::slice::from_ref(message), std::slice::from_ref(message));
}

/// These frames break the rules: the server says so after having answered the sound ones, and hears nothing any more.
fn check_refused(what: &str, sent: &[Frame], answers: &[Frame], code: u16) {
    check_bytes(what, &bytes(sent), answers, code);
    check_bytes(what, &bytes(&[sent, &[text("unheard"), ping("unheard")]].concat()), answers, code);
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
    check_bytes("no mask", &unmasked, &[], BAD_FRAME);
}

#[test]
fn group_2_pings_are_answered_and_pongs_are_not() {
    for payload in [vec![], letters(5), vec![0, 0xff, 0xfe, 0xfd, 0], vec![0xfe; 125]] {
        check("a ping", &[ping(&payload)], &[pong(&payload)]);
        check("a pong", &[pong(&payload)], &[]);
        check("a pong, then a ping", &[pong("nobody asked"), ping(&payload)], &[pong(&payload)]);
    }
    check_refused("a long ping", &[ping([0xfe; 126])], &[], BAD_FRAME);
    let payloads: Vec<_> = (0..10).map(|number| format!("payload {number}")).collect();
    let [pings, pongs] = [ping, pong].map(|control| payloads.iter().map(control).collect::<Vec<_>>());
    check("ten pings", &pings, &pongs);
}

#[test]
fn group_3_reserved_bits_are_refused() {
    for bits in (1..8).map(|bits| bits << 4) {
        for bad in [text("bad"), binary("bad"), text("bad").open(), ping("bad"), closing("")] {
            let sent = [text("good"), bad.reserving(bits)];
            check_refused("reserved bits", &sent[1..], &[], BAD_FRAME);
            check_refused("reserved bits, later", &sent, &sent[..1], BAD_FRAME);
        }
    }
}

#[test]
fn group_4_reserved_opcodes_are_refused() {
    for opcode in (3..8).chain(11..16) {
        for payload in ["", "reserved"] {
            let sent = [text("good"), ping("too"), frame(0x80 | opcode, payload)];
            check_refused("a reserved opcode", &sent[2..], &[], BAD_FRAME);
            check_refused("a reserved opcode, later", &sent, &[text("good"), pong("too")], BAD_FRAME);
        }
    }
}

#[test]
fn group_5_fragments_are_put_together() {
    let open = text("one, ").open();
    let answered = |what: &str, sent: &[Frame], pongs: &[Frame]| check(what, sent, &[pongs, &[text("one, two")]].concat());
    answered("two fragments", &[open.clone(), last("two")], &[]);
    answered("a ping between", &[open.clone(), ping("?"), last("two")], &[pong("?")]);
    answered("a pong between", &[open.clone(), pong("!"), last("two")], &[]);
    let many = [open.clone(), ping("1"), more("t"), more(""), ping("2"), last("wo")];
    answered("pings between many", &many, &[pong("1"), pong("2")]);
    answered("an empty beginning", &[text("").open(), more("one, two"), last("")], &[]);
    check("empty fragments", &[text("").open(), more(""), last("")], &[text("")]);
    check(
        "one after the other",
        &[open.clone(), last("two"), binary([7]).open(), last([8])],
        &[text("one, two"), binary([7, 8])],
    );

    check_refused("a ping in fragments", &[ping("one").open(), last("two")], &[], BAD_FRAME);
    check_refused("a pong in fragments", &[pong("one").open(), last("two")], &[], BAD_FRAME);
    for stray in [last("stray"), more("stray")] {
        let sent = [text("whole"), stray];
        check_refused("a continuation of nothing", &sent[1..], &[], BAD_FRAME);
        check_refused("a continuation after the end", &sent, &sent[..1], BAD_FRAME);
    }
    for second in [text("two"), binary("two"), text("two").open()] {
        check_refused("a message within a message", &[open.clone(), second], &[], BAD_FRAME);
    }
}

#[test]
fn group_6_text_is_utf_8() {
    let sound = [
        "κόσμε",
        "Hello-µ@ßöäüàá-UTF-8!!",
        "\0",
        "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}",
        "\u{d7ff}\u{e000}",
    ];
    for words in sound {
        check_echo(words, &text(words));
        for size in 1..=4 {
            check(words, &fragments(TEXT, words.as_bytes(), size), &[text(words)]);
        }
    }
    let unsound: [&[u8]; 14] = [
        b"\x80",                     // a continuation of nothing
        b"\xbf\x80",                 // two of them
        b"\xce",                     // nothing continues it
        b"\xe1\xbd",                 // cut short
        b"\xf0\x9f\x98",             // cut shorter
        b"\xce\x41",                 // a letter in the middle
        b"\xc0\xaf",                 // longer than needed: two bytes
        b"\xe0\x9f\xbf",             // three
        b"\xf0\x8f\xbf\xbf",         // four
        b"\xed\xa0\x80",             // half a surrogate pair
        b"\xed\xaf\xbf\xed\xb0\x80", // both halves
        b"\xf4\x90\x80\x80",         // beyond the last code point
        b"\xf8\x88\x80\x80\x80",     // five bytes
        b"\xff",                     // never a byte of text
    ];
    for bytes in unsound {
        let bad = ["κόσμε".as_bytes(), bytes].concat();
        let what = format!("{:?}", bytes.escape_ascii().to_string());
        check_refused(&what, &[text(&bad)], &[], NOT_UTF8);
        check_refused(&what, &fragments(TEXT, &bad, 1), &[], NOT_UTF8);
        check_echo(&what, &binary(&bad));
    }
    let half = ["κόσμε".as_bytes(), b"\xf4\x90"].concat();
    check_bytes("a fragment, and nothing after it", &text(&half).open().masked(), &[], NOT_UTF8);
    let whole = text([&half[..], &letters(100)].concat()).masked();
    check_bytes("half a frame, and nothing after it", &whole[..whole.len() - 100], &[], NOT_UTF8);
}

#[test]
fn group_7_goodbyes_are_answered_once_and_nothing_after_them() {
    let goodbye = |sent: &[Frame], answers: &[Frame]| check("nothing follows", sent, answers);
    goodbye(&[text("before")], &[text("before")]);
    for after in [vec![close(NORMAL)], vec![ping("late")], vec![text("late")], vec![text("late").open(), last("")]] {
        goodbye(&[vec![close(NORMAL)], after].concat(), &[]);
    }
    goodbye(&[text("never ends").open(), close(NORMAL), last("late")], &[]);

    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        check_refused("a code", &[close(code)], &[], code);
    }
    for reason in ["", "κόσμε", &"r".repeat(123)] {
        check_refused("a reason", &[goodbye_with(reason.as_bytes())], &[], NORMAL);
    }
    for code in [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535] {
        check_refused("a code that may not be sent", &[close(code)], &[], BAD_FRAME);
    }
    check_refused("half a code", &[closing([3])], &[], BAD_FRAME);
    check_refused("a long reason", &[goodbye_with(&letters(124))], &[], BAD_FRAME);
    check_refused("a reason that is no text", &[goodbye_with(b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80")], &[], NOT_UTF8);
    assert_eq!(
        exchange(*ECHO, &closing("").masked(), 1),
        [closing("")],
        "a goodbye without a code is answered without one"
    );
}

fn goodbye_with(reason: &[u8]) -> Frame {
    closing([&NORMAL.to_be_bytes()[..], reason].concat())
}

#[test]
fn group_9_long_messages_are_echoed() {
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
