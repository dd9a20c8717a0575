//! Measures the time from when a tick is computed until it is stored. For comparison, also measures the time that an
//! `fsync` takes.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix::Arbiter;
use futures_util::future::join_all;
use tempfile::TempDir;
use tickcast::store::{Durability, SqliteStore};
use tickcast_room::NoObserver;

use crate::client::{Wire, hello};
use crate::histogram::Histogram;
use crate::memory_server::{MemoryServer, MemoryServerOptions};
use crate::played_room::{TICK_RATE, room_name};
use crate::recovery::{RETENTION, stop};

const ROOMS: u16 = 20;
/// Interval between two probes. It equals the duration of a tick, so there is one probe per group of writes.
const PROBE_INTERVAL: Duration = Duration::from_millis(1_000 / TICK_RATE as u64);
/// Size of a probe: a page of the database, the least that a commit writes.
const PROBE_BYTES: usize = 4_096;
/// Size of the file of probes. Like SQLite's write-ahead log, the file is written again from its start when it is full.
const PROBE_FILE_BYTES: u64 = 4 << 20;

/// Prints the time that the storing of a tick takes, for each durability.
pub(crate) fn run(seconds: u32) {
    println!("commits: from when a tick is computed until it is stored; {ROOMS} rooms, {TICK_RATE} ticks/s, {seconds} s");
    for durability in [Durability::Process, Durability::Disk] {
        let directory = TempDir::new().expect("there is a folder for temporary files");
        let probe = (durability == Durability::Disk).then(|| Probe::start(directory.path().join("probe").as_path()));
        let commits = play(&directory, durability, Duration::from_secs(seconds.into()));
        let [p50, p99] = [0.5, 0.99].map(|quantile| commits.quantile_ms(quantile));
        println!("{durability:?}: {p50:.2} ms (p50), {p99:.2} ms (p99)");
        if let Some(probe) = probe {
            let times = probe.finish();
            let [p50, p99] =
                [0.5, 0.99].map(|quantile| times[(times.len() as f64 * quantile) as usize].as_secs_f64() * 1e3);
            println!("fsync of {PROBE_BYTES} bytes beside it: {p50:.2} ms (p50), {p99:.2} ms (p99)");
        }
    }
}

/// Runs stored rooms with one player each. Returns the durations of commits, as the server's metrics export them.
fn play(directory: &TempDir, durability: Durability, time: Duration) -> Histogram {
    let store = SqliteStore::open_with_history(directory.path(), durability, RETENTION).expect("a new database");
    actix::System::new().block_on(async {
        let thread = Arbiter::new();
        let mut options = MemoryServerOptions::new(Arc::new(|_| Box::new(NoObserver)));
        options.room.tick_rate = TICK_RATE;
        options.store = Some(Arc::new(store));
        options.room_threads = vec![thread.handle()];
        let mut server = MemoryServer::start(options).await;
        let players = (0..ROOMS).map(|number| {
            let pipe = server.connect();
            actix::spawn(async move {
                let wire = Wire::open(pipe, Some(&room_name(number))).await;
                wire.greet(hello("Ada")).await.expect("there is a free seat").play(time).await;
            })
        });
        let players: Vec<_> = players.collect();
        assert!(join_all(players).await.iter().all(Result::is_ok), "every player has played");
        stop(thread);
        Histogram::parse(&server.metrics.encode(), "tickcast_commit_duration_seconds").expect("a histogram")
    })
}

/// A thread that measures how long the disk takes to store a page.
struct Probe {
    is_stopped: Arc<AtomicBool>,
    thread: thread::JoinHandle<std::io::Result<Vec<Duration>>>,
}

impl Probe {
    fn start(path: &Path) -> Self {
        let is_stopped = Arc::<AtomicBool>::default();
        let (path, stopped) = (path.to_owned(), Arc::clone(&is_stopped));
        let run = move || {
            let (mut file, mut times) = (File::create(path)?, Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                thread::sleep(PROBE_INTERVAL);
                let start = Instant::now();
                if file.stream_position()? >= PROBE_FILE_BYTES {
                    file.seek(SeekFrom::Start(0))?;
                }
                file.write_all(&[0x5a; PROBE_BYTES])?;
                file.sync_all()?;
                times.push(start.elapsed());
            }
            times.sort();
            Ok(times)
        };
        Self { is_stopped, thread: thread::spawn(run) }
    }

    /// The times, in ascending order.
    fn finish(self) -> Vec<Duration> {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.thread.join().expect("the thread has not panicked").expect("the disk works")
    }
}
