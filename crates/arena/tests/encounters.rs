//! Measures what a player of average skill experiences: how soon and how often another ship is in the window, and how long
//! the player's ship lives. The targets hold for one player among AI ships and for 30 players.

#[path = "encounters/average_player.rs"]
mod average_player;

use std::collections::BTreeMap;

use average_player::{AveragePlayer, is_visible};
use tickcast_arena::{Arena, Controls, Entity, Options, World, ids};
use tickcast_game::protocol::PlayerId;
use tickcast_game::{Command, Simulation};

const TICK_RATE: u16 = 30;
/// AI players of a room with default options, while no human plays.
const AI_PLAYERS: u16 = 8;
/// Decisions of an AI player per second, as in rooms.
const DECISIONS_PER_S: u32 = 6;

/// A room with default options, whose human players are average players.
struct Room {
    world: World,
    tick: u32,
    ai_players: BTreeMap<PlayerId, Controls>,
    humans: BTreeMap<PlayerId, AveragePlayer>,
}

impl Room {
    /// A room in which AI players have been playing for some time when `humans` players join.
    fn new(seed: u64, humans: u16, warm_up_s: u32) -> Self {
        let mut room = Self {
            world: World::new(&Options::default(), TICK_RATE, seed),
            tick: 0,
            ai_players: BTreeMap::new(),
            humans: BTreeMap::new(),
        };
        let ai_players = AI_PLAYERS.saturating_sub(humans);
        room.ai_players = (0..ai_players).map(|seat| (PlayerId(seat), Controls::default())).collect();
        room.join(0..ai_players);
        room.run(warm_up_s, |_| {});
        let seats = ai_players..ai_players + humans;
        room.humans = seats.clone().map(PlayerId).map(|player| (player, AveragePlayer::new(player, seed))).collect();
        room.join(seats);
        room
    }

    fn join(&mut self, seats: std::ops::Range<u16>) {
        self.step(&seats.map(PlayerId).map(Command::Join).collect::<Vec<_>>());
    }

    fn run(&mut self, seconds: u32, mut observe: impl FnMut(&Self)) {
        for _ in 0..seconds * u32::from(TICK_RATE) {
            let controls = self.controls();
            self.step(&controls);
            observe(self);
        }
    }

    fn step(&mut self, commands: &[Command<Arena>]) {
        self.tick += 1;
        self.world.step(commands);
    }

    /// The changes of controls of all players.
    fn controls(&mut self) -> Vec<Command<Arena>> {
        let mut commands = Vec::new();
        for (player, held) in &mut self.ai_players {
            if (self.tick + u32::from(player.0)).is_multiple_of(u32::from(TICK_RATE) / DECISIONS_PER_S) {
                let controls = self.world.ai_controls(*player);
                if std::mem::replace(held, controls) != controls {
                    commands.push(Command::Controls(*player, controls));
                }
            }
        }
        for (player, human) in &mut self.humans {
            commands.extend(human.decide(&self.world, self.tick).map(|controls| Command::Controls(*player, controls)));
        }
        commands
    }

    /// Whether another ship is in the player's window.
    fn sees_another_ship(&self, player: PlayerId) -> bool {
        let focus = self.world.focus(player);
        let mut others = self.world.entities().range(0..ids::SHIPS).filter(|(id, _)| *id != ids::ship(player));
        others.any(|(_, ship)| is_visible(focus, ship.position()))
    }

    fn has_ship(&self, player: PlayerId) -> bool {
        matches!(self.world.entities().get(ids::ship(player)), Some(Entity::Ship(_)))
    }
}

fn median<T: Ord + Copy>(values: &mut [T]) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

/// Ticks from a join until another ship is in the window of the player who joined.
fn ticks_to_first_encounter(seed: u64, humans: u16) -> u32 {
    let mut room = Room::new(seed, humans, 8);
    let newcomer = *room.humans.keys().next_back().expect("there is a human");
    (0..60 * u32::from(TICK_RATE))
        .find(|_| {
            let is_met = room.sees_another_ship(newcomer);
            let controls = room.controls();
            room.step(&controls);
            is_met
        })
        .unwrap_or(u32::MAX)
}

/// Share of the time in percent in which another ship is in a player's window, and the median life in seconds.
fn visibility_and_life(humans: u16, rooms: u64, seconds: u32) -> (u32, u32) {
    let (mut visible, mut total, mut lives) = (0_u32, 0_u32, Vec::new());
    for seed in 0..rooms {
        let mut room = Room::new(seed, humans, 8);
        let mut alive_ticks: BTreeMap<PlayerId, u32> = room.humans.keys().map(|player| (*player, 0)).collect();
        room.run(seconds, |room| {
            for (player, ticks) in &mut alive_ticks {
                total += 1;
                visible += u32::from(room.sees_another_ship(*player));
                if room.has_ship(*player) {
                    *ticks += 1;
                } else if *ticks > 0 {
                    lives.push(std::mem::take(ticks));
                }
            }
        });
        // A life that has not ended counts only if it has already lasted 45 s. Shorter lives that have not ended would make
        // the median too low.
        lives.extend(alive_ticks.into_values().filter(|ticks| *ticks > 45 * u32::from(TICK_RATE)));
    }
    (visible * 100 / total, median(&mut lives) / u32::from(TICK_RATE))
}

#[test]
fn a_player_who_joins_sees_another_ship_within_five_seconds() {
    for humans in [1, 30] {
        let mut ticks: Vec<u32> = (0..50).map(|seed| ticks_to_first_encounter(seed, humans)).collect();
        let median_ms = median(&mut ticks) * 1000 / u32::from(TICK_RATE);
        println!("{humans} players: first encounter after {median_ms} ms (median), {:?} ticks (maximum)", ticks.last());
        assert!(median_ms <= 5_000, "{humans} players: {median_ms} ms");
    }
}

#[test]
fn another_ship_is_visible_for_four_fifths_of_the_time_and_ships_live_for_about_a_minute() {
    let (visible, life_s) = visibility_and_life(1, 16, 240);
    println!("1 player: another ship visible {visible} % of the time, median life {life_s} s");
    assert!(visible >= 80, "{visible} %");
    assert!((45..=120).contains(&life_s), "{life_s} s");
    let (visible, life_s) = visibility_and_life(30, 1, 60);
    println!("30 players: another ship visible {visible} % of the time, median life {life_s} s");
    assert!(visible >= 80, "{visible} %");
}
