//! Memory of the history for delayed spectators.

use allocation_counter::measure;
use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Hello, ResumeToken, Role, Viewport};
use tickcast_room::{NoJournal, Room, RoomOptions, SessionId};

/// Bytes per tick of delay that a room holds for delayed spectators, with this many connected players in this world.
fn bytes_per_tick(world: &Options, players: u16, delay_s: u16) -> i64 {
    let held = |spectator_delay_s| {
        let options = RoomOptions::default().with(|room| {
            (room.spectator_delay_s, room.seats) = (spectator_delay_s, players);
        });
        let ticks = 2 * delay_s * options.tick_rate;
        let arena = World::new(world, options.tick_rate, 3);
        let mut room = Room::new("memory".parse().expect("the name is valid"), options, arena, Box::new(NoJournal));
        for session in 0..u64::from(players) {
            let name = format!("Player {session}").try_into().expect("the name is short");
            let hello = Hello::new::<Arena>(Role::Player(name), Viewport::default());
            let token = ResumeToken(u128::from(session).to_le_bytes());
            room.handle_join(SessionId(session), &hello, token).expect("there are free seats");
        }
        for _ in 0..ticks {
            let step = room.step();
            for (session, delivery) in &step.live.deliveries {
                step.live.frame.compose(delivery, &mut Chunk::default(), &mut Vec::new());
                room.handle_acknowledgement(*session, step.live.frame.tick());
            }
        }
        -measure(|| drop(room)).bytes_current
    };
    (held(delay_s) - held(0)) / i64::from(delay_s * RoomOptions::default().tick_rate)
}

#[test]
fn a_tick_of_delay_takes_at_most_the_memory_stated_in_security_md() {
    let bytes = [1, 3].map(|delay_s| bytes_per_tick(&Options::default(), 100, delay_s));
    assert!(bytes.iter().all(|bytes| (5_000..=20 << 10).contains(bytes)), "{bytes:?}");
    let largest = Options { world_size: 16_383, rocks: 2000, orbs: 2000 };
    let bytes = bytes_per_tick(&largest, 100, 1);
    assert!((100_000..=350 << 10).contains(&bytes), "{bytes}");
}
