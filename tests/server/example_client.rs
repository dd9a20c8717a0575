//! Runs the example client of `docs/CLIENTS.md` against a real server.

use crate::test_server::{TestServer, room_options};

#[path = "../../examples/play.rs"]
#[allow(dead_code, unused_qualifications, reason = "an example is a program, and is tested as a module")]
mod play;

#[test]
fn the_example_client_plays_and_its_checksums_agree() {
    let server = TestServer::arena(room_options());
    let url = format!("ws://{}/ws?room=example", server.address());
    let pilot = play::play(&url, 3).expect("the example runs");
    assert!(pilot.checksums > 0, "at least one checksum was compared");
}
