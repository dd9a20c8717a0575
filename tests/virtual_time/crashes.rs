//! Random games on a store that stalls, fails, and loses its last writes when the server crashes. After each crash, every
//! tick that a client has been shown must be in the store, with the same world, and every player must get the seat back.
//!
//! `TICKCAST_CRASH_SEEDS` sets the number of games, `TICKCAST_SEED` the seed of the first one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast::store::{Fault, MemoryStore, Store};
use tickcast_arena::{Arena, Controls, World};
use tickcast_game::Simulation;
use tickcast_protocol::{Digest, PlayerId, ResumeToken, Tick};
use tickcast_room::Replay;
use tokio::time::{sleep, timeout};

use crate::client::{Client, TestServer, hello, resume};
use crate::memory_server::run;

const SEEDS: u64 = 12;
const CRASHES: usize = 6;
const ROOMS: [&str; 2] = ["test", "other"];
const PLAYERS: usize = 5;
/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);

/// A player, who remembers the checksum of the world of each tick that was shown.
struct Player {
    name: String,
    room: &'static str,
    client: Option<Client>,
    seat: Option<(PlayerId, ResumeToken)>,
    shown: BTreeMap<u32, u32>,
}

impl Player {
    fn new(number: usize) -> Self {
        let (name, room) = (format!("Ada {number}"), ROOMS[number % ROOMS.len()]);
        Self { name, room, client: None, seat: None, shown: BTreeMap::new() }
    }

    /// Joins, or resumes the seat.
    async fn join(&mut self, server: &mut TestServer) {
        let hello = self.seat.map_or_else(|| hello(&self.name), |(_, token)| resume(&self.name, token));
        let client = server.greet_room(self.room, hello).await.expect("a seat is free");
        let seat = client.welcome.seat.expect("a player has a seat");
        if let Some((player, _)) = self.seat {
            assert!(seat.resumed && seat.player == player, "{} has lost the seat", self.name);
        }
        (self.seat, self.client) = (Some((seat.player, seat.token)), Some(client));
    }

    /// Receives what has arrived, acknowledges it, and sends an input.
    async fn play(&mut self, random: &mut Xoshiro256PlusPlus) {
        let Some(client) = &mut self.client else { return };
        let mut last = self.shown.last_key_value().map(|(tick, _)| Tick(*tick));
        while timeout(Duration::from_millis(1), client.snapshot()).await.is_ok() {
            let tick = client.now();
            assert!(last.is_none_or(|last| tick.is_newer_than(last)), "{}: {tick:?} after {last:?}", self.name);
            last = Some(tick);
            self.shown.insert(tick.0, Digest::of_entities::<Arena>(client.replica.entities().iter()));
        }
        if let Some(last) = last {
            let controls = Controls::from_bits(random.random::<u16>() & 0x1801).unwrap_or_default();
            client.hold(last.plus(2), controls).await;
        }
    }
}

/// The tick of the oldest checkpoint, and the checksum of each later tick.
type Recomputed = (Tick, BTreeMap<u32, u32>);

/// Recomputes the rooms in a store, without taking them over.
fn recompute(store: &MemoryStore) -> BTreeMap<String, Recomputed> {
    let store = store.after_crash(0);
    let recompute = |room: tickcast::store::RoomEntry| {
        let saved = store.take_over(room.id).expect("the room is stored");
        let oldest = saved.checkpoints.last().expect("there is a checkpoint");
        let mut replay = Replay::<World>::new(&oldest.bytes).expect("the checkpoint is valid");
        let (first, mut ticks) = (replay.tick(), BTreeMap::new());
        for mut part in saved.journal_after(room.id, oldest).expect("the journal is complete") {
            while !part.is_empty() {
                replay.apply_next(&mut part).expect("the journal is valid");
                ticks.insert(replay.tick().0, Digest::of_entities::<Arena>(replay.world().entities().iter()));
            }
        }
        (room.name, (first, ticks))
    };
    store.rooms().expect("the store works").into_iter().map(recompute).collect()
}

