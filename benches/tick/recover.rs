//! Recovery of a room from a checkpoint and the journal of ten seconds.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use tickcast_arena::{Arena, Options, World};
use tickcast_game::{Behaviour, Brain, Playable, Simulation};
use tickcast_protocol::{Hello, Input, PlayerId, ResumeToken, Role, Viewport};
use tickcast_room::{NewClient, NoObserver, Room, RoomOptions, SessionId};

const TICK_RATE: u16 = 30;
const TICKS: u32 = 300;

/// A checkpoint of a room, and the journal of the ten seconds after it.
struct SavedRoom {
    checkpoint: Vec<u8>,
    journal: Vec<Vec<u8>>,
}

/// `Room::recover`. The throughput is in ticks per second.
#[divan::bench(args = [0, 5, 100], sample_count = 20, sample_size = 1)]
fn room_recover(bencher: Bencher<'_, '_>, players: u16) {
    let SavedRoom { checkpoint, journal } = SavedRoom::new(players);
    bencher.counter(ItemsCount::new(TICKS)).bench_local(|| {
        let entries = journal.iter().map(Vec::as_slice);
        Room::<World>::recover(&checkpoint, entries, Box::new(NoObserver)).expect("the room is intact")
    });
}

impl SavedRoom {
    /// Runs a room with this many players. Also prints the sizes of the checkpoint and the journal.
    fn new(players: u16) -> Self {
        let (mut room, mut brains) = room_with(players);
        let (mut held, mut inputs, mut journal) = (vec![None; players.into()], 0, Vec::new());
        let step =
            |room: &mut Room<World>| drop(room.step(Duration::from_secs(1) * (room.tick().0 + 1) / u32::from(TICK_RATE)));
        (0..100).for_each(|_| step(&mut room));
        let _ = room.take_journal();
        let checkpoint = room.checkpoint();
        for _ in 0..TICKS {
            for (seat, brain) in (0..players).zip(&mut brains) {
                let controls = brain.decide(PlayerId(seat), None);
                if held[usize::from(seat)].replace(controls) != Some(controls) {
                    let tick = room.tick();
                    room.handle_input(SessionId(seat.into()), &Input { tick, acknowledged: tick, controls });
                    inputs += 1;
                }
            }
            step(&mut room);
            journal.push(room.take_journal());
        }
        let bytes: usize = journal.iter().map(Vec::len).sum();
        println!("{players} players: checkpoint {} bytes, journal {bytes} bytes, {inputs} inputs", checkpoint.len());
        Self { checkpoint, journal }
    }
}

/// A room with this many players, and their brains.
fn room_with(players: u16) -> (Room<World>, Vec<<Arena as Playable>::Brain>) {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (TICK_RATE, 0));
    let world = World::new(&Options::default(), TICK_RATE, 7);
    let mut room = Room::new("saved".parse().expect("valid"), options, world, Box::new(NoObserver)).with_journal();
    for seat in 0..players {
        let role = Role::Player(format!("Bot {seat}").try_into().expect("valid"));
        let hello = Hello::new::<Arena>(role, Viewport::default());
        let token = ResumeToken(u128::from(seat).to_le_bytes());
        let client = NewClient { session: SessionId(seat.into()), hello: &hello, token, key: None, permit: None };
        room.handle_join(client, Duration::ZERO).expect("there is a free seat");
    }
    let brains = (0..players).map(|seat| Arena::brain(Behaviour::Wander, TICK_RATE, seat.into())).collect();
    (room, brains)
}
