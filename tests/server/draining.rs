//! How a server stops: it lets nobody in, says when to come back, and ends in time.

use std::time::{Duration, Instant};

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{CloseReason, ServerMessage};

use crate::client::{Client, Wire};
use crate::hosting::{Hosted, host_arena, quiet};
use crate::http::request;

type Player = Client<Arena>;

/// What a server says goodbye with: when to come back, and the close code.
fn read_goodbye(wire: &mut Wire) -> (Option<u16>, CloseReason) {
    let mut reconnect_after_ms = None;
    loop {
        match wire.read::<Arena>() {
            Ok(ServerMessage::Drain(ms)) => reconnect_after_ms = Some(ms),
            Ok(_) => {}
            Err(code) => return (reconnect_after_ms, CloseReason::from_code(code).expect("a reason")),
        }
    }
}

#[test]
fn a_server_that_stops_tells_everybody_when_to_come_back() {
    let mut server = host_arena(quiet());
    let mut players: Vec<_> =
        (0..4).map(|number| Player::join(server.address(), "", &format!("Ada {number}")).expect("a seat")).collect();
    players[0].tick();
    players[0].hold(Controls::default());
    server.stop();
    let mut times: Vec<u16> = Vec::new();
    for player in &mut players {
        let (reconnect_after_ms, reason) = read_goodbye(&mut player.wire);
        assert_eq!(reason, CloseReason::ServerShutdown);
        times.push(reconnect_after_ms.expect("the time comes first"));
    }
    assert!(times.iter().all(|ms| (500..=1500).contains(ms)), "{times:?}");
    times.dedup();
    assert!(times.len() > 1, "not all at once: {times:?}");
}

#[test]
fn who_takes_nothing_does_not_keep_a_server_from_stopping() {
    let mut server = host_arena(quiet());
    let mut stuck = Player::join(server.address(), "", "Stuck").expect("a seat");
    stuck.tick();
    let start = Instant::now();
    server.stop();
    drop(server);
    assert!(start.elapsed() < Hosted::DRAIN + Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn nobody_is_let_in_while_a_server_stops() {
    let mut server = host_arena(quiet());
    // Somebody who does not answer the goodbye, so that there is time to look.
    let mut slow = Player::join(server.address(), "", "Slow").expect("a seat");
    slow.tick();
    server.stop();
    assert_eq!(read_goodbye(&mut slow.wire).1, CloseReason::ServerShutdown);
    assert_eq!(Wire::open(server.address(), "").err(), Some(503));
    for address in [server.address(), server.admin_address()] {
        let (status, _, body) = request(address, "GET", "/readyz", "");
        assert_eq!((status, body.as_str()), (503, "draining\n"));
    }
    assert_eq!(request(server.address(), "POST", "/api/rooms", "{\"name\": \"late\"}").0, 503);
}
