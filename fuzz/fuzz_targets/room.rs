//! Runs the server with one room and simulated clients, in virtual time. The fuzzer's bytes determine all choices. The
//! oracles (independent specifications) of `tests/simulation` check the invariants.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

#[allow(dead_code, reason = "a run stops when the fuzzer's bytes are used up, and never settles")]
#[path = "../../tests/simulation/main.rs"]
mod simulation;

use simulation::choices::Choices;
use simulation::memory_server;
use simulation::scenario::Scenario;

/// Maximum number of steps. A run with this many steps takes 100 s of virtual time, so that sessions can reach the idle
/// timeout, and the grace period of a seat can end.
const STEPS_MAX: u32 = 1000;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Bytes(bytes);
    let options = RoomOptions::default().with(|room| {
        (room.tick_rate, room.spectators, room.view_size) = (10, 3, 256);
        room.seats = choices.between(1, 4) as u16;
        room.ai_players = choices.pick(3) as u16;
    });
    let seed = choices.pick(4).into();
    let world = Options { world_size: 640, rocks: choices.pick(3) as u16, orbs: choices.pick(3) as u16, round_s: 0 };
    memory_server::run(async {
        let mut scenario = Scenario::start(choices, options, world, seed).await;
        for _ in 0..STEPS_MAX {
            if !scenario.step().await {
                return;
            }
        }
    });
});

/// The fuzzer's bytes, which determine the choices. When the bytes are used up, every choice is the last alternative.
struct Bytes<'a>(&'a [u8]);

impl Choices for Bytes<'_> {
    fn pick(&mut self, count: u32) -> u32 {
        let width = match count {
            0..=1 => 0,
            2..=256 => 1,
            _ => 2,
        };
        let Some((bytes, rest)) = self.0.split_at_checked(width) else {
            self.0 = &[];
            return count - 1;
        };
        self.0 = rest;
        bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)) % count
    }

    fn is_exhausted(&self) -> bool {
        self.0.is_empty()
    }
}
