//! A client that stops reading for a while and comes back.

use tickcast_arena::{Arena, Controls, Steering};
use tickcast_protocol::ClientMessage;
use tickcast_room::RoomOptions;

use crate::client::Client;
use crate::hosting::{host_arena, quiet};

type Player = Client<Arena>;

const TICK_RATE: u16 = 120;
/// How long it does not read: five seconds.
const STALL_TICKS: i32 = 5 * TICK_RATE as i32;
/// How far behind it may be: three seconds.
const WINDOW_TICKS: i32 = 3 * TICK_RATE as i32;

fn acknowledge(client: &mut Player) {
    let now = client.now();
    client.wire.send::<Arena>(&ClientMessage::Acknowledge(now));
}

fn is_full(client: &Player) -> bool {
    client.snapshot.as_ref().is_some_and(|snapshot| snapshot.header.reset.is_some())
}

#[test]
fn who_stalls_is_told_a_window_and_no_more_and_then_everything_once() {
    let server = host_arena(RoomOptions { tick_rate: TICK_RATE, ..quiet() });
    let mut witness = Player::join(server.address(), "stall", "Witness").expect("a seat");
    let mut staller = Player::join(server.address(), "stall", "Staller").expect("a seat");
    staller.until("it plays", |staller, _| staller.replica.entities().len() == 2);
    acknowledge(&mut staller);
    let last_heard = staller.now();

    witness.until("the stall has begun", |witness, _| witness.now() == last_heard.plus(1));
    witness.hold(Controls { steering: Steering::Ahead, thrust: true, fire: true });
    witness.until("the stall is over", |witness, _| witness.now() == last_heard.plus(STALL_TICKS));

    for _ in 0..WINDOW_TICKS {
        staller.tick();
        assert!(!is_full(&staller), "what it was sent before is still good");
    }
    assert_eq!(staller.now(), last_heard.plus(WINDOW_TICKS));
    acknowledge(&mut staller);
    staller.tick();
    assert!(is_full(&staller));
    assert!(!witness.now().is_newer_than(staller.now()), "it is told the present, not what it has missed");

    for _ in 0..TICK_RATE {
        staller.tick();
        assert!(!is_full(&staller), "once is enough");
    }
    witness.until("it sees that tick, too", |witness, _| witness.now() == staller.now());
    assert_eq!(witness.replica.entities(), staller.replica.entities());
}
