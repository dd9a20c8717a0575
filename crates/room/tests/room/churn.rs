//! Measures how many bytes visitors cost the other players of a room. Visitors are players who leave soon after they have
//! joined.
//!
//! The name of a visitor is never announced, but the visitor's ship is sent to everyone who has it in view. It would not
//! help to add a ship to the world only after its player has acknowledged a snapshot: a hostile client can send an
//! acknowledgement before it leaves. There would also be two disadvantages: the ships of all players would appear one round
//! trip later, and the room would have to send the view of a new player twice, first before the ship has a position, and
//! then around the ship.

use std::collections::VecDeque;

use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Hello, ResumeToken, Role, Viewport};
use tickcast_room::{Departure, NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

const RATE: u16 = 30;
/// The world is larger than the default one, so that few members have a visitor's ship in view. A visitor costs bytes for
/// each of these members.
const WORLD: Options = Options { world_size: 4096, rocks: 24, orbs: 60, round_s: 0 };
const SECONDS: u32 = 20;
/// Number of players who stay.
const MEMBERS: u64 = 20;
/// Number of ticks for which a visitor stays. A visitor thus receives two snapshots.
const STAY_TICKS: u32 = 2;

/// Size in bytes of all snapshots that the members receive in [`SECONDS`], while visitors join at a constant rate.
fn bytes_of_members(joins_per_second: u32) -> usize {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (RATE, 0));
    let world = World::new(&WORLD, RATE, 5);
    let mut room = Room::new("churn".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
    let mut sessions = (0..).map(SessionId);
    let mut join = |room: &mut Room<World>| {
        let session = sessions.next().expect("numbers do not run out");
        let role = Role::Player("Ada".to_owned().try_into().expect("the name is short"));
        let hello = Hello::new::<Arena>(role, Viewport { width: 1920, height: 1080 });
        room.join(session, &hello, ResumeToken(u128::from(session.0).to_le_bytes())).expect("a seat is free");
        session
    };
    for _ in 0..MEMBERS {
        join(&mut room);
    }
    let (mut visitors, mut bytes) = (VecDeque::new(), Vec::new());
    for tick in 0..SECONDS * u32::from(RATE) {
        while let Some((_, session)) = visitors.pop_front_if(|(joined, _)| tick - *joined >= STAY_TICKS) {
            room.leave(session, Departure::Left, RATE);
        }
        if (tick * joins_per_second) % u32::from(RATE) < joins_per_second {
            visitors.push_back((tick, join(&mut room)));
        }
        let live = room.tick_on_time(RATE).live;
        for (session, delivery) in live.deliveries.iter().filter(|(session, _)| session.0 < MEMBERS) {
            live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the world is valid");
            room.handle_acknowledgement(*session, live.frame.tick());
        }
    }
    bytes.len()
}

#[test]
fn ten_players_per_second_who_come_and_go_cost_a_byte_per_snapshot_at_most() {
    let snapshots = MEMBERS as usize * (SECONDS * u32::from(RATE)) as usize;
    let (calm, churn) = (bytes_of_members(0), bytes_of_members(10));
    assert!((calm + 1..=calm + snapshots).contains(&churn), "{calm} and {churn} bytes in {snapshots} snapshots");
}
