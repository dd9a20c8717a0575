//! Tests how much memory a room uses for past ticks, which it keeps for delayed spectators.

use allocation_counter::measure;
use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Hello, ResumeToken, Role, Viewport};
use tickcast_room::{NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

/// Number of connected players.
const PLAYERS: u16 = 100;

/// Returns the memory that a room uses for past ticks, in bytes per tick of the delay.
fn bytes_per_tick(world: &Options, spectators: u16, delay_s: u16) -> i64 {
    let held = |spectator_delay_s| {
        let options = RoomOptions::default().with(|room| {
            (room.spectator_delay_s, room.spectators, room.seats) = (spectator_delay_s, spectators, PLAYERS);
        });
        let tick_rate = options.tick_rate;
        let ticks = 2 * delay_s * tick_rate;
        let arena = World::new(world, options.tick_rate, 3);
        let mut room = Room::new("memory".parse().expect("the name is valid"), options, arena, Box::new(NoObserver));
        for session in 0..u64::from(PLAYERS) {
            let name = format!("Player {session}").try_into().expect("the name is short");
            let hello = Hello::new::<Arena>(Role::Player(name), Viewport::default());
            let token = ResumeToken(u128::from(session).to_le_bytes());
            room.join(SessionId(session), &hello, token).expect("there are free seats");
        }
        for _ in 0..ticks {
            let step = room.tick_on_time(tick_rate);
            for (session, delivery) in &step.live.deliveries {
                step.live
                    .frame
                    .compose(delivery, &mut Chunk::default(), &mut Vec::new())
                    .expect("the arena does not panic");
                room.handle_acknowledgement(*session, step.live.frame.tick());
            }
        }
        -measure(|| drop(room)).bytes_current
    };
    (held(delay_s) - held(0)) / i64::from(delay_s * RoomOptions::default().tick_rate)
}

#[test]
fn a_tick_of_delay_takes_at_most_the_memory_stated_in_security_md() {
    let bytes = [1, 3].map(|delay_s| bytes_per_tick(&Options::default(), 1, delay_s));
    assert!(bytes.iter().all(|bytes| (5_000..=22 << 10).contains(bytes)), "{bytes:?}");
    let largest = Options { world_size: 16_383, rocks: 2000, orbs: 2000, round_s: 0 };
    let bytes = bytes_per_tick(&largest, 1, 1);
    assert!((100_000..=350 << 10).contains(&bytes), "{bytes}");
}

#[test]
fn a_room_without_places_for_spectators_keeps_no_past_ticks() {
    assert_eq!(bytes_per_tick(&Options::default(), 0, 1), 0);
}