/// Asserts that all ticks that were shown are in the store. Returns the number of these ticks.
fn verify(players: &mut [Player], rooms: &BTreeMap<String, Recomputed>) -> usize {
    let mut verified = 0;
    for player in players {
        let Some((first, ticks)) = rooms.get(player.room) else {
            assert!(player.shown.is_empty(), "{} is missing", player.room);
            continue;
        };
        let last = player.shown.last_key_value().map(|(tick, checksum)| (*tick, *checksum));
        for (tick, checksum) in std::mem::take(&mut player.shown).into_iter().filter(|(tick, _)| *tick > first.0) {
            assert_eq!(ticks.get(&tick), Some(&checksum), "{}, tick {tick}", player.name);
            verified += 1;
        }
        // The next server must show the player only ticks later than the last tick shown so far.
        player.shown.extend(last);
    }
    verified
}

/// A game on a store with faults.
struct Game {
    random: Xoshiro256PlusPlus,
    store: Arc<MemoryStore>,
    server: TestServer,
    players: Vec<Player>,
}

impl Game {
    async fn start(seed: u64) -> Self {
        let store = Arc::new(MemoryStore::default());
        let (random, server) = (Xoshiro256PlusPlus::seed_from_u64(seed), start(&store).await);
        Self { random, store, server, players: (0..PLAYERS).map(Player::new).collect() }
    }

    /// Plays some ticks, possibly with another fault of the store, and with players who leave and return.
    async fn play(&mut self) {
        let is_stalled = match self.random.random_range(0..8) {
            0 => {
                self.store.inject(Fault::Stall);
                true
            }
            1 => {
                self.store.inject(Fault::Fail);
                self.store.complete(ROOMS.len());
                false
            }
            _ => {
                self.store.inject(Fault::None);
                self.store.complete(ROOMS.len());
                false
            }
        };
        // The Welcome would wait for a stalled store.
        if !is_stalled {
            for player in &mut self.players {
                match &player.client {
                    None => player.join(&mut self.server).await,
                    // The room keeps the seat only of a client that has acknowledged a snapshot.
                    Some(client) if client.replica.tick().is_some() && self.random.random_range(0..10) == 0 => {
                        player.client = None;
                    }
                    Some(_) => {}
                }
            }
        }
        for _ in 0..self.random.random_range(1..5) {
            sleep(PERIOD * self.random.random_range(1..8)).await;
            for player in &mut self.players {
                player.play(&mut self.random).await;
            }
        }
    }

    /// Crashes the server. The next server finds only a part of the writes that were waiting. Returns the number of verified
    /// ticks.
    async fn crash(&mut self) -> usize {
        let is_guaranteed = self.server.server.metrics.rooms_unsaved.get() == 0;
        let persisted = self.random.random_range(0..=self.store.waiting());
        let found = Arc::new(self.store.after_crash(persisted));
        let verified = if is_guaranteed {
            verify(&mut self.players, &recompute(&found))
        } else {
            // After the first failed write, the rooms continued only in memory. The crash has lost what happened since that
            // write, possibly also seats.
            self.players.iter_mut().for_each(|player| (player.shown, player.seat) = (BTreeMap::new(), None));
            0
        };
        self.players.iter_mut().for_each(|player| player.client = None);
        (self.server, self.store) = (start(&found).await, found);
        for player in &mut self.players {
            player.join(&mut self.server).await;
        }
        verified
    }
}

async fn start(store: &Arc<MemoryStore>) -> TestServer {
    let store: Arc<dyn Store> = Arc::clone(store) as _;
    TestServer::start(|options| {
        options.store = Some(store);
        (options.room.ai_players, options.room.view_size) = (2, 2048);
    })
    .await
}

#[test]
fn every_shown_tick_survives_random_crashes_of_a_faulty_store() {
    let number = |variable, default| std::env::var(variable).map_or(default, |text| text.parse().expect("a number"));
    let (first, seeds) = (number("TICKCAST_SEED", 0), number("TICKCAST_CRASH_SEEDS", SEEDS));
    let mut verified = 0;
    for seed in first..first + seeds {
        println!("seed {seed}");
        verified += run(async move {
            let (mut game, mut verified) = (Game::start(seed).await, 0);
            for _ in 0..CRASHES {
                for _ in 0..game.random.random_range(1..12) {
                    game.play().await;
                }
                verified += game.crash().await;
            }
            verified
        });
    }
    println!("{verified} ticks verified in {seeds} games");
    assert!(verified as u64 > seeds * 100, "{verified} ticks");
}
