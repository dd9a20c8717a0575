//! The examples do what the guide says of them.

use crate::hosting::{host_arena, quiet};

#[path = "../../examples/play.rs"]
#[allow(dead_code, unused_qualifications, reason = "an example is a program, and is tested as a module")]
mod play;

#[test]
fn the_example_client_plays_and_is_never_out_of_step() {
    let server = host_arena(quiet());
    let url = format!("ws://{}/ws?room=example", server.address());
    let pilot = play::play(&url, 3).expect("a flight");
    assert!(pilot.checksums > 0, "checksums were compared, and agreed");
}
