//! Time from opening a database until all rooms in it tick.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Arbiter;
use futures_util::future::join_all;
use tempfile::TempDir;
use tickcast::store::{Durability, Retention, SqliteStore, Store};
use tickcast_room::NoObserver;

use crate::client::{Wire, resume};
use crate::memory_server::{MemoryServer, MemoryServerOptions};
use crate::played_room::{Activity, CHECKPOINT_TICKS, PlayedRoom, RoomWriter, room_name, token};

/// Number of recoveries of each database.
const ROUNDS: usize = 5;
/// The history that the program keeps by default.
pub(crate) const RETENTION: Retention = Retention { age: Duration::from_secs(24 * 3_600), bytes_max: 1 << 30 };

/// Prints the time of the recovery of one large room, and of many small ones.
pub(crate) fn run() {
    println!("recovery: from opening the database until the players of every room have received a new tick");
    for (rooms, players) in [(1, 100), (1_000, 5)] {
        let directory = database(rooms, players);
        let mut times: Vec<_> = (0..ROUNDS).map(|_| recover(&directory, rooms, players)).collect();
        times.sort_by_key(|[_, ticking]| *ticking);
        let [[opened, ticking], [_, slowest]] =
            [times[ROUNDS / 2], times[ROUNDS - 1]].map(|times| times.map(|it| it.as_millis()));
        print!("{rooms} rooms of {players} ships, 10 s of journal: all rooms recovered after {opened} ms, ");
        println!("all tick after {ticking} ms (median of {ROUNDS} recoveries; slowest {slowest} ms)");
    }
}

/// A database as a killed server leaves it: each room has two checkpoints, and nearly ten seconds of journal after the
/// newer one.
fn database(rooms: u16, players: u16) -> TempDir {
    let directory = TempDir::new().expect("there is a folder for temporary files");
    let store = open(&directory);
    for number in 0..rooms {
        let mut room = PlayedRoom::new(number, players, Activity::Move);
        RoomWriter::create(&*store, number, &mut room).play(&mut room, 3 * CHECKPOINT_TICKS - 1);
    }
    directory
}

fn open(directory: &TempDir) -> Arc<dyn Store> {
    let store = SqliteStore::open_with_history(directory.path(), Durability::Process, RETENTION);
    Arc::new(store.expect("the database can be opened"))
}

/// Recovers a copy of a database. Returns the times until all rooms were recovered, and until all rooms ticked.
fn recover(original: &TempDir, rooms: u16, players: u16) -> [Duration; 2] {
    let directory = TempDir::new().expect("there is a folder for temporary files");
    let copy = |file: &str| std::fs::copy(original.path().join(file), directory.path().join(file));
    copy("tickcast.db").expect("the database can be copied");
    actix::System::new().block_on(async {
        let threads = [Arbiter::new(), Arbiter::new()];
        let start = Instant::now();
        let mut options = MemoryServerOptions::new(Arc::new(|_| Box::new(NoObserver)));
        options.store = Some(open(&directory));
        options.room_threads = threads.iter().map(Arbiter::handle).collect();
        let mut server = MemoryServer::start(options).await;
        let metrics = Arc::clone(&server.metrics);
        let opened = actix::spawn(async move {
            while metrics.rooms.get() < rooms.into() {
                actix::clock::sleep(Duration::from_millis(1)).await;
            }
            start.elapsed()
        });
        let seats = (0..rooms).flat_map(|room| (0..players).map(move |seat| (room, seat)));
        let clients: Vec<_> = seats
            .map(|(room, seat)| {
                let pipe = server.connect();
                actix::spawn(async move {
                    let hello = resume(&format!("Bot {seat}"), token(room, seat));
                    let wire = Wire::open(pipe, Some(&room_name(room))).await;
                    let mut client = wire.greet(hello).await.expect("the seat is kept");
                    client.snapshot().await;
                    client
                })
            })
            .collect();
        let clients = join_all(clients).await;
        let ticking = start.elapsed();
        assert!(clients.iter().all(Result::is_ok), "every player is back");
        threads.into_iter().for_each(stop);
        [opened.await.expect("the rooms are counted"), ticking]
    })
}

/// Ends a thread of rooms, so that its rooms do not disturb the next measurement.
pub(crate) fn stop(thread: Arbiter) {
    thread.stop();
    thread.join().expect("the thread has not panicked");
}
