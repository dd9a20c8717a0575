//! Spectators who see the world with a delay.

use std::collections::BTreeMap;
use std::time::Duration;

use tickcast::actors::lobby::room_seed::room_seed;
use tickcast_arena::{Arena, Entity, Options, World};
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{EntityMap, Hello, Role, Tick, Viewport};
use tokio::time::{Instant, sleep};

use crate::client::{Client, TestServer, assert_elapsed};
use crate::memory_server::relay_proxy::SetLag;
use crate::memory_server::run;

const RATE: u16 = 20;
const DELAY_S: u16 = 2;
const DELAY_TICKS: i32 = (DELAY_S * RATE) as i32;
const DELAY: Duration = Duration::from_secs(DELAY_S as u64);
const PERIOD: Duration = Duration::from_millis(1000 / RATE as u64);
const WORLD: Options = Options { world_size: 1000, rocks: 4, orbs: 4, round_s: 0 };

/// A server with delayed spectators, and the world of each tick of its room, replayed from the journal.
struct Delayed {
    server: TestServer,
    world: World,
    past: BTreeMap<u32, EntityMap<Entity>>,
}

impl Delayed {
    async fn start(delay_s: u16) -> Self {
        let server = TestServer::start(|options| {
            (options.room.tick_rate, options.room.spectator_delay_s, options.world) = (RATE, delay_s, WORLD);
        })
        .await;
        let seed = room_seed(0, &"test".parse().expect("the name is valid"), 0);
        Self { server, world: World::new(&WORLD, RATE, seed), past: BTreeMap::new() }
    }

    async fn watch(&mut self) -> Client {
        let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
        self.server.greet(hello).await.expect("there is a place")
    }

    /// Returns the entities after a tick. Before the first tick, there are none.
    fn world_at(&mut self, tick: Tick) -> EntityMap<Entity> {
        for recorded in self.server.journal.take() {
            self.world.step(&recorded.commands);
            self.past.insert(recorded.tick.0, self.world.entities().clone());
        }
        self.past.get(&tick.0).cloned().unwrap_or_default()
    }

    /// Receives snapshots for this long, and acknowledges them. Asserts that each snapshot shows the world as it was
    /// `DELAY_TICKS` ago.
    async fn verify(&mut self, spectator: &mut Client, time: Duration) {
        let end = Instant::now() + time;
        while tokio::time::timeout_at(end, spectator.snapshot()).await.is_ok() {
            spectator.acknowledge().await;
            let newest = self.server.journal.last().map(|recorded| recorded.tick);
            let truth = self.world_at(spectator.now());
            assert_eq!(spectator.replica.entities(), &truth, "{:?}", spectator.now());
            if let Some(newest) = newest {
                assert_eq!(newest.since(spectator.now()), DELAY_TICKS);
            }
        }
    }
}

#[test]
fn a_spectator_sees_the_world_of_the_delay_ago() {
    run(async {
        let mut delayed = Delayed::start(DELAY_S).await;
        let mut ada = delayed.server.join("Ada").await;
        ada.play(Duration::from_secs(5)).await;
        let mut spectator = delayed.watch().await;
        delayed.verify(&mut spectator, Duration::from_secs(8)).await;
        assert!(spectator.replica.entities().iter().count() > 8);
    });
}

#[test]
fn events_reach_spectators_after_the_delay() {
    run(async {
        let mut delayed = Delayed::start(DELAY_S).await;
        let mut spectator = delayed.watch().await;
        delayed.verify(&mut spectator, DELAY * 2).await;
        let joined_at = Instant::now();
        let eve = delayed.server.join("Eve").await;
        let ship = Arena::avatar(eve.welcome.player().expect("Eve is a player"));
        while spectator.replica.entities().get(ship).is_none() {
            spectator.snapshot().await;
            spectator.acknowledge().await;
        }
        let elapsed = joined_at.elapsed();
        assert!((DELAY..=DELAY + PERIOD).contains(&elapsed), "{elapsed:?}");
    });
}

#[test]
fn a_spectator_of_a_new_room_stays_connected_and_sees_an_empty_world_until_the_delay_has_passed() {
    run(async {
        // The delay is longer than the idle timeout.
        let delay_s = 15;
        let mut delayed = Delayed::start(delay_s).await;
        let start = Instant::now();
        let mut spectator = delayed.watch().await;
        while spectator.replica.entities().is_empty() {
            spectator.snapshot().await;
            spectator.acknowledge().await;
        }
        assert_eq!(spectator.now(), Tick(1));
        assert_elapsed(start, Duration::from_secs(delay_s.into()) + PERIOD);
    });
}

#[test]
fn delayed_spectators_of_a_worker_that_was_behind_catch_up() {
    run(async {
        let mut delayed = Delayed::start(DELAY_S).await;
        let mut spectator = delayed.watch().await;
        delayed.verify(&mut spectator, DELAY * 2).await;
        let relay = delayed.server.server.relay(0).clone();
        relay.do_send(SetLag(3));
        sleep(Duration::from_secs(4)).await;
        relay.do_send(SetLag(0));
        assert!(delayed.server.server.metrics.snapshots_shed.get() > 0);
        spectator.play(Duration::from_secs(2)).await;
        delayed.verify(&mut spectator, Duration::from_secs(4)).await;
    });
}
