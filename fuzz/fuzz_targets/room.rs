//! A whole room, with the fuzzer for a source of chance: `tests/simulation` says what must hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickcast_arena::Options;
use tickcast_room::RoomOptions;

#[allow(dead_code, reason = "plays end when the fuzzer's bytes do")]
#[path = "../../tests/simulation/main.rs"]
mod simulation;

use simulation::dice::Dice;
use simulation::play::Play;

/// Long enough for a connection to be given up as silent, and for a seat to be given away.
const TICKS_MAX: u32 = 1000;

fuzz_target!(|bytes: &[u8]| {
    let mut dice = Bytes(bytes);
    let options = RoomOptions {
        tick_rate: 10,
        seats: dice.between(1, 4) as u16,
        spectators: 3,
        ai_players: dice.roll(3) as u16,
        view_size: 256,
        seed: dice.roll(4).into(),
    };
    let arena = Options { world_size: 640, rocks: dice.roll(3) as u16, orbs: dice.roll(3) as u16 };
    let mut play = Play::new(dice, options, &arena);
    (0..TICKS_MAX).all(|_| play.tick());
});

/// The fuzzer's bytes for dice. When they run out, nothing happens any more.
struct Bytes<'a>(&'a [u8]);

impl Dice for Bytes<'_> {
    fn roll(&mut self, sides: u32) -> u32 {
        let wide = match sides {
            0..=1 => 0,
            2..=256 => 1,
            _ => 2,
        };
        let Some((bytes, rest)) = self.0.split_at_checked(wide) else {
            self.0 = &[];
            return sides - 1;
        };
        self.0 = rest;
        bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)) % sides
    }

    fn is_spent(&self) -> bool {
        self.0.is_empty()
    }
}
